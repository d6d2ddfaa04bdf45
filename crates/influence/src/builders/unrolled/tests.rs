use super::*;
use crate::Error;
use openledger_models::{
	testing::{blobs, digits},
	train,
	train::{Optimiser, OptimiserState, Scaling, Schedule},
	Activation, Architecture, Function,
};

const ADAM: Optimiser = Optimiser::AdamW { beta1: 0.8, beta2: 0.95, epsilon: 1e-3 };

fn recipe(widths: &[usize], activation: Activation) -> TrainConfig {
	let architecture = Architecture::mlp(widths, activation);
	let standard = TrainConfig::standard(architecture);
	TrainConfig { epochs: 4, batch_size: 16, learning_rate: 0.05, ..standard }
}

/// The recipes that differ in what is to be differentiated.
fn recipes() -> Vec<TrainConfig> {
	let tanh = recipe(&[2, 6, 4, 3], Activation::Tanh);
	let plain = Optimiser::Sgd { momentum: 0.0 };
	vec![
		TrainConfig {
			optimiser: plain,
			schedule: Schedule::Constant,
			weight_decay: 0.0,
			..tanh.clone()
		},
		TrainConfig { warm_up: 0.3, weight_decay: 0.1, ..tanh.clone() },
		TrainConfig { optimiser: ADAM, learning_rate: 0.01, weight_decay: 0.2, ..tanh.clone() },
		TrainConfig {
			optimiser: ADAM,
			learning_rate: 0.01,
			warm_up: 0.3,
			scaling: Scaling::Standardise,
			..tanh.clone()
		},
		TrainConfig { architecture: Architecture::Logistic { inputs: 2, classes: 3 }, ..tanh },
		recipe(&[2, 8, 3], Activation::Relu),
	]
}

/// 60 rows in contributions of several sizes, in no order of number.
fn contributions() -> Vec<Contribution> {
	let data = blobs(60, 5);
	let parts = [(9, 0..1), (4, 1..3), (7, 3..20), (5, 20..60)];
	let part = |(id, rows): (u64, std::ops::Range<usize>)| Contribution {
		id,
		rows: data.select(&rows.collect::<Vec<_>>()).unwrap(),
	};
	parts.into_iter().map(part).collect()
}

fn trained(config: &TrainConfig, contributions: &[Contribution]) -> Model {
	train(&all_rows(contributions).unwrap(), config, &mut |_| ()).unwrap().model
}

fn build(config: &TrainConfig, contributions: &[Contribution]) -> FloatIndex {
	let model = trained(config, contributions);
	Unrolled { config: config.clone() }.build(&model, contributions, &mut |_| ()).unwrap()
}

/// Training with the losses of `weighted`'s rows multiplied by `weight`: gradients row by row, and
/// the optimiser.
fn weighted_run(
	config: &TrainConfig,
	contributions: &[Contribution],
	weighted: usize,
	weight: f64,
) -> Vec<f32> {
	let data = all_rows(contributions).unwrap();
	let before: usize = contributions[..weighted].iter().map(|c| c.rows.len()).sum();
	let rows = before..before + contributions[weighted].rows.len();
	// Rows and rates are those of the run, whatever the parameters.
	let mut run = TrainingRun::new(&data, config).unwrap();
	let mut model = run.model().unwrap();
	let mut parameters = run.parameters().to_vec();
	let mut state = OptimiserState::new(config, parameters.len());
	while let Some(batch) = run.batch() {
		let mut sum = vec![0.0f64; parameters.len()];
		for row in batch.rows {
			let gradients = model.gradients(&data, *row..*row + 1, Function::Loss).unwrap();
			let weight = if rows.contains(row) { weight } else { 1.0 };
			let pairs = sum.iter_mut().zip(gradients.flat(0));
			pairs.for_each(|(sum, x)| *sum += weight * x);
		}
		let gradient: Vec<f32> = sum.iter().map(|x| (x / batch.rows.len() as f64) as f32).collect();
		state.step(&mut parameters, &gradient, batch.rate);
		model = model.with_parameters(&parameters).unwrap();
		run.step().unwrap();
	}
	parameters
}

#[test]
fn leaves_should_match_finite_differences_of_whole_training_runs() {
	let contributions = contributions();
	for config in recipes() {
		let index = build(&config, &contributions);
		assert!(!index.local && index.dimension() == config.architecture.parameters());
		for (position, leaf) in index.leaves.iter().enumerate() {
			// Single rows move little: a larger step keeps rounding small.
			let step = if contributions[position].rows.len() < 3 { 0.2 } else { 0.02 };
			let run = |weight| weighted_run(&config, &contributions, position, weight);
			let (more, less) = (run(1.0 + step), run(1.0 - step));
			let (mut error, mut size) = (0.0, 0.0);
			for ((more, less), found) in more.iter().zip(&less).zip(leaf) {
				let expected = f64::from(more - less) / (2.0 * step);
				error += (expected - f64::from(*found)).powi(2);
				size += expected.powi(2);
			}
			let part = (error / size).sqrt();
			assert!(part < 0.02 && size > 0.0, "{config:?} {position}: {part} of {size}");
		}
	}
}

#[test]
fn leaves_should_add_up_when_contributions_are_joined() {
	let parts = contributions();
	for config in recipes() {
		let joined = |range: std::ops::Range<usize>| Contribution {
			id: range.start as u64,
			rows: all_rows(&parts[range]).unwrap(),
		};
		let apart = build(&config, &parts).leaves;
		let together = build(&config, &[joined(0..3), joined(3..4)]).leaves;
		for (i, sum) in together[0].iter().enumerate() {
			let parts: f32 = apart[..3].iter().map(|leaf| leaf[i]).sum();
			assert!((sum - parts).abs() < 1e-3 * (1.0 + sum.abs()));
		}
	}
}

#[test]
fn leaves_should_be_the_same_bits_whatever_the_number_of_threads() {
	let data = digits();
	let contributions: Vec<Contribution> = (0..21)
		.map(|id| Contribution { id, rows: data.select(&[id as usize * 2, 90]).unwrap() })
		.collect();
	let architecture = Architecture::mlp(&[64, 5, 10], Activation::Tanh);
	for optimiser in [ADAM, Optimiser::Sgd { momentum: 0.9 }] {
		let standard = TrainConfig::standard(architecture.clone());
		let config = TrainConfig { epochs: 2, optimiser, ..standard };
		let all = |threads| {
			let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
			pool.install(|| build(&config, &contributions))
		};
		assert_eq!(all(1), all(3));
	}
}

#[test]
fn build_should_refuse_when_the_recipe_does_not_train_the_model() {
	let (config, contributions) = (recipe(&[2, 4, 3], Activation::Tanh), contributions());
	let model = trained(&config, &contributions);
	let refuse = |config: TrainConfig, contributions: &[Contribution]| {
		let error = Unrolled { config }.build(&model, contributions, &mut |_| ()).unwrap_err();
		assert!(matches!(error, Error::Setting { setting: "config", .. }), "{error}");
	};
	refuse(TrainConfig { seed: 3, ..config.clone() }, &contributions);
	refuse(
		TrainConfig {
			architecture: Architecture::mlp(&[2, 5, 3], Activation::Tanh),
			..config.clone()
		},
		&contributions,
	);
	refuse(config, &contributions[1..]);
}

#[test]
fn build_should_say_so_when_derivatives_leave_the_range_of_numbers() {
	// Far above the rate at which training is stable, but decay keeps the weights finite.
	let config = TrainConfig {
		learning_rate: 20.0,
		epochs: 200,
		weight_decay: 0.01,
		schedule: Schedule::Constant,
		..recipe(&[2, 6, 3], Activation::Tanh)
	};
	let contributions = contributions();
	let model = trained(&config, &contributions);
	let builder = Unrolled { config };
	let error = builder.build(&model, &contributions, &mut |_| ()).unwrap_err();
	assert!(matches!(error, Error::NotFinite(_)), "{error}");
}
