//! Influence vectors, one contribution after the other.

use super::builder::{data_sets, slices};
use crate::basis::{dimension, for_each_row, projections, Part, Projections};
use crate::{Contribution, Error, Result};
use openledger_models::{Function, Model, Progress, Stage};
use openledger_rows::Dataset;
use rayon::prelude::*;
use std::ops::Range;

/// Coordinates that one thread takes at a time: their sums stay in the processor's nearest cache.
pub(super) const BLOCK: usize = 2048;

/// Values of influence vectors that are in memory at a time, where they are not held: 64 MiB.
const AT_ONCE: usize = 1 << 24;

/// How contributions moved the trained parameters, before quantisation.
#[derive(Clone, Debug, PartialEq)]
pub enum Influence {
	/// Each vector is minus the sum of its rows' loss gradients, times the inverse curvature of
	/// these parts: it is computed when it is needed, and anybody can compute it again from these
	/// rows alone ([`local_leaf`]).
	Local(Vec<Part>),
	/// Vectors that were computed together.
	Held(FloatIndex),
}

impl Influence {
	/// The coordinates, part after part.
	pub fn parts(&self) -> &[Part] {
		match self {
			Self::Local(parts) => parts,
			Self::Held(index) => &index.parts,
		}
	}

	/// Whether vectors follow from their own rows: see [`FloatIndex::local`].
	pub fn is_local(&self) -> bool {
		match self {
			Self::Local(_) => true,
			Self::Held(index) => index.local,
		}
	}

	/// Holds all vectors in memory.
	///
	/// # Errors
	/// Those of [`local_leaf`].
	pub fn hold(
		self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<FloatIndex> {
		let parts = match self {
			Self::Local(parts) => parts,
			Self::Held(index) => return Ok(index),
		};
		let total = row_counts(contributions).sum::<usize>();
		let mut stage = Stage::Influence.of(total as u64, progress);
		let mut leaves = Vec::with_capacity(contributions.len());
		let tell = &mut |done| stage.done(done);
		for_each_local(model, &parts, &data_sets(contributions), tell, |_, more| {
			leaves.extend(more.whole()?);
			Ok(())
		})?;
		Ok(FloatIndex { parts, leaves, local: true })
	}

	/// Calls `visit` with all vectors in order, some at a time, and the number of the first of
	/// them; and `tell` with the number of rows done. Whether vectors are finite is not checked.
	pub(super) fn for_each_leaf(
		&self,
		model: &Model,
		contributions: &[Contribution],
		tell: &mut dyn FnMut(u64),
		mut visit: impl FnMut(usize, &Leaves<'_>) -> Result<()>,
	) -> Result<()> {
		let index = match self {
			Self::Local(parts) => {
				return for_each_local(model, parts, &data_sets(contributions), tell, visit);
			},
			Self::Held(index) => index,
		};
		let (size, mut done) = (at_once(index.dimension()), 0);
		let groups = index.leaves.chunks(size).zip(contributions.chunks(size));
		for (number, (leaves, contributions)) in groups.enumerate() {
			visit(number * size, &Leaves::Held(leaves))?;
			done += row_counts(contributions).sum::<usize>() as u64;
			tell(done);
		}
		Ok(())
	}
}

/// Some influence vectors. They are long: what is made of them is made block by block.
pub(super) enum Leaves<'a> {
	/// Vectors that are laid out.
	Held(&'a [Vec<f32>]),
	/// Each the sum of some rows of a batch, formed when it is read.
	Rows {
		/// The gradients of the batch's rows.
		batch: &'a Projections,
		/// The rows of the batch that each vector sums.
		rows: &'a [Range<usize>],
		/// The inverse curvature over all parts, `[dimension]`.
		inverse: &'a [f32],
	},
}

impl Leaves<'_> {
	pub fn len(&self) -> usize {
		match self {
			Self::Held(leaves) => leaves.len(),
			Self::Rows { rows, .. } => rows.len(),
		}
	}

	fn dimension(&self) -> usize {
		match self {
			Self::Held(leaves) => leaves.first().map_or(0, Vec::len),
			Self::Rows { inverse, .. } => inverse.len(),
		}
	}

	/// Reads vector `leaf`: as many of its coordinates as `out` has, from `start` on.
	pub fn read(&self, leaf: usize, start: usize, out: &mut [f32]) {
		let (batch, rows, inverse) = match self {
			Self::Held(leaves) => return out.copy_from_slice(&leaves[leaf][start..][..out.len()]),
			Self::Rows { batch, rows, inverse } => (batch, &rows[leaf], &inverse[start..]),
		};
		let mut sum = [0.0; BLOCK];
		for (block, (out, inverse)) in out.chunks_mut(BLOCK).zip(inverse.chunks(BLOCK)).enumerate()
		{
			let sum = &mut sum[..out.len()];
			sum.fill(0.0);
			rows.clone().for_each(|row| batch.add_row(row, start + block * BLOCK, sum));
			scale(sum, inverse, out);
		}
	}

	/// All of them laid out.
	///
	/// # Errors
	/// [`Error::NotFinite`].
	pub fn whole(&self) -> Result<Vec<Vec<f32>>> {
		let whole = |leaf| {
			let mut out = vec![0.0; self.dimension()];
			self.read(leaf, 0, &mut out);
			finite(out)
		};
		(0..self.len()).into_par_iter().map(whole).collect()
	}
}

fn row_counts(contributions: &[Contribution]) -> impl Iterator<Item = usize> + '_ {
	contributions.iter().map(|contribution| contribution.rows.len())
}

fn at_once(dimension: usize) -> usize {
	(AT_ONCE / dimension.max(1)).max(rayon::current_num_threads()).max(1)
}

/// Influence vectors before quantisation, all of them in memory.
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
/// [`openledger_rows::Error::FeatureCount`], [`openledger_rows::Error::ClassCount`], [`Error::NotFinite`].
pub fn local_leaf(model: &Model, parts: &[Part], rows: &Dataset) -> Result<Vec<f32>> {
	let mut leaf = Vec::new();
	for_each_local(model, parts, &[rows], &mut |_| (), |_, found| {
		leaf = found.whole()?.concat();
		Ok(())
	})?;
	Ok(leaf)
}

/// As [`Influence::for_each_leaf`], for leaves of these rows.
///
/// Rows are computed in batches, whatever leaves they belong to. The sums of leaves that lie whole
/// in a batch are left to be formed; only the sum of one that does not is kept from batch to batch.
/// The terms of each sum are added in the same order either way.
fn for_each_local(
	model: &Model,
	parts: &[Part],
	leaves: &[&Dataset],
	tell: &mut dyn FnMut(u64),
	mut visit: impl FnMut(usize, &Leaves<'_>) -> Result<()>,
) -> Result<()> {
	let inverse: Vec<f32> =
		parts.iter().flat_map(|part| &part.inverse_curvature).copied().collect();
	let size = at_once(inverse.len());
	let mut counts = leaves.iter().map(|rows| rows.len());
	// The number of the present leaf, its rows yet to come, and the sum of those before this batch.
	let (mut number, mut left, mut open) = (0, counts.next().unwrap_or(0), None::<Vec<f64>>);
	let mut take = |rows: usize, batch: &Projections| -> Result<()> {
		let mut at = 0;
		if let Some(sum) = &mut open {
			at = left.min(rows);
			add(batch, 0..at, sum);
			left -= at;
			if left > 0 {
				return Ok(());
			}
			let mut leaf = vec![0.0; inverse.len()];
			scale(sum, &inverse, &mut leaf);
			visit(number, &Leaves::Held(&[leaf]))?;
			(number, left, open) = (number + 1, counts.next().unwrap_or(0), None);
		}
		let mut whole = Vec::new();
		while left > 0 && left <= rows - at {
			whole.push(at..at + left);
			at += left;
			left = counts.next().unwrap_or(0);
		}
		for group in whole.chunks(size) {
			visit(number, &Leaves::Rows { batch, rows: group, inverse: &inverse })?;
			number += group.len();
		}
		if at < rows && left > 0 {
			let mut sum = vec![0.0; inverse.len()];
			add(batch, at..rows, &mut sum);
			left -= rows - at;
			open = Some(sum);
		}
		Ok(())
	};
	for slice in slices(leaves) {
		let (first, data) = slice?;
		for batch in projections(model, parts, &data, Function::Loss) {
			let (rows, batch) = batch?;
			take(rows.len(), &batch)?;
			tell((first + rows.end) as u64);
		}
	}
	Ok(())
}

/// Adds some rows' gradients to `sum`, `[dimension]`.
fn add(batch: &Projections, rows: Range<usize>, sum: &mut [f64]) {
	sum.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sum)| {
		rows.clone().for_each(|row| batch.add_row(row, block * BLOCK, sum));
	});
}

/// Minus a sum of loss gradients, times the inverse curvature.
fn scale(sum: &[f64], inverse: &[f32], leaf: &mut [f32]) {
	for ((leaf, x), inverse) in leaf.iter_mut().zip(sum).zip(inverse) {
		*leaf = (-x * f64::from(*inverse)) as f32;
	}
}

fn finite(leaf: Vec<f32>) -> Result<Vec<f32>> {
	match leaf.iter().all(|x| x.is_finite()) {
		true => Ok(leaf),
		false => Err(Error::NotFinite("a contribution's influence")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{basis::GradientBasis, index::builder::SLICE};
	use openledger_models::{
		testing::{digits, random_model},
		Activation,
	};
	use proptest::prelude::*;

	/// Coordinates beyond two blocks, of two parts.
	fn setting() -> (Model, Vec<Part>) {
		let model = random_model(&[64, 60, 10], Activation::Tanh, 1);
		let companion = random_model(&[64, 10], Activation::Tanh, 2);
		let part = |companion: Option<Model>, basis: GradientBasis| {
			let inverse_curvature = (0..basis.dimension()).map(|i| 1.0 + (i % 5) as f32).collect();
			Part { companion, basis, inverse_curvature }
		};
		let (own, other) =
			(GradientBasis::identity(&model.sites()), GradientBasis::identity(&companion.sites()));
		assert!(own.dimension() > 2 * BLOCK);
		(model, vec![part(None, own), part(Some(companion), other)])
	}

	fn contributions(counts: &[usize]) -> Vec<Contribution> {
		let (digits, mut start) = (digits(), 0);
		let take = |(id, count): (u64, &usize)| {
			let rows: Vec<usize> = (start..start + count).collect();
			start += count;
			Contribution { id, rows: digits.select(&rows).unwrap() }
		};
		(1..).zip(counts).map(take).collect()
	}

	#[test]
	fn leaf_should_be_the_sum_over_rows() {
		let (model, parts) = setting();
		let contributions = contributions(&[2, 1]);
		let leaves = Influence::Local(parts.clone()).hold(&model, &contributions, &mut |_| ());
		let leaves = leaves.unwrap().leaves;
		for (leaf, contribution) in leaves.iter().zip(&contributions) {
			let mut expected = vec![0.0; leaf.len()];
			for_each_row(&model, &parts, &contribution.rows, Function::Loss, |_, row| {
				expected.iter_mut().zip(row).for_each(|(sum, x)| *sum -= x);
				Ok(())
			})
			.unwrap();
			let inverse = parts.iter().flat_map(|part| &part.inverse_curvature);
			for ((found, sum), inverse) in leaf.iter().zip(expected).zip(inverse) {
				assert_eq!(*found, (sum * f64::from(*inverse)) as f32);
			}
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(12))]
		#[test]
		fn leaves_should_be_the_same_bits_whole_or_in_batches(
			counts in prop::collection::vec(1usize..150, 1..8),
			threads in 1usize..5,
		) {
			let (model, parts) = setting();
			let contributions = contributions(&counts);
			let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
			let (mut told, mut seen) = (Vec::new(), Vec::new());
			let influence = Influence::Local(parts.clone());
			pool.install(|| {
				let tell = &mut |rows| told.push(rows);
				influence.for_each_leaf(&model, &contributions, tell, |first, leaves| {
					assert_eq!(first, seen.len());
					assert!(leaves.len() <= 64, "no more than a batch at a time");
					seen.extend(leaves.whole()?);
					Ok(())
				})
			}).unwrap();
			prop_assert_eq!(told.last(), Some(&(counts.iter().sum::<usize>() as u64)));
			prop_assert!(told.is_sorted());
			prop_assert_eq!(seen.len(), contributions.len());
			for (leaf, contribution) in seen.iter().zip(&contributions) {
				prop_assert_eq!(leaf, &local_leaf(&model, &parts, &contribution.rows).unwrap());
			}
			let held = influence.hold(&model, &contributions, &mut |_| ()).unwrap();
			prop_assert_eq!(held.leaves, seen);
		}
	}

	#[test]
	fn leaf_should_be_the_same_bits_when_its_rows_lie_in_two_slices() {
		let (digits, model) = (digits(), random_model(&[64, 2, 10], Activation::Tanh, 1));
		let basis = GradientBasis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		let rows = |from: usize, to: usize| {
			digits.select(&(from..to).map(|row| row % digits.len()).collect::<Vec<_>>()).unwrap()
		};
		let contribution = |(id, rows)| Contribution { id, rows };
		let contributions: Vec<Contribution> =
			(1..).zip([rows(0, SLICE - 7), rows(1, 20), rows(5, 90)]).map(contribution).collect();
		let index =
			Influence::Local(parts.clone()).hold(&model, &contributions, &mut |_| ()).unwrap();
		for (leaf, contribution) in index.leaves.iter().zip(&contributions) {
			assert_eq!(leaf, &local_leaf(&model, &parts, &contribution.rows).unwrap());
		}
	}

	#[test]
	fn vectors_should_be_few_at_a_time_when_they_are_long() {
		let threads = rayon::current_num_threads();
		assert_eq!(at_once(1 << 23), threads.max(2));
		assert_eq!(at_once(1 << 10), 1 << 14);
		assert_eq!(at_once(usize::MAX), threads);
	}
}
