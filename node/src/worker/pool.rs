//! The processes that jobs are done in, at most one job at a time in each.
//!
//! A job goes to an idle process that has its model in memory, to any idle one otherwise, and to a
//! new one where all are at work. A process that fails is gone with its job; the next job has
//! another started.

use super::{
	child::FileHashes,
	process::{Failure, Life, Line, Program},
	Assignment,
};
use pallet_attribution::Verdict;
use std::{
	collections::BTreeMap,
	io,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Turns an assignment into a verdict.
pub trait Engine: Send + Sync + 'static {
	/// Recomputes the answer, and attributes it if that of the host is right.
	///
	/// # Errors
	/// If the model or its index is not to be had or not usable, or the work took more than it may;
	/// trying again later may help.
	fn verdict(&self, assignment: &Arc<Assignment>) -> Result<Verdict, Failure>;

	/// The hashes of the weights and of the index of each model in memory.
	fn loaded(&self) -> Vec<FileHashes>;
}

/// Does jobs in processes of their own.
pub struct Pool {
	program: Program,
	size: usize,
	state: Mutex<State>,
}

#[derive(Default)]
struct State {
	members: BTreeMap<u64, Member>,
	/// The number of the next member.
	next: u64,
	/// Whether the node ends, so that nothing is started any more.
	stopped: bool,
}

struct Member {
	life: Arc<Life>,
	/// The models that it had in memory after its last job.
	loaded: Vec<FileHashes>,
	/// The line to it, when it is idle.
	line: Option<Line>,
}

impl Pool {
	/// Makes a pool of at most `size` processes. None is started before there is a job.
	pub fn new(program: Program, size: usize) -> Self {
		Self { program, size, state: Mutex::default() }
	}

	/// Ends all processes, those at work too, and starts no others.
	pub fn stop(&self) {
		let members = {
			let mut state = self.lock();
			state.stopped = true;
			std::mem::take(&mut state.members)
		};
		for member in members.into_values() {
			let _ = member.life.end();
		}
	}

	/// Takes the line to a process out of the pool. `None` with a number is a process that must be
	/// started first.
	fn take(&self, key: &FileHashes) -> Result<(u64, Line), Failure> {
		let mut state = self.lock();
		if state.stopped {
			return Err(Failure::NoProcess(io::Error::other("the node is ending")));
		}
		let idle = |member: &Member| member.line.is_some();
		let warm = |member: &Member| idle(member) && member.loaded.contains(key);
		let members = &state.members;
		let chosen = members.iter().find(|(_, member)| warm(member));
		let chosen = chosen.or_else(|| members.iter().find(|(_, member)| idle(member)));
		if let Some(number) = chosen.map(|(number, _)| *number) {
			let line = state.members.get_mut(&number).and_then(|member| member.line.take());
			return line.map(|line| (number, line)).ok_or_else(all_at_work);
		}
		if state.members.len() >= self.size {
			return Err(all_at_work());
		}
		let line = Line::start(&self.program).map_err(Failure::NoProcess)?;
		let number = state.next;
		state.next = number.wrapping_add(1);
		let member = Member { life: line.life(), loaded: Vec::new(), line: None };
		state.members.insert(number, member);
		drop(state);
		match line.ready() {
			Ok(()) => Ok((number, line)),
			Err(failure) => {
				self.lock().members.remove(&number);
				Err(failure)
			},
		}
	}

	fn lock(&self) -> MutexGuard<'_, State> {
		// The members are whole, whatever a thread that panicked was doing.
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

fn all_at_work() -> Failure {
	Failure::NoProcess(io::Error::other("all are at work"))
}

impl Engine for Pool {
	fn verdict(&self, assignment: &Arc<Assignment>) -> Result<Verdict, Failure> {
		let key = (assignment.artifacts.weights.0, assignment.artifacts.index.0);
		let (number, line) = self.take(&key)?;
		let done = line.ask(assignment);
		let mut state = self.lock();
		match done {
			Ok((result, loaded)) => {
				// The member is gone if the node ends.
				if let Some(member) = state.members.get_mut(&number) {
					(member.loaded, member.line) = (loaded, Some(line));
				}
				result.map_err(Failure::Reported)
			},
			Err(failure) => {
				state.members.remove(&number);
				Err(failure)
			},
		}
	}

	fn loaded(&self) -> Vec<FileHashes> {
		let state = self.lock();
		let mut loaded: Vec<FileHashes> =
			state.members.values().flat_map(|member| member.loaded.iter().copied()).collect();
		loaded.sort_unstable();
		loaded.dedup();
		loaded
	}
}

#[cfg(test)]
mod tests;
