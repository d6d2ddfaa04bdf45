//! One engine's process, seen from the node: how it is started, asked and ended.

use super::{
	child::{FileHashes, Reply},
	frames::{self, FrameError, MOST_REPLY, MOST_REQUEST},
	Assignment,
};
use pallet_attribution::Verdict;
use std::{
	ffi::OsString,
	io,
	os::unix::process::{CommandExt, ExitStatusExt},
	path::PathBuf,
	process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
	sync::{
		mpsc::{channel, Receiver, RecvTimeoutError, Sender},
		Arc, Mutex, PoisonError,
	},
	thread,
	time::Duration,
};

/// How long a process may take to open the base models, each of which it reads as a whole.
const START: Duration = Duration::from_secs(600);

/// Signals that a process gets which asks for more memory than it may have: it aborts, or the system
/// ends it.
const WANT_OF_MEMORY: [i32; 2] = [6, 9];

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
	/// The engine says why: the model's files are not to be had, or not usable.
	#[error("{0}")]
	Reported(String),
	/// The process ended at work.
	#[error("the engine's process ended with {}", .0.words())]
	Ended(End),
	/// The process ended, or got stuck, before it could take a job.
	#[error(
		"the engine's process could not open what it needs and ended with {}; the node's standard \
		 error has its last words", .0.words()
	)]
	Unready(End),
	/// The job took too long, and the process was ended.
	#[error(
		"the job was not done after {} s, the most that --attribution-timeout allows: its process was \
		 ended", .0.as_secs()
	)]
	TimedOut(Duration),
	/// The process wrote what is no reply, and was ended.
	#[error("the engine's process wrote what is no reply, and was ended: {0}")]
	NoReply(FrameError),
	/// There is no process for the job.
	#[error("no process can be started for the engine: {0}")]
	NoProcess(io::Error),
}

impl Failure {
	/// Whether the job cost its process, with all that it had in memory.
	pub fn is_death(&self) -> bool {
		matches!(self, Self::Ended(_) | Self::TimedOut(_) | Self::NoReply(_))
	}
}

/// How a process ended by itself.
#[derive(Debug)]
pub struct End {
	status: io::Result<ExitStatus>,
	/// The limit on its memory, in MiB.
	memory: u64,
}

impl End {
	fn words(&self) -> String {
		let status = match &self.status {
			Ok(status) => status,
			Err(error) => return format!("a status that cannot be had: {error}"),
		};
		match status.signal() {
			Some(signal) if WANT_OF_MEMORY.contains(&signal) => format!(
				"{status}, probably for want of memory; its limit is {} MiB (--attribution-memory)",
				self.memory
			),
			_ => status.to_string(),
		}
	}
}

/// How processes are started.
#[derive(Clone, Debug)]
pub struct Program {
	pub path: PathBuf,
	pub arguments: Vec<OsString>,
	/// How many threads one job is spread over. The stacks of all count as memory of a process.
	pub threads: usize,
	/// The limit on the memory of a process, in MiB. The process sets it itself.
	pub memory: u64,
	/// How long a job may take.
	pub timeout: Duration,
}

/// A process's life. Whoever drops the last of it ends the process.
pub struct Life(Mutex<Child>);

impl Life {
	/// Ends the process, if it has not ended by itself. Returns how it ended.
	pub fn end(&self) -> io::Result<ExitStatus> {
		let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		// It may be gone already.
		let _ = child.kill();
		child.wait()
	}

	#[cfg(test)]
	pub fn id(&self) -> u32 {
		self.0.lock().unwrap_or_else(PoisonError::into_inner).id()
	}
}

impl Drop for Life {
	fn drop(&mut self) {
		let _ = self.end();
	}
}

/// The way to a process and back, for one job at a time.
pub struct Line {
	life: Arc<Life>,
	memory: u64,
	timeout: Duration,
	jobs: Sender<Arc<Assignment>>,
	replies: Receiver<Result<Option<Reply>, FrameError>>,
}

impl Line {
	/// Starts a process and a thread that serves its pipes, so that nobody waits for a pipe without
	/// an end. The process may not be ready yet.
	///
	/// # Errors
	/// If either cannot be started.
	pub fn start(program: &Program) -> io::Result<Self> {
		// In a process group of its own: an interrupt at the terminal is for the node, which ends
		// its processes.
		let mut child = Command::new(&program.path)
			.args(&program.arguments)
			.env("RAYON_NUM_THREADS", program.threads.to_string())
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.process_group(0)
			.spawn()?;
		let pipes = child.stdin.take().zip(child.stdout.take());
		let life = Arc::new(Life(Mutex::new(child)));
		let (stdin, stdout) = pipes.ok_or_else(|| io::Error::other("it has no pipes"))?;
		let (jobs, received) = channel();
		let (sender, replies) = channel();
		thread::Builder::new()
			.name("attribution-pipe".into())
			.spawn(move || talk(stdin, stdout, &received, &sender))?;
		Ok(Self { life, memory: program.memory, timeout: program.timeout, jobs, replies })
	}

	pub fn life(&self) -> Arc<Life> {
		self.life.clone()
	}

	/// Waits until the process has opened what jobs need.
	///
	/// # Errors
	/// If it ends instead, takes too long or says something else. It is ended then.
	pub fn ready(&self) -> Result<(), Failure> {
		match self.reply(START) {
			Ok(Reply::Ready) => Ok(()),
			Ok(Reply::Done { .. }) => Err(self.confused()),
			Err(Failure::Ended(end)) => Err(Failure::Unready(end)),
			Err(failure) => Err(failure),
		}
	}

	/// Has the process do a job. Returns the result, and the models that the process has in memory
	/// afterwards.
	///
	/// # Errors
	/// [`Failure::Ended`], [`Failure::TimedOut`] and [`Failure::NoReply`]: there is no process at the
	/// end of this line any more.
	pub fn ask(
		&self,
		job: &Arc<Assignment>,
	) -> Result<(Result<Verdict, String>, Vec<FileHashes>), Failure> {
		// If its receiver is gone, the reason is among the replies.
		let _ = self.jobs.send(job.clone());
		match self.reply(self.timeout)? {
			Reply::Done { result, loaded } => Ok((result, loaded)),
			Reply::Ready => Err(self.confused()),
		}
	}

	fn reply(&self, timeout: Duration) -> Result<Reply, Failure> {
		let reply = self.replies.recv_timeout(timeout);
		if let Ok(Ok(Some(reply))) = reply {
			return Ok(reply);
		}
		let status = self.life.end();
		Err(match reply {
			Err(RecvTimeoutError::Timeout) => Failure::TimedOut(timeout),
			Ok(Err(error)) if !matches!(error, FrameError::Io(_)) => Failure::NoReply(error),
			_ => Failure::Ended(End { status, memory: self.memory }),
		})
	}

	fn confused(&self) -> Failure {
		let _ = self.life.end();
		Failure::NoReply(codec::Error::from("a reply out of order").into())
	}
}

/// Writes jobs and reads replies until either end is gone. The first reply is to no job.
fn talk(
	mut stdin: ChildStdin,
	mut stdout: ChildStdout,
	jobs: &Receiver<Arc<Assignment>>,
	replies: &Sender<Result<Option<Reply>, FrameError>>,
) {
	loop {
		let reply = frames::read(&mut stdout, MOST_REPLY);
		let last = !matches!(reply, Ok(Some(_)));
		if replies.send(reply).is_err() || last {
			return;
		}
		let Ok(job) = jobs.recv() else { return };
		if let Err(error @ FrameError::TooLong { .. }) =
			frames::write(&mut stdin, &*job, MOST_REQUEST)
		{
			let _ = replies.send(Err(error));
			return;
		}
	}
}

#[cfg(test)]
mod tests;
