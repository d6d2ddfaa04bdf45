use super::*;
use crate::worker::testing::assignment;
use std::{
	thread,
	time::{Duration, Instant},
};

/// A pool of shells, which say that they are ready and then do what the script says.
fn pool(script: &str, size: usize) -> Pool {
	let script = format!(r"printf '\001\000\000\000\000'; {script}");
	let program = Program {
		path: "/bin/sh".into(),
		arguments: vec!["-c".into(), script.into()],
		threads: 1,
		memory: 64,
		timeout: Duration::from_secs(120),
	};
	Pool::new(program, size)
}

/// Reads a byte of a job, and says that the job failed and that the model `[1; 32]`, `[2; 32]` is in
/// memory. Ten such jobs are within what a shell's `read` takes.
const FAILS: &str = r"
	head -c 1 >/dev/null
	printf '\105\000\000\000\001\001\004x\004'
	i=0; while [ $i -lt 32 ]; do printf '\001'; i=$((i+1)); done
	i=0; while [ $i -lt 32 ]; do printf '\002'; i=$((i+1)); done
	exec sleep 600";

#[test]
fn process_should_be_kept_with_its_models_when_a_job_only_fails() {
	let pool = pool(FAILS, 1);
	assert!(pool.loaded().is_empty());
	let failure = pool.verdict(&Arc::new(assignment(1, 0))).unwrap_err();
	assert!(matches!(failure, Failure::Reported(ref words) if words == "x"), "{failure}");
	assert_eq!(pool.loaded(), [([1; 32], [2; 32])]);
	assert_eq!(pool.lock().members.len(), 1);
}

#[test]
fn job_should_go_to_the_process_that_has_its_model_when_that_one_is_idle() {
	let pool = pool("exec sleep 600", 3);
	let key = ([1; 32], [2; 32]);
	let lines: Vec<_> = (0..3).map(|_| pool.take(&key).unwrap()).collect();
	assert!(pool.take(&key).is_err(), "three are the most");
	for (number, line) in lines {
		let mut state = pool.lock();
		let member = state.members.get_mut(&number).unwrap();
		member.line = Some(line);
		member.loaded = if number == 1 { vec![key] } else { Vec::new() };
	}
	assert_eq!(pool.take(&key).unwrap().0, 1);
	assert_eq!(pool.take(&key).unwrap().0, 0, "the other is at work");
}

#[test]
fn process_should_be_replaced_when_it_died() {
	let pool = pool("head -c 1 >/dev/null; kill -9 $$", 1);
	for _ in 0..3 {
		let failure = pool.verdict(&Arc::new(assignment(1, 0))).unwrap_err();
		assert!(matches!(failure, Failure::Ended(_)), "{failure}");
		assert!(pool.lock().members.is_empty());
	}
}

#[test]
fn jobs_should_end_at_once_when_the_pool_is_stopped() {
	let pool = Arc::new(pool("exec sleep 600", 2));
	let started = Instant::now();
	let at_work = thread::spawn({
		let pool = pool.clone();
		move || pool.verdict(&Arc::new(assignment(1, 0)))
	});
	while pool.lock().members.is_empty() {
		thread::sleep(Duration::from_millis(10));
	}
	thread::sleep(Duration::from_millis(200));
	pool.stop();
	assert!(at_work.join().unwrap().is_err());
	assert!(pool.verdict(&Arc::new(assignment(2, 0))).is_err());
	assert!(pool.lock().members.is_empty());
	assert!(started.elapsed() < Duration::from_secs(60));
}
