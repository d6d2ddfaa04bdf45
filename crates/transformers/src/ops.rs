//! Differentiable operations with the same bits on every machine.
//!
//! Each runs on `openledger_kernels` and has a backward that is made of these same operations. So a
//! forward-mode tangent built from them ([`crate::dual`]) can be run backward in its turn.
//!
//! Sums, differences and products of single elements, and copies, are those of
//! [`Tensor`](crate::tensor::Tensor) itself.

mod matmul;
mod rope;
mod rows;
mod unary;

#[cfg(test)]
mod tests;

pub use matmul::{linear, linear_nt, matmul, matmul_nt, matmul_tn, Matrix};
pub use rope::Rotation;
pub use rows::{columns, gather, row_broadcast, row_sum, softmax, sum, transpose, Mask};
pub use unary::Unary;

pub(crate) use rows::softmax_product;
