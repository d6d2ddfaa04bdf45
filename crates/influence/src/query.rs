//! From an answer to the contributions that shaped it.

use crate::{
	index::{loss_coordinates, margin_coordinates},
	parse_input, Dataset, Error, Index, Model, Result,
};
use openledger_proof::{top_entries, Attribution, Entry, ProvenEntry, Sketch};

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
	let row = parse_input(input, model.architecture().inputs())?;
	let class = model.class(output)?;
	let mut gradient = vec![0.0; index.basis().dimension()];
	margin_coordinates(model.network(), index.basis(), &row, class, &mut gradient);
	rank(index, index.query_sketch(&gradient)?, max_entries)
}

/// The sketch of minus the mean gradient of the loss over held-out rows: a contribution with a
/// positive score lowers that loss, one with a negative score harms the model.
///
/// # Errors
/// [`Error::WrongModel`], [`Error::FeatureCount`], [`Error::ClassCount`], [`Error::NotFinite`].
pub fn held_out_sketch(model: &Model, index: &Index, held_out: &Dataset) -> Result<Sketch> {
	index.check_model(model)?;
	model.check_fits(held_out)?;
	let mut gradient = vec![0.0; index.basis().dimension()];
	for (row, label) in held_out.rows() {
		loss_coordinates(model.network(), index.basis(), row, label as usize, &mut gradient);
	}
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

fn rank(index: &Index, query: Sketch, max_entries: usize) -> Result<Attribution> {
	let unfit = |error| Error::malformed("index file", error);
	let mut scored = Vec::with_capacity(index.leaves().len());
	for (position, leaf) in (0u32..).zip(index.leaves()) {
		let score = query.dot(&leaf.sketch).map_err(unfit)?;
		scored.push((Entry { contribution: leaf.contribution, score }, position));
	}
	let top = top_entries(scored.iter().map(|(entry, _)| *entry), max_entries);
	let positions: std::collections::HashMap<_, _> =
		scored.iter().map(|(entry, position)| (entry.contribution, *position)).collect();
	let prove = |entry: &Entry| {
		let leaf_index = *positions.get(&entry.contribution)?;
		let leaf = index.leaves().get(leaf_index as usize)?.clone();
		let proof = index.proof(leaf_index)?;
		Some(ProvenEntry { leaf, leaf_index, proof, score: entry.score })
	};
	// Every entry comes from a leaf, so none is lost.
	Ok(Attribution { query, entries: top.iter().filter_map(prove).collect() })
}

#[cfg(test)]
mod tests;
