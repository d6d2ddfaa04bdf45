//! The mean loss of several samples and its gradient.

use crate::{
	bert::TextClassifier,
	error::{Error, Result},
	gradients::{add_gradient, in_order, Factors, Site},
	llama::LanguageModel,
};

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledText {
	/// The tokens of the whole text, the special ones included.
	pub ids: Vec<u32>,
	/// The number of the text's class, from 0.
	pub label: u32,
}

/// A text of which a part is to be predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CausalText {
	/// The tokens of the whole text, the special ones included.
	pub ids: Vec<u32>,
	/// The position of the first token to be predicted, at least 1.
	pub from: usize,
}

/// A model whose adapter can be trained.
pub trait Trainable: Sync {
	/// What the model learns from: a text and its class, or a text alone.
	type Sample: Sync;

	/// The trained layers, in the order of the parameters.
	fn sites(&self) -> &[Site];

	/// A sample's loss in nats, and the factors of its gradient, one per site.
	///
	/// # Errors
	/// If the sample does not fit the model or the loss is not finite.
	fn loss_factors(&self, sample: &Self::Sample) -> Result<(f64, Vec<Factors>)>;
}

impl Trainable for TextClassifier {
	type Sample = LabelledText;

	fn sites(&self) -> &[Site] {
		self.sites()
	}

	fn loss_factors(&self, sample: &LabelledText) -> Result<(f64, Vec<Factors>)> {
		self.loss_factors(&sample.ids, sample.label)
	}
}

impl Trainable for LanguageModel {
	type Sample = CausalText;

	fn sites(&self) -> &[Site] {
		self.sites()
	}

	fn loss_factors(&self, sample: &CausalText) -> Result<(f64, Vec<Factors>)> {
		self.loss_factors(&sample.ids, sample.from)
	}
}

/// The mean loss of `samples` in nats, and its gradient, which is laid out as the parameters are.
///
/// Samples are computed side by side and summed in their order, and nothing asks the platform's
/// mathematical library: equal samples give equal bits on any number of threads and any machine.
///
/// # Errors
/// [`Error::NoSamples`], and those of [`Trainable::loss_factors`].
pub fn batch_gradient<M: Trainable>(model: &M, samples: &[&M::Sample]) -> Result<(f64, Vec<f32>)> {
	if samples.is_empty() {
		return Err(Error::NoSamples);
	}
	let sites = model.sites();
	let mut gradient = vec![0.0; sites.iter().map(Site::coordinates).sum()];
	let mut loss = 0.0;
	// Some at a time, because the factors of a large batch would fill the memory.
	for group in samples.chunks(4 * rayon::current_num_threads().max(1)) {
		for (own, factors) in in_order(group, |sample| model.loss_factors(sample))? {
			add_gradient(sites, &factors, &mut gradient)?;
			loss += own;
		}
	}
	let count = samples.len() as f64;
	let factor = (1.0 / count) as f32;
	gradient.iter_mut().for_each(|g| *g *= factor);
	Ok((loss / count, gradient))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{gradients::gradient, testing::*};

	/// Texts of random tokens with random classes.
	fn texts(count: usize) -> Vec<LabelledText> {
		let numbers = random_vector(8 * count, 1.0, 8);
		let texts = numbers.chunks(8).map(|row| {
			let length = 3 + (row[0].abs() * 5.0) as usize;
			let ids = row[..length.min(8)].iter().map(|x| (x.abs() * 12.0) as u32).collect();
			LabelledText { ids, label: (row[7].abs() * 3.0) as u32 % 3 }
		});
		texts.collect()
	}

	fn model() -> TextClassifier {
		classifier(bert_config(), &RandomWeights::default(), lora(&["query", "value"]))
	}

	#[test]
	fn gradients_of_samples_should_sum_to_that_of_the_batch() {
		let (model, samples) = (model(), texts(5));
		let (loss, whole) = batch_gradient(&model, &samples.iter().collect::<Vec<_>>()).unwrap();
		let (mut losses, mut sum) = (0.0, vec![0.0f64; whole.len()]);
		for sample in &samples {
			let (own, factors) = model.loss_factors(&sample.ids, sample.label).unwrap();
			losses += own / 5.0;
			let own = gradient(model.sites(), &factors).unwrap();
			sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += f64::from(own) / 5.0);
		}
		assert!(whole.iter().any(|g| g.abs() > 1e-3));
		assert!((losses - loss).abs() < 1e-12);
		assert!(whole.iter().zip(sum).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-6));
	}

	#[test]
	fn gradient_should_have_the_same_bits_on_any_number_of_threads() {
		let (model, samples) = (model(), texts(20));
		let samples: Vec<&LabelledText> = samples.iter().collect();
		let on = |threads| on_threads(threads, || batch_gradient(&model, &samples).unwrap());
		let first = on(1);
		assert_eq!(on(2), first);
		assert_eq!(on(3), first);
	}

	#[test]
	fn batch_should_be_refused_when_there_is_nothing_or_a_sample_does_not_fit() {
		let (model, mut samples) = (model(), texts(3));
		assert!(matches!(batch_gradient(&model, &[]), Err(Error::NoSamples)));
		samples[1].label = 3;
		let error = batch_gradient(&model, &samples.iter().collect::<Vec<_>>()).unwrap_err();
		assert!(matches!(error, Error::UnknownClass { label: 3, classes: 3 }), "{error}");
	}
}
