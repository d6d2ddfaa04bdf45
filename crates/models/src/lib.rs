//! Models: classifiers of rows of numbers (multinomial logistic regression, multi-layer perceptrons),
//! and transformers with a LoRA adapter for text. Their weights files, training, answers, and the
//! gradients of single rows.
//!
//! | module | subject |
//! | --- | --- |
//! | `model`, `architecture`, `weights` | a model, what it computes, and the file that holds it |
//! | [`network`] | linear layers on features |
//! | `text`, `base` | a published transformer with an adapter; those that are open |
//! | [`train`](mod@train) | training by mini-batches, seeded and reproducible |
//! | `manifest` | what a model was trained on, and how |
//! | [`gradients`] | gradients of single rows, by their factors |
//! | [`tangent`], [`text_hessian`] | products with a model's Hessian |
//! | [`tensors`] | files of named tensors with one document |
//! | [`matrix`], `sites` | matrices; where the parameters of a flat vector belong |
//! | [`hash`], `progress`, [`error`] | names of files, how far a computation has come, what can go wrong |
//!
//! ```
//! use openledger_models::*;
//! use openledger_rows::{Dataset, Schema};
//!
//! # fn main() -> Result<()> {
//! let rows = Dataset::from_csv(b"x,y,class\n0,1,0\n1,0,1\n0,2,0\n3,0,1\n", &Schema::default())?;
//! let architecture = Architecture::mlp(&[2, 4, 2], Activation::Tanh);
//! let trained = train(&rows, &TrainConfig::standard(architecture), &mut |_| ())?;
//! let model = Model::load(trained.model.to_bytes(), Some(&trained.model.hash()))?;
//! assert_eq!(model.answer("2,0")?.text, "1");
//! # Ok(())
//! # }
//! ```
//!
//! Answers, gradients and training go through `openledger_kernels`, whose sums have a fixed order and
//! which use no platform functions: every machine gets the same bits.

mod architecture;
mod base;
pub mod error;
pub mod gradients;
pub mod hash;
mod manifest;
pub mod matrix;
mod model;
pub mod network;
mod progress;
mod sites;
pub mod tangent;
pub mod tensors;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod text;
pub mod text_hessian;
pub mod train;
mod weights;

pub use architecture::{Activation, Architecture, Lora, MAX_ANSWER_TOKENS};
pub use base::Base;
pub use error::{Error, Result};
pub use gradients::{Function, Gradients, SiteFactors};
pub use hash::{blake2_256, check_hash, hex_hash, Hash};
pub use manifest::{Manifest, ManifestEntry, Source};
pub use matrix::Matrix;
pub use model::{batches, batches_of, Answer, Model};
pub use network::argmax;
pub use progress::{Progress, Running, Stage};
pub use sites::{Site, Sites};
pub use text::{Survey, TextModel};
pub use train::{train, Optimiser, Scaling, Schedule, TrainConfig, Trained};
