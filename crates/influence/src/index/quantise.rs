//! From real to integer vectors.
//!
//! A score is a sum of products over coordinates, so a coordinate may be multiplied by any factor
//! on one side and divided by it on the other. The factors chosen make both sides equally large,
//! coordinate by coordinate: then one common scale wastes the fewest bits. That scale takes the
//! largest value to the end of the integer range; nothing is clipped, for clipping costs far more
//! accuracy than coarser rounding.

use super::leaves::{Leaves, BLOCK};
use crate::{Error, Result};
use openledger_primitives::{Sketch, Width};
use rayon::prelude::*;

/// What influence vectors are like, coordinate by coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
	count: u64,
	/// The sum of each coordinate's squares.
	squares: Vec<f64>,
	/// Its largest absolute value.
	largest: Vec<f32>,
}

impl Spread {
	/// That of no vectors, of `dimension` coordinates.
	pub fn new(dimension: usize) -> Self {
		Self { count: 0, squares: vec![0.0; dimension], largest: vec![0.0; dimension] }
	}

	/// Takes further vectors, each `[dimension]`. Their order counts, for the last bits of sums.
	pub fn add(&mut self, leaves: &[Vec<f32>]) {
		self.add_leaves(&Leaves::Held(leaves));
	}

	pub(super) fn add_leaves(&mut self, leaves: &Leaves<'_>) {
		self.count += leaves.len() as u64;
		let largest = self.largest.par_chunks_mut(BLOCK);
		let blocks = self.squares.par_chunks_mut(BLOCK).zip(largest).enumerate();
		blocks.for_each(|(block, (squares, largest))| {
			let mut values = [0.0; BLOCK];
			let values = &mut values[..squares.len()];
			for leaf in 0..leaves.len() {
				leaves.read(leaf, block * BLOCK, values);
				let values = &*values;
				squares.iter_mut().zip(values).for_each(|(sum, x)| *sum += f64::from(*x).powi(2));
				for (largest, x) in largest.iter_mut().zip(values) {
					*largest = if x.abs() > *largest { x.abs() } else { *largest };
				}
			}
		});
	}

	/// Whether all coordinates of all vectors were finite: no finite ones have infinite sums.
	pub(super) fn is_finite(&self) -> bool {
		self.squares.iter().all(|sum| sum.is_finite())
	}
}

/// The factors that take real coordinates to integers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scales {
	/// Multiplied onto each coordinate of an influence vector, `[dimension]`; the products lie in
	/// the integer range of the index's width.
	pub leaf: Vec<f32>,
	/// Multiplied onto each coordinate of a query gradient, `[dimension]`; each query is then
	/// scaled by its own largest value.
	pub query: Vec<f32>,
}

/// The largest integer of a width; its negative is the smallest used.
fn limit(width: Width) -> f64 {
	match width {
		Width::Int8 => f64::from(i8::MAX),
		Width::Int16 => f64::from(i16::MAX),
	}
}

impl Scales {
	/// Fits the factors to the spread of influence vectors and to the mean square of each
	/// coordinate of typical query gradients, `query_squares` `[dimension]`.
	///
	/// A coordinate that is zero on either side gets the factor 0: it adds nothing to scores.
	pub fn fit(leaves: &Spread, query_squares: &[f64], width: Width) -> Self {
		let count = leaves.count.max(1) as f64;
		let balance: Vec<f64> = leaves
			.squares
			.iter()
			.zip(query_squares)
			.map(|(sum, query)| (query / (sum / count)).sqrt().sqrt())
			.map(|factor| if usable(factor) { factor } else { 0.0 })
			.collect();
		let products = leaves.largest.iter().zip(&balance);
		let largest = products.fold(0.0f64, |max, (x, factor)| max.max(f64::from(*x) * factor));
		let scale = if largest > 0.0 { limit(width) / largest } else { 0.0 };
		let inverse = |factor: f64| if factor > 0.0 { (1.0 / factor) as f32 } else { 0.0 };
		Self {
			leaf: balance.iter().map(|factor| (factor * scale) as f32).collect(),
			query: balance.iter().map(|factor| inverse(*factor)).collect(),
		}
	}

	/// The sketch of an influence vector, `[dimension]`.
	pub fn leaf(&self, influence: &[f32], width: Width) -> Sketch {
		self.leaf_of(width, |start, out| out.copy_from_slice(&influence[start..][..out.len()]))
	}

	/// The sketch of the influence vector of which `read` writes some coordinates, from one on.
	pub(super) fn leaf_of(&self, width: Width, read: impl Fn(usize, &mut [f32])) -> Sketch {
		match width {
			Width::Int8 => Sketch::Int8(self.rounded(width, read, |x| x as i8)),
			Width::Int16 => Sketch::Int16(self.rounded(width, read, |x| x as i16)),
		}
	}

	fn rounded<T: Clone + Default>(
		&self,
		width: Width,
		read: impl Fn(usize, &mut [f32]),
		narrow: impl Fn(i32) -> T,
	) -> Vec<T> {
		let mut rounded = vec![T::default(); self.leaf.len()];
		let (mut values, limit) = ([0.0; BLOCK], limit(width));
		let blocks = rounded.chunks_mut(BLOCK).zip(self.leaf.chunks(BLOCK));
		for (block, (rounded, factors)) in blocks.enumerate() {
			let values = &mut values[..rounded.len()];
			read(block * BLOCK, values);
			let products = values.iter().zip(factors);
			let products = products.map(|(x, factor)| f64::from(*x) * f64::from(*factor));
			round_into(rounded, products, limit, &narrow);
		}
		rounded
	}

	/// The sketch of a query gradient, `[dimension]`. A gradient of zeros has a sketch of zeros.
	///
	/// # Errors
	/// [`Error::NotFinite`].
	pub fn query(&self, gradient: &[f64], width: Width) -> Result<Sketch> {
		let products = gradient.iter().zip(&self.query);
		let balanced: Vec<f64> = products.map(|(x, factor)| x * f64::from(*factor)).collect();
		if balanced.iter().any(|x| !x.is_finite()) {
			return Err(Error::NotFinite("a query gradient"));
		}
		let largest = balanced.iter().fold(0.0f64, |max, x| max.max(x.abs()));
		let part = |x: &f64| if largest > 0.0 { x / largest } else { 0.0 };
		Ok(round(balanced.iter().map(|x| part(x) * limit(width)), width))
	}
}

/// Whether a balancing factor and its inverse are both normal numbers of single precision, with
/// room for scaling.
fn usable(factor: f64) -> bool {
	(1e-18..1e18).contains(&factor)
}

/// Rounds to the nearest integer, halves away from zero. Values are in range up to the rounding of
/// scales.
fn round(values: impl ExactSizeIterator<Item = f64>, width: Width) -> Sketch {
	let (count, limit) = (values.len(), limit(width));
	match width {
		Width::Int8 => {
			let mut rounded = vec![0; count];
			round_into(&mut rounded, values, limit, |x| x as i8);
			Sketch::Int8(rounded)
		},
		Width::Int16 => {
			let mut rounded = vec![0; count];
			round_into(&mut rounded, values, limit, |x| x as i16);
			Sketch::Int16(rounded)
		},
	}
}

/// Values are written where they belong, for only then does the compiler take several at a time.
fn round_into<T>(
	rounded: &mut [T],
	values: impl Iterator<Item = f64>,
	limit: f64,
	narrow: impl Fn(i32) -> T,
) {
	for (rounded, x) in rounded.iter_mut().zip(values) {
		*rounded = narrow(nearest(x, limit));
	}
}

/// `x.round()`, or `limit` with its sign where it is beyond; without branches, so that the processor
/// can round several side by side. `limit` is of a width.
fn nearest(x: f64, limit: f64) -> i32 {
	// What is no number becomes the lower limit.
	let x = if x > -limit { x } else { -limit };
	let x = if x < limit { x } else { limit };
	// The last number before a half, so that what is below one half does not reach the next integer:
	// halves do, by the rounding of the sum.
	let half = 0.5f64.next_down().copysign(x);
	// SAFETY: it is within the limits of 16 bits, and a number.
	unsafe { (x + half).to_int_unchecked() }
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn spread(leaves: &[Vec<f32>]) -> Spread {
		let mut spread = Spread::new(leaves[0].len());
		leaves.iter().for_each(|leaf| spread.add(std::slice::from_ref(leaf)));
		spread
	}

	fn integers(sketch: &Sketch) -> Vec<i64> {
		match sketch {
			Sketch::Int8(v) => v.iter().map(|x| i64::from(*x)).collect(),
			Sketch::Int16(v) => v.iter().map(|x| i64::from(*x)).collect(),
		}
	}

	/// Leaves and queries with coordinates of very different sizes.
	fn vectors() -> impl Strategy<Value = (Vec<Vec<f32>>, Vec<Vec<f64>>)> {
		(2usize..40).prop_flat_map(|n| {
			let exponents = prop::collection::vec(-6i32..6, n);
			let unit = move || prop::collection::vec(prop::collection::vec(-1.0f64..1.0, n), 1..6);
			(exponents.clone(), exponents, unit(), unit()).prop_map(
				|(left, right, leaves, queries)| {
					let size = |rows: Vec<Vec<f64>>, exponents: &[i32]| -> Vec<Vec<f64>> {
						let scaled = |row: Vec<f64>| {
							row.iter().zip(exponents).map(|(x, e)| x * 10f64.powi(*e)).collect()
						};
						rows.into_iter().map(scaled).collect()
					};
					let leaves = size(leaves, &left);
					let leaves =
						leaves.iter().map(|row| row.iter().map(|x| *x as f32).collect()).collect();
					(leaves, size(queries, &right))
				},
			)
		})
	}

	fn squares(queries: &[Vec<f64>]) -> Vec<f64> {
		let n = queries[0].len();
		(0..n)
			.map(|i| queries.iter().map(|q| q[i] * q[i]).sum::<f64>() / queries.len() as f64)
			.collect()
	}

	proptest! {
		#[test]
		fn largest_value_should_reach_the_end_of_the_range((leaves, queries) in vectors()) {
			for width in [Width::Int8, Width::Int16] {
				let scales = Scales::fit(&spread(&leaves), &squares(&queries), width);
				let all: Vec<i64> = leaves.iter().flat_map(|l| integers(&scales.leaf(l, width))).collect();
				let end = limit(width) as i64;
				prop_assert_eq!(all.iter().map(|x| x.abs()).max(), Some(end));
				let query = integers(&scales.query(&queries[0], width).unwrap());
				prop_assert_eq!(query.iter().map(|x| x.abs()).max(), Some(end));
			}
		}

		#[test]
		fn score_should_be_proportional_to_the_real_one_within_rounding((leaves, queries) in vectors()) {
			let width = Width::Int16;
			let scales = Scales::fit(&spread(&leaves), &squares(&queries), width);
			for query in &queries {
				let sketch = scales.query(query, width).unwrap();
				let balanced = query.iter().zip(&scales.query).map(|(x, f)| x * f64::from(*f));
				let unit = limit(width) / balanced.fold(0.0f64, |max, x| max.max(x.abs()));
				for leaf in &leaves {
					let found = sketch.dot(&scales.leaf(leaf, width)).unwrap() as f64;
					let terms = query.iter().zip(leaf).zip(scales.query.iter().zip(&scales.leaf));
					let (mut expected, mut bound) = (0.0, 0.0);
					for ((q, x), (fq, fx)) in terms {
						let (q, x) = (q * f64::from(*fq) * unit, f64::from(*x) * f64::from(*fx));
						expected += q * x;
						// Half a unit on either side.
						bound += 0.5 * q.abs() + 0.5 * x.abs() + 0.26;
					}
					prop_assert!((found - expected).abs() <= bound, "{} {} {}", found, expected, bound);
				}
			}
		}

		#[test]
		fn spread_should_be_the_same_bits_when_leaves_come_together((leaves, _) in vectors()) {
			let mut together = Spread::new(leaves[0].len());
			together.add(&leaves);
			prop_assert_eq!(together, spread(&leaves));
		}

		#[test]
		fn nearest_should_be_the_rounded_value(x in -40000.0f64..40000.0, half in -40000i32..40000) {
			for x in [x, f64::from(half), f64::from(half) + 0.5] {
				for x in [x, x.next_up(), x.next_down()] {
					let expected = x.round().clamp(-32767.0, 32767.0);
					prop_assert_eq!(f64::from(nearest(x, 32767.0)), expected);
				}
			}
		}

		#[test]
		fn factors_should_cancel_between_the_sides((leaves, queries) in vectors()) {
			let scales = Scales::fit(&spread(&leaves), &squares(&queries), Width::Int8);
			let products: Vec<f32> = scales.leaf.iter().zip(&scales.query).map(|(l, q)| l * q).collect();
			let first = products.iter().copied().find(|x| *x > 0.0).unwrap();
			prop_assert!(products.iter().all(|x| *x == 0.0 || (x / first - 1.0).abs() < 1e-5));
		}
	}

	#[test]
	fn coordinate_should_be_left_out_when_it_is_zero_on_one_side() {
		let leaves = [vec![0.0, 1.0, 3.0]];
		let scales = Scales::fit(&spread(&leaves), &[1.0, 0.0, 2.0], Width::Int8);
		assert_eq!((scales.leaf[0], scales.leaf[1]), (0.0, 0.0));
		assert_eq!(integers(&scales.leaf(&leaves[0], Width::Int8)), [0, 0, 127]);
		let query = scales.query(&[5.0, 5.0, -1.0], Width::Int8).unwrap();
		assert_eq!(integers(&query), [0, 0, -127]);
	}

	#[test]
	fn sketch_should_be_zero_when_everything_is() {
		let scales = Scales::fit(&spread(&[vec![0.0; 3]]), &[0.0; 3], Width::Int16);
		assert_eq!(integers(&scales.leaf(&[0.0; 3], Width::Int16)), [0, 0, 0]);
		assert_eq!(integers(&scales.query(&[0.0; 3], Width::Int16).unwrap()), [0, 0, 0]);
	}

	#[test]
	fn query_should_be_refused_when_not_finite() {
		let scales = Scales::fit(&spread(&[vec![1.0]]), &[1.0], Width::Int8);
		assert!(scales.query(&[f64::NAN], Width::Int8).is_err());
		assert!(scales.query(&[f64::INFINITY], Width::Int8).is_err());
	}
}
