//! Classifiers of one row of numbers: multinomial logistic regression and multi-layer perceptrons.

mod architecture;
pub(crate) mod graph;
pub mod network;
mod weights;

pub use architecture::{Activation, Architecture};

use crate::{parse_input, Dataset, Error, Hash, Result};
use network::{cross_entropy, Linear, Network};

/// A trained model: architecture, feature scaling and weights, with the file that holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
	architecture: Architecture,
	network: Network,
	bytes: Vec<u8>,
	hash: Hash,
}

/// A model's answer to one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
	/// The most probable class, the lowest number where several are.
	pub label: u32,
	/// The class as text: the output of an inference on chain.
	pub text: String,
	/// The last layer's output, `[classes]`.
	pub logits: Vec<f32>,
}

impl Model {
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
					&& layer.weight.len() == pair[0] * pair[1]
			}) && shift.len() == architecture.inputs()
			&& factor.len() == architecture.inputs();
		if !fits {
			return Err(Error::malformed(weights::WHAT, "its shapes are not the architecture's"));
		}
		let values = layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias));
		if !values.chain(&shift).chain(&factor).all(|x| x.is_finite()) {
			return Err(Error::NotFinite("a weight"));
		}
		let activation = architecture.activation();
		let network = Network { layers, activation, shift, factor };
		let bytes = weights::write(&architecture, &network)?;
		let hash = crate::blake2_256(&bytes);
		Ok(Self { architecture, network, bytes, hash })
	}

	/// Reads a weights file; `expected` is the hash it was registered with.
	///
	/// # Errors
	/// [`Error::HashMismatch`] with both hashes if the bytes are others, [`Error::Malformed`] or
	/// [`Error::Json`] if they are no weights file.
	pub fn load(bytes: &[u8], expected: Option<&Hash>) -> Result<Self> {
		let hash = crate::check_hash(weights::WHAT, bytes, expected)?;
		let (architecture, network) = weights::read(bytes)?;
		Ok(Self { architecture, network, bytes: bytes.to_vec(), hash })
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

	/// The layers and the scaling, for gradients.
	pub fn network(&self) -> &Network {
		&self.network
	}

	/// Answers one input, the comma-separated features of one row.
	///
	/// The row is computed alone and in a fixed order, so every machine gets the same bits.
	///
	/// # Errors
	/// [`Error::InputLength`], [`Error::NotANumber`] with the column, [`Error::NotFinite`].
	pub fn answer(&self, input: &str) -> Result<Answer> {
		let row = parse_input(input, self.architecture.inputs())?;
		let logits = self.logits(&row)?;
		let label = argmax(&logits);
		Ok(Answer { label, text: label.to_string(), logits })
	}

	/// The last layer's output for one row of features `[inputs]`, `[classes]`.
	///
	/// # Errors
	/// [`Error::FeatureCount`], [`Error::NotFinite`] if the row is so far out of range that numbers
	/// overflow.
	pub fn logits(&self, row: &[f32]) -> Result<Vec<f32>> {
		let expected = self.architecture.inputs();
		if row.len() != expected {
			return Err(Error::FeatureCount { found: row.len(), expected });
		}
		let logits = self.network.forward(row).logits;
		if logits.iter().any(|z| !z.is_finite()) {
			return Err(Error::NotFinite("an answer"));
		}
		Ok(logits)
	}

	/// The class number that an inference's output text names.
	///
	/// # Errors
	/// [`Error::UnknownClass`]; also for another spelling (`07`, `+7`) of a class.
	pub fn class(&self, output: &str) -> Result<usize> {
		let classes = self.architecture.classes();
		let class = output.parse::<usize>().ok();
		class.filter(|class| *class < classes && class.to_string() == output).ok_or_else(|| {
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
		for (row, label) in data.rows() {
			right += u64::from(argmax(&self.logits(row)?) == label);
		}
		Ok(right as f64 / data.len() as f64)
	}

	/// The mean cross-entropy loss, in nats.
	///
	/// # Errors
	/// Those of [`Dataset::check_fits`] and [`Model::logits`].
	pub fn loss(&self, data: &Dataset) -> Result<f64> {
		self.check_fits(data)?;
		let mut sum = 0.0;
		for (row, label) in data.rows() {
			sum += cross_entropy(&self.logits(row)?, label as usize);
		}
		Ok(sum / data.len() as f64)
	}

	/// Checks that rows have the model's features and classes.
	///
	/// # Errors
	/// Those of [`Dataset::check_fits`].
	pub fn check_fits(&self, data: &Dataset) -> Result<()> {
		data.check_fits(self.architecture.inputs(), self.architecture.classes())
	}
}

pub(crate) fn argmax(logits: &[f32]) -> u32 {
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
	use crate::testing::{digits, random_model};

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
		let layers = vec![Linear::new(1, vec![1e30, -1e30], vec![0.0; 2])];
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
		let layer = |inputs: usize| Linear::new(inputs, vec![0.5; inputs * 2], vec![0.0; 2]);
		let build =
			|layers, n| Model::new(architecture.clone(), layers, vec![0.0; n], vec![1.0; n]);
		assert!(build(vec![layer(2)], 2).is_ok());
		assert!(build(vec![layer(3)], 2).is_err());
		assert!(build(vec![layer(2)], 3).is_err());
		assert!(build(vec![], 2).is_err());
		let nan = Linear::new(2, vec![f32::NAN; 4], vec![0.0; 2]);
		assert!(matches!(build(vec![nan], 2), Err(Error::NotFinite(_))));
	}
}
