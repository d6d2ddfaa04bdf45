//! What is evaluated: rows, a recipe, and the model they give.

use openledger_influence::Contribution;
use openledger_models::{
	batches, blake2_256, train, Error, Function, Model, Progress, Result, TrainConfig,
};
use openledger_rows::Dataset;
use rand::{seq::SliceRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows to train and test on, and a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
	/// The name of the task in reports.
	pub name: String,
	/// Rows to train on, which are those that are scored. A contribution of several rows takes neighbours:
	/// unless the rows are shuffled, these may be alike.
	pub train: Dataset,
	/// Rows to test on, which are the queries and the held-out rows.
	pub test: Dataset,
	/// The recipe of the attributed model and of every retraining; only the seed differs.
	pub config: TrainConfig,
	/// Training rows whose label is known to be wrong, ascending.
	pub mislabelled: Vec<usize>,
}

impl Task {
	/// A task without rows known to be mislabelled.
	pub fn new(
		name: impl Into<String>,
		train: Dataset,
		test: Dataset,
		config: TrainConfig,
	) -> Self {
		Self { name: name.into(), train, test, config, mislabelled: Vec::new() }
	}

	/// The same task with a part of the training labels, 0 to 1, changed. Each becomes one of the other
	/// classes, which are equally probable.
	///
	/// # Errors
	/// [`Error::Setting`] if the part is out of range or gives no row.
	pub fn with_flipped_labels(self, part: f64, seed: u64) -> Result<Self> {
		let count = (part * self.train.len() as f64).round();
		if !(1.0..=self.train.len() as f64).contains(&count) {
			return Err(Error::setting("mislabelled", "must be a part of the rows, above 0 to 1"));
		}
		let classes = self.config.architecture.classes() as u32;
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		let mut rows: Vec<usize> = (0..self.train.len()).collect();
		rows.shuffle(&mut rng);
		rows.truncate(count as usize);
		rows.sort_unstable();
		let mut labels = self.train.labels().to_vec();
		for row in &rows {
			// From 1 to the number of classes - 1 further round the circle of classes.
			labels[*row] = (labels[*row] + rng.random_range(1..classes)) % classes;
		}
		let train = self.train.with_labels(labels)?;
		Ok(Self { train, mislabelled: rows, ..self })
	}

	/// The training rows, in their order, as contributions of `size` rows each; the last may have
	/// fewer. Methods that train again need all rows in the order of training.
	pub(super) fn groups(&self, size: usize) -> Vec<Vec<usize>> {
		let rows: Vec<usize> = (0..self.train.len()).collect();
		rows.chunks(size).map(<[usize]>::to_vec).collect()
	}

	/// Contributions of these rows, numbered from 0.
	pub(super) fn contributions(&self, groups: &[Vec<usize>]) -> Result<Vec<Contribution>> {
		let contribution = |(id, rows): (u64, &Vec<usize>)| {
			Ok(Contribution { id, rows: self.train.select(rows)? })
		};
		(0..).zip(groups).map(contribution).collect()
	}
}

/// A task with its trained model.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
	/// The task whose model this is.
	pub task: &'a Task,
	/// The model, trained on all training rows with the recipe as it stands.
	pub model: Model,
	/// The model's mean loss over the training rows, in nats.
	pub loss: f64,
	/// The part of test rows, 0 to 1, that the model answers with their label.
	pub accuracy: f64,
	/// The length of the gradient of `mean loss + weight_decay / 2 |θ|²`, which training with
	/// weight decay in the gradient minimises: 0 at the minimum.
	pub gradient_norm: f64,
}

impl<'a> Subject<'a> {
	/// Trains the model.
	///
	/// # Errors
	/// Those of [`train()`] and [`Architecture::check_fits`](openledger_models::Architecture::check_fits).
	pub fn train(task: &'a Task, progress: &mut dyn FnMut(Progress)) -> Result<Self> {
		task.config.architecture.check_fits(&task.test)?;
		let trained = train(&task.train, &task.config, progress)?;
		let accuracy = trained.model.accuracy(&task.test)?;
		let gradient_norm = gradient_norm(&trained.model, task)?;
		Ok(Self { task, model: trained.model, loss: trained.loss, accuracy, gradient_norm })
	}
}

fn gradient_norm(model: &Model, task: &Task) -> Result<f64> {
	let mut gradient = vec![0.0; model.coordinates()];
	for batch in batches(model, &task.train, Function::Loss, |_, g| Ok(g)) {
		let gradients = batch?.1;
		(0..gradients.rows()).for_each(|row| gradients.add_row(row, &mut gradient));
	}
	let (rows, decay) = (task.train.len() as f64, f64::from(task.config.weight_decay));
	let total = gradient.iter().zip(model.parameters());
	Ok(total.map(|(g, x)| (g / rows + decay * f64::from(x)).powi(2)).sum::<f64>().sqrt())
}

/// A seed for one purpose, unrelated to those for other purposes, numbers and evaluations.
pub(super) fn derived_seed(seed: u64, purpose: &str, number: u64) -> u64 {
	let tag = format!("openledger/evaluation/{purpose}");
	let hash =
		blake2_256(&[tag.as_bytes(), &[0], &seed.to_le_bytes(), &number.to_le_bytes()].concat());
	hash.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_models::{testing::blobs, Activation, Architecture};

	fn task() -> Task {
		let config = TrainConfig::standard(Architecture::mlp(&[2, 4, 3], Activation::Tanh));
		Task::new("blobs", blobs(60, 1), blobs(20, 2), config)
	}

	#[test]
	fn flipped_labels_should_be_others_and_named_when_a_part_is_flipped() {
		let (clean, flipped) = (task(), task().with_flipped_labels(0.1, 5).unwrap());
		assert_eq!(flipped.mislabelled.len(), 6);
		for row in 0..60 {
			let changed = clean.train.label(row) != flipped.train.label(row);
			assert_eq!(changed, flipped.mislabelled.contains(&row));
			assert_eq!(clean.train.row(row), flipped.train.row(row));
			assert!(flipped.train.label(row) < 3);
		}
		assert_eq!(flipped, task().with_flipped_labels(0.1, 5).unwrap());
		assert_ne!(flipped, task().with_flipped_labels(0.1, 6).unwrap());
		assert!(task().with_flipped_labels(0.0, 5).is_err());
		assert!(task().with_flipped_labels(f64::NAN, 5).is_err());
	}

	#[test]
	fn groups_should_part_all_rows_in_their_order() {
		let groups = task().groups(25);
		assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
		assert_eq!(groups.concat(), (0..60).collect::<Vec<_>>());
		let contributions = task().contributions(&groups).unwrap();
		assert_eq!((contributions[1].id, contributions[1].rows.len()), (1, 25));
		assert_eq!(contributions[1].rows.row(0), task().train.row(25));
	}

	#[test]
	fn gradient_norm_should_fall_when_training_lasts_longer() {
		let norm = |epochs| {
			let task = task();
			let config = TrainConfig { epochs, batch_size: 60, ..task.config.clone() };
			let task = Task { config, ..task };
			Subject::train(&task, &mut |_| ()).unwrap().gradient_norm
		};
		let (short, long) = (norm(5), norm(2000));
		assert!(long < 0.05 * short, "{short} {long}");
	}

	#[test]
	fn seeds_should_differ_when_purpose_number_or_evaluation_do() {
		let seeds = [
			derived_seed(0, "a", 0),
			derived_seed(0, "b", 0),
			derived_seed(0, "a", 1),
			derived_seed(1, "a", 0),
		];
		for (i, seed) in seeds.iter().enumerate() {
			assert!(!seeds[..i].contains(seed));
		}
	}
}
