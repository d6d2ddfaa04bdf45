//! What a model was trained on, and how.

use crate::{error::Error, Hash, Model, Result, TrainConfig, Trained};
use openledger_primitives::ContributionId;
use serde::{Deserialize, Serialize};

const WHAT: &str = "training manifest";

const FORMAT: u32 = 1;

/// A version of a datanet that a model was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
	/// The datanet's number.
	pub datanet: u32,
	/// The version's number.
	pub version: u32,
}

/// A contribution among the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
	/// Its number on chain.
	pub id: ContributionId,
	/// How many rows it has.
	pub rows: u32,
}

/// The training manifest: with the contributions' blobs, all that is needed to train the model
/// again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
	/// The document's format, 1.
	pub format: u32,
	/// The versions trained on.
	pub sources: Vec<Source>,
	/// Their contributions, in the order of the index's leaves.
	pub contributions: Vec<ManifestEntry>,
	/// The recipe.
	pub config: TrainConfig,
	/// Mean cross-entropy loss over the training rows, in nats.
	pub loss: f64,
	/// The part of training rows answered with their label, 0 to 1.
	pub accuracy: f64,
	/// blake2-256 of the weights file.
	#[serde(with = "crate::hex_hash")]
	pub weights_hash: Hash,
}

impl Manifest {
	/// The manifest of a model just trained.
	pub fn new(
		sources: Vec<Source>,
		contributions: Vec<ManifestEntry>,
		config: &TrainConfig,
		trained: &Trained,
	) -> Self {
		Self {
			format: FORMAT,
			sources,
			contributions,
			config: config.clone(),
			loss: trained.loss,
			accuracy: trained.accuracy,
			weights_hash: trained.model.hash(),
		}
	}

	/// The document, indented.
	pub fn to_json(&self) -> String {
		// Numbers, strings and lists always have a JSON form.
		serde_json::to_string_pretty(self).unwrap_or_default()
	}

	/// Reads a document.
	///
	/// # Errors
	/// [`Error::Json`], [`Error::Malformed`] for another format, [`Error::Setting`] if the recipe
	/// is out of range.
	pub fn from_json(text: &str) -> Result<Self> {
		let manifest: Self =
			serde_json::from_str(text).map_err(|source| Error::Json { what: WHAT, source })?;
		if manifest.format != FORMAT {
			let reason = format!("its format is {}, this program reads {FORMAT}", manifest.format);
			return Err(Error::malformed(WHAT, reason));
		}
		manifest.config.check()?;
		Ok(manifest)
	}

	/// Checks that the manifest is that of `model`.
	///
	/// # Errors
	/// [`Error::WrongModel`] with both hashes.
	pub fn verify(&self, model: &Model) -> Result<()> {
		if self.weights_hash != model.hash() {
			let (expected, found) = (self.weights_hash, model.hash());
			return Err(Error::WrongModel { what: WHAT, expected, found });
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		testing::{blobs, random_model},
		Activation, Architecture,
	};

	fn manifest() -> (Manifest, Trained) {
		let architecture = Architecture::mlp(&[2, 3, 3], Activation::Relu);
		let config = TrainConfig { epochs: 2, ..TrainConfig::standard(architecture) };
		let trained = crate::train(&blobs(30, 1), &config, &mut |_| ()).unwrap();
		let sources = vec![Source { datanet: 1, version: 2 }];
		let entries = vec![ManifestEntry { id: 5, rows: 20 }, ManifestEntry { id: 3, rows: 10 }];
		(Manifest::new(sources, entries, &config, &trained), trained)
	}

	#[test]
	fn manifest_should_round_trip_and_verify_its_model() {
		let (manifest, trained) = manifest();
		let read = Manifest::from_json(&manifest.to_json()).unwrap();
		assert_eq!(read, manifest);
		read.verify(&trained.model).unwrap();
		// Its recipe trains the same weights again.
		let again = crate::train(&blobs(30, 1), &read.config, &mut |_| ()).unwrap();
		read.verify(&again.model).unwrap();
	}

	#[test]
	fn verify_should_name_both_hashes_when_the_model_is_another() {
		let (manifest, trained) = manifest();
		let other = random_model(&[2, 3, 3], Activation::Relu, 4);
		let text = manifest.verify(&other).unwrap_err().to_string();
		assert!(text.contains(&hex::encode(trained.model.hash())));
		assert!(text.contains(&hex::encode(other.hash())));
	}

	#[test]
	fn manifest_should_be_refused_when_malformed() {
		let json = manifest().0.to_json();
		for text in [
			String::new(),
			json.replace("\"format\": 1", "\"format\": 2"),
			json.replace("0x", "0y"),
			json.replace("\"epochs\": 2", "\"epochs\": 0"),
			json.replace("\"sources\"", "\"origins\""),
		] {
			assert!(Manifest::from_json(&text).is_err());
		}
	}
}
