//! What a model computes, apart from its weights.

use crate::{Error, Hash, Result};
use openledger_primitives::{MAX_DIMENSION, MAX_OUTPUT};
use openledger_rows::{Dataset, Schema};
use openledger_transformers::files::LoraConfig;
use serde::{Deserialize, Serialize};

/// The most tokens of an answer: as many as an answer on chain has bytes.
pub const MAX_ANSWER_TOKENS: usize = MAX_OUTPUT as usize;

// The adapter's own limit is the chain's.
const _: () = assert!(openledger_transformers::MAX_PARAMETERS == MAX_DIMENSION as usize);

/// The non-linearity between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
	/// The hyperbolic tangent.
	Tanh,
	/// The positive part, `max(z, 0)`.
	Relu,
}

/// The architecture descriptor, in JSON on chain:
/// `{"kind":"mlp","widths":[64,32,10],"activation":"tanh"}` or
/// `{"kind":"logistic","inputs":64,"classes":10}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Architecture {
	/// Multinomial logistic regression: one linear layer.
	Logistic {
		/// Number of features.
		inputs: usize,
		/// Number of classes.
		classes: usize,
	},
	/// A multi-layer perceptron: linear layers with a non-linearity between them, all with biases.
	Mlp {
		/// Features, widths of the hidden layers, classes.
		widths: Vec<usize>,
		/// After every layer but the last.
		activation: Activation,
	},
	/// A classifier of text: a BERT-type encoder, a LoRA adapter, and a linear layer on the text's
	/// vector.
	Encoder {
		/// The base model: see [`Base::hash`](super::Base::hash).
		#[serde(with = "crate::hex_hash")]
		base: Hash,
		/// The shape of the adapter.
		lora: Lora,
		/// Number of classes.
		classes: usize,
		/// The names of the classes, sorted, which are the answers; none where classes are numbers.
		#[serde(default, skip_serializing_if = "Vec::is_empty")]
		class_names: Vec<String>,
		/// Longer texts lose their end.
		max_tokens: usize,
	},
	/// A language model: a Llama-type decoder and a LoRA adapter.
	Decoder {
		/// The base model: see [`Base::hash`](super::Base::hash).
		#[serde(with = "crate::hex_hash")]
		base: Hash,
		/// The shape of the adapter.
		lora: Lora,
		/// Longer texts lose their end.
		max_tokens: usize,
		/// The longest answer, 1 to [`MAX_ANSWER_TOKENS`].
		answer_tokens: usize,
	},
}

/// A low-rank adapter: `W + alpha / rank · B A` in place of each target `W` (Hu et al. 2021).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lora {
	/// Rows of `A`, columns of `B`.
	pub rank: usize,
	/// Scales the adapter. A whole number: the descriptor's JSON is read with numbers of any precision,
	/// which tagged documents take only whole.
	pub alpha: u32,
	/// The adapted layers by the last parts of their names, such as `query`.
	pub targets: Vec<String>,
	/// Divides by the root of the rank instead (Kalajdzievski 2023).
	pub rslora: bool,
}

impl Lora {
	pub(super) fn config(&self) -> LoraConfig {
		LoraConfig {
			rank: self.rank,
			alpha: f64::from(self.alpha),
			target_modules: self.targets.clone(),
			rslora: self.rslora,
		}
	}
}

impl Architecture {
	/// A multi-layer perceptron.
	pub fn mlp(widths: &[usize], activation: Activation) -> Self {
		Self::Mlp { widths: widths.to_vec(), activation }
	}

	/// Reads and checks a descriptor.
	///
	/// # Errors
	/// [`Error::Json`], and those of [`Architecture::check`].
	pub fn from_json(text: &str) -> Result<Self> {
		let what = "architecture descriptor";
		let architecture: Self =
			serde_json::from_str(text).map_err(|source| Error::Json { what, source })?;
		architecture.check()?;
		Ok(architecture)
	}

	/// The descriptor as JSON, in the form that the chain keeps.
	pub fn to_json(&self) -> String {
		// A tagged enum of numbers and strings always has a JSON form.
		serde_json::to_string(self).unwrap_or_default()
	}

	/// Checks that each layer has a width, that there are two classes at least, that an answer has a
	/// length, and that a sketch of the model does not exceed [`MAX_DIMENSION`].
	///
	/// # Errors
	/// [`Error::Setting`].
	pub fn check(&self) -> Result<()> {
		match self {
			Self::Encoder { classes, .. } if *classes < 2 => {
				return Err(Error::setting("architecture", "needs at least two classes"));
			},
			Self::Encoder { classes, class_names: names, .. }
				if !(names.is_empty()
					|| names.len() == *classes && names.is_sorted_by(|a, b| a < b)) =>
			{
				let reason = "needs one name for each class, sorted, or none";
				return Err(Error::setting("class_names", reason));
			},
			Self::Encoder { max_tokens: 0, .. } | Self::Decoder { max_tokens: 0, .. } => {
				return Err(Error::setting("architecture", "needs room for tokens"));
			},
			Self::Decoder { answer_tokens, .. }
				if !(1..=MAX_ANSWER_TOKENS).contains(answer_tokens) =>
			{
				let reason = format!("must be 1 to {MAX_ANSWER_TOKENS}");
				return Err(Error::setting("answer_tokens", reason));
			},
			// The rest is checked against the base model.
			Self::Encoder { .. } | Self::Decoder { .. } => return Ok(()),
			Self::Logistic { .. } | Self::Mlp { .. } => {},
		}
		let widths = self.widths();
		if widths.len() < 2 || widths.contains(&0) {
			let reason = "needs features and classes, and no layer may be empty";
			return Err(Error::setting("architecture", reason));
		}
		if self.classes() < 2 {
			return Err(Error::setting("architecture", "needs at least two classes"));
		}
		let parameters = widths.windows(2).try_fold(0usize, |sum, pair| {
			pair[0].checked_add(1)?.checked_mul(pair[1])?.checked_add(sum)
		});
		match parameters {
			Some(parameters) if parameters <= MAX_DIMENSION as usize => Ok(()),
			_ => {
				let reason = format!("has more than {MAX_DIMENSION} parameters: narrow its layers");
				Err(Error::setting("architecture", reason))
			},
		}
	}

	/// Widths from the features to the classes; none for models of text.
	pub fn widths(&self) -> Vec<usize> {
		match self {
			Self::Encoder { .. } | Self::Decoder { .. } => Vec::new(),
			Self::Logistic { inputs, classes } => vec![*inputs, *classes],
			Self::Mlp { widths, .. } => widths.clone(),
		}
	}

	/// The non-linearity. Of no effect where there is one layer only.
	pub fn activation(&self) -> Activation {
		match self {
			Self::Mlp { activation, .. } => *activation,
			_ => Activation::Tanh,
		}
	}

	/// Number of features; 0 for models of text.
	pub fn inputs(&self) -> usize {
		self.widths().first().copied().unwrap_or(0)
	}

	/// Number of classes; 0 for language models.
	pub fn classes(&self) -> usize {
		match self {
			Self::Encoder { classes, .. } => *classes,
			_ => self.widths().last().copied().unwrap_or(0),
		}
	}

	/// The names of the classes; none where classes are numbers, or there are none.
	pub fn class_names(&self) -> &[String] {
		match self {
			Self::Encoder { class_names, .. } => class_names,
			_ => &[],
		}
	}

	/// What to ask of rows in a file, so that they fit a model.
	pub fn schema(&self) -> Schema {
		let classes = u32::try_from(self.classes()).ok();
		let by_number = self.classes() > 0 && self.class_names().is_empty();
		let columns = (!self.is_text()).then(|| self.inputs());
		Schema { columns, classes: classes.filter(|_| by_number), max_rows: None }
	}

	/// The same rows with labels numbered as a model's classes are: contributions number the names of
	/// classes each for itself.
	///
	/// # Errors
	/// [`Error::Rows`] if a label is none of the classes.
	pub fn number_labels(&self, rows: Dataset) -> Result<Dataset> {
		match self {
			Self::Encoder { class_names, .. } => Ok(rows.with_classes(class_names)?),
			_ => Ok(rows),
		}
	}

	/// The base model's hash, for models of text.
	pub fn base(&self) -> Option<Hash> {
		match self {
			Self::Encoder { base, .. } | Self::Decoder { base, .. } => Some(*base),
			Self::Logistic { .. } | Self::Mlp { .. } => None,
		}
	}

	/// The most tokens of a text; `None` for rows of numbers.
	pub fn max_tokens(&self) -> Option<usize> {
		match self {
			Self::Encoder { max_tokens, .. } | Self::Decoder { max_tokens, .. } => {
				Some(*max_tokens)
			},
			Self::Logistic { .. } | Self::Mlp { .. } => None,
		}
	}

	/// Whether models take rows of text.
	pub fn is_text(&self) -> bool {
		matches!(self, Self::Encoder { .. } | Self::Decoder { .. })
	}

	/// Checks that rows have the features and classes of such a model, or are of text, with labels
	/// if there are classes.
	///
	/// # Errors
	/// Those of [`Dataset::check_fits`], [`openledger_rows::Error::Unlabelled`].
	pub fn check_fits(&self, data: &Dataset) -> Result<()> {
		if !self.is_text() {
			return Ok(data.check_fits(self.inputs(), self.classes())?);
		}
		if data.texts().is_none() {
			return Err(
				openledger_rows::Error::WrongKind { found: data.kind(), expected: "text" }.into()
			);
		}
		let Self::Encoder { classes, class_names, .. } = self else { return Ok(()) };
		if !data.is_labelled() {
			return Err(openledger_rows::Error::Unlabelled.into());
		}
		if data.class_names() != class_names {
			let reason = "are not numbered as the model's classes are";
			return Err(Error::setting("labels", reason));
		}
		match data.labels().iter().find(|&&label| label as usize >= *classes) {
			Some(&label) => {
				Err(openledger_rows::Error::ClassCount { label, classes: *classes }.into())
			},
			None => Ok(()),
		}
	}

	/// Number of weights and biases, the dimension of a sketch of the model; 0 for models of text,
	/// where it depends on the base model.
	pub fn parameters(&self) -> usize {
		self.widths().windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn descriptor_should_round_trip() {
		let text = r#"{"kind":"mlp","widths":[64,32,10],"activation":"tanh"}"#;
		let architecture = Architecture::from_json(text).unwrap();
		assert_eq!(architecture, Architecture::mlp(&[64, 32, 10], Activation::Tanh));
		assert_eq!(architecture.to_json(), text);
		assert_eq!(architecture.parameters(), 65 * 32 + 33 * 10);
		let text = r#"{"kind":"logistic","inputs":64,"classes":10}"#;
		assert_eq!(Architecture::from_json(text).unwrap().to_json(), text);
	}

	#[test]
	fn descriptor_of_a_classifier_should_hold_names_of_classes_only_if_there_are() {
		let descriptor = |names: &str| {
			format!(
				"{{\"kind\":\"encoder\",\"base\":\"0x{}\",\"lora\":{{\"rank\":2,\"alpha\":4,\
				 \"targets\":[\"query\"],\"rslora\":false}},\"classes\":2,{names}\"max_tokens\":16}}",
				"07".repeat(32)
			)
		};
		for names in ["", "\"class_names\":[\"bad\",\"good\"],"] {
			let text = descriptor(names);
			assert_eq!(Architecture::from_json(&text).unwrap().to_json(), text);
		}
		for names in ["[\"bad\"]", "[\"good\",\"bad\"]", "[\"bad\",\"bad\"]"] {
			let text = descriptor(&format!("\"class_names\":{names},"));
			let error = Architecture::from_json(&text).unwrap_err().to_string();
			assert!(error.starts_with("class_names"), "{error}");
		}
	}

	#[test]
	fn descriptor_should_be_refused_when_out_of_range() {
		for text in [
			r#"{"kind":"mlp","widths":[64],"activation":"tanh"}"#,
			r#"{"kind":"mlp","widths":[64,0,10],"activation":"tanh"}"#,
			r#"{"kind":"mlp","widths":[64,32,1],"activation":"tanh"}"#,
			r#"{"kind":"logistic","inputs":100000000,"classes":10}"#,
			r#"{"kind":"logistic","inputs":18446744073709551615,"classes":10}"#,
			r#"{"kind":"transformer"}"#,
			r#"{"kind":"mlp","widths":[64,10],"activation":"tanh","dropout":0.1}"#,
			"",
		] {
			assert!(Architecture::from_json(text).is_err(), "{text}");
		}
	}
}
