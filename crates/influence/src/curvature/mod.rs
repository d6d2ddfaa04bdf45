//! The curvature of the training loss, and its inverse.

mod eigen;
mod hessian;
mod iterative;
pub(crate) mod moments;

pub use eigen::{symmetric_eigen, Eigen};
pub use hessian::{dense_hessian, DENSE_LIMIT};
pub use iterative::{solve_abs, Settings, Solution};
