//! Jobs in real processes of the node's program, with models that attack them.

use openledger_blobs::{BlobStore, DirectoryStore};
use openledger_influence::{attribute, build_index, Contribution, EkFac};
use openledger_models::{train, Activation, Architecture, TrainConfig};
use openledger_node::worker::{Assignment, Engine, Failure, Pool, Program};
use openledger_pallet_support::{Artifacts, JobId, Usage};
use openledger_primitives::{IndexCommitment, Width, H256};
use openledger_rows::{Dataset, Schema};
use pallet_attribution::Verdict;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	sync::Arc,
	thread,
	time::{Duration, Instant},
};

const NODE: &str = env!("CARGO_BIN_EXE_openledger-node");
const LIMIT: Duration = Duration::from_secs(60);

/// A folder of blobs with a small model and its index, and a job of it.
struct Fixture {
	folder: tempfile::TempDir,
	store: DirectoryStore,
	job: Arc<Assignment>,
	/// What the engine finds in this process.
	expected: Verdict,
}

fn rows(csv: &[u8]) -> Dataset {
	Dataset::from_csv(csv, &Schema::default()).unwrap()
}

fn fixture() -> Fixture {
	let (first, second) =
		(rows(b"0,1,0\n1,0,1\n0,2,0\n2,0,1\n"), rows(b"3,0,1\n0,3,0\n2,1,1\n1,2,0\n"));
	let all = Dataset::concat(&[&first, &second]).unwrap();
	let config = TrainConfig::standard(Architecture::mlp(&[2, 4, 2], Activation::Tanh));
	let model = train(&all, &config, &mut |_| ()).unwrap().model;
	let contributions = [Contribution { id: 7, rows: first }, Contribution { id: 9, rows: second }];
	let index =
		build_index(&EkFac::default(), &model, &contributions, Width::Int16, &mut |_| ()).unwrap();
	let folder = tempfile::tempdir().unwrap();
	let store = DirectoryStore::open(folder.path()).unwrap();
	let artifacts = Artifacts {
		weights: H256(store.put(model.to_bytes()).unwrap()),
		index: H256(store.put(index.to_bytes()).unwrap()),
	};
	let answer = model.answer("2,0").unwrap().text;
	let expected = Verdict::Confirmed(attribute(&model, &index, "2,0", &answer, 8).unwrap());
	let job = job(1, artifacts, index.commitment(), answer.as_bytes());
	Fixture { folder, store, job: Arc::new(job), expected }
}

fn job(job: JobId, artifacts: Artifacts, index: IndexCommitment, output: &[u8]) -> Assignment {
	Assignment {
		job,
		attempt: 0,
		attester: [1; 32].into(),
		model: 0,
		inference: job + 100,
		input: b"2,0".to_vec(),
		output: output.to_vec(),
		usage: Usage::default(),
		artifacts,
		index,
		max_entries: 8,
		deadline: 50,
	}
}

impl Fixture {
	fn pool(&self, size: usize, memory: u64, timeout: Duration) -> Pool {
		let folder = self.folder.path().as_os_str();
		let memory_text = memory.to_string();
		let arguments = [
			"attribution-engine".as_ref(),
			"--memory".as_ref(),
			memory_text.as_ref(),
			"--blob-dir".as_ref(),
			folder,
		];
		let arguments = arguments.map(|argument: &std::ffi::OsStr| argument.to_owned()).to_vec();
		Pool::new(Program { path: NODE.into(), arguments, threads: 2, memory, timeout }, size)
	}

	/// The same job with other files.
	fn with(&self, artifacts: Artifacts) -> Arc<Assignment> {
		Arc::new(Assignment { artifacts, ..(*self.job).clone() })
	}

	/// A job of a model of permitted size whose weights take 25 MB in the file, and as many in memory
	/// beside it.
	fn large(&self) -> Arc<Assignment> {
		let architecture = Architecture::mlp(&[2, 2_500, 2_500, 2], Activation::Tanh);
		let config = TrainConfig { epochs: 1, ..TrainConfig::standard(architecture) };
		let model = train(&rows(b"0,1,0\n1,0,1\n"), &config, &mut |_| ()).unwrap().model;
		let weights = H256(self.store.put(model.to_bytes()).unwrap());
		self.with(Artifacts { weights, ..self.job.artifacts })
	}

	/// A job whose weights are a file of so many bytes that mean nothing.
	fn with_file_of(&self, bytes: usize) -> Arc<Assignment> {
		let weights = H256(self.store.put(&vec![7; bytes]).unwrap());
		self.with(Artifacts { weights, ..self.job.artifacts })
	}

	/// A job whose index file is a pipe into which nobody writes: who opens it does not come back.
	fn endless(&self) -> Arc<Assignment> {
		let index = H256::repeat_byte(0xee);
		let pipe = self.folder.path().join(hex::encode(index.0));
		assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
		self.with(Artifacts { index, ..self.job.artifacts })
	}

	fn check(&self, pool: &Pool) {
		assert_eq!(pool.verdict(&self.job).unwrap(), self.expected);
	}

	/// The processes of the program that work on this folder.
	fn processes(&self) -> Vec<u32> {
		let folder = self.folder.path().display().to_string();
		let engine = |path: &Path| {
			let line = fs::read(path.join("cmdline")).unwrap_or_default();
			let line = String::from_utf8_lossy(&line).into_owned();
			line.contains("attribution-engine") && line.contains(&folder)
		};
		fs::read_dir("/proc")
			.unwrap()
			.filter_map(|entry| {
				let path: PathBuf = entry.ok()?.path();
				let number = path.file_name()?.to_str()?.parse().ok()?;
				engine(&path).then_some(number)
			})
			.collect()
	}
}

/// Waits until something is there.
fn wait<T>(mut look: impl FnMut() -> Option<T>) -> T {
	let started = Instant::now();
	loop {
		if let Some(found) = look() {
			return found;
		}
		assert!(started.elapsed() < LIMIT);
		thread::sleep(Duration::from_millis(20));
	}
}

#[test]
fn verdict_should_be_that_of_this_process_when_another_computes_it() {
	let fixture = fixture();
	let pool = fixture.pool(1, 256, LIMIT);
	let mut took = Vec::new();
	for _ in 0..20 {
		let started = Instant::now();
		fixture.check(&pool);
		took.push(started.elapsed());
	}
	let artifacts = fixture.job.artifacts;
	assert_eq!(pool.loaded(), [(artifacts.weights.0, artifacts.index.0)]);
	assert_eq!(fixture.processes().len(), 1);
	took[1..].sort_unstable();
	println!("a job takes {:?} with the start of its process, {:?} later", took[0], took[10]);
}

#[test]
fn job_should_fail_alone_and_be_told_the_limit_when_it_needs_more_memory() {
	let fixture = fixture();
	let large = fixture.large();
	let pool = fixture.pool(1, 48, LIMIT);
	for _ in 0..2 {
		fixture.check(&pool);
		let failure = pool.verdict(&large).unwrap_err();
		assert!(failure.is_death(), "{failure}");
		let told = failure.to_string();
		assert!(told.contains("SIGABRT") && told.contains("its limit is 48 MiB"), "{told}");
		assert!(pool.loaded().is_empty());
	}
	fixture.check(&pool);

	// The file alone has no room, which costs no process.
	let pool = fixture.pool(1, 32, LIMIT);
	let told = pool.verdict(&fixture.with_file_of(40 << 20)).unwrap_err().to_string();
	assert!(told.contains("weights file") && told.contains("32 MiB at most"), "{told}");

	// With enough memory it fails for its index, which is another model's, and costs no process.
	let pool = fixture.pool(1, 1_024, LIMIT);
	let failure = pool.verdict(&large).unwrap_err();
	assert!(matches!(failure, Failure::Reported(_)), "{failure}");
}

#[test]
fn others_should_go_on_when_a_process_is_killed_at_work() {
	let fixture = fixture();
	let endless = fixture.endless();
	let pool = fixture.pool(2, 256, LIMIT);
	thread::scope(|scope| {
		let stuck = scope.spawn(|| pool.verdict(&endless));
		let victim = wait(|| fixture.processes().first().copied());
		// The other process starts beside the one at work.
		wait(|| pool.verdict(&fixture.job).is_ok().then_some(()));
		fixture.check(&pool);
		assert!(!stuck.is_finished());
		let kill = Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap();
		assert!(kill.success());
		let failure = stuck.join().unwrap().unwrap_err();
		assert!(failure.to_string().contains("SIGKILL"), "{failure}");
	});
	fixture.check(&pool);
	assert_eq!(fixture.processes().len(), 1);
}

#[test]
fn next_job_should_be_done_when_one_took_too_long() {
	let fixture = fixture();
	let endless = fixture.endless();
	let pool = fixture.pool(1, 256, Duration::from_secs(3));
	fixture.check(&pool);
	let failure = pool.verdict(&endless).unwrap_err();
	assert!(matches!(failure, Failure::TimedOut(_)), "{failure}");
	fixture.check(&pool);
}

fn start(fixture: &Fixture, memory: &str, more: &[&str]) -> Child {
	Command::new(NODE)
		.args(["attribution-engine", "--memory", memory, "--blob-dir"])
		.arg(fixture.folder.path())
		.args(more)
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn()
		.unwrap()
}

#[test]
fn process_should_end_when_the_node_does_also_in_the_middle_of_a_job() {
	use std::io::{Read, Write};
	let fixture = fixture();
	for work in [None, Some(fixture.endless())] {
		let mut process = start(&fixture, "256", &[]);
		let mut ready = [0; 5];
		process.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
		assert_eq!(ready, [1, 0, 0, 0, 0]);
		if let Some(job) = work {
			let bytes = codec::Encode::encode(&*job);
			let stdin = process.stdin.as_mut().unwrap();
			stdin.write_all(&(bytes.len() as u32).to_le_bytes()).unwrap();
			stdin.write_all(&bytes).unwrap();
			stdin.flush().unwrap();
			thread::sleep(Duration::from_millis(500));
			assert!(process.try_wait().unwrap().is_none());
		}
		// What happens to the pipe when the node is gone.
		drop(process.stdin.take());
		let status = wait(|| process.try_wait().unwrap());
		assert!(status.success(), "{status}");
	}
}

#[test]
fn process_should_be_bound_before_it_is_ready() {
	use std::io::Read;
	let fixture = fixture();
	let mut process = start(&fixture, "100", &[]);
	process.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
	let of = |name: &str| {
		fs::read_to_string(format!("/proc/{}/{name}", process.id())).unwrap_or_default()
	};
	let limits = of("limits");
	let limit = |name: &str| {
		let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
		line[name.len()..].split_whitespace().map(str::to_owned).take(2).collect::<Vec<_>>()
	};
	let bytes = (100u64 << 20).to_string();
	assert_eq!(limit("Max data size"), [bytes.as_str(), &bytes]);
	assert_eq!(limit("Max core file size"), ["0", "0"]);
	assert_eq!(of("oom_score_adj").trim(), "1000");
	let stat = of("stat");
	let niceness = stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap();
	assert!(niceness.parse::<i32>().unwrap() >= 10, "{stat}");
	let data = of("status");
	let data = data.lines().find(|line| line.starts_with("VmData")).unwrap().to_owned();
	println!("a process without a job has {data}");
	drop(process.stdin.take());
	wait(|| process.try_wait().unwrap());
}

#[test]
fn process_should_say_why_when_it_cannot_start() {
	let fixture = fixture();
	let missing = fixture.folder.path().join("no-such-model");
	let process = start(&fixture, "256", &["--base-model", &missing.display().to_string()]);
	let output = process.wait_with_output().unwrap();
	let said = String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(1));
	assert!(said.contains("--base-model") && said.contains("no-such-model"), "{said}");
}
