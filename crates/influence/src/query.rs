//! From an answer to the contributions that shaped it.

#[cfg(doc)]
use crate::Error;
use crate::{index::for_each_row, Index, Result};
use openledger_models::{Function, Model};
use openledger_primitives::{top_entries, Attribution, ContributionId, Entry, ProvenEntry, Sketch};
use openledger_rows::Dataset;
use std::collections::HashMap;

/// Attributes the answer `output` to `input`: the contributions whose presence in training raised
/// the model's log-odds of that class, best first, at most `max_entries`, with exact scores and
/// Merkle proofs.
///
/// The output function is the margin `log(p / (1 - p))` of the class (Park et al. 2023, section
/// 3.2). Whether the model really gives that answer is for the caller to check with
/// [`Model::answer`].
///
/// # Errors
/// [`Error::WrongModel`] if the index was built for other weights; [`Error::InputLength`] or
/// [`Error::NotANumber`] if the input is no row of the model; [`Error::UnknownClass`] if the output
/// is no class; [`Error::NotFinite`].
pub fn attribute(
	model: &Model,
	index: &Index,
	input: &str,
	output: &str,
	max_entries: usize,
) -> Result<Attribution> {
	index.check_model(model)?;
	let query = model.query(input, output)?;
	let gradient = gradient_sum(model, index, &query, Function::Margin)?;
	rank(index, index.query_sketch(&gradient)?, max_entries)
}

/// The sketch of minus the mean gradient of the loss over held-out rows: a contribution with a
/// positive score lowers that loss, one with a negative score harms the model.
///
/// # Errors
/// [`Error::WrongModel`], [`openledger_rows::Error::FeatureCount`], [`openledger_rows::Error::ClassCount`], [`Error::NotFinite`].
pub fn held_out_sketch(model: &Model, index: &Index, held_out: &Dataset) -> Result<Sketch> {
	index.check_model(model)?;
	model.check_fits(held_out)?;
	let mut gradient = gradient_sum(model, index, held_out, Function::Loss)?;
	let rows = held_out.len() as f64;
	gradient.iter_mut().for_each(|x| *x = -*x / rows);
	index.query_sketch(&gradient)
}

/// The contributions that lower the loss over held-out rows, best first, at most `max_entries`:
/// what the chain checks at activation and pays by where a job gets no result.
///
/// # Errors
/// Those of [`held_out_sketch`].
pub fn held_out_attribution(
	model: &Model,
	index: &Index,
	held_out: &Dataset,
	max_entries: usize,
) -> Result<Attribution> {
	rank(index, held_out_sketch(model, index, held_out)?, max_entries)
}

/// The exact score of each leaf for the margin of each row's own label, `[rows][leaves]`, up to a
/// factor that depends on the row.
///
/// # Errors
/// [`Error::WrongModel`], those of [`Model::check_fits`], [`Error::NotFinite`].
pub fn margin_scores(model: &Model, index: &Index, rows: &Dataset) -> Result<Vec<Vec<i64>>> {
	index.check_model(model)?;
	model.check_fits(rows)?;
	/// Bytes of the queries that are scored together.
	const AT_ONCE: usize = 1 << 27;
	let bytes = (index.dimension() * index.width().bytes() as usize).max(1);
	let together = (AT_ONCE / bytes).max(1);
	let (mut scores, mut queries) = (Vec::with_capacity(rows.len()), Vec::new());
	for_each_row(model, index.parts(), rows, Function::Margin, |_, gradient| {
		queries.push(index.query_sketch(gradient)?);
		if queries.len() == together {
			scores.extend(index.scores_of_all(&queries)?);
			queries.clear();
		}
		Ok(())
	})?;
	scores.extend(index.scores_of_all(&queries)?);
	Ok(scores)
}

/// The sum of the rows' gradients in the coordinates of the index, `[dimension]`.
pub(crate) fn gradient_sum(
	model: &Model,
	index: &Index,
	rows: &Dataset,
	function: Function,
) -> Result<Vec<f64>> {
	let mut sum = vec![0.0; index.dimension()];
	for_each_row(model, index.parts(), rows, function, |_, row| {
		sum.iter_mut().zip(row).for_each(|(total, x)| *total += x);
		Ok(())
	})?;
	Ok(sum)
}

fn rank(index: &Index, query: Sketch, max_entries: usize) -> Result<Attribution> {
	let scores = index.scores(&query)?;
	let scored = index.contributions().iter().zip(&scores);
	let entries = scored.map(|(&contribution, &score)| Entry { contribution, score });
	let top = top_entries(entries, max_entries);
	let mut positions: HashMap<ContributionId, u32> =
		top.iter().map(|entry| (entry.contribution, 0)).collect();
	for (position, contribution) in (0u32..).zip(index.contributions()) {
		if let Some(found) = positions.get_mut(contribution) {
			*found = position;
		}
	}
	let prove = |entry: &Entry| {
		let leaf_index = *positions.get(&entry.contribution)?;
		let leaf = index.leaf(leaf_index as usize)?;
		let proof = index.proof(leaf_index)?;
		Some(ProvenEntry { leaf, leaf_index, proof, score: entry.score })
	};
	// Every entry comes from a leaf, so none is lost.
	Ok(Attribution { query, entries: top.iter().filter_map(prove).collect() })
}

#[cfg(test)]
mod tests;
