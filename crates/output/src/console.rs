//! Progress and notes, on standard error.

use crate::memory::resident;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use openledger_models::{Progress, Stage};
use std::fmt;

/// Where progress and notes go: standard error, or nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Console {
	/// Whether notes and progress are hidden.
	pub quiet: bool,
}

impl Console {
	/// Prints one line, unless the console is quiet.
	pub fn note(&self, line: impl AsRef<str>) {
		if !self.quiet {
			eprintln!("{}", line.as_ref());
		}
	}

	/// A bar of `total` steps, which is hidden where standard error is no terminal.
	pub fn bar(&self, total: u64, message: impl Into<String>) -> ProgressBar {
		let bar = ProgressBar::with_draw_target(Some(total), self.target());
		if let Ok(style) = ProgressStyle::with_template(
			"{msg:24} {bar:30} {pos}/{len} {per_sec} {elapsed} eta {eta}{memory}",
		) {
			bar.set_style(style.with_key("memory", write_memory));
		}
		bar.set_message(message.into());
		bar
	}

	/// A bar that follows the engine's progress reports, one stage after the other. The rate and the
	/// remaining time are those of the present stage.
	pub fn stages(&self) -> impl FnMut(Progress) {
		let mut stages = Stages { bar: self.bar(0, ""), current: None };
		move |progress| stages.report(progress)
	}

	fn target(&self) -> ProgressDrawTarget {
		if self.quiet {
			ProgressDrawTarget::hidden()
		} else {
			ProgressDrawTarget::stderr()
		}
	}
}

/// Writes how much memory the process has taken, where the system tells.
fn write_memory(_: &ProgressState, out: &mut dyn fmt::Write) {
	if let Some(bytes) = resident() {
		// A bar that cannot be drawn is nothing to stop for.
		let _ = write!(out, " {}", HumanBytes(bytes));
	}
}

/// One bar that shows one stage after the other.
struct Stages {
	bar: ProgressBar,
	/// The stage last reported, and how far it was.
	current: Option<(Stage, u64)>,
}

impl Stages {
	fn report(&mut self, progress: Progress) {
		let Progress { stage, done, total, loss } = progress;
		// A stage that goes back has begun anew.
		if self.current.is_none_or(|(last, before)| last != stage || done < before) {
			self.bar.reset();
		}
		self.current = Some((stage, done));
		let message = match loss {
			Some(loss) => format!("{} (loss {loss:.4})", stage.name()),
			None => stage.name().to_owned(),
		};
		if self.bar.message() != message {
			self.bar.set_message(message);
		}
		self.bar.set_length(total);
		self.bar.set_position(done);
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bar_should_follow_the_stages() {
		let mut stages = Stages { bar: Console { quiet: true }.bar(0, ""), current: None };
		for (stage, done, total, loss, message) in [
			(Stage::Training, 3, 10, Some(0.25), "training (loss 0.2500)"),
			(Stage::Training, 10, 10, Some(0.125), "training (loss 0.1250)"),
			(Stage::Influence, 1, 7, None, "influence"),
			(Stage::Influence, 0, 7, None, "influence"),
		] {
			stages.report(Progress { stage, done, total, loss });
			let bar = &stages.bar;
			assert_eq!(bar.message(), message);
			assert_eq!((bar.position(), bar.length()), (done, Some(total)));
		}
	}
}
