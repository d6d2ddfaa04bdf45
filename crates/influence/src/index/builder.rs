//! From a model and contributions to influence vectors.

use super::Influence;
use crate::{Dataset, Error, FloatIndex, Model, Progress, Result};
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

/// A method to compute how each contribution moved the trained parameters.
///
/// Builders differ in accuracy and cost; everything after them (quantisation, tree, file, query) is
/// the same.
pub trait IndexBuilder: Send + Sync {
	/// Its name in the index parameters.
	fn name(&self) -> &'static str;

	/// Its settings in the index parameters: a JSON object.
	fn parameters(&self) -> Value;

	/// Computes parts and influence vectors, or what they follow from, and reports on the way. Which
	/// of the two it is depends on the builder and the architecture alone.
	///
	/// `contributions` has at least one entry, and all rows fit the model.
	///
	/// # Errors
	/// [`Error::Setting`] if a parameter is out of range, [`Error::NotFinite`].
	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence>;

	/// As [`IndexBuilder::influence`], all vectors held in memory.
	///
	/// # Errors
	/// Those of [`IndexBuilder::influence`].
	fn build(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<FloatIndex> {
		self.influence(model, contributions, progress)?.hold(model, contributions, progress)
	}
}

/// The rows of all contributions, in order: what the model was trained on.
///
/// # Errors
/// Those of [`Dataset::concat`].
pub fn all_rows(contributions: &[Contribution]) -> Result<Dataset> {
	Dataset::concat(&contributions.iter().map(|c| &c.rows).collect::<Vec<_>>())
}

/// Checks what [`IndexBuilder::influence`] may rely on.
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
