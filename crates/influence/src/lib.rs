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

pub mod bm25;
pub mod builders;
pub mod curvature;
pub mod data;
pub mod error;
pub mod evaluate;
mod gradients;
pub mod index;
mod manifest;
pub mod model;
mod query;
pub mod rows;
mod tensors;
pub mod train;

#[cfg(test)]
mod testing;

pub use builders::{EkFac, ExactCurvature, GradientDot};
pub use data::{parse_input, Dataset, Schema};
pub use error::{Error, Place, Result};
pub use evaluate::{evaluate, Protocol, Report};
pub use gradients::{
	coordinates, for_each_batch, set_batch_rows, Function, Gradients, Site, SiteFactors,
};
pub use index::{
	build_index, Basis, Contribution, Draft, FloatIndex, Index, IndexBuilder, Influence,
	LayerBasis, Part,
};
pub use manifest::{Manifest, ManifestEntry, Source};
pub use model::{Activation, Answer, Architecture, Base, Lora, Model, TextModel};
pub use query::{attribute, held_out_attribution, held_out_sketch, margin_scores};
pub use train::{train, Optimiser, Scaling, Schedule, TrainConfig, Trained};

/// A blake2-256 hash.
pub type Hash = openledger_blobs::BlobHash;

/// How far a long computation has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
	/// What is being done: `training`, `curvature`, `influence`, `index`, `retraining`.
	pub stage: &'static str,
	/// Units done.
	pub done: u64,
	/// Units in all.
	pub total: u64,
	/// The training loss so far, in nats, where there is one.
	pub loss: Option<f64>,
}

pub(crate) fn blake2_256(bytes: &[u8]) -> Hash {
	openledger_blobs::blob_hash(bytes)
}

/// The hash of `bytes`, which must be `expected` where that is given.
fn check_hash(what: &'static str, bytes: &[u8], expected: Option<&Hash>) -> Result<Hash> {
	let found = blake2_256(bytes);
	match expected {
		Some(&expected) if expected != found => Err(Error::HashMismatch { what, expected, found }),
		_ => Ok(found),
	}
}

/// Hashes in JSON: `0x` and 64 hexadecimal digits.
mod hex_hash {
	use crate::Hash;
	use serde::{de::Error, Deserialize, Deserializer, Serializer};

	pub fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&format!("0x{}", hex::encode(hash)))
	}

	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
		let text = String::deserialize(deserializer)?;
		let mut hash = Hash::default();
		hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(&text), &mut hash)
			.map_err(|error| D::Error::custom(format!("'{text}' is not a hash: {error}")))?;
		Ok(hash)
	}
}
