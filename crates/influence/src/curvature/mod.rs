//! Approximations of the training loss's curvature.

mod eigen;
mod ekfac;
mod moments;

pub use eigen::{symmetric_eigen, Eigen};
pub use ekfac::EkFac;
