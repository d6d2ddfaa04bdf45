//! From a model and contributions to influence vectors.

use super::basis::{dimension, for_each_row, Part};
use crate::{Dataset, Error, Function, Model, Progress, Result};
use openledger_proof::ContributionId;
use serde_json::Value;

/// The rows of one contribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
	/// Its number on chain.
	pub id: ContributionId,
	/// Its rows.
	pub rows: Dataset,
}

/// Influence vectors before quantisation.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatIndex {
	/// The coordinates, part after part.
	pub parts: Vec<Part>,
	/// `psi_c` of each contribution in the order given, `[dimension]` over all parts.
	pub leaves: Vec<Vec<f32>>,
	/// Whether each leaf is minus the sum of its rows' loss gradients, times the inverse curvature:
	/// then anybody can compute it again from these rows alone ([`local_leaf`]), and rows have
	/// influence vectors of their own.
	pub local: bool,
}

impl FloatIndex {
	/// An index whose leaves follow from rows and parts: see [`FloatIndex::local`].
	///
	/// # Errors
	/// Those of [`local_leaf`].
	pub fn local(
		model: &Model,
		parts: Vec<Part>,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Self> {
		let (data, total) = (all_rows(contributions)?, contributions.len() as u64);
		let mut leaves = Vec::with_capacity(contributions.len());
		// Rows come in the order of their contributions, so one sum at a time is enough.
		let mut sum = vec![0.0; dimension(&parts)];
		let mut left = contributions.first().map_or(0, |c| c.rows.len());
		for_each_row(model, &parts, &data, Function::Loss, |_, row| {
			sum.iter_mut().zip(row).for_each(|(total, x)| *total += x);
			left -= 1;
			if left == 0 {
				leaves.push(scaled(&sum, &parts)?);
				sum.fill(0.0);
				let done = leaves.len();
				left = contributions.get(done).map_or(0, |c| c.rows.len());
				progress(Progress { stage: "influence", done: done as u64, total, loss: None });
			}
			Ok(())
		})?;
		Ok(Self { parts, leaves, local: true })
	}

	/// Number of coordinates.
	pub fn dimension(&self) -> usize {
		dimension(&self.parts)
	}

	/// The margin gradient of each row in the coordinates of the index, `[rows][dimension]`.
	///
	/// # Errors
	/// Those of [`Model::gradients`].
	pub fn queries(&self, model: &Model, data: &Dataset) -> Result<Vec<Vec<f64>>> {
		let mut rows = Vec::with_capacity(data.len());
		for_each_row(model, &self.parts, data, Function::Margin, |_, row| {
			rows.push(row.to_vec());
			Ok(())
		})?;
		Ok(rows)
	}

	/// `<query, psi_c>` of each contribution, for a query gradient `[dimension]`.
	pub fn scores(&self, query: &[f64]) -> Vec<f64> {
		let score = |leaf: &Vec<f32>| query.iter().zip(leaf).map(|(q, x)| q * f64::from(*x)).sum();
		self.leaves.iter().map(score).collect()
	}
}

/// A contribution's influence vector `[dimension]`: minus the sum of its rows' loss gradients,
/// times the inverse curvature coordinate by coordinate. Every machine gets the same bits.
///
/// # Errors
/// [`Error::FeatureCount`], [`Error::ClassCount`], [`Error::NotFinite`].
pub fn local_leaf(model: &Model, parts: &[Part], rows: &Dataset) -> Result<Vec<f32>> {
	let mut sum = vec![0.0; dimension(parts)];
	for_each_row(model, parts, rows, Function::Loss, |_, row| {
		sum.iter_mut().zip(row).for_each(|(total, x)| *total += x);
		Ok(())
	})?;
	scaled(&sum, parts)
}

/// Minus a sum of loss gradients `[dimension]`, times the inverse curvature.
fn scaled(sum: &[f64], parts: &[Part]) -> Result<Vec<f32>> {
	let inverse = parts.iter().flat_map(|part| &part.inverse_curvature);
	let leaf: Vec<f32> =
		sum.iter().zip(inverse).map(|(x, inverse)| (-x * f64::from(*inverse)) as f32).collect();
	if leaf.iter().any(|x| !x.is_finite()) {
		return Err(Error::NotFinite("a contribution's influence"));
	}
	Ok(leaf)
}

/// A method to compute how each contribution moved the trained parameters.
///
/// Builders differ in accuracy and cost; everything after them (quantisation, tree, file, query) is
/// the same.
pub trait IndexBuilder: Send + Sync {
	/// Its name in the index parameters.
	fn name(&self) -> &'static str;

	/// Its settings in the index parameters: a JSON object.
	fn parameters(&self) -> Value;

	/// Computes parts and influence vectors, and reports on the way.
	///
	/// `contributions` has at least one entry, and all rows fit the model.
	///
	/// # Errors
	/// [`Error::Setting`] if a parameter is out of range, [`Error::NotFinite`].
	fn build(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<FloatIndex>;
}

/// The rows of all contributions, in order: what the model was trained on.
///
/// # Errors
/// Those of [`Dataset::concat`].
pub fn all_rows(contributions: &[Contribution]) -> Result<Dataset> {
	Dataset::concat(&contributions.iter().map(|c| &c.rows).collect::<Vec<_>>())
}

/// Checks what [`IndexBuilder::build`] may rely on.
pub(super) fn check_contributions(model: &Model, contributions: &[Contribution]) -> Result<()> {
	if contributions.is_empty() {
		return Err(Error::NoRows);
	}
	let mut seen = std::collections::HashSet::new();
	for contribution in contributions {
		if !seen.insert(contribution.id) {
			let reason = format!("contribution {} is given twice", contribution.id);
			return Err(Error::setting("contributions", reason));
		}
		model.check_fits(&contribution.rows)?;
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		index::Basis,
		testing::{digits, random_model},
		Activation,
	};

	#[test]
	fn leaf_should_be_the_sum_over_rows() {
		let model = random_model(&[64, 4, 10], Activation::Tanh, 1);
		let basis = Basis::identity(&model.sites());
		let inverse_curvature = vec![2.0; basis.dimension()];
		let parts = [Part { companion: None, basis, inverse_curvature }];
		let leaf =
			|rows: &[usize]| local_leaf(&model, &parts, &digits().select(rows).unwrap()).unwrap();
		let (all, first, second) = (leaf(&[3, 8]), leaf(&[3]), leaf(&[8]));
		for i in 0..all.len() {
			assert!((all[i] - first[i] - second[i]).abs() < 1e-5);
		}
		let contribution =
			|id, rows: &[usize]| Contribution { id, rows: digits().select(rows).unwrap() };
		let contributions = [contribution(5, &[3, 8]), contribution(2, &[8])];
		let index = FloatIndex::local(&model, parts.to_vec(), &contributions, &mut |_| ()).unwrap();
		assert_eq!(index.leaves, [all, second]);
	}
}
