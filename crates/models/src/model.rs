//! A trained model and its answers.

use crate::{
	check_hash,
	network::{cross_entropy, Linear, Network},
	text::TextPlan,
	weights, Architecture, Error, Hash, Result, TextModel,
};
use openledger_rows::{parse_input, Dataset, TextDataset};
use rayon::prelude::*;

/// A trained model: architecture, feature scaling and weights, with the file that holds them.
#[derive(Clone, Debug)]
pub struct Model {
	architecture: Architecture,
	kind: Kind,
	bytes: Vec<u8>,
	hash: Hash,
}

/// What computes.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
	/// Linear layers on features.
	Network(Network),
	/// A transformer with an adapter.
	Text(TextModel),
}

impl PartialEq for Model {
	fn eq(&self, other: &Self) -> bool {
		self.hash == other.hash
	}
}

/// A model's answer to one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
	/// The most probable class, the lowest number where several are; 0 from a language model.
	pub label: u32,
	/// The class's number or name, or the continuation: the output of an inference on chain.
	pub text: String,
	/// The last layer's output, `[classes]`; none from a language model.
	pub logits: Vec<f32>,
	/// Tokens read; 0 for rows of numbers.
	pub input_tokens: u32,
	/// Tokens written; 0 but for a language model.
	pub output_tokens: u32,
}

impl Model {
	/// A model of text with the adapter that `text` has.
	///
	/// # Errors
	/// [`Error::Setting`] if the architecture is none for text.
	pub fn from_text(architecture: Architecture, text: TextModel) -> Result<Self> {
		architecture.check()?;
		if !architecture.is_text() {
			return Err(Error::setting("architecture", "is for rows of numbers"));
		}
		let bytes = weights::write_sites(&architecture, &text.sites(), &text.parameters())?;
		let hash = crate::blake2_256(&bytes);
		Ok(Self { architecture, kind: Kind::Text(text), bytes, hash })
	}

	/// Puts a model together from `layers` (shapes as in `architecture`) and the feature scaling
	/// `x -> (x - shift) · factor`, each `[inputs]`.
	///
	/// # Errors
	/// [`Error::Setting`] if the architecture is out of range, [`Error::Malformed`] if shapes do
	/// not fit, [`Error::NotFinite`] if a value is not finite.
	pub fn new(
		architecture: Architecture,
		layers: Vec<Linear>,
		shift: Vec<f32>,
		factor: Vec<f32>,
	) -> Result<Self> {
		architecture.check()?;
		let widths = architecture.widths();
		let fits = layers.len() + 1 == widths.len()
			&& layers.iter().zip(widths.windows(2)).all(|(layer, pair)| {
				(layer.inputs, layer.outputs) == (pair[0], pair[1])
					&& layer.coordinates() == (pair[0] + 1) * pair[1]
			}) && shift.len() == architecture.inputs()
			&& factor.len() == architecture.inputs();
		if !fits {
			return Err(Error::malformed(weights::WHAT, "its shapes are not the architecture's"));
		}
		let values = layers.iter().flat_map(|layer| &layer.parameters);
		if !values.chain(&shift).chain(&factor).all(|x| x.is_finite()) {
			return Err(Error::NotFinite("a weight"));
		}
		let activation = architecture.activation();
		let network = Network { layers, activation, shift, factor };
		let bytes = weights::write(&architecture, &network)?;
		let hash = crate::blake2_256(&bytes);
		Ok(Self { architecture, kind: Kind::Network(network), bytes, hash })
	}

	/// The same model with other trained parameters, in the order of [`Model::parameters`].
	///
	/// # Errors
	/// [`Error::Malformed`] if their number is not the model's, [`Error::NotFinite`].
	pub fn with_parameters(&self, parameters: &[f32]) -> Result<Self> {
		match &self.kind {
			Kind::Network(network) => {
				let layers = split_layers(&self.architecture, parameters)?;
				let Network { shift, factor, .. } = network.clone();
				Self::new(self.architecture.clone(), layers, shift, factor)
			},
			Kind::Text(text) => {
				let mut text = text.clone();
				text.set_parameters(parameters)?;
				Self::from_text(self.architecture.clone(), text)
			},
		}
	}

	/// Reads a weights file; `expected` is the hash it was registered with.
	///
	/// # Errors
	/// [`Error::HashMismatch`] with both hashes if the bytes are others, [`Error::Malformed`] or
	/// [`Error::Json`] if they are no weights file, [`Error::NoBase`] if the model is an adapter whose
	/// base model is not open, [`Error::Setting`] or [`Error::Transformer`] if it claims a size that its
	/// base model or the chain does not allow.
	pub fn load(bytes: &[u8], expected: Option<&Hash>) -> Result<Self> {
		let hash = check_hash(weights::WHAT, bytes, expected)?;
		let architecture = weights::architecture(bytes)?;
		let kind = if architecture.is_text() {
			let plan = TextPlan::of(&architecture)?;
			let parameters = weights::read_sites(bytes, plan.layout().sites())?;
			Kind::Text(plan.build(&parameters)?)
		} else {
			Kind::Network(weights::read(bytes)?)
		};
		Ok(Self { architecture, kind, bytes: bytes.to_vec(), hash })
	}

	/// The weights file (safetensors).
	pub fn to_bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// blake2-256 of the weights file.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// The architecture.
	pub fn architecture(&self) -> &Architecture {
		&self.architecture
	}

	/// The layers and the scaling.
	///
	/// # Errors
	/// [`Error::Setting`] for a model of text.
	pub fn network(&self) -> Result<&Network> {
		match &self.kind {
			Kind::Network(network) => Ok(network),
			Kind::Text(_) => Err(numbers_only()),
		}
	}

	/// What computes.
	pub(crate) fn kind(&self) -> &Kind {
		&self.kind
	}

	/// The transformer and its adapter, if it is a model of text.
	pub fn text(&self) -> Option<&TextModel> {
		match &self.kind {
			Kind::Network(_) => None,
			Kind::Text(text) => Some(text),
		}
	}

	/// Answers one input: the comma-separated features of one row, a text to be classified, or one
	/// to be continued.
	///
	/// The row is computed alone and in a fixed order, so every machine gets the same bits.
	///
	/// # Errors
	/// [`Error::InputLength`], [`Error::NotANumber`] with the column, [`Error::NotFinite`],
	/// [`Error::Transformer`].
	pub fn answer(&self, input: &str) -> Result<Answer> {
		let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
		let (logits, read) = match (&self.kind, &self.architecture) {
			(Kind::Text(model), Architecture::Decoder { answer_tokens, .. }) => {
				let input_tokens = count(model.tokens(input)?);
				let (text, written) = model.continuation(input, *answer_tokens)?;
				let output_tokens = count(written);
				return Ok(Answer {
					label: 0,
					text,
					logits: Vec::new(),
					input_tokens,
					output_tokens,
				});
			},
			(Kind::Text(model), _) => (model.logits(input)?, model.tokens(input)?),
			(Kind::Network(_), _) => {
				(self.logits(&parse_input(input, self.architecture.inputs())?)?, 0)
			},
		};
		let label = argmax(&logits);
		let name = self.architecture.class_names().get(label as usize);
		let text = name.cloned().unwrap_or_else(|| label.to_string());
		Ok(Answer { label, text, logits, input_tokens: count(read), output_tokens: 0 })
	}

	/// The input of an inference as text, with the answer to it; `None` where the model has none, since
	/// the input is no text or no row of the model, or the numbers leave the range. Hosts and attesters
	/// then say [`NO_ANSWER`](openledger_primitives::NO_ANSWER), every machine alike.
	///
	/// # Errors
	/// Those of [`Model::answer`] for which neither the input nor the answer is to blame.
	pub fn answer_to<'a>(&self, input: &'a [u8]) -> Result<Option<(&'a str, Answer)>> {
		let Ok(input) = std::str::from_utf8(input) else { return Ok(None) };
		match self.answer(input) {
			Ok(answer) => Ok(Some((input, answer))),
			Err(error) if error.is_of_input() => Ok(None),
			Err(error) => Err(error),
		}
	}

	/// The last layer's output for one row of features `[inputs]`, `[classes]`.
	///
	/// # Errors
	/// [`openledger_rows::Error::FeatureCount`], [`Error::NotFinite`] if the row is so far out of range that numbers
	/// overflow.
	pub fn logits(&self, row: &[f32]) -> Result<Vec<f32>> {
		let expected = self.architecture.inputs();
		if row.len() != expected {
			return Err(openledger_rows::Error::FeatureCount { found: row.len(), expected }.into());
		}
		let logits = self.network()?.forward(row).logits;
		if logits.iter().any(|z| !z.is_finite()) {
			return Err(Error::NotFinite("an answer"));
		}
		Ok(logits)
	}

	/// The last layer's output for each row, `[rows][classes]`, the same bits as row by row.
	///
	/// # Errors
	/// Those of [`Model::logits`].
	pub fn batch_logits(&self, data: &Dataset) -> Result<Vec<Vec<f32>>> {
		let network = match &self.kind {
			Kind::Network(network) => network,
			Kind::Text(text) => return text.batch_logits(data),
		};
		let expected = self.architecture.inputs();
		if data.columns() != expected {
			return Err(
				openledger_rows::Error::FeatureCount { found: data.columns(), expected }.into()
			);
		}
		let blocks = data.features().par_chunks(expected * 64);
		let logits = blocks.map(|rows| network.forward(rows).logits).collect::<Vec<_>>().concat();
		if logits.iter().any(|z| !z.is_finite()) {
			return Err(Error::NotFinite("an answer"));
		}
		Ok(logits.chunks_exact(self.architecture.classes()).map(<[f32]>::to_vec).collect())
	}

	/// An inference as a row: of the input's features and the output's class, of a text and its
	/// class, or of a prompt and its continuation.
	///
	/// # Errors
	/// [`Error::Rows`] if the input is no row of the model, [`Error::UnknownClass`] if the output is no
	/// class.
	pub fn query(&self, input: &str, output: &str) -> Result<Dataset> {
		if matches!(self.architecture, Architecture::Decoder { .. }) {
			return Ok(Dataset::continued(input, output)?);
		}
		let label = u32::try_from(self.class(output)?).unwrap_or(u32::MAX);
		if self.architecture.is_text() {
			let names = self.architecture.class_names().to_vec();
			let rows = TextDataset::new(vec![input.to_owned()], Some(vec![label]), names)?;
			return Ok(Dataset::from_text(rows));
		}
		let row = parse_input(input, self.architecture.inputs())?;
		Ok(Dataset::new(row.len(), row, vec![label])?)
	}

	/// The number of the class that an inference's output text names.
	///
	/// # Errors
	/// [`Error::UnknownClass`]; also for another spelling (`07`, `+7`) of a class.
	pub fn class(&self, output: &str) -> Result<usize> {
		let classes = self.architecture.classes();
		let names = self.architecture.class_names();
		let class = match names.is_empty() {
			true => output.parse::<usize>().ok().filter(|class| class.to_string() == output),
			false => names.iter().position(|name| name == output),
		};
		class.filter(|class| *class < classes).ok_or_else(|| {
			let text = output.chars().take(40).collect();
			Error::UnknownClass { text, classes }
		})
	}

	/// The part of rows answered with their label, 0 to 1.
	///
	/// # Errors
	/// Those of [`Dataset::check_fits`] and [`Model::logits`].
	pub fn accuracy(&self, data: &Dataset) -> Result<f64> {
		self.check_fits(data)?;
		let mut right = 0u64;
		for (logits, label) in self.batch_logits(data)?.iter().zip(data.labels()) {
			right += u64::from(argmax(logits) == *label);
		}
		Ok(right as f64 / data.len() as f64)
	}

	/// The mean cross-entropy loss, in nats.
	///
	/// # Errors
	/// Those of [`Dataset::check_fits`] and [`Model::logits`].
	pub fn loss(&self, data: &Dataset) -> Result<f64> {
		self.check_fits(data)?;
		if let Kind::Text(text) = &self.kind {
			return text.loss(data);
		}
		let mut sum = 0.0;
		for (logits, label) in self.batch_logits(data)?.iter().zip(data.labels()) {
			sum += cross_entropy(logits, *label as usize);
		}
		Ok(sum / data.len() as f64)
	}

	/// Checks that rows have the model's features and classes, or are of text.
	///
	/// # Errors
	/// Those of [`Dataset::check_fits`], [`openledger_rows::Error::Unlabelled`].
	pub fn check_fits(&self, data: &Dataset) -> Result<()> {
		self.architecture.check_fits(data)
	}
}

/// What methods say that know nothing but networks.
pub fn numbers_only() -> Error {
	let reason = "is one for text; this method is for models of rows of numbers: take another";
	Error::setting("architecture", reason)
}

/// Parts flat parameters, in the order of gradient coordinates, into layers.
pub(crate) fn split_layers(architecture: &Architecture, parameters: &[f32]) -> Result<Vec<Linear>> {
	if parameters.len() != architecture.parameters() {
		let reason = format!(
			"there are {} parameters instead of {}",
			parameters.len(),
			architecture.parameters()
		);
		return Err(Error::malformed(weights::WHAT, reason));
	}
	let (mut layers, mut rest) = (Vec::new(), parameters);
	for pair in architecture.widths().windows(2) {
		let (layer, after) = rest.split_at((pair[0] + 1) * pair[1]);
		rest = after;
		layers.push(Linear::new(pair[0], layer.to_vec()));
	}
	Ok(layers)
}

/// The place of the largest value, the first where several are.
pub fn argmax(logits: &[f32]) -> u32 {
	let mut best = 0;
	for (class, value) in logits.iter().enumerate() {
		if *value > logits[best] {
			best = class;
		}
	}
	best as u32
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		testing::{digits, random_model},
		Activation,
	};

	#[test]
	fn answer_should_be_the_same_bits_when_asked_as_text_or_as_row() {
		let (model, data) = (random_model(&[64, 32, 10], Activation::Tanh, 3), digits());
		for i in 0..20 {
			let answer = model.answer(&data.row_text(i)).unwrap();
			assert_eq!(answer.logits, model.logits(data.row(i)).unwrap());
			assert_eq!(answer.text, answer.label.to_string());
			assert!(answer.logits.iter().all(|z| *z <= answer.logits[answer.label as usize]));
		}
	}

	#[test]
	fn answer_should_prefer_the_lower_class_when_tied() {
		assert_eq!(argmax(&[0.0, 2.0, 2.0]), 1);
		assert_eq!(argmax(&[1.0, 1.0]), 0);
	}

	#[test]
	fn answer_should_fail_when_numbers_overflow() {
		let layers = vec![Linear::from_parts(1, &[1e30, -1e30], &[0.0; 2])];
		let architecture = Architecture::Logistic { inputs: 1, classes: 2 };
		let model = Model::new(architecture, layers, vec![0.0], vec![1.0]).unwrap();
		assert!(matches!(model.answer("1e30"), Err(Error::NotFinite(_))));
		assert!(model.answer("1e3").is_ok());
	}

	#[test]
	fn class_should_be_refused_when_output_is_another_spelling_or_no_class() {
		let model = random_model(&[2, 3, 10], Activation::Tanh, 1);
		assert_eq!(model.class("7").unwrap(), 7);
		for output in ["10", "-1", "07", "+7", " 7", "", "seven"] {
			assert!(matches!(model.class(output), Err(Error::UnknownClass { .. })), "{output}");
		}
	}

	#[test]
	fn new_should_refuse_when_shapes_are_not_the_architectures() {
		let architecture = Architecture::Logistic { inputs: 2, classes: 2 };
		let layer = |inputs: usize| Linear::from_parts(inputs, &vec![0.5; inputs * 2], &[0.0; 2]);
		let build =
			|layers, n| Model::new(architecture.clone(), layers, vec![0.0; n], vec![1.0; n]);
		assert!(build(vec![layer(2)], 2).is_ok());
		assert!(build(vec![layer(3)], 2).is_err());
		assert!(build(vec![layer(2)], 3).is_err());
		assert!(build(vec![], 2).is_err());
		let nan = Linear::from_parts(2, &[f32::NAN; 4], &[0.0; 2]);
		assert!(matches!(build(vec![nan], 2), Err(Error::NotFinite(_))));
	}
}
