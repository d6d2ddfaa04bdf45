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
//! | functions | what |
//! | --- | --- |
//! | [`matmul()`], [`matmul_nt`], [`matmul_tn`] | matrix products added to what the output holds |
//! | [`exp_f32`], [`tanh`], [`erf`], [`sigmoid`] and their `_slice` forms | elementary functions |
//! | [`softmax`], [`log_sum_exp`], [`exp`], [`ln`] | normalising, and double precision |
//! | [`dot_i8`], [`dot_i16`], [`dot_i8_i16`] | exact integer dot products |
//! | [`scan_i8`], [`scan_i16`] | one query against many consecutive rows |
//! | [`scores_i8`], [`scores_i16`] | many queries against many consecutive rows |
//! | [`available`], [`active`], [`force`] | which instructions are used |
//!
//! All run on the calling thread. Rows of outputs and rows of an index are independent: divide them
//! between threads in any way.
//!
//! # Panics
//!
//! Functions panic when the lengths of their slices do not fit together, which is a mistake in the
//! calling code. No value makes them panic.

mod dot;
mod functions;
mod matmul;
mod path;

pub use dot::{dot_i16, dot_i8, dot_i8_i16, scan_i16, scan_i8, scores_i16, scores_i8};
pub use functions::{
	erf, erf_slice, exp, exp_f32, exp_slice, ln, log_sum_exp, sigmoid, sigmoid_slice, softmax,
	tanh, tanh_slice,
};
pub use matmul::{matmul, matmul_nt, matmul_tn};
pub use path::{active, available, force, Path, Unavailable};
