//! Says what is going on, step by step.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Prints one line for each step, with a spinner beside the step under way.
pub struct Steps {
	bar: ProgressBar,
	step: &'static str,
	started: Instant,
}

impl Steps {
	/// Prints steps on standard error, with a spinner only if that is a terminal.
	pub fn new() -> Self {
		let bar = ProgressBar::new_spinner();
		if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
			bar.set_style(style);
		}
		Self { bar, step: "", started: Instant::now() }
	}

	pub fn begin(&mut self, step: &'static str) {
		self.step = step;
		self.started = Instant::now();
		self.bar.reset();
		self.bar.set_message(step);
		self.bar.enable_steady_tick(Duration::from_millis(120));
	}

	/// Ends the step and says what came of it.
	pub fn end(&mut self, result: &str) {
		self.bar.disable_steady_tick();
		let seconds = self.started.elapsed().as_secs_f64();
		let line = format!("{seconds:6.1} s  {:<52}{result}", self.step);
		self.bar.suspend(|| eprintln!("{line}"));
	}
}

impl Drop for Steps {
	fn drop(&mut self) {
		self.bar.finish_and_clear();
	}
}
