//! Differentiable operations with the same bits on every machine.
//!
//! Each runs on `openledger_kernels` and has a backward that is made of these same operations. So a
//! gradient can be differentiated in its turn ([`crate::hessian`]).
//!
//! Sums, differences and products of single elements, and copies, are those of
//! [`Tensor`](crate::tensor::Tensor) itself.

mod matmul;
mod norm;
mod rope;
mod rows;
mod unary;

#[cfg(test)]
mod tests;

pub use matmul::{linear, linear_nt, matmul, matmul_nt, matmul_tn, SharedMatrix};
pub use norm::{layer_norm, rms_norm};
pub use rope::Rotation;
pub use rows::{columns, gather, mean_of_rows, row_broadcast, row_sum, softmax, transpose, Mask};
pub use unary::Unary;
