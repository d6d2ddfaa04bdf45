//! The scores of leaves: exact integer products, straight from the bytes of the file.

use super::{
	file::{as_i16, as_i8, copy_i16, WHAT},
	Index,
};
use crate::{Error, Result};
use openledger_kernels::{scan_i16, scan_i8, scores_i16, scores_i8};
use openledger_primitives::{Sketch, Width};
use rayon::prelude::*;

impl Index {
	/// The exact score `<query, Psi_c>` of each leaf, in order, on all threads.
	///
	/// # Errors
	/// [`Error::Malformed`] if the query's dimension or width is not the index's.
	pub fn scores(&self, query: &Sketch) -> Result<Vec<i64>> {
		/// Leaves that one thread scores at a time.
		const BLOCK: usize = 256;
		self.check_query(query)?;
		let sketches = &self.bytes[self.content.sketches.clone()];
		let width = self.dimension() * self.width().bytes() as usize;
		let mut scores = vec![0; self.len()];
		let blocks = sketches.par_chunks((BLOCK * width).max(1));
		blocks.zip(scores.par_chunks_mut(BLOCK)).for_each(|(bytes, scores)| match query {
			Sketch::Int8(query) => scan_i8(query, as_i8(bytes), scores),
			Sketch::Int16(query) => match as_i16(bytes) {
				Some(rows) => scan_i16(query, rows, scores),
				None => scan_i16(query, &copy_i16(bytes), scores),
			},
		});
		Ok(scores)
	}

	/// The exact scores of each leaf for several queries, `[queries][leaves]`: as [`Index::scores`] for
	/// each, but leaves are read from memory once for many queries.
	///
	/// # Errors
	/// Those of [`Index::scores`].
	pub fn scores_of_all(&self, queries: &[Sketch]) -> Result<Vec<Vec<i64>>> {
		/// Leaves that one thread scores at a time.
		const BLOCK: usize = 96;
		for query in queries {
			self.check_query(query)?;
		}
		let sketches = &self.bytes[self.content.sketches.clone()];
		let width = self.dimension() * self.width().bytes() as usize;
		let block = |bytes: &[u8]| -> Vec<i64> {
			let mut scores = vec![0; queries.len() * (bytes.len() / width.max(1))];
			match self.width() {
				Width::Int8 => scores_i8(&bytes_of(queries), as_i8(bytes), &mut scores),
				Width::Int16 => match as_i16(bytes) {
					Some(leaves) => scores_i16(&shorts_of(queries), leaves, &mut scores),
					None => scores_i16(&shorts_of(queries), &copy_i16(bytes), &mut scores),
				},
			}
			scores
		};
		let blocks: Vec<Vec<i64>> =
			sketches.par_chunks((BLOCK * width).max(1)).map(block).collect();
		let of = |query: usize| {
			let parts = blocks.iter().flat_map(|block| {
				let leaves = block.len() / queries.len();
				&block[query * leaves..][..leaves]
			});
			parts.copied().collect()
		};
		Ok((0..queries.len()).map(of).collect())
	}

	fn check_query(&self, query: &Sketch) -> Result<()> {
		if (query.dimension(), query.width()) != (self.dimension(), self.width()) {
			return Err(Error::malformed(WHAT, "the query is of another dimension or width"));
		}
		Ok(())
	}
}

/// Those of 8 bits.
fn bytes_of(queries: &[Sketch]) -> Vec<&[i8]> {
	let values = queries.iter().filter_map(|query| match query {
		Sketch::Int8(values) => Some(values.as_slice()),
		Sketch::Int16(_) => None,
	});
	values.collect()
}

/// Those of 16 bits.
fn shorts_of(queries: &[Sketch]) -> Vec<&[i16]> {
	let values = queries.iter().filter_map(|query| match query {
		Sketch::Int16(values) => Some(values.as_slice()),
		Sketch::Int8(_) => None,
	});
	values.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{build_index, Contribution, GradientDot};
	use openledger_models::{
		testing::{digits, random_model},
		Activation,
	};

	/// A leaf for each of these rows.
	fn index(rows: usize, widths: &[usize], width: Width) -> Index {
		let (digits, model) = (digits(), random_model(widths, Activation::Tanh, 5));
		let rows_of = |row: usize| digits.select(&[row]).unwrap();
		let contributions: Vec<Contribution> =
			(0..rows).map(|row| Contribution { id: row as u64, rows: rows_of(row) }).collect();
		build_index(&GradientDot, &model, &contributions, width, &mut |_| ()).unwrap()
	}

	#[test]
	fn scores_should_be_the_products_with_every_leaf() {
		for width in [Width::Int8, Width::Int16] {
			// More leaves than one thread scores at a time.
			let index = index(300, &[64, 10], width);
			let query = index.leaf(2).unwrap().sketch;
			let expected: Vec<i64> =
				index.leaves().map(|leaf| query.dot(&leaf.sketch).unwrap()).collect();
			assert_eq!(index.scores(&query).unwrap(), expected);
		}
		let index = index(2, &[64, 10], Width::Int8);
		assert!(index.scores(&Sketch::Int16(vec![0; index.dimension()])).is_err());
		assert!(index.scores(&Sketch::Int8(vec![0; 3])).is_err());
	}

	#[test]
	fn scores_should_be_the_same_for_many_queries_as_for_each() {
		for width in [Width::Int8, Width::Int16] {
			// More leaves than one thread scores at a time.
			let index = index(100, &[64, 128, 10], width);
			assert_eq!(index.dimension(), 65 * 128 + 129 * 10);
			let queries: Vec<Sketch> = index.leaves().take(41).map(|leaf| leaf.sketch).collect();
			let expected: Vec<_> =
				queries.iter().map(|query| index.scores(query).unwrap()).collect();
			assert_eq!(index.scores_of_all(&queries).unwrap(), expected);
			assert!(index.scores_of_all(&[]).unwrap().is_empty());
			assert!(index.scores_of_all(&[Sketch::Int8(vec![0; 3])]).is_err());
		}
	}
}
