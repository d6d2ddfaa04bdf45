//! Gradients of single rows by their factors: what every builder of an index starts from.
//!
//! Every trained parameter sits in a linear map `z = W x + b`, a *site* (see [`Sites`](crate::Sites)). There
//! a row's gradient is the sum over its tokens of the outer product of `δ`, the gradient at the site's
//! output, and `a`, the site's input. Factors are small; the gradient itself is formed row by row, if at
//! all.

use crate::matrix::{pieces, pieces_mut, Matrix};

/// A function of the model at one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
	/// The cross-entropy of the row's own label, in nats.
	Loss,
	/// The log-odds `log(p / (1 - p))` of the row's own label (Park et al. 2023, section 3.2).
	Margin,
	/// Several gradients of each row, whose outer products sum to the Fisher information of its loss;
	/// for a softmax output that is the Gauss-Newton matrix, which with the rows' own labels it is
	/// not (Kunstner et al. 2019). They have no value, 0 stands for it.
	///
	/// Of a classifier of no more classes than `draws` there is one for each class, the loss's
	/// gradient there times the root of its probability: the sum is exact. Otherwise there are
	/// `draws`, each at a label drawn from the model, and the sum is right in expectation.
	Fisher {
		/// Fixes the labels, together with the row's number.
		seed: u64,
		/// The most gradients of a row.
		draws: u32,
	},
}

/// The factors of some rows' gradients at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteFactors {
	/// The first token of each row and the end of the last, `[rows + 1]`.
	pub tokens: Vec<usize>,
	/// `a` of each token, `[tokens][columns]`, with a trailing 1 where the site has a bias.
	pub inputs: Matrix<f32>,
	/// `δ` of each token, `[gradients of a row · tokens][outputs]`.
	pub deltas: Matrix<f32>,
}

impl SiteFactors {
	/// Number of gradient coordinates at the site.
	pub fn coordinates(&self) -> usize {
		self.deltas.columns() * self.inputs.columns()
	}

	/// `δ` and `a` of each token of row `row`, for the row's (first) gradient.
	///
	/// # Panics
	/// If there is no such row.
	pub fn of_row(&self, row: usize) -> impl Iterator<Item = (&[f32], &[f32])> {
		let tokens = self.tokens[row]..self.tokens[row + 1];
		tokens.map(|token| (self.deltas.row(token), self.inputs.row(token)))
	}
}

/// The gradients of some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
	/// The function's value, `[gradients of a row][rows]`.
	pub values: Vec<f64>,
	/// The factors at each site.
	pub sites: Vec<SiteFactors>,
}

impl Gradients {
	/// Number of rows that these are the gradients of.
	pub fn rows(&self) -> usize {
		self.sites.first().map_or(0, |site| site.tokens.len() - 1)
	}

	/// Number of gradient coordinates over all sites.
	pub fn coordinates(&self) -> usize {
		self.sites.iter().map(SiteFactors::coordinates).sum()
	}

	/// The factors at each site with the site's values of a flat vector, `[coordinates]`.
	///
	/// # Panics
	/// If values are missing.
	pub fn split<'a, T>(
		&'a self,
		flat: &'a [T],
	) -> impl Iterator<Item = (&'a SiteFactors, &'a [T])> {
		self.sites.iter().zip(pieces(flat, self.sites.iter().map(SiteFactors::coordinates)))
	}

	/// Adds the (first) gradient of row `row` to `sum`, `[coordinates]`: site after site, each
	/// row-major `[outputs][columns]`.
	///
	/// # Panics
	/// If there is no such row, or values are missing.
	pub fn add_row(&self, row: usize, sum: &mut [f64]) {
		let lengths = self.sites.iter().map(SiteFactors::coordinates);
		for (site, here) in self.sites.iter().zip(pieces_mut(sum, lengths)) {
			site.of_row(row).for_each(|(delta, input)| accumulate_outer(delta, input, 0, here));
		}
	}

	/// The gradient of row `row`, `[coordinates]`. See [`Gradients::add_row`].
	///
	/// # Panics
	/// If there is no such row.
	pub fn flat(&self, row: usize) -> Vec<f64> {
		let mut sum = vec![0.0; self.coordinates()];
		self.add_row(row, &mut sum);
		sum
	}
}

/// Adds the outer product of `left` and `right`, row-major `[left.len()][right.len()]`, to `sum`:
/// as many of its values as `sum` has, from the one at `start` on. Products of single precision are
/// exact here, so a fused machine instruction changes nothing.
pub fn accumulate_outer(left: &[f32], right: &[f32], start: usize, sum: &mut [f64]) {
	let width = right.len().max(1);
	let (mut skipped, mut rest) = (start % width, sum);
	for value in left.iter().skip(start / width) {
		let (here, after) = rest.split_at_mut((width - skipped).min(rest.len()));
		for (total, other) in here.iter_mut().zip(&right[skipped..]) {
			*total += f64::from(*value) * f64::from(*other);
		}
		(skipped, rest) = (0, after);
		if rest.is_empty() {
			break;
		}
	}
}
