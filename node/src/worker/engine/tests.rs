use super::*;
use crate::worker::testing;
use openledger_blobs::DirectoryStore;
use openledger_influence::{build_index, Contribution, EkFac};
use openledger_models::{train, Activation, Architecture, Base, Lora, TrainConfig};
use openledger_pallet_support::Artifacts;
use openledger_primitives::H256;
use openledger_rows::{Dataset, Schema};
use openledger_testing::mutations::with_metadata;
use openledger_transformers::files::tiny;
use std::fs;

/// A trained model with its index in a store, and an assignment on it that is answered rightly.
struct Fixture {
	folder: tempfile::TempDir,
	engine: InfluenceEngine<DirectoryStore>,
	assignment: Assignment,
}

fn fixture() -> Fixture {
	trained(Width::Int16)
}

fn trained(width: Width) -> Fixture {
	let rows = |csv: &[u8]| Dataset::from_csv(csv, &Schema::default()).unwrap();
	let (first, second) =
		(rows(b"0,1,0\n1,0,1\n0,2,0\n2,0,1\n"), rows(b"3,0,1\n0,3,0\n2,1,1\n1,2,0\n"));
	let all = Dataset::concat(&[&first, &second]).unwrap();
	let config = TrainConfig::standard(Architecture::mlp(&[2, 4, 2], Activation::Tanh));
	let model = train(&all, &config, &mut |_| ()).unwrap().model;
	let contributions = [Contribution { id: 7, rows: first }, Contribution { id: 9, rows: second }];
	let index = build_index(&EkFac::default(), &model, &contributions, width, &mut |_| ()).unwrap();

	let folder = tempfile::tempdir().unwrap();
	let store = DirectoryStore::open(folder.path()).unwrap();
	let weights = store.put(model.to_bytes()).unwrap();
	let index_file = store.put(index.to_bytes()).unwrap();
	let assignment = Assignment {
		input: b"2,0".to_vec(),
		output: model.answer("2,0").unwrap().text.into_bytes(),
		artifacts: Artifacts { weights: H256(weights), index: H256(index_file) },
		index: index.commitment(),
		..testing::assignment(1, 0)
	};
	Fixture { folder, engine: InfluenceEngine::new(store, 1_024), assignment }
}

fn corrected(verdict: Verdict) -> String {
	match verdict {
		Verdict::WrongAnswer { output } => String::from_utf8(output).unwrap(),
		Verdict::Confirmed(_) => panic!("confirmed"),
	}
}

fn confirmed(verdict: Verdict) -> Attribution {
	match verdict {
		Verdict::Confirmed(attribution) => attribution,
		Verdict::WrongAnswer { .. } => panic!("wrong answer"),
	}
}

#[test]
fn claim_should_hold_on_chain_when_the_answer_is_right() {
	let Fixture { engine, assignment, folder: _folder } = fixture();
	let attribution = confirmed(engine.verdict(&assignment).unwrap());
	let entries = attribution.check(&assignment.index, assignment.max_entries).unwrap();
	assert!(!entries.is_empty());
	assert_eq!(engine.loaded().len(), 1);
}

#[test]
fn entries_should_be_limited_when_the_chain_says_so() {
	let Fixture { engine, assignment, folder: _folder } = fixture();
	let limited = Assignment { max_entries: 1, ..assignment };
	assert!(confirmed(engine.verdict(&limited).unwrap()).entries.len() <= 1);
}

#[test]
fn right_answer_should_be_named_when_the_host_gave_another() {
	let Fixture { engine, assignment, folder: _folder } = fixture();
	let right = String::from_utf8(assignment.output.clone()).unwrap();
	for output in [&b"7"[..], b"", b"\xff", b"01"] {
		let wrong = Assignment { output: output.to_vec(), ..assignment.clone() };
		assert_eq!(corrected(engine.verdict(&wrong).unwrap()), right);
	}
}

#[test]
fn answer_should_be_wrong_when_the_host_charges_for_tokens_nobody_used() {
	let Fixture { engine, assignment, folder: _folder } = fixture();
	let usage = Usage { input_tokens: 1_000, output_tokens: 0 };
	let charged = Assignment { usage, ..assignment };
	let correction = corrected(engine.verdict(&charged).unwrap());
	assert!(correction.contains("0 input tokens"), "{correction}");
	assert_ne!(correction.as_bytes(), charged.output);
}

#[test]
fn only_no_answer_should_be_right_when_the_input_is_malformed() {
	let Fixture { engine, assignment, folder: _folder } = fixture();
	for input in [&b"1,2,3"[..], b"", b"one,two", b"\xff\xfe", b"1e39,0", b"nan,0"] {
		let malformed = Assignment { input: input.to_vec(), ..assignment.clone() };
		assert_eq!(corrected(engine.verdict(&malformed).unwrap()), NO_ANSWER);

		let honest = Assignment { output: NO_ANSWER.into(), ..malformed };
		let attribution = confirmed(engine.verdict(&honest).unwrap());
		assert_eq!(attribution.check(&honest.index, honest.max_entries), Ok(Vec::new()));
	}
}

#[test]
fn missing_file_should_be_named_when_the_store_lacks_it() {
	let Fixture { engine, assignment, folder } = fixture();
	let hash = hex::encode(assignment.artifacts.index.0);
	fs::remove_file(folder.path().join(&hash)).unwrap();
	let error = engine.verdict(&assignment).unwrap_err().to_string();
	assert!(error.contains("index file") && error.contains(&hash), "{error}");
}

#[test]
fn damaged_file_should_be_named_when_its_hash_differs_and_work_when_repaired() {
	let Fixture { engine, assignment, folder } = fixture();
	let path = folder.path().join(hex::encode(assignment.artifacts.weights.0));
	let intact = fs::read(&path).unwrap();
	let mut damaged = intact.clone();
	damaged[20] ^= 1;
	fs::write(&path, damaged).unwrap();
	let error = engine.verdict(&assignment).unwrap_err().to_string();
	assert!(error.contains("weights file") && error.contains("damaged"), "{error}");

	fs::write(&path, intact).unwrap();
	assert!(engine.verdict(&assignment).is_ok());
}

#[test]
fn file_should_be_refused_when_it_is_no_model() {
	let Fixture { engine, assignment, folder } = fixture();
	let store = DirectoryStore::open(folder.path()).unwrap();
	let weights = H256(store.put(b"no model").unwrap());
	let other =
		Assignment { artifacts: Artifacts { weights, ..assignment.artifacts }, ..assignment };
	assert!(matches!(engine.verdict(&other), Err(NoVerdict::Load(LoadError::Engine { .. }))));
}

#[test]
fn index_should_be_refused_when_the_chain_commits_to_another() {
	let Fixture { engine, assignment, folder: _folder } = fixture();
	let index = IndexCommitment { root: H256::repeat_byte(1), ..assignment.index };
	let other = Assignment { index, ..assignment };
	assert!(matches!(engine.verdict(&other), Err(NoVerdict::OtherIndex { .. })));
}

/// A model of text, a classifier or a language model, with its index in a store. The base model's
/// folder and hash come with it.
fn text_fixture(decoder: bool) -> (Fixture, tempfile::TempDir, [u8; 32]) {
	let lines = |from: usize| -> Dataset {
		let line = |i: usize| {
			let (word, label) =
				if i.is_multiple_of(2) { ("good", "praise") } else { ("bad", "blame") };
			format!("{word} film {i},{label}\n")
		};
		let text: String =
			std::iter::once("text,label\n".into()).chain((from..from + 6).map(line)).collect();
		Dataset::from_bytes(text.as_bytes(), &Schema::default()).unwrap()
	};
	let (first, second) = (lines(0), lines(6));
	let all = Dataset::concat(&[&first, &second]).unwrap();
	let base_folder = tempfile::tempdir().unwrap();
	let texts = all.texts().unwrap().texts();
	// It has a seed of its own, so that no other test opens this base model.
	let shape = tiny::TinyConfig { seed: 99, ..tiny::TinyConfig::default() };
	match decoder {
		true => tiny::llama(base_folder.path(), texts, &shape).unwrap(),
		false => tiny::bert(base_folder.path(), texts, &shape).unwrap(),
	}
	let base = Base::open(base_folder.path()).unwrap().hash();
	let target = if decoder { "q_proj" } else { "query" };
	let lora = Lora { rank: 2, alpha: 4, targets: vec![target.into()], rslora: false };
	let class_names = all.class_names().to_vec();
	let architecture = match decoder {
		true => Architecture::Decoder { base, lora, max_tokens: 16, answer_tokens: 3 },
		false => Architecture::Encoder { base, lora, classes: 2, class_names, max_tokens: 8 },
	};
	let config = TrainConfig { learning_rate: 0.02, ..TrainConfig::adapter(architecture) };
	let model = train(&all, &config, &mut |_| ()).unwrap().model;
	let contributions = [Contribution { id: 7, rows: first }, Contribution { id: 9, rows: second }];
	let index =
		build_index(&EkFac::default(), &model, &contributions, Width::Int8, &mut |_| ()).unwrap();
	let folder = tempfile::tempdir().unwrap();
	let store = DirectoryStore::open(folder.path()).unwrap();
	let weights = store.put(model.to_bytes()).unwrap();
	let index_file = store.put(index.to_bytes()).unwrap();
	let answer = model.answer("good film").unwrap();
	let assignment = Assignment {
		input: b"good film".to_vec(),
		output: answer.text.into_bytes(),
		usage: Usage { input_tokens: answer.input_tokens, output_tokens: answer.output_tokens },
		artifacts: Artifacts { weights: H256(weights), index: H256(index_file) },
		index: index.commitment(),
		..testing::assignment(1, 0)
	};
	(Fixture { folder, engine: InfluenceEngine::new(store, 1_024), assignment }, base_folder, base)
}

#[test]
fn answers_of_text_should_be_confirmed_with_the_tokens_that_were_used() {
	let (Fixture { engine, assignment, folder: _folder }, _base, _) = text_fixture(false);
	assert_eq!(assignment.usage, Usage { input_tokens: 4, output_tokens: 0 });
	let attribution = confirmed(engine.verdict(&assignment).unwrap());
	attribution.check(&assignment.index, assignment.max_entries).unwrap();

	let free = Assignment { usage: Usage::default(), ..assignment.clone() };
	let correction = corrected(engine.verdict(&free).unwrap());
	assert!(correction.contains("4 input tokens, 0 output tokens"), "{correction}");
	let wordless = Assignment { input: b" \n".to_vec(), output: NO_ANSWER.into(), ..free.clone() };
	let attribution = confirmed(engine.verdict(&wordless).unwrap());
	assert_eq!(attribution.check(&wordless.index, wordless.max_entries), Ok(Vec::new()));
}

#[test]
fn continuations_should_be_confirmed_and_be_no_answer_when_the_prompt_fills_the_model() {
	let (Fixture { engine, assignment, folder: _folder }, _base, _) = text_fixture(true);
	assert!(assignment.usage.output_tokens <= 3);
	let attribution = confirmed(engine.verdict(&assignment).unwrap());
	attribution.check(&assignment.index, assignment.max_entries).unwrap();
	// There is no room for an answer, and an empty one that counts the prompt's tokens is not right.
	let input = b"good film ".repeat(16);
	let usage = Usage { input_tokens: 16, output_tokens: 0 };
	let billed = Assignment { input, output: Vec::new(), usage, ..assignment };
	assert_eq!(corrected(engine.verdict(&billed).unwrap()), NO_ANSWER);
	let honest = Assignment { output: NO_ANSWER.into(), usage: Usage::default(), ..billed };
	let attribution = confirmed(engine.verdict(&honest).unwrap());
	assert_eq!(attribution.check(&honest.index, honest.max_entries), Ok(Vec::new()));
}

#[test]
fn other_jobs_should_go_on_when_a_base_model_is_not_open() {
	let (text, _base, base) = text_fixture(false);
	// A model of a base model that nobody has opened: the one above, with another hash.
	let weights =
		fs::read(text.folder.path().join(hex::encode(text.assignment.artifacts.weights.0)));
	let mut weights = weights.unwrap();
	let name = hex::encode(base);
	let at = weights.windows(name.len()).position(|part| part == name.as_bytes()).unwrap();
	weights[at..at + name.len()].copy_from_slice("ab".repeat(32).as_bytes());
	let store = DirectoryStore::open(text.folder.path()).unwrap();
	let weights = H256(store.put(&weights).unwrap());
	let artifacts = Artifacts { weights, ..text.assignment.artifacts };
	let unknown = Assignment { artifacts, ..text.assignment.clone() };
	let error = text.engine.verdict(&unknown).unwrap_err().to_string();
	assert!(error.contains(&"ab".repeat(32)) && error.contains("--base-model"), "{error}");
	confirmed(text.engine.verdict(&text.assignment).unwrap());
}

#[test]
fn job_should_fail_alone_when_its_weights_claim_more_than_they_hold() {
	let (text, _base, _) = text_fixture(false);
	let file = text.folder.path().join(hex::encode(text.assignment.artifacts.weights.0));
	let file = fs::read(file).unwrap();
	let store = DirectoryStore::open(text.folder.path()).unwrap();
	for (from, to) in [
		("\"rank\":2", "\"rank\":4000000000"),
		("\"rank\":2", "\"rank\":18446744073709551615"),
		("\"classes\":2,\"class_names\":[\"blame\",\"praise\"]", "\"classes\":1000000000000"),
		("\"max_tokens\":8", "\"max_tokens\":1000000000000"),
	] {
		let weights = H256(store.put(&with_metadata(&file, from, to)).unwrap());
		let artifacts = Artifacts { weights, ..text.assignment.artifacts };
		let claiming = Assignment { artifacts, ..text.assignment.clone() };
		assert!(matches!(text.engine.verdict(&claiming), Err(NoVerdict::Load(_))), "{to}");
	}
	confirmed(text.engine.verdict(&text.assignment).unwrap());
}

#[test]
fn job_should_fail_alone_when_the_engine_panics() {
	let error = guarded(|| panic!("told to panic")).unwrap_err().to_string();
	assert!(error.contains("told to panic"), "{error}");
	let error = guarded(|| Err(EngineError::from(openledger_rows::Error::NoRows).into()));
	assert!(matches!(error, Err(NoVerdict::Engine(_))));
}

#[test]
fn models_should_be_forgotten_before_another_is_loaded_when_memory_is_short() {
	let Fixture { engine, assignment, folder } = fixture();
	let other = {
		let other = trained(Width::Int8);
		for file in fs::read_dir(other.folder.path()).unwrap() {
			let file = file.unwrap();
			fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
		}
		other.assignment
	};
	let short = InfluenceEngine::new(DirectoryStore::open(folder.path()).unwrap(), 0);
	for (engine, kept) in [(&engine, 2), (&short, 1)] {
		confirmed(engine.verdict(&assignment).unwrap());
		confirmed(engine.verdict(&other).unwrap());
		assert_eq!(engine.loaded().len(), kept);
	}
}
