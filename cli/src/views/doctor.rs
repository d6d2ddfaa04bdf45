//! What `doctor` finds.

use serde::Serialize;

/// `doctor attester`, `doctor host` and `doctor contribution` print what they looked at, in the order in
/// which it has to be mended.
#[derive(Serialize, Debug)]
pub struct Diagnosis {
	/// Whether nothing was found that is in the way.
	pub healthy: bool,
	pub findings: Vec<Finding>,
}

impl Diagnosis {
	pub fn new(findings: Vec<Finding>) -> Self {
		Self { healthy: findings.iter().all(|finding| finding.healthy), findings }
	}
}

/// One thing that was looked at.
#[derive(Serialize, Debug)]
pub struct Finding {
	/// Whether it is as it should be.
	pub healthy: bool,
	/// It says for people what was found.
	pub found: String,
	/// It says for people what to do about it, and is `null` where there is nothing to do.
	pub advice: Option<String>,
}

impl Finding {
	pub fn fine(found: impl Into<String>) -> Self {
		Self { healthy: true, found: found.into(), advice: None }
	}

	pub fn problem(found: impl Into<String>, advice: impl Into<String>) -> Self {
		Self { healthy: false, found: found.into(), advice: Some(advice.into()) }
	}
}
