//! Hessians of the loss of models of text, times vectors.

use super::text::TextModel;
use crate::{Error, Progress, Result};
use openledger_rows::Dataset;
use openledger_transformers::{Error as TransformerError, Hessian};
use rayon::prelude::*;
use std::ops::Range;

/// Vectors that one thread multiplies at a time.
const BLOCK: usize = 16;

/// Tokens of all copies of a text that stand side by side: more are not faster.
const TOKENS: usize = 256;

/// Vectors `[vectors][coordinates]`, and the first site at which their products are wanted.
pub type Vectors = (Vec<f32>, usize);

/// Adds to the first and the second of `sums`, each `[vectors][coordinates]`, the sum over all rows
/// of the row's Gauss-Newton matrix and of its residual curvature, times each vector. `vectors`
/// gives those of a range of numbers. The same bits for any number of threads; reports rows as
/// `curvature`.
///
/// Memory: on every thread the values of one row's passes, for up to 16 copies of its text.
///
/// # Errors
/// Those of [`TextModel::gradients`], [`Error::NotFinite`].
pub fn add_products(
	text: &TextModel,
	data: &Dataset,
	vectors: impl Fn(Range<usize>) -> Vectors + Sync,
	sums: [&mut [f64]; 2],
	mut progress: impl FnMut(Progress),
) -> Result<()> {
	let coordinates: usize = crate::coordinates(&text.sites()).max(1);
	let [gauss_newton, residual] = sums;
	let count = gauss_newton.len() / coordinates;
	let threads = rayon::current_num_threads().max(1);
	// With few vectors each thread has some.
	let block = count.div_ceil(threads).clamp(1, BLOCK);
	// As many rows at once as there are threads: their passes are made side by side, then each
	// thread adds all of them, in their order, to sums of its own.
	for start in (0..data.len()).step_by(threads) {
		let range = start..start.saturating_add(threads).min(data.len());
		let samples = text.samples(data, range.clone())?;
		let hessian = |sample| text.hessian(sample, block, TOKENS);
		let hessians: Vec<Result<Hessian>> = samples.par_iter().map(hessian).collect();
		let hessians = hessians.into_iter().collect::<Result<Vec<_>>>()?;
		let size = block * coordinates;
		let blocks = gauss_newton.par_chunks_mut(size).zip(residual.par_chunks_mut(size));
		blocks.enumerate().try_for_each(|(number, (gauss_newton, residual))| {
			let start = number * block;
			let (vectors, first) = vectors(start..start + gauss_newton.len() / coordinates);
			hessians.iter().try_for_each(|hessian| {
				let size = hessian.at_once() * coordinates;
				let sums = gauss_newton.chunks_mut(size).zip(residual.chunks_mut(size));
				let mut pairs = vectors.chunks(size).zip(sums);
				pairs.try_for_each(|(vectors, sums)| add(hessian, vectors, first, sums))
			})
		})?;
		let (done, total) = (range.end as u64, data.len() as u64);
		progress(Progress { stage: "curvature", done, total, loss: None });
	}
	Ok(())
}

fn add(
	hessian: &Hessian,
	vectors: &[f32],
	first: usize,
	(gauss_newton, residual): (&mut [f64], &mut [f64]),
) -> Result<()> {
	let products = hessian.products(vectors, first).map_err(|error| match error {
		TransformerError::NotFinite(what) => Error::NotFinite(what),
		other => other.into(),
	})?;
	for (sums, products) in [(gauss_newton, products.gauss_newton), (residual, products.residual)] {
		sums.iter_mut().zip(products).for_each(|(sum, x)| *sum += f64::from(x));
	}
	Ok(())
}
