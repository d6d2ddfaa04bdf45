//! BERT and Llama with LoRA adapters: answers, and per-sample gradients by their factors.
//!
//! A base model comes from files in Hugging Face's formats ([`files`]) and stays frozen; a low-rank
//! adapter, and for a classifier a linear head, is trained on it.
//!
//! | module | subject |
//! | --- | --- |
//! | [`files`] | everything that is read from or written to disk |
//! | [`bert`], [`llama`], `base` | encoders with a text classifier, decoders with a language model |
//! | [`lora`] | the trained parameters and their layout |
//! | `batch` | the mean loss of several samples, and its gradient |
//! | [`gradients`], [`hessian`] | gradients of one sample by their factors, and its exact Hessian |
//! | `layers`, [`ops`], [`tensor`] | layers, differentiable operations, and the tensors these run on |
//! | `memory` | how long texts may be |
//! | [`error`] | what can go wrong with models |
//!
//! | step | function |
//! | --- | --- |
//! | read a base model | [`BaseModel::new`] |
//! | put an adapter on it | [`TextClassifier::new`], [`LanguageModel::new`] with a [`Layout`]'s parameters, and `with_adapter` for a file of PEFT |
//! | the gradient of a batch, to train by | [`batch_gradient`] |
//! | answer | [`TextClassifier::logits`], [`LanguageModel::next_logits`] |
//! | gradients of a sample, by their factors | `loss_factors`, `margin_factors`, `output_factors`, `fisher_factors` |
//! | products with a sample's exact Hessian | `hessian` |
//! | keep what was trained | `to_adapter` |
//!
//! ```
//! use openledger_transformers::{
//!     batch_gradient,
//!     files::{tiny, LoraConfig, Tokenizer, Weights},
//!     BaseModel, LabelledText, TextClassifier,
//! };
//!
//! // A very small encoder with random weights, in the files of a real one.
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! tiny::bert(folder, &["a good film", "a bad film"], &tiny::TinyConfig::default())?;
//!
//! let base = BaseModel::new(&Weights::open(folder)?)?;
//! let BaseModel::Encoder(base) = base else { panic!("BERT is an encoder") };
//! let targets = vec!["query".into(), "value".into()];
//! let settings = LoraConfig { rank: 2, alpha: 4.0, target_modules: targets, rslora: false };
//! let layout = TextClassifier::layout(&base, settings, 2)?;
//! let parameters = layout.random(1);
//! let model = TextClassifier::new(base, layout, &parameters)?;
//!
//! let ids = Tokenizer::open(folder)?.encode("a good film", 16)?.ids;
//! assert_eq!(model.logits(&ids)?.len(), 2);
//! let (loss, gradient) = batch_gradient(&model, &[&LabelledText { ids, label: 1 }])?;
//! assert!(loss > 0.0);
//! assert_eq!(gradient.len(), parameters.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The same bits everywhere
//!
//! Answers and gradients are recomputed by others. Every text is computed alone, in a fixed order,
//! by [`ops`] that run on `openledger_kernels`: the number of threads, the batch and the machine do
//! not change a bit.
//!
//! # Beside candle
//!
//! Tensors and their graph are a module of this crate ([`tensor`]), for three reasons: Hessians need
//! second derivatives, for which candle keeps graphs only by an environment variable of the whole
//! process; its operations on 65,536 elements and more share one pool of threads, for which texts
//! computed side by side would wait; and its products give a row other bits alone than in a batch.
//! Candle, in double precision, is the independent implementation that tests compare with, and
//! `openledger-bench engine` times both.

mod base;
mod batch;
pub mod bert;
pub mod error;
pub mod files;
pub mod gradients;
pub mod hessian;
mod layers;
pub mod llama;
pub mod lora;
mod memory;
pub mod ops;
pub mod tensor;

#[cfg(test)]
mod testing;

pub use base::BaseModel;
pub use batch::{batch_gradient, CausalText, LabelledText, Trainable};
pub use bert::{Bert, TextClassifier};
pub use error::{Error, Result};
pub use gradients::{Factors, Site};
pub use hessian::{Hessian, Products};
pub use layers::{Module, TensorSource};
pub use llama::{LanguageModel, Llama};
pub use lora::{Adapter, Layout, MAX_PARAMETERS};
pub use memory::most_tokens;
