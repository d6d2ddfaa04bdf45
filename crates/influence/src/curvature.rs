//! The curvature of the training loss, and its inverse.

mod absolute;
mod eigen;
mod factor;
mod hessian;
mod iterative;
pub(crate) mod moments;
mod network;

pub use absolute::make_absolute;
pub use eigen::{symmetric_eigen, Eigen};
pub use factor::inverse_factor;
pub use hessian::{dense_curvature, Curvature, DENSE_LIMIT};
pub use iterative::{solve_abs, Solution, SolverSettings};
