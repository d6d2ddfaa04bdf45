use super::*;
use crate::{
	testing::{blobs, digits},
	Error, Function,
};
use openledger_rows::Error as RowsError;

fn recipe(widths: &[usize], activation: Activation) -> TrainConfig {
	let architecture = Architecture::mlp(widths, activation);
	TrainConfig { epochs: 20, ..TrainConfig::standard(architecture) }
}

fn run(data: &Dataset, config: &TrainConfig) -> Result<Trained> {
	train(data, config, &mut |_| ())
}

#[test]
fn features_should_be_to_blame_when_numbers_leave_the_range_before_the_first_step() {
	let data = Dataset::new(2, vec![3e38, -3e38, 3e38, 3e38], vec![0, 1]).unwrap();
	let architecture = Architecture::mlp(&[2, 4, 2], Activation::Relu);
	let config = TrainConfig { scaling: Scaling::None, ..TrainConfig::standard(architecture) };
	let error = train(&data, &config, &mut |_| ()).unwrap_err();
	assert!(matches!(error, Error::Overflow(_)), "{error}");
	assert!(error.to_string().contains("--scaling standardise"), "{error}");
}

#[test]
fn every_kind_of_model_should_learn_separable_classes() {
	let data = blobs(120, 5);
	let logistic = Architecture::Logistic { inputs: 2, classes: 3 };
	let adam = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
	let mlp = recipe(&[2, 8, 3], Activation::Tanh);
	for config in [
		TrainConfig { architecture: logistic, ..mlp.clone() },
		recipe(&[2, 16, 8, 3], Activation::Relu),
		TrainConfig {
			optimiser: adam,
			learning_rate: 0.02,
			schedule: Schedule::Constant,
			..mlp.clone()
		},
		TrainConfig { scaling: Scaling::Standardise, warm_up: 0.1, ..mlp.clone() },
		mlp,
	] {
		let trained = run(&data, &config).unwrap();
		assert!(trained.accuracy > 0.95, "{config:?}: {}", trained.accuracy);
		assert_eq!(trained.model.accuracy(&data).unwrap(), trained.accuracy);
	}
}

#[test]
fn weights_should_be_the_same_bits_when_the_seed_is_the_same() {
	let (data, config) = (blobs(60, 1), recipe(&[2, 8, 3], Activation::Tanh));
	let first = run(&data, &config).unwrap();
	let elsewhere = std::thread::scope(|scope| {
		let threads: Vec<_> =
			(0..2).map(|_| scope.spawn(|| run(&data, &config).unwrap())).collect();
		threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
	});
	assert!(elsewhere.iter().all(|other| other.model.hash() == first.model.hash()));
	let other = run(&data, &TrainConfig { seed: 1, ..config }).unwrap();
	assert_ne!(other.model.hash(), first.model.hash());
}

#[test]
fn progress_should_be_told_after_every_epoch() {
	let mut seen = Vec::new();
	let config = recipe(&[2, 4, 3], Activation::Tanh);
	train(&blobs(60, 1), &config, &mut |p| seen.push(p)).unwrap();
	assert_eq!(seen.iter().map(|p| p.done).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
	assert!(seen.iter().all(|p| p.total == 20 && p.loss.is_some()));
	assert!(seen[19].loss < seen[0].loss);
}

#[test]
fn training_should_say_so_when_it_diverges() {
	let config = TrainConfig {
		learning_rate: 1e30,
		scaling: Scaling::None,
		..recipe(&[2, 4, 3], Activation::Relu)
	};
	let error = run(&blobs(60, 1), &config).unwrap_err();
	assert!(matches!(error, Error::Diverged { .. }), "{error}");
}

#[test]
fn training_should_refuse_when_rows_do_not_fit_the_architecture() {
	let data = blobs(60, 1);
	let refuse = |widths: &[usize]| run(&data, &recipe(widths, Activation::Tanh)).unwrap_err();
	assert!(matches!(
		refuse(&[3, 4, 3]),
		Error::Rows(RowsError::FeatureCount { found: 2, expected: 3 })
	));
	assert!(matches!(
		refuse(&[2, 4, 2]),
		Error::Rows(RowsError::ClassCount { label: 2, classes: 2 })
	));
}

#[test]
fn features_should_be_scaled_by_the_rule() {
	let data = Dataset::new(2, vec![1.0, -8.0, 3.0, -8.0], vec![0, 1]).unwrap();
	assert_eq!(fit_scaling(Scaling::None, &data), (vec![0.0; 2], vec![1.0; 2]));
	assert_eq!(fit_scaling(Scaling::Maximum, &data), (vec![0.0; 2], vec![0.125; 2]));
	// The second feature is constant.
	assert_eq!(fit_scaling(Scaling::Standardise, &data), (vec![2.0, -8.0], vec![1.0, 0.0]));
	let zeros = Dataset::new(1, vec![0.0], vec![0]).unwrap();
	assert_eq!(fit_scaling(Scaling::Maximum, &zeros), (vec![0.0], vec![0.0]));
}

#[test]
fn run_should_step_by_the_mean_gradient_of_its_batch() {
	let data = digits().select(&[3, 14, 15, 92]).unwrap();
	let sgd = Optimiser::Sgd { momentum: 0.0 };
	let config =
		TrainConfig { optimiser: sgd, batch_size: 3, ..recipe(&[64, 5, 10], Activation::Tanh) };
	let mut run = TrainingRun::new(&data, &config).unwrap();
	assert_eq!(run.steps(), 40);
	while let Some(batch) = run.batch() {
		let (rows, rate) = (batch.rows.to_vec(), batch.rate);
		let (before, model) = (run.parameters().to_vec(), run.model().unwrap());
		let mut sum = vec![0.0; before.len()];
		let selected = data.select(&rows).unwrap();
		let gradients = model.gradients(&selected, 0..rows.len(), Function::Loss).unwrap();
		(0..rows.len()).for_each(|row| gradients.add_row(row, &mut sum));
		let loss = run.step().unwrap();
		assert!((loss - gradients.values.iter().sum::<f64>() / rows.len() as f64).abs() < 1e-5);
		for ((after, before), sum) in run.parameters().iter().zip(&before).zip(&sum) {
			let mean = sum / rows.len() as f64 + f64::from(config.weight_decay * before);
			let expected = f64::from(*before) - f64::from(rate) * mean;
			assert!((f64::from(*after) - expected).abs() < 1e-5);
		}
	}
}
