use super::*;
use crate::worker::testing::assignment;
use std::{path::Path, time::Instant};

/// Says that it is ready.
const READY: &str = r"printf '\001\000\000\000\000'; ";

/// A line to a shell that stands for the engine's process.
fn line(script: &str, seconds: u64) -> Line {
	let program = Program {
		path: "/bin/sh".into(),
		arguments: vec!["-c".into(), format!("{READY}{script}").into()],
		threads: 1,
		memory: 64,
		timeout: Duration::from_secs(seconds),
	};
	Line::start(&program).unwrap()
}

/// What comes of a job that is given to a shell. Its process has ended afterwards.
fn failure(script: &str) -> Failure {
	let line = line(script, 20);
	line.ready().unwrap();
	let failure = line.ask(&Arc::new(assignment(1, 0))).unwrap_err();
	assert!(!running(line.life.id()), "{failure}");
	assert!(failure.is_death());
	failure
}

fn running(process: u32) -> bool {
	Path::new("/proc").join(process.to_string()).exists()
}

#[test]
fn limit_should_be_told_when_the_process_is_killed_or_aborts() {
	for (script, signal) in [
		("head -c 1 >/dev/null; kill -9 $$", "SIGKILL"),
		("head -c 1 >/dev/null; kill -6 $$", "SIGABRT"),
	] {
		let told = failure(script).to_string();
		assert!(told.contains(signal) && told.contains("its limit is 64 MiB"), "{told}");
	}
}

#[test]
fn status_should_be_told_when_the_process_ends_by_itself() {
	let told = failure("head -c 1 >/dev/null; exit 7").to_string();
	assert!(told.contains("exit status: 7") && !told.contains("memory"), "{told}");
	// It closes its output first and ends later.
	assert!(matches!(failure("exec >&-; exec sleep 600"), Failure::Ended(_)));
}

#[test]
fn process_should_be_ended_when_a_job_takes_too_long() {
	let started = Instant::now();
	let line = line("exec sleep 600", 1);
	line.ready().unwrap();
	let failure = line.ask(&Arc::new(assignment(1, 0))).unwrap_err();
	assert!(matches!(failure, Failure::TimedOut(_)), "{failure}");
	assert!(failure.to_string().contains("after 1 s"), "{failure}");
	assert!(!running(line.life.id()));
	assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn process_should_be_ended_when_it_writes_what_is_no_reply() {
	for script in [
		// A frame of four gibibytes, garbage, an unknown reply, zeros without end, another "ready".
		r"printf '\377\377\377\377'; exec sleep 600",
		r"printf 'what a model prints'; exec sleep 600",
		r"printf '\001\000\000\000\007'; exec sleep 600",
		"exec cat /dev/zero",
		r"printf '\001\000\000\000\000'; exec sleep 600",
	] {
		let failure = failure(script);
		assert!(matches!(failure, Failure::NoReply(_)), "{script}: {failure}");
	}
}

#[test]
fn process_should_be_told_as_not_ready_when_it_ends_at_once() {
	let program = Program {
		path: "/bin/sh".into(),
		arguments: vec!["-c".into(), "exit 3".into()],
		threads: 1,
		memory: 64,
		timeout: Duration::from_secs(20),
	};
	let failure = Line::start(&program).unwrap().ready().unwrap_err();
	assert!(failure.to_string().contains("exit status: 3"), "{failure}");
	assert!(!failure.is_death(), "the model is not to blame");
	let missing = Program { path: "/nonexistent".into(), ..program };
	assert!(Line::start(&missing).is_err());
}

#[test]
fn process_should_be_ended_when_its_line_is_dropped() {
	let line = line("exec sleep 600", 20);
	line.ready().unwrap();
	let process = line.life.id();
	assert!(running(process));
	drop(line);
	assert!(!running(process));
}
