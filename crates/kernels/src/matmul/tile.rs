//! The product for processors with vectors: tiles of the output held in registers.
//!
//! Vectors run along the columns of the output, so each of their lanes is one output's chain. The
//! inner dimension is cut into blocks for the caches; a chain stops in `out` at the end of a block
//! and goes on from there, which rounds nothing.

use super::Product;
use crate::functions::NAN;
use std::{hint::black_box, mem::MaybeUninit};

/// A vector register of `f32`.
///
/// # Safety
///
/// The methods execute instructions of the path they belong to. Each is to be called, inlined, only
/// from a function that has them enabled, with pointers to as many values as it says.
pub(super) trait Lanes: Copy {
	/// How many values a register holds.
	const LANES: usize;
	/// How many registers of columns a panel has: two or three.
	const WIDTH: usize;
	/// How many rows the tallest tile has, at most eight: each takes [`Lanes::WIDTH`] registers,
	/// and the operands take the rest.
	const TALLEST: usize;
	/// The register by which matrices are transposed.
	type Turning: Turning;

	/// `value` in all lanes.
	unsafe fn splat(value: f32) -> Self;
	/// Reads [`Lanes::LANES`] values.
	unsafe fn load(from: *const f32) -> Self;
	/// Writes [`Lanes::LANES`] values, every NaN as [`NAN`].
	unsafe fn store(self, to: *mut f32);
	/// `self · other + sum`, rounded once.
	unsafe fn mul_add(self, other: Self, sum: Self) -> Self;
	/// Asks the processor for the cache line at an address, which need not exist.
	unsafe fn prefetch(from: *const f32);
	/// Calls [`tile`] as a function of its own with the instructions enabled: compilers do not
	/// handle so many of them in one function well.
	unsafe fn tile<const M: usize, const W: usize, const FAR: bool>(
		rows: TileRows,
		right: Right,
		depth: usize,
	);
}

/// A register that columns of a row-major matrix can be read to.
///
/// # Safety
///
/// As for [`Lanes`].
pub(super) trait Turning: Lanes {
	/// The first four columns of as many rows as there are lanes; `row` is the distance between rows.
	unsafe fn columns(from: *const f32, row: usize) -> [Self; 4];
}

/// The inner dimension of a block: a panel then fills half of a first-level cache.
const DEPTH: usize = 128;
/// How many rows are taken together: their part of a block stays in a second-level cache while all
/// columns pass, even where their distance makes them share few of its sets.
const ROWS: usize = 240;
/// How many rows of `right` are prefetched ahead of those being multiplied, when nothing is packed.
const AHEAD: usize = 16;
/// How many values a cache line holds.
const LINE: usize = 16;
/// How many columns the widest panel has: three AVX-512 registers.
const COLUMNS: usize = 48;

/// Memory for any panel.
#[repr(align(64))]
struct Panel(MaybeUninit<[f32; DEPTH * COLUMNS]>);

/// A matrix by its first value and the distance between rows.
#[derive(Clone, Copy)]
pub(super) struct Right {
	first: *const f32,
	row: usize,
}

/// As many rows of the left matrix and of the output as the tile is tall.
#[derive(Clone, Copy)]
pub(super) struct TileRows {
	left: *const f32,
	left_row: usize,
	left_step: usize,
	out: *mut f32,
	out_row: usize,
}

/// Computes the whole product.
///
/// # Safety
///
/// To be inlined into a function with `V`'s instructions enabled. The slices must have the lengths
/// that [`Product`] says, none of them empty.
#[inline(always)]
pub(super) unsafe fn multiply<V: Lanes>(product: Product<'_>) {
	let Product { left, left_row, left_step, right, right_transposed, out, m, k, n } = product;
	let (left, right, out) = (left.as_ptr(), right.as_ptr(), out.as_mut_ptr());
	let mut panel = Panel(MaybeUninit::uninit());
	let panel = panel.0.as_mut_ptr().cast::<f32>();
	if right_transposed && m == 1 {
		// SAFETY: the caller's. The left matrix is never transposed when the right one is.
		unsafe { transposed_row::<V::Turning>(left, right, out, k, n) };
		return;
	}
	let packs = right_transposed || m > V::TALLEST;
	// SAFETY: all offsets below are of values that exist: rows under `m`, columns under `n`, inner
	// indices under `k`. What is packed fits: at most `DEPTH` rows of `WIDTH` registers.
	unsafe {
		let mut row = 0;
		while row < m {
			let height = ROWS.min(m - row);
			let mut inner = 0;
			while inner < k {
				let depth = DEPTH.min(k - inner);
				let rows = TileRows {
					left: left.add(row * left_row + inner * left_step),
					left_row,
					left_step,
					out: out.add(row * n),
					out_row: n,
				};
				let mut column = 0;
				while column < n {
					let rest = n - column;
					let rows = TileRows { out: rows.out.add(column), ..rows };
					let block = if right_transposed {
						Right { first: right.add(column * k + inner), row: k }
					} else {
						Right { first: right.add(inner * n + column), row: n }
					};
					if packs || rest < V::WIDTH * V::LANES {
						let width = rest.min(V::WIDTH * V::LANES);
						let registers = width.div_ceil(V::LANES);
						let padded = registers * V::LANES;
						if right_transposed {
							pack_transposed::<V::Turning>(block, depth, width, padded, panel);
						} else {
							pack::<V>(block, depth, width, padded, panel);
						}
						let packed = Right { first: panel, row: padded };
						if width == padded {
							stripe::<V>(registers, height, rows, packed, depth);
						} else {
							edge::<V>(registers, height, rows, packed, depth, width);
						}
						column += width;
					} else {
						// One tile, which reads the block once from where it lies. The fewer rows, the more
						// columns, for enough sums at a time to keep the multipliers busy.
						let fits = |registers: usize| {
							rest >= registers * V::LANES
								&& registers * height <= V::WIDTH * V::TALLEST
						};
						column += V::LANES
							* if fits(8) {
								choose::<V, 8, true>(height, rows, block, depth)
							} else if fits(4) {
								choose::<V, 4, true>(height, rows, block, depth)
							} else if fits(3) {
								choose::<V, 3, true>(height, rows, block, depth)
							} else {
								choose::<V, 2, true>(height, rows, block, depth)
							};
					}
				}
				inner += depth;
			}
			row += height;
		}
	}
}

/// Computes `height` rows by `registers` of packed columns, in tiles of heights as equal as can be.
#[inline(always)]
unsafe fn stripe<V: Lanes>(
	registers: usize,
	height: usize,
	rows: TileRows,
	right: Right,
	depth: usize,
) {
	let tiles = height.div_ceil(V::TALLEST);
	for index in 0..tiles {
		let first = index * height / tiles;
		let count = (index + 1) * height / tiles - first;
		// SAFETY: `first + count <= height`.
		unsafe {
			let rows = TileRows {
				left: rows.left.add(first * rows.left_row),
				out: rows.out.add(first * rows.out_row),
				..rows
			};
			match registers {
				1 => choose::<V, 1, false>(count, rows, right, depth),
				2 => choose::<V, 2, false>(count, rows, right, depth),
				3 if V::WIDTH == 3 => choose::<V, 3, false>(count, rows, right, depth),
				_ => unreachable!("no panel of {registers} registers"),
			};
		}
	}
}

/// Computes a stripe that has fewer columns than its registers have lanes, through a copy of the
/// output.
#[inline(always)]
unsafe fn edge<V: Lanes>(
	registers: usize,
	height: usize,
	rows: TileRows,
	right: Right,
	depth: usize,
	width: usize,
) {
	let mut copy = [0f32; 8 * COLUMNS];
	let out_row = registers * V::LANES;
	let mut first = 0;
	while first < height {
		let count = V::TALLEST.min(height - first);
		// SAFETY: `width` columns of rows under `height` exist in `out`, and `count * out_row` values
		// fit in the copy.
		unsafe {
			let out = rows.out.add(first * rows.out_row);
			for i in 0..count {
				let to = copy.as_mut_ptr().add(i * out_row);
				out.add(i * rows.out_row).copy_to_nonoverlapping(to, width);
			}
			let left = rows.left.add(first * rows.left_row);
			let copied = TileRows { left, out: copy.as_mut_ptr(), out_row, ..rows };
			stripe::<V>(registers, count, copied, right, depth);
			for i in 0..count {
				let from = copy.as_ptr().add(i * out_row);
				out.add(i * rows.out_row).copy_from_nonoverlapping(from, width);
			}
		}
		first += count;
	}
}

/// Calls the tile for a height, of those that there are enough registers for. Returns its `W`.
#[inline(always)]
unsafe fn choose<V: Lanes, const W: usize, const FAR: bool>(
	height: usize,
	rows: TileRows,
	right: Right,
	depth: usize,
) -> usize {
	let fits = |m: usize| m <= V::TALLEST && m * W <= V::WIDTH * V::TALLEST;
	// SAFETY: the caller's.
	unsafe {
		match height {
			1 => V::tile::<1, W, FAR>(rows, right, depth),
			2 if fits(2) => V::tile::<2, W, FAR>(rows, right, depth),
			3 if fits(3) => V::tile::<3, W, FAR>(rows, right, depth),
			4 if fits(4) => V::tile::<4, W, FAR>(rows, right, depth),
			5 if fits(5) => V::tile::<5, W, FAR>(rows, right, depth),
			6 if fits(6) => V::tile::<6, W, FAR>(rows, right, depth),
			7 if fits(7) => V::tile::<7, W, FAR>(rows, right, depth),
			8 if fits(8) => V::tile::<8, W, FAR>(rows, right, depth),
			_ => unreachable!("no tile of {height} rows"),
		}
	}
	W
}

/// Computes `M` rows by `W` registers of columns. The sums stay in registers for the whole depth.
/// Columns that are `FAR`, in no panel, are prefetched.
#[inline(always)]
pub(super) unsafe fn tile<V: Lanes, const M: usize, const W: usize, const FAR: bool>(
	rows: TileRows,
	right: Right,
	depth: usize,
) {
	// SAFETY: the caller's: `M` rows of `left` with `depth` values, `depth` rows of `right` and `M` of
	// `out` with `W` registers of values.
	unsafe {
		let mut sums = [[V::splat(0.0); W]; M];
		for (i, sums) in sums.iter_mut().enumerate() {
			for (w, sum) in sums.iter_mut().enumerate() {
				*sum = V::load(rows.out.add(i * rows.out_row + w * V::LANES));
			}
		}
		let mut left = rows.left;
		let mut lower = left.wrapping_add(3 * rows.left_row);
		if V::WIDTH == 2 {
			// The compiler must not know how the two are related: it would compute each row's address
			// from that of the row before, a chain that takes longer than the products.
			lower = black_box(lower);
		}
		let mut first = right.first;
		for _ in 0..depth {
			let mut columns = [V::splat(0.0); W];
			for (w, column) in columns.iter_mut().enumerate() {
				*column = V::load(first.add(w * V::LANES));
				if FAR {
					V::prefetch(first.wrapping_add(AHEAD * right.row + w * V::LANES));
				}
			}
			for (i, sums) in sums.iter_mut().enumerate() {
				let value = if i < 3 {
					left.add(i * rows.left_row)
				} else {
					lower.add((i - 3) * rows.left_row)
				};
				let value = V::splat(*value);
				for (sum, column) in sums.iter_mut().zip(columns) {
					*sum = value.mul_add(column, *sum);
				}
			}
			left = left.wrapping_add(rows.left_step);
			lower = lower.wrapping_add(rows.left_step);
			first = first.wrapping_add(right.row);
		}
		for (i, sums) in sums.into_iter().enumerate() {
			for (w, sum) in sums.into_iter().enumerate() {
				sum.store(rows.out.add(i * rows.out_row + w * V::LANES));
			}
		}
	}
}

/// Copies `depth` rows of `width` columns to rows of `padded`, the rest zero.
#[inline(always)]
unsafe fn pack<V: Lanes>(block: Right, depth: usize, width: usize, padded: usize, panel: *mut f32) {
	for l in 0..depth {
		// SAFETY: `width` values exist in each row of the block, and `depth * padded` in the panel.
		unsafe {
			let (from, to) = (block.first.add(l * block.row), panel.add(l * padded));
			if width == padded {
				for w in (0..width).step_by(V::LANES) {
					V::load(from.add(w)).store(to.add(w));
				}
			} else {
				to.copy_from_nonoverlapping(from, width);
				to.add(width).write_bytes(0, padded - width);
			}
		}
	}
}

/// [`pack`] of a transposed matrix: `width` rows of `depth` values become columns.
#[inline(always)]
unsafe fn pack_transposed<V: Turning>(
	block: Right,
	depth: usize,
	width: usize,
	padded: usize,
	panel: *mut f32,
) {
	let whole = depth - depth % 4;
	let mut column = 0;
	// SAFETY: `depth` values exist in each of `width` rows of the block, and `depth * padded` in the
	// panel.
	unsafe {
		while column + V::LANES <= width {
			let from = block.first.add(column * block.row);
			for l in (0..whole).step_by(4) {
				if l % LINE == 0 {
					for row in V::LANES..2 * V::LANES {
						V::prefetch(from.wrapping_add(row * block.row + l));
					}
				}
				for (i, values) in V::columns(from.add(l), block.row).into_iter().enumerate() {
					values.store(panel.add((l + i) * padded + column));
				}
			}
			for c in 0..V::LANES {
				for l in whole..depth {
					*panel.add(l * padded + column + c) = *from.add(c * block.row + l);
				}
			}
			column += V::LANES;
		}
		for c in column..padded {
			for l in 0..depth {
				*panel.add(l * padded + c) =
					if c < width { *block.first.add(c * block.row + l) } else { 0.0 };
			}
		}
	}
}

/// Multiplies one row by a transposed matrix: what is transposed is used at once and goes into no
/// panel.
#[inline(always)]
unsafe fn transposed_row<V: Turning>(
	left: *const f32,
	right: *const f32,
	out: *mut f32,
	k: usize,
	n: usize,
) {
	let mut column = 0;
	// SAFETY: `k` values exist in `left` and in each of the `n` rows of `right`, `n` in `out`.
	unsafe {
		while column < n {
			let (right, out) = (right.add(column * k), out.add(column));
			column += if n - column >= 4 * V::LANES {
				transposed_groups::<V, 4>(left, right, out, k)
			} else if n - column >= V::LANES {
				transposed_groups::<V, 1>(left, right, out, k)
			} else {
				let sum = (0..k).fold(*out, |sum, l| (*left.add(l)).mul_add(*right.add(l), sum));
				*out = if sum.is_nan() { NAN } else { sum };
				1
			};
		}
	}
}

/// Does [`transposed_row`] for `G` registers of columns at a time. Returns the number of columns
/// done.
#[inline(always)]
unsafe fn transposed_groups<V: Turning, const G: usize>(
	left: *const f32,
	right: *const f32,
	out: *mut f32,
	k: usize,
) -> usize {
	let whole = k - k % 4;
	// SAFETY: as in the caller, for `G` registers of rows and outputs.
	unsafe {
		let mut sums = [V::splat(0.0); G];
		for (g, sum) in sums.iter_mut().enumerate() {
			*sum = V::load(out.add(g * V::LANES));
		}
		// By lines, so that each is read whole before rows that share its place in the cache push it out.
		for line in (0..whole).step_by(LINE) {
			for (g, sum) in sums.iter_mut().enumerate() {
				let right = right.add(g * V::LANES * k);
				for row in 0..V::LANES {
					V::prefetch(right.wrapping_add(row * k + line + 4 * LINE));
				}
				for l in (line..whole.min(line + LINE)).step_by(4) {
					for (i, column) in V::columns(right.add(l), k).into_iter().enumerate() {
						*sum = V::splat(*left.add(l + i)).mul_add(column, *sum);
					}
				}
			}
		}
		for (g, sum) in sums.into_iter().enumerate() {
			sum.store(out.add(g * V::LANES));
		}
		for j in 0..G * V::LANES {
			let sum = (whole..k)
				.fold(*out.add(j), |sum, l| (*left.add(l)).mul_add(*right.add(j * k + l), sum));
			*out.add(j) = if sum.is_nan() { NAN } else { sum };
		}
	}
	G * V::LANES
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::matmul::portable;

	/// A register of four values, so that small products go through tiles and edges of all kinds.
	impl Lanes for [f32; 4] {
		const LANES: usize = 4;
		const WIDTH: usize = 2;
		const TALLEST: usize = 3;
		type Turning = Self;

		unsafe fn splat(value: f32) -> Self {
			[value; 4]
		}

		unsafe fn load(from: *const f32) -> Self {
			// SAFETY: the caller's.
			unsafe { from.cast::<Self>().read_unaligned() }
		}

		unsafe fn store(self, to: *mut f32) {
			// SAFETY: the caller's.
			unsafe { to.cast::<Self>().write_unaligned(self) }
		}

		unsafe fn mul_add(self, other: Self, sum: Self) -> Self {
			[0, 1, 2, 3].map(|lane| self[lane].mul_add(other[lane], sum[lane]))
		}

		unsafe fn prefetch(_: *const f32) {}

		unsafe fn tile<const M: usize, const W: usize, const FAR: bool>(
			rows: TileRows,
			right: Right,
			depth: usize,
		) {
			// SAFETY: the caller's.
			unsafe { tile::<Self, M, W, FAR>(rows, right, depth) }
		}
	}

	impl Turning for [f32; 4] {
		unsafe fn columns(from: *const f32, row: usize) -> [Self; 4] {
			// SAFETY: the caller's.
			[0, 1, 2, 3].map(|c| [0, 1, 2, 3].map(|r| unsafe { *from.add(r * row + c) }))
		}
	}

	// Without special instructions, so that an interpreter can look for undefined behaviour.
	#[test]
	fn tiles_should_give_the_definition_and_stay_within_bounds() {
		for m in [1, 2, 3, 6, 7, 13] {
			for k in [1, 2, 5, 18] {
				for n in [1, 3, 4, 7, 8, 9, 16, 31, 32, 37] {
					let values =
						|count: usize| (0..count).map(|i| (i * 37 % 101) as f32 - 50.0).collect();
					let (left, right): (Vec<f32>, Vec<f32>) = (values(m * k), values(k * n));
					for (left_row, left_step, right_transposed) in
						[(k, 1, false), (k, 1, true), (1, m, false)]
					{
						let run = |multiply: fn(Product<'_>)| {
							let mut out: Vec<f32> = values(m * n);
							multiply(Product {
								left: &left,
								left_row,
								left_step,
								right: &right,
								right_transposed,
								out: &mut out,
								m,
								k,
								n,
							});
							out
						};
						// SAFETY: there are no special instructions, and the lengths fit.
						let tiled = run(|product| unsafe { multiply::<[f32; 4]>(product) });
						assert_eq!(tiled, run(portable::multiply), "{m} x {k} x {n}");
					}
				}
			}
		}
	}
}
