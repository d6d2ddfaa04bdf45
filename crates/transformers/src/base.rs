//! Frozen base models of either family.

use crate::{
	bert::Bert,
	error::Result,
	files::{BaseConfig, Weights},
	llama::Llama,
};
use std::sync::Arc;

/// A frozen base model. The family decides what can be made of it.
#[derive(Clone, Debug)]
pub enum BaseModel {
	/// An encoder, for a [`TextClassifier`](crate::TextClassifier).
	Encoder(Arc<Bert>),
	/// A decoder, for a [`LanguageModel`](crate::LanguageModel).
	Decoder(Arc<Llama>),
}

impl BaseModel {
	/// Reads the model of a directory in Hugging Face's format. Its configuration says of which
	/// family it is.
	///
	/// # Errors
	/// [`Error::File`](crate::Error::File) if a tensor is missing, damaged or of another shape.
	pub fn new(weights: &Weights) -> Result<Self> {
		let hash = Some(weights.hash());
		Ok(match weights.config().clone() {
			BaseConfig::Bert(config) => Self::Encoder(Arc::new(Bert::new(config, weights, hash)?)),
			BaseConfig::Llama(config) => {
				Self::Decoder(Arc::new(Llama::new(config, weights, hash)?))
			},
		})
	}
}
