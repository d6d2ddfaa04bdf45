//! The minimum of logistic regression with weight decay, to the precision of the machine.
//!
//! The objective `mean cross-entropy + decay / 2 |θ|²` is strictly convex, so retraining has one
//! outcome whatever the seed, and Newton's method reaches it without the noise of gradient descent,
//! which is as large as the effect of one row.

use faer::{
	linalg::solvers::{Llt, Solve},
	Mat, Side,
};
use openledger_kernels::{exp, ln};
use openledger_models::{Architecture, Error, Model, Result};
use openledger_rows::Dataset;
use rayon::prelude::*;

/// The length of the gradient below which a solution counts as reached.
const TOLERANCE: f64 = 1e-10;
/// The most steps of Newton's method, which needs about ten.
const NEWTON_STEPS: usize = 100;
/// The most steps towards the minimum without one row, which use the Hessian of all rows. Each removes at
/// least the part of the error that the other rows' share of the Hessian is.
const CHORD_STEPS: usize = 2000;

/// The training objective of a logistic regression: rows and weight decay.
pub(super) struct Problem {
	/// Scaled features with a trailing 1, `[rows][columns]`.
	rows: Vec<Vec<f64>>,
	labels: Vec<usize>,
	classes: usize,
	columns: usize,
	decay: f64,
}

/// The minimum over all rows.
pub(super) struct Minimum {
	/// The parameters, in the order of gradient coordinates.
	pub parameters: Vec<f64>,
	/// The length of the objective's gradient at the minimum.
	pub gradient_norm: f64,
	hessian: Llt<f64>,
}

impl Problem {
	/// The training objective of `model`, with its scaling of features.
	///
	/// # Errors
	/// [`Error::Setting`] if the model is no logistic regression or the decay is not positive.
	pub fn new(model: &Model, data: &Dataset, decay: f64) -> Result<Self> {
		let Architecture::Logistic { inputs, classes } = *model.architecture() else {
			let reason = "leaving out one row at a time is measured on a logistic regression only";
			return Err(Error::setting("architecture", reason));
		};
		if decay <= 0.0 {
			let reason = "must be positive for retraining to have one outcome";
			return Err(Error::setting("weight_decay", reason));
		}
		Ok(Self {
			rows: scaled(model, data)?,
			labels: data.labels().iter().map(|label| *label as usize).collect(),
			classes,
			columns: inputs + 1,
			decay,
		})
	}

	/// Finds the minimum over all rows, from `start` on.
	///
	/// # Errors
	/// [`Error::NotFinite`] if it is not reached.
	pub fn minimise(&self, start: &[f32]) -> Result<Minimum> {
		let mut parameters: Vec<f64> = start.iter().map(|x| f64::from(*x)).collect();
		for _ in 0..NEWTON_STEPS {
			let gradient = self.gradient(&parameters, None);
			let (gradient_norm, hessian) = (length(&gradient), self.hessian(&parameters)?);
			if gradient_norm < TOLERANCE {
				return Ok(Minimum { parameters, gradient_norm, hessian });
			}
			let step = solve(&hessian, &gradient);
			// Shortened until it goes down: far from the minimum a whole step can overshoot.
			let (value, slope) = (self.value(&parameters), product(&gradient, &step));
			let mut rate = 1.0;
			loop {
				let next = moved(&parameters, &step, rate);
				// Near the minimum, where differences of values are lost in rounding, steps are whole.
				let rounding = 1e-12 * (1.0 + value.abs());
				if self.value(&next) <= value - 1e-4 * rate * slope + rounding {
					parameters = next;
					break;
				}
				rate /= 2.0;
				if rate < 1e-12 {
					return Err(Error::NotFinite("a step of Newton's method"));
				}
			}
		}
		Err(Error::NotFinite("the minimum of a logistic regression"))
	}

	/// Finds the minimum without row `row`, from the minimum over all rows on.
	///
	/// # Errors
	/// [`Error::NotFinite`] if it is not reached.
	pub fn without(&self, minimum: &Minimum, row: usize) -> Result<Vec<f64>> {
		let mut parameters = minimum.parameters.clone();
		for _ in 0..CHORD_STEPS {
			let gradient = self.gradient(&parameters, Some(row));
			if length(&gradient) < TOLERANCE {
				return Ok(parameters);
			}
			parameters = moved(&parameters, &solve(&minimum.hessian, &gradient), 1.0);
		}
		Err(Error::NotFinite("the minimum of a logistic regression without a row"))
	}

	/// The margin of the label of each row of `data`.
	///
	/// # Errors
	/// None that a logistic regression can meet.
	pub fn margins(&self, parameters: &[f64], model: &Model, data: &Dataset) -> Result<Vec<f64>> {
		let margin = |(row, label): (Vec<f64>, &u32)| {
			let mut logits = self.logits(parameters, &row);
			logits.remove(*label as usize);
			let own = self.logit(parameters, &row, *label as usize);
			own - log_sum(&logits)
		};
		Ok(scaled(model, data)?.into_iter().zip(data.labels()).map(margin).collect())
	}

	fn logit(&self, parameters: &[f64], row: &[f64], class: usize) -> f64 {
		product(&parameters[class * self.columns..][..self.columns], row)
	}

	fn logits(&self, parameters: &[f64], row: &[f64]) -> Vec<f64> {
		(0..self.classes).map(|class| self.logit(parameters, row, class)).collect()
	}

	fn probabilities(&self, parameters: &[f64], row: &[f64]) -> Vec<f64> {
		let logits = self.logits(parameters, row);
		let sum = log_sum(&logits);
		logits.iter().map(|z| exp(z - sum)).collect()
	}

	fn value(&self, parameters: &[f64]) -> f64 {
		let loss = |(row, label): (&Vec<f64>, &usize)| {
			let logits = self.logits(parameters, row);
			log_sum(&logits) - logits[*label]
		};
		let sum: f64 = self.rows.iter().zip(&self.labels).map(loss).sum();
		sum / self.rows.len() as f64 + self.decay / 2.0 * product(parameters, parameters)
	}

	fn gradient(&self, parameters: &[f64], without: Option<usize>) -> Vec<f64> {
		let count = self.rows.len() - usize::from(without.is_some());
		let mut gradient = vec![0.0; parameters.len()];
		for (number, (row, label)) in self.rows.iter().zip(&self.labels).enumerate() {
			if Some(number) == without {
				continue;
			}
			let mut deltas = self.probabilities(parameters, row);
			deltas[*label] -= 1.0;
			for (delta, sum) in deltas.iter().zip(gradient.chunks_exact_mut(self.columns)) {
				sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += delta * x);
			}
		}
		let decayed = gradient.iter().zip(parameters);
		decayed.map(|(sum, x)| sum / count as f64 + self.decay * x).collect()
	}

	/// The Hessian, block by block for each pair of classes: `mean p_a (1[a = b] - p_b) x xᵀ`, and the
	/// decay on the diagonal.
	fn hessian(&self, parameters: &[f64]) -> Result<Llt<f64>> {
		let (classes, columns) = (self.classes, self.columns);
		let probabilities: Vec<Vec<f64>> =
			self.rows.par_iter().map(|row| self.probabilities(parameters, row)).collect();
		let pairs: Vec<(usize, usize)> =
			(0..classes).flat_map(|a| (0..=a).map(move |b| (a, b))).collect();
		let block = |&(a, b): &(usize, usize)| {
			let mut block = vec![0.0; columns * columns];
			for (row, p) in self.rows.iter().zip(&probabilities) {
				let weight = p[a] * (f64::from(u8::from(a == b)) - p[b]) / self.rows.len() as f64;
				for (x, sums) in row.iter().zip(block.chunks_exact_mut(columns)) {
					let x = weight * x;
					sums.iter_mut().zip(row).for_each(|(sum, y)| *sum += x * y);
				}
			}
			block
		};
		let blocks: Vec<Vec<f64>> = pairs.par_iter().map(block).collect();
		// Cholesky reads the lower triangle only, where blocks have a >= b.
		let size = classes * columns;
		let mut matrix = Mat::<f64>::zeros(size, size);
		for ((a, b), block) in pairs.iter().zip(&blocks) {
			for (at, value) in block.iter().enumerate() {
				matrix[(a * columns + at / columns, b * columns + at % columns)] = *value;
			}
		}
		(0..size).for_each(|i| matrix[(i, i)] += self.decay);
		matrix.llt(Side::Lower).map_err(|_| Error::NotFinite("a Hessian"))
	}
}

/// Scaled features with a trailing 1.
fn scaled(model: &Model, data: &Dataset) -> Result<Vec<Vec<f64>>> {
	let network = model.network()?;
	let scale = |((x, shift), factor): ((&f32, &f32), &f32)| {
		(f64::from(*x) - f64::from(*shift)) * f64::from(*factor)
	};
	Ok(data
		.rows()
		.map(|(row, _)| {
			let features = row.iter().zip(&network.shift).zip(&network.factor).map(scale);
			features.chain([1.0]).collect()
		})
		.collect())
}

fn solve(hessian: &Llt<f64>, gradient: &[f64]) -> Vec<f64> {
	let right = Mat::from_fn(gradient.len(), 1, |i, _| gradient[i]);
	let solution = hessian.solve(&right);
	(0..gradient.len()).map(|i| solution[(i, 0)]).collect()
}

fn moved(parameters: &[f64], step: &[f64], rate: f64) -> Vec<f64> {
	parameters.iter().zip(step).map(|(x, step)| x - rate * step).collect()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
	a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(vector: &[f64]) -> f64 {
	product(vector, vector).sqrt()
}

fn log_sum(logits: &[f64]) -> f64 {
	let largest = logits.iter().fold(f64::NEG_INFINITY, |max, z| max.max(*z));
	largest + ln(logits.iter().map(|z| exp(z - largest)).sum())
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_models::testing::{blobs, random_model};

	fn model() -> Model {
		let architecture = Architecture::Logistic { inputs: 2, classes: 3 };
		let layers = random_model(&[2, 3], openledger_models::Activation::Tanh, 4)
			.network()
			.unwrap()
			.layers
			.clone();
		Model::new(architecture, layers, vec![0.1, -0.2], vec![0.5, 2.0]).unwrap()
	}

	#[test]
	fn gradient_should_match_finite_differences_of_the_value() {
		let problem = Problem::new(&model(), &blobs(30, 1), 0.01).unwrap();
		let at: Vec<f64> = model().parameters().iter().map(|x| f64::from(*x)).collect();
		let gradient = problem.gradient(&at, None);
		for i in 0..at.len() {
			let value = |change: f64| {
				let mut at = at.clone();
				at[i] += change;
				problem.value(&at)
			};
			let expected = (value(1e-5) - value(-1e-5)) / 2e-5;
			assert!((gradient[i] - expected).abs() < 1e-8, "{} {expected}", gradient[i]);
		}
	}

	#[test]
	fn step_should_solve_for_finite_differences_of_the_gradient() {
		let problem = Problem::new(&model(), &blobs(30, 1), 0.01).unwrap();
		let at: Vec<f64> = model().parameters().iter().map(|x| f64::from(*x)).collect();
		let direction: Vec<f64> = (0..at.len()).map(|i| (i as f64 * 1.3).sin()).collect();
		let gradient = |rate: f64| problem.gradient(&moved(&at, &direction, -rate), None);
		let (up, down) = (gradient(1e-5), gradient(-1e-5));
		let change: Vec<f64> = up.iter().zip(&down).map(|(u, d)| (u - d) / 2e-5).collect();
		for (found, expected) in
			solve(&problem.hessian(&at).unwrap(), &change).iter().zip(&direction)
		{
			assert!((found - expected).abs() < 1e-6, "{found} {expected}");
		}
	}

	#[test]
	fn minimum_should_have_no_gradient_with_and_without_a_row() {
		let data = blobs(40, 1);
		let problem = Problem::new(&model(), &data, 1e-3).unwrap();
		let minimum = problem.minimise(&[0.0; 9]).unwrap();
		assert!(minimum.gradient_norm < TOLERANCE);
		let rest: Vec<usize> = (0..40).filter(|row| *row != 7).collect();
		let rest = Problem::new(&model(), &data.select(&rest).unwrap(), 1e-3).unwrap();
		let without = problem.without(&minimum, 7).unwrap();
		let direct = rest.minimise(&[0.0; 9]).unwrap();
		for (a, b) in without.iter().zip(&direct.parameters) {
			assert!((a - b).abs() < 1e-6, "{a} {b}");
		}
		let moved: f64 = without.iter().zip(&minimum.parameters).map(|(a, b)| (a - b).abs()).sum();
		assert!(moved > 1e-4);
	}

	#[test]
	fn margins_should_be_those_of_the_model() {
		let (model, data) = (model(), blobs(10, 3));
		let problem = Problem::new(&model, &data, 1e-3).unwrap();
		let parameters: Vec<f64> = model.parameters().iter().map(|x| f64::from(*x)).collect();
		let margins = problem.margins(&parameters, &model, &data).unwrap();
		for ((row, label), found) in data.rows().zip(margins) {
			let logits = model.logits(row).unwrap();
			let expected = openledger_models::network::margin(&logits, label as usize);
			assert!((found - expected).abs() < 1e-5);
		}
	}

	#[test]
	fn problem_should_be_refused_when_it_has_no_single_minimum() {
		assert!(Problem::new(&model(), &blobs(10, 3), 0.0).is_err());
		let mlp = random_model(&[2, 3, 3], openledger_models::Activation::Tanh, 1);
		assert!(Problem::new(&mlp, &blobs(10, 3), 1e-3).is_err());
	}
}
