//! Influence: how each contribution moved a model, and which contributions shaped an answer. Knows no
//! chain.
//!
//! Influence is bilinear, `I(q, c) = g_q · psi_c`: see `openledger_primitives`. This crate computes
//! both sides.
//!
//! | step | who | function |
//! | --- | --- | --- |
//! | index, once per model | developer | [`build_index`], [`IndexDraft`], [`EkFac`], [`Index`] |
//! | held-out sketch and shares | developer | [`held_out_attribution`] |
//! | load what was registered | host, attester | [`Index::load`], [`Index::open`] |
//! | attribute an answer | attester | [`attribute`] |
//! | explain a score row by row | contributor, curator | [`rows`] |
//!
//! | module | subject |
//! | --- | --- |
//! | [`index`] | influence vectors, their quantisation, the index and its file |
//! | [`builders`], `methods` | what computes influence vectors; the registry of methods by name |
//! | [`curvature`] | the curvature of the loss, and its inverse |
//! | `query` | from an answer to the contributions that shaped it |
//! | [`rows`] | influence of single rows |
//!
//! ```
//! use openledger_influence::*;
//! use openledger_models::{train, Activation, Architecture, TrainConfig};
//! use openledger_primitives::Width;
//! use openledger_rows::{Dataset, Schema};
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
//! A query sketch and a leaf are recomputed by others, so everything that enters them goes through
//! `openledger_kernels`, whose sums have a fixed order and which use no platform functions: every
//! machine gets the same bits. Curvature and scales are computed once and travel in the index file.

pub mod basis;
pub mod builders;
pub mod curvature;
pub mod index;
mod methods;
mod query;
pub mod rows;

pub use basis::{GradientBasis, LayerBasis, Part};
pub use builders::{EkFac, ExactCurvature, GradientDot};
pub use index::{
	build_index, Contribution, FloatIndex, Index, IndexBuilder, IndexDraft, Influence,
};
pub use methods::{MethodName, MethodSettings};
pub use openledger_models::error::{Error, Result};
pub use query::{attribute, held_out_attribution, held_out_sketch, margin_scores};
