//! From a model and contributions to influence vectors.

use super::{Influence, Part};
use crate::{Error, FloatIndex, Result};
use openledger_models::{Model, Progress};
use openledger_primitives::ContributionId;
use openledger_rows::Dataset;
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

	/// The parts alone, without leaves: all that the influence of single rows
	/// ([`row_margin_scores`](crate::rows::row_margin_scores)) needs.
	///
	/// # Errors
	/// [`Error::NotLocal`] if leaves do not follow from their own rows, and those of
	/// [`build_index`](crate::build_index).
	fn parts(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Vec<Part>> {
		check_contributions(model, contributions)?;
		match self.influence(model, contributions, progress)? {
			Influence::Local(parts) | Influence::Held(FloatIndex { parts, local: true, .. }) => {
				Ok(parts)
			},
			Influence::Held(_) => Err(Error::NotLocal),
		}
	}
}

/// The rows of all contributions, in order: what the model was trained on.
///
/// # Errors
/// Those of [`Dataset::concat`].
pub fn all_rows(contributions: &[Contribution]) -> Result<Dataset> {
	Ok(Dataset::concat(&data_sets(contributions))?)
}

/// The rows of each contribution.
pub(super) fn data_sets(contributions: &[Contribution]) -> Vec<&Dataset> {
	contributions.iter().map(|contribution| &contribution.rows).collect()
}

/// Rows that [`for_each_slice`] copies at a time.
pub(super) const SLICE: usize = 2048;

/// Calls `visit` with all rows of `parts` in order, no more than [`SLICE`] at a time, and the number
/// of the first of them: where all rows together would be the whole data a second time.
pub(super) fn for_each_slice(
	parts: &[&Dataset],
	mut visit: impl FnMut(usize, Dataset) -> Result<()>,
) -> Result<()> {
	let rows_of = |(part, rows): (usize, &&Dataset)| (0..rows.len()).map(move |row| (part, row));
	let places: Vec<(usize, usize)> = parts.iter().enumerate().flat_map(rows_of).collect();
	for (number, places) in places.chunks(SLICE).enumerate() {
		let select = |run: &[(usize, usize)]| {
			parts[run[0].0].select(&run.iter().map(|(_, row)| *row).collect::<Vec<_>>())
		};
		let slice = {
			let runs = places.chunk_by(|a, b| a.0 == b.0).map(select);
			let runs = runs.collect::<openledger_rows::Result<Vec<_>>>()?;
			Dataset::concat(&runs.iter().collect::<Vec<_>>())?
		};
		visit(number * SLICE, slice)?;
	}
	Ok(())
}

/// Checks what [`IndexBuilder::influence`] may rely on.
pub(super) fn check_contributions(model: &Model, contributions: &[Contribution]) -> Result<()> {
	if contributions.is_empty() {
		return Err(openledger_rows::Error::NoRows.into());
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
	use openledger_models::testing::digits;

	#[test]
	fn slices_should_be_all_rows_in_order_whatever_parts_they_belong_to() {
		let digits = digits();
		let part = |range: std::ops::Range<usize>| {
			digits.select(&range.map(|row| row % digits.len()).collect::<Vec<_>>()).unwrap()
		};
		let parts = [part(0..2000), part(2000..2001), part(2001..4500), part(4500..4510)];
		let parts: Vec<&Dataset> = parts.iter().collect();
		let (mut slices, mut firsts) = (Vec::new(), Vec::new());
		for_each_slice(&parts, |first, rows| {
			firsts.push(first);
			slices.push(rows);
			Ok(())
		})
		.unwrap();
		assert_eq!(firsts, [0, 2048, 4096]);
		let whole = Dataset::concat(&slices.iter().collect::<Vec<_>>()).unwrap();
		assert_eq!(whole, Dataset::concat(&parts).unwrap());
	}
}
