//! Models, training, per-sample gradients, curvature, sketches and their evaluation. Knows no
//! chain.
//!
//! Influence is bilinear, `I(q, c) = g_q · psi_c`: see `openledger_primitives`. This crate computes both
//! sides.
//!
//! | step | who | function |
//! | --- | --- | --- |
//! | rows of numbers or text, their content root | contributor, curator | [`Dataset::from_bytes`], [`Dataset::content_root`] |
//! | train on published contributions | developer | [`train()`], [`TrainConfig`], [`Manifest`] |
//! | index, once per model | developer | [`build_index`], [`Draft`], [`EkFac`], [`Index`] |
//! | held-out sketch and shares | developer | [`held_out_attribution`] |
//! | load what was registered | host, attester | [`Model::load`], [`Index::load`] |
//! | answer | host, attester | [`Model::answer`] |
//! | attribute an answer | attester | [`attribute`] |
//! | measure how good attributions are | anyone | [`evaluate()`] |
//!
//! ```
//! use openledger_influence::*;
//! use openledger_primitives::Width;
//!
//! # fn main() -> Result<()> {
//! let first = Dataset::from_csv(b"x,y,class\n0,1,0\n1,0,1\n0,2,0\n", &Schema::default())?;
//! let second = Dataset::from_csv(b"3,0,1\n0,3,0\n2,1,1\n", &Schema::default())?;
//!
//! let architecture = Architecture::mlp(&[2, 4, 2], Activation::Tanh);
//! let rows = Dataset::concat(&[&first, &second])?;
//! let trained = train(&rows, &TrainConfig::standard(architecture), &mut |_| ())?;
//! let model = trained.model;
//!
//! let contributions = [Contribution { id: 7, rows: first }, Contribution { id: 9, rows: second }];
//! let index = build_index(&EkFac::default(), &model, &contributions, Width::Int16, &mut |_| ())?;
//!
//! let answer = model.answer("2,0")?;
//! let attribution = attribute(&model, &index, "2,0", &answer.text, 10)?;
//! assert!(attribution.check(&index.commitment(), 10).is_ok());
//! # Ok(())
//! # }
//! ```
//!
//! # Which numbers must agree where
//!
//! An answer, a query sketch and a leaf are recomputed by others, so everything that enters them
//! goes through `openledger_kernels`, whose sums have a fixed order and which use no platform
//! functions: every machine gets the same bits. So does training, which can be replayed. Curvature
//! and scales are computed once and travel in the index file.

pub mod builders;
pub mod curvature;
pub mod index;
mod query;
pub mod rows;

pub use builders::{EkFac, ExactCurvature, GradientDot};
pub use index::{
	build_index, Basis, Contribution, Draft, FloatIndex, Index, IndexBuilder, Influence,
	LayerBasis, Part,
};
pub use openledger_models::error::{Error, Result};
pub use query::{attribute, held_out_attribution, held_out_sketch, margin_scores};
