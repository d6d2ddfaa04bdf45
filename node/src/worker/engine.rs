//! From an assignment to a verdict.

use super::{
	artifacts::{Cache, LoadError},
	child::FileHashes,
	Assignment,
};
use openledger_blobs::BlobStore;
use openledger_influence::{attribute, Error as EngineError};
use openledger_models::Answer;
use openledger_pallet_support::Usage;
use openledger_primitives::{Attribution, IndexCommitment, Sketch, Width, NO_ANSWER};
use pallet_attribution::Verdict;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Why the engine has no verdict.
#[derive(Debug, thiserror::Error)]
pub enum NoVerdict {
	/// The model's files are not to be had or not usable.
	#[error(transparent)]
	Load(#[from] LoadError),
	/// The index file holds another index than the chain commits to.
	#[error(
		"the index file holds another index than the chain commits to (root {found:?} instead of \
		 {expected:?}): the model was registered with the wrong file"
	)]
	OtherIndex { expected: openledger_primitives::H256, found: openledger_primitives::H256 },
	/// The engine cannot compute the attribution.
	#[error("the engine failed: {0}")]
	Engine(#[from] EngineError),
	/// The engine panicked, with this message.
	#[error("the engine panicked: {0}")]
	Panicked(String),
}

/// Computes verdicts with the models of a blob store.
pub struct InfluenceEngine<B> {
	cache: Cache<B>,
}

impl<B: BlobStore> InfluenceEngine<B> {
	/// Makes an engine that keeps the last eight models in memory, or fewer: it forgets them before
	/// it loads another when more than half of `memory` MiB is in use.
	pub fn new(store: B, memory: u64) -> Self {
		Self { cache: Cache::new(store, 8, memory) }
	}

	/// Recomputes the answer, and attributes it if that of the host is right.
	///
	/// # Errors
	/// If the model or its index is not to be had or not usable; trying again later may help.
	pub fn verdict(&self, assignment: &Assignment) -> Result<Verdict, NoVerdict> {
		let loaded = self.cache.get(&assignment.artifacts)?;
		let (expected, found) = (assignment.index, loaded.index.commitment());
		if found != expected {
			return Err(NoVerdict::OtherIndex { expected: expected.root, found: found.root });
		}
		let answer = loaded.model.answer_to(&assignment.input)?;
		if let Some(output) = correction(&answer, assignment) {
			return Ok(Verdict::WrongAnswer { output: output.into_bytes() });
		}
		let attribution = match &answer {
			Some((input, answer)) => {
				let entries = usize::try_from(assignment.max_entries).unwrap_or(usize::MAX);
				match attribute(&loaded.model, &loaded.index, input, &answer.text, entries) {
					// An answer at the end of the range of numbers, or an empty one, has no usable
					// gradient.
					Err(error) if error.is_of_input() => nothing(&expected),
					attribution => attribution?,
				}
			},
			None => nothing(&expected),
		};
		Ok(Verdict::Confirmed(attribution))
	}

	/// The hashes of the weights and of the index of each model in memory.
	pub fn loaded(&self) -> Vec<FileHashes> {
		self.cache.loaded()
	}
}

/// What the host should have said, if it said anything else. The usage is part of what it says,
/// since the fee depends on it: models without tokens use none. The right answer to an input that
/// nobody can answer is [`NO_ANSWER`].
fn correction(answer: &Option<(&str, Answer)>, assignment: &Assignment) -> Option<String> {
	let (right, usage) = match answer {
		Some((_, answer)) => {
			let Answer { input_tokens, output_tokens, .. } = *answer;
			(answer.text.as_str(), Usage { input_tokens, output_tokens })
		},
		None => (NO_ANSWER, Usage::default()),
	};
	if right.as_bytes() != assignment.output {
		return Some(right.into());
	}
	(assignment.usage != usage).then(|| {
		let Usage { input_tokens, output_tokens } = usage;
		format!("{right} (usage: {input_tokens} input tokens, {output_tokens} output tokens)")
	})
}

/// The attribution where there is no gradient: no contribution has a positive score.
fn nothing(index: &IndexCommitment) -> Attribution {
	let dimension = usize::try_from(index.dimension).unwrap_or(usize::MAX);
	let query = match index.width {
		Width::Int8 => Sketch::Int8(vec![0; dimension]),
		Width::Int16 => Sketch::Int16(vec![0; dimension]),
	};
	Attribution { query, entries: Vec::new() }
}

/// Has a panic be the failure of the one job that it happened in: the process and the models that it
/// has in memory are kept for others.
///
/// The files of a model come from strangers. The sizes that weights claim are bounded before memory is
/// taken for them, and so is the length of answers. What a job takes beyond that ends its process: its
/// memory by the limit that the process set on itself, its time by the node that waits for it.
pub fn guarded(work: impl FnOnce() -> Result<Verdict, NoVerdict>) -> Result<Verdict, NoVerdict> {
	catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
		let text = panic
			.downcast_ref::<&str>()
			.map(|text| text.to_string())
			.or_else(|| panic.downcast_ref::<String>().cloned());
		Err(NoVerdict::Panicked(text.unwrap_or_else(|| "without a message".into())))
	})
}

#[cfg(test)]
mod tests;
