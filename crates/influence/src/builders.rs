//! The methods that compute influence vectors, and the rivals they are measured against.

mod cosine;
mod datainf;
mod ekfac;
mod ensemble;
mod exact;
mod gradient;
mod tracin;
mod trak;
mod unrolled;

pub use cosine::GradientCosine;
pub use datainf::DataInf;
pub use ekfac::EkFac;
pub use ensemble::{Ensemble, EnsembleKind};
pub use exact::{Damping, ExactCurvature, Positive};
pub use gradient::GradientDot;
pub use tracin::TracIn;
pub use trak::Trak;
pub use unrolled::Unrolled;
