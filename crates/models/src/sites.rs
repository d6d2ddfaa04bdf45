//! Where the trained parameters of a model are.

use crate::matrix::pieces;
pub use openledger_transformers::Site;
use std::ops::Deref;

/// The sites of a model, in the order of gradient coordinates.
///
/// A flat vector of parameters or of a gradient has the values of one site after the other, each
/// row-major `[outputs][columns]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sites(Vec<Site>);

impl Sites {
	/// Number of coordinates over all sites.
	pub fn coordinates(&self) -> usize {
		self.iter().map(Site::coordinates).sum()
	}

	/// Each site with its values of a flat vector, `[coordinates]`.
	///
	/// # Panics
	/// If values are missing.
	pub fn split<'a, T>(&'a self, flat: &'a [T]) -> impl Iterator<Item = (&'a Site, &'a [T])> {
		self.iter().zip(pieces(flat, self.iter().map(Site::coordinates)))
	}
}

impl Deref for Sites {
	type Target = [Site];

	fn deref(&self) -> &[Site] {
		&self.0
	}
}

impl FromIterator<Site> for Sites {
	fn from_iter<I: IntoIterator<Item = Site>>(sites: I) -> Self {
		Self(sites.into_iter().collect())
	}
}
