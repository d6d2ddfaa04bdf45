//! How far a long computation has come.

/// The parts of long computations that report how far they have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
	/// Training, in epochs; in steps where a training run is done again.
	Training,
	/// Training other models of the same recipe, in models.
	Retraining,
	/// The curvature of the loss, mostly in rows.
	Curvature,
	/// Inverting a curvature that is laid out.
	Inverse,
	/// Solving with a curvature that is not laid out, in right-hand sides.
	Solving,
	/// Influence vectors, in rows.
	Influence,
	/// Several models' influence vectors, in models.
	Ensemble,
	/// Differentiating through training, in steps.
	Unrolling,
	/// Quantising and writing an index, in rows of its three passes.
	Index,
	/// Minima without one row each, in rows.
	LeavingOut,
}

impl Stage {
	/// The name that people see.
	pub fn name(self) -> &'static str {
		match self {
			Self::Training => "training",
			Self::Retraining => "retraining",
			Self::Curvature => "curvature",
			Self::Inverse => "inverse",
			Self::Solving => "solving",
			Self::Influence => "influence",
			Self::Ensemble => "ensemble",
			Self::Unrolling => "unrolling",
			Self::Index => "index",
			Self::LeavingOut => "leaving out",
		}
	}

	/// The stage of `total` units, which reports to `listener`.
	pub fn of<'a>(self, total: u64, listener: &'a mut dyn FnMut(Progress)) -> Running<'a> {
		Running { stage: self, total, listener }
	}
}

/// A stage under way, and who is told.
pub struct Running<'a> {
	stage: Stage,
	total: u64,
	listener: &'a mut dyn FnMut(Progress),
}

impl Running<'_> {
	/// Reports that so many units are done.
	pub fn done(&mut self, done: u64) {
		self.report(done, None);
	}

	/// As [`Running::done`], with the training loss so far, in nats.
	pub fn done_with_loss(&mut self, done: u64, loss: f64) {
		self.report(done, Some(loss));
	}

	fn report(&mut self, done: u64, loss: Option<f64>) {
		(self.listener)(Progress { stage: self.stage, done, total: self.total, loss });
	}
}

/// How far a stage has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
	/// What is being done.
	pub stage: Stage,
	/// How much is done, in the stage's units, at most `total`.
	pub done: u64,
	/// How much there is to do, in the stage's units.
	pub total: u64,
	/// The training loss so far, in nats, where there is one.
	pub loss: Option<f64>,
}
