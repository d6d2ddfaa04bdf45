//! From a model and contributions to influence vectors.

use super::{influence, Basis};
use crate::{Dataset, Error, Model, Progress, Result};
use openledger_proof::ContributionId;
use serde_json::{json, Value};

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
	/// The coordinates.
	pub basis: Basis,
	/// The inverse curvature, diagonal in the basis, `[dimension]`.
	pub inverse_curvature: Vec<f32>,
	/// `psi_c` of each contribution in the order given, `[dimension]`.
	pub leaves: Vec<Vec<f32>>,
}

impl FloatIndex {
	/// `<query, psi_c>` of each contribution, for a query gradient `[dimension]` in the basis.
	pub fn scores(&self, query: &[f64]) -> Vec<f64> {
		let score = |leaf: &Vec<f32>| query.iter().zip(leaf).map(|(q, x)| q * f64::from(*x)).sum();
		self.leaves.iter().map(score).collect()
	}
}

/// A method to compute how each contribution moved the trained parameters.
///
/// Builders differ in accuracy and cost; everything after them (quantisation, tree, file, query) is
/// the same.
pub trait IndexBuilder {
	/// Its name in the index parameters.
	fn name(&self) -> &'static str;

	/// Its settings in the index parameters: a JSON object.
	fn parameters(&self) -> Value;

	/// Computes basis, inverse curvature and influence vectors, and reports on the way.
	///
	/// `contributions` has at least one entry, and all rows fit the model.
	///
	/// # Errors
	/// [`Error::Setting`] if a parameter is out of range, [`Error::NotFinite`], [`Error::Tensor`].
	fn build(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<FloatIndex>;
}

/// Gradient dot product: `psi_c = -Σ ∇L(row)`, no curvature. The baseline that every other builder
/// must beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradientDot;

impl IndexBuilder for GradientDot {
	fn name(&self) -> &'static str {
		"gradient-dot"
	}

	fn parameters(&self) -> Value {
		json!({})
	}

	fn build(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<FloatIndex> {
		let basis = Basis::identity(model.network());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let mut leaves = Vec::with_capacity(contributions.len());
		for (done, contribution) in (1..).zip(contributions) {
			leaves.push(influence(
				model.network(),
				&basis,
				&inverse_curvature,
				&contribution.rows,
			)?);
			let total = contributions.len() as u64;
			progress(Progress { stage: "influence", done, total, loss: None });
		}
		Ok(FloatIndex { basis, inverse_curvature, leaves })
	}
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
