//! Arithmetic with the same bits everywhere.
//!
//! A host, an attester and an auditor must compute the same bits from the same weights and inputs.
//! Here a result depends on the values alone: not on the number of threads or rows, the tile, the
//! instruction set or the machine.
//!
//! # Contract
//!
//! Each function has a portable body in safe Rust, which defines its result. The other paths use
//! vector instructions and give the same bits, because
//!
//! - every product is one `f32::mul_add`, which IEEE 754 rounds once (a hardware instruction on all
//!   paths but [`Path::Portable`] on x86-64, which takes the C library's);
//! - every sum is one chain in the order of its index: vectors run over independent sums, never
//!   over the terms of one. Integer sums are exact, so theirs may have any order;
//! - elementary functions are fixed sequences of `+`, `-`, `*`, `/`, `mul_add`, comparisons and bit
//!   operations. Nothing but `fmaf` is asked of the platform's mathematical library;
//! - a result that is not a number is the quiet NaN with bits `0x7fc0_0000` (`0x7ff8 << 48` in
//!   double precision), whatever went in. Infinities and signed zeros follow IEEE 754, and
//!   subnormal numbers are neither flushed nor read as zero.
//!
//! The caller leaves the processor's floating-point modes as Rust requires them: rounding to
//! nearest, no flushing.
//!
//! # Contents
//!
//! | module | functions | subject |
//! | --- | --- | --- |
//! | `matmul` | [`matmul()`], [`matmul_nt`], [`matmul_tn`] | matrix products, which are added to the output |
//! | `functions` | [`exp_f32`], [`tanh`], [`erf`], [`sigmoid`] and their `_slice` forms | elementary functions |
//! | | [`softmax`], [`log_sum_exp`], [`exp`], [`ln`] | normalising, and double precision |
//! | `dot` | [`scan_i8`], [`scan_i16`] | exact integer dot products of one query with many consecutive rows |
//! | | [`scores_i8`], [`scores_i16`] | the same for many queries |
//! | `path` | [`available`], [`active`], [`force`] | which instructions are used |
//!
//! All of them run on the calling thread. Rows of outputs and rows of an index are independent, so a
//! caller may divide them between threads in any way.
//!
//! ```
//! use openledger_kernels::{available, force, matmul, scan_i8};
//!
//! let (a, b) = ([0.1, 0.2, 0.3, 0.4], [0.5, 0.6]);
//! let product = |path| {
//!     force(Some(path)).unwrap();
//!     let mut out = [1.0, 1.0]; // A bias, to which the product is added.
//!     matmul(&a, &b, &mut out, 2, 2, 1);
//!     out.map(f32::to_bits)
//! };
//! let bits: Vec<_> = available().into_iter().map(product).collect();
//! assert!(bits.iter().all(|other| *other == bits[0]), "the bits are the same on every path");
//!
//! let mut scores = [0; 2];
//! scan_i8(&[1, -2], &[3, 4, -128, 127], &mut scores);
//! assert_eq!(scores, [-5, -382]);
//! ```
//!
//! # Panics
//!
//! Functions panic when the lengths of their slices do not fit together, which is a mistake in the
//! calling code. No value makes them panic.

mod dot;
mod functions;
mod matmul;
mod path;

pub use dot::{scan_i16, scan_i8, scores_i16, scores_i8};
pub use functions::{
	erf, erf_slice, exp, exp_f32, exp_slice, ln, log_sum_exp, sigmoid, sigmoid_slice, softmax,
	tanh, tanh_slice,
};
pub use matmul::{matmul, matmul_nt, matmul_tn};
pub use path::{active, available, force, Path, Unavailable};
