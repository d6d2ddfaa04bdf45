use super::*;
use crate::{gradients::gradient, testing::*, Bert};
use rand::Rng;
use std::sync::Arc;

/// Texts of random tokens; the class says which of two tokens stands among them.
fn texts(count: usize) -> Vec<LabelledText> {
	let mut rng = ChaCha8Rng::seed_from_u64(8);
	let text = |i: usize| {
		let label = (i % 2) as u32;
		let mut ids: Vec<u32> =
			(0..rng.random_range(3..8)).map(|_| rng.random_range(2..13)).collect();
		let place = rng.random_range(0..ids.len());
		ids[place] = label;
		LabelledText { ids, label }
	};
	(0..count).map(text).collect()
}

fn fresh() -> TextClassifier {
	let base = Arc::new(Bert::new(bert_config(), &RandomWeights::default(), None).unwrap());
	TextClassifier::new_adapter(base, lora(&["query", "value"]), 2, 1).unwrap()
}

fn recipe() -> TrainConfig {
	TrainConfig { learning_rate: 0.05, epochs: 30, batch_size: 8, ..Default::default() }
}

#[test]
fn training_should_lower_the_loss_of_a_classifier() {
	let samples = texts(40);
	let sgd = Optimiser::Sgd { momentum: 0.9 };
	let slow = TrainConfig { optimiser: sgd, learning_rate: 0.1, ..recipe() };
	for config in [recipe(), slow] {
		let mut model = fresh();
		let (before, _) = batch_gradient(&model, &samples.iter().collect::<Vec<_>>()).unwrap();
		let losses = train(&mut model, &samples, &config, &mut |_| ()).unwrap();
		let (after, _) = batch_gradient(&model, &samples.iter().collect::<Vec<_>>()).unwrap();
		assert_eq!(losses.len(), 30);
		assert!(after < 0.5 * before, "{before} to {after}, {config:?}");
		assert!(losses[29] < losses[0], "{losses:?}");
	}
}

#[test]
fn training_should_lower_the_loss_of_a_language_model() {
	let sample = |i: u32| {
		let ids = (0..7).map(|t| (i + 3 * t) % 11).collect();
		CausalText { ids, from: 2 }
	};
	let samples: Vec<CausalText> = (0..11).map(sample).collect();
	let mut model = language_model(
		llama_config(),
		&RandomWeights::default(),
		lora(&["q_proj", "v_proj", "down_proj"]),
	);
	let losses = train(&mut model, &samples, &recipe(), &mut |_| ()).unwrap();
	assert!(losses[29] < 0.7 * losses[0], "{losses:?}");
}

#[test]
fn gradients_of_samples_should_sum_to_that_of_the_batch() {
	let (model, samples) = (fresh(), texts(5));
	let (loss, whole) = batch_gradient(&model, &samples.iter().collect::<Vec<_>>()).unwrap();
	let (mut losses, mut sum) = (0.0, vec![0.0f64; whole.len()]);
	for sample in &samples {
		let (own, factors) = model.loss_factors(&sample.ids, sample.label).unwrap();
		losses += own / 5.0;
		let own = gradient(model.sites(), &factors).unwrap();
		sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += f64::from(own) / 5.0);
	}
	assert!((losses - loss).abs() < 1e-12);
	assert!(whole.iter().zip(sum).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-6));
}

#[test]
fn parameters_should_have_the_same_bits_on_any_number_of_threads() {
	let samples = texts(20);
	let config = TrainConfig { epochs: 2, ..recipe() };
	let run = |threads: usize, config: &TrainConfig| {
		on_threads(threads, || {
			let mut model = fresh();
			let losses = train(&mut model, &samples, config, &mut |_| ()).unwrap();
			(losses, model.parameters())
		})
	};
	let first = run(1, &config);
	assert_eq!(run(2, &config), first);
	assert_eq!(run(3, &config), first);
	assert_ne!(run(2, &TrainConfig { seed: 1, ..config }), first);
}

#[test]
fn progress_should_be_told_after_every_step() {
	let mut seen = Vec::new();
	let config = TrainConfig { epochs: 2, ..recipe() };
	train(&mut fresh(), &texts(20), &config, &mut |progress| seen.push(progress)).unwrap();
	// Batches of 8, 8 and 4.
	assert_eq!(seen.iter().map(|p| p.step).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
	assert!(seen.iter().all(|p| p.steps == 6 && p.loss.is_finite()));
}

#[test]
fn training_should_name_the_step_when_it_diverges() {
	let mut model = fresh();
	let config = TrainConfig {
		optimiser: Optimiser::Sgd { momentum: 0.0 },
		learning_rate: 3e38,
		warm_up: 0.0,
		clip_norm: None,
		..recipe()
	};
	let error = train(&mut model, &texts(20), &config, &mut |_| ()).unwrap_err();
	assert!(matches!(error, Error::Diverged { step: 1..=3, .. }), "{error}");
	assert!(error.to_string().contains("step"));
	assert!(model.parameters().iter().all(|x| x.is_finite()));
}

#[test]
fn a_step_should_be_no_longer_than_gradients_are_clipped_to() {
	let mut model = fresh();
	let before = model.parameters();
	let config = TrainConfig {
		optimiser: Optimiser::Sgd { momentum: 0.0 },
		learning_rate: 1.0,
		warm_up: 0.0,
		weight_decay: 0.0,
		clip_norm: Some(0.01),
		epochs: 1,
		batch_size: 20,
		seed: 0,
	};
	train(&mut model, &texts(20), &config, &mut |_| ()).unwrap();
	let step: Vec<f32> = model.parameters().iter().zip(before).map(|(a, b)| a - b).collect();
	assert!((norm(&step) - 0.01).abs() < 1e-5);
}

#[test]
fn training_should_refuse_when_there_is_nothing_or_a_sample_does_not_fit() {
	let train = |samples: &[LabelledText]| train(&mut fresh(), samples, &recipe(), &mut |_| ());
	assert!(matches!(train(&[]), Err(Error::NoSamples)));
	assert!(batch_gradient(&fresh(), &[]).is_err());
	let mut samples = texts(3);
	samples[1].label = 2;
	assert!(matches!(train(&samples), Err(Error::UnknownClass { label: 2, classes: 2 })));
}
