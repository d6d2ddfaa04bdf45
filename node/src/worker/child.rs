//! The engine's process: the node's own program, started with a hidden command. It takes jobs from
//! its standard input, one after the other, and writes replies to its standard output.

use super::{
	engine::{guarded, InfluenceEngine},
	frames::{self, FrameError, MOST_REPLY, MOST_REQUEST},
	limits, Assignment,
};
use crate::cli::EngineParams;
use codec::{Decode, Encode};
use openledger_blobs::DirectoryStore;
use openledger_models::Base;
use pallet_attribution::Verdict;
use std::{
	io::{stdin, stdout},
	process::exit,
	sync::mpsc::{channel, Receiver, Sender},
	thread,
};

/// The most bytes of an error in words. Names that a model's owner chose may be in it.
const MOST_WORDS: usize = 4_096;

/// The hashes of the weights and of the index of a model in memory.
pub type FileHashes = ([u8; 32], [u8; 32]);

/// What an engine's process tells the node.
#[derive(Debug, Encode, Decode)]
pub enum Reply {
	/// Everything that jobs need is open.
	Ready,
	/// A job is done.
	Done {
		/// The verdict, or in words why there is none.
		result: Result<Verdict, String>,
		/// The models that the process has in memory now.
		loaded: Vec<FileHashes>,
	},
}

/// Works on jobs until the standard input is closed, which also happens when the node ends,
/// whichever way. The limits hold before anything is read.
///
/// # Errors
/// If the limits cannot be set, a folder cannot be opened, or a pipe fails.
pub fn serve(params: &EngineParams) -> Result<(), String> {
	let memory = params.memory;
	limits::bind(memory)
		.map_err(|error| format!("the memory cannot be limited to {memory} MiB: {error}"))?;
	for folder in &params.base_models {
		Base::open(folder).map_err(|error| format!("--base-model: {error}"))?;
	}
	let store = DirectoryStore::open(&params.blob_dir).map_err(|error| error.to_string())?;
	let engine = InfluenceEngine::new(store, memory);
	let (sender, jobs) = channel();
	thread::Builder::new()
		.name("jobs".into())
		.spawn(move || receive(&sender))
		.map_err(|error| format!("no thread can be started: {error}"))?;
	answer(&engine, &jobs).map_err(|error| format!("no reply can be written: {error}"))
}

/// Hands over jobs, and ends the process when no more can come, also in the middle of a job: nobody
/// waits for it any longer.
fn receive(jobs: &Sender<Assignment>) {
	let mut from = stdin();
	while let Ok(Some(job)) = frames::read(&mut from, MOST_REQUEST) {
		if jobs.send(job).is_err() {
			break;
		}
	}
	exit(0);
}

fn answer(
	engine: &InfluenceEngine<DirectoryStore>,
	jobs: &Receiver<Assignment>,
) -> Result<(), FrameError> {
	let mut to = stdout();
	frames::write(&mut to, &Reply::Ready, MOST_REPLY)?;
	for job in jobs {
		let result = guarded(|| engine.verdict(&job)).map_err(|error| short(error.to_string()));
		let reply = |result| Reply::Done { result, loaded: engine.loaded() };
		match frames::write(&mut to, &reply(result), MOST_REPLY) {
			Err(error @ FrameError::TooLong { .. }) => {
				let result = Err(format!("the verdict is too long: {error}"));
				frames::write(&mut to, &reply(result), MOST_REPLY)?;
			},
			written => written?,
		}
	}
	Ok(())
}

fn short(mut words: String) -> String {
	if words.len() > MOST_WORDS {
		let end = (0..=MOST_WORDS).rev().find(|end| words.is_char_boundary(*end));
		words.truncate(end.unwrap_or_default());
	}
	words
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn words_should_be_cut_between_characters_when_they_are_many() {
		assert_eq!(short("no rows".into()), "no rows");
		let cut = short("\u{20ac}".repeat(2_000));
		assert!(cut.len() <= MOST_WORDS && cut.len() > MOST_WORDS - 4);
	}
}
