//! Cosines of gradients.

use crate::{
	basis::{GradientBasis, Part},
	index::all_rows,
	Contribution, Error, FloatIndex, IndexBuilder, Influence, Result,
};
use openledger_models::{batches, Function, Gradients, Model, Progress, Stage};
use serde_json::{json, Value};

/// Cosine of the angle between gradients: `psi_c = -Σ ∇L(row) / |∇L(row)|`, no curvature.
///
/// Each row counts by the direction of its gradient alone, so that rows the model gets badly wrong
/// do not lead every list (Charpiat et al. 2019, *Input Similarity from the Neural Network
/// Perspective*, section 2). The query's length changes no ranking and stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradientCosine;

impl IndexBuilder for GradientCosine {
	fn name(&self) -> &'static str {
		"gradient-cosine"
	}

	fn parameters(&self) -> Value {
		json!({})
	}

	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let data = all_rows(contributions)?;
		let mut stage = Stage::Influence.of(data.len() as u64, progress);
		let basis = GradientBasis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let negate = |sum: &[f64]| sum.iter().map(|x| -*x as f32).collect();
		let mut leaves = RowSums::new(contributions, basis.dimension(), negate);
		let unit = |_, mut gradients: Gradients| {
			normalise(&mut gradients);
			Ok(gradients)
		};
		for batch in batches(model, &data, Function::Loss, unit) {
			let (rows, gradients) = batch?;
			for row in 0..gradients.rows() {
				leaves.add_row(|sum| gradients.add_row(row, sum));
			}
			stage.done(rows.end as u64);
		}
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Influence::Held(FloatIndex { parts, leaves: finite(leaves.finish())?, local: false }))
	}
}

/// Divides each row's gradient by its length over all sites. A gradient of zero stays.
fn normalise(gradients: &mut Gradients) {
	let mut flat = vec![0.0; gradients.coordinates()];
	for row in 0..gradients.rows() {
		flat.fill(0.0);
		gradients.add_row(row, &mut flat);
		let length = flat.iter().map(|x| x * x).sum::<f64>().sqrt();
		if length == 0.0 {
			continue;
		}
		for site in &mut gradients.sites {
			for token in site.tokens[row]..site.tokens[row + 1] {
				for delta in site.deltas.row_mut(token) {
					*delta = (f64::from(*delta) / length) as f32;
				}
			}
		}
	}
}

/// Refuses influence vectors that left the range of numbers.
pub(super) fn finite(leaves: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>> {
	if leaves.iter().flatten().all(|x| x.is_finite()) {
		Ok(leaves)
	} else {
		Err(Error::NotFinite("a contribution's influence"))
	}
}

/// Sums, over the rows of each contribution, of vectors that come row after row.
pub(super) struct RowSums<F, T> {
	/// Rows left of the present contribution and of those after it, the last first.
	left: Vec<usize>,
	sum: Vec<f64>,
	finish: F,
	done: Vec<T>,
}

impl<T, F: Fn(&[f64]) -> T> RowSums<F, T> {
	/// For vectors of `dimension`; `finish` takes each contribution's sum as soon as it is complete.
	pub fn new(contributions: &[Contribution], dimension: usize, finish: F) -> Self {
		let left = contributions.iter().rev().map(|c| c.rows.len()).collect();
		let done = Vec::with_capacity(contributions.len());
		Self { left, sum: vec![0.0; dimension], finish, done }
	}

	/// Lets `add` add the next row's vector to the sum of its contribution.
	pub fn add_row(&mut self, add: impl FnOnce(&mut [f64])) {
		add(&mut self.sum);
		let Some(left) = self.left.last_mut() else { return };
		*left -= 1;
		if *left == 0 {
			self.left.pop();
			self.done.push((self.finish)(&self.sum));
			self.sum.fill(0.0);
		}
	}

	/// One for each contribution, in order.
	pub fn finish(self) -> Vec<T> {
		self.done
	}
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use openledger_models::{
		testing::{blobs, random_model},
		Activation,
	};
	use openledger_rows::Dataset;

	/// The rows of `data` as contributions of these sizes.
	pub(in crate::builders) fn contributions(data: &Dataset, sizes: &[usize]) -> Vec<Contribution> {
		let mut start = 0;
		let part = |(id, size): (u64, &usize)| {
			let rows: Vec<usize> = (start..start + size).collect();
			start += size;
			Contribution { id, rows: data.select(&rows).unwrap() }
		};
		(10..).zip(sizes).map(part).collect()
	}

	#[test]
	fn leaf_should_be_the_sum_of_gradients_of_length_one() {
		let (model, data) = (random_model(&[2, 4, 3], Activation::Tanh, 3), blobs(70, 4));
		let contributions = contributions(&data, &[1, 66, 3]);
		let index = GradientCosine.build(&model, &contributions, &mut |_| ()).unwrap();
		assert!(!index.local);
		assert_eq!(index.parts.len(), 1);
		for (contribution, leaf) in contributions.iter().zip(&index.leaves) {
			let mut expected = vec![0.0; model.coordinates()];
			for row in 0..contribution.rows.len() {
				let gradients = model.gradients(&contribution.rows, row..row + 1, Function::Loss);
				let gradient = gradients.unwrap().flat(0);
				let length = gradient.iter().map(|x| x * x).sum::<f64>().sqrt();
				expected.iter_mut().zip(&gradient).for_each(|(sum, x)| *sum -= x / length);
			}
			assert_eq!(leaf.len(), expected.len());
			for (found, expected) in leaf.iter().zip(&expected) {
				assert!((f64::from(*found) - expected).abs() < 1e-5, "{found} {expected}");
			}
		}
		let length = index.leaves[0].iter().map(|x| x * x).sum::<f32>().sqrt();
		assert!((length - 1.0).abs() < 1e-5);
	}

	#[test]
	fn gradient_should_stay_when_it_is_zero() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 3), blobs(3, 4));
		let mut gradients = model.gradients(&data, 0..3, Function::Loss).unwrap();
		gradients.sites.iter_mut().for_each(|site| site.deltas.values_mut().fill(0.0));
		normalise(&mut gradients);
		assert!(gradients.sites.iter().flat_map(|site| site.deltas.values()).all(|x| *x == 0.0));
	}

	#[test]
	fn leaves_should_be_refused_when_not_finite() {
		assert!(finite(vec![vec![1.0], vec![f32::INFINITY]]).is_err());
		assert!(finite(vec![vec![1.0], vec![2.0]]).is_ok());
	}
}
