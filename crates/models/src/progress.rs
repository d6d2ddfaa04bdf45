//! How far a long computation has come.

/// A step of a long computation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
	/// What is being done: `training`, `curvature`, `influence`, `index`, `retraining`.
	pub stage: &'static str,
	/// Units done.
	pub done: u64,
	/// Units in all.
	pub total: u64,
	/// The training loss so far, in nats, where there is one.
	pub loss: Option<f64>,
}
