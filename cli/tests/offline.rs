//! What the client says and how it exits when there is no chain, or when its input is bad.

use openledger_blobs::{BlobStore, DirectoryStore};
use openledger_cli::training::save_index;
use openledger_client::runs::Run;
use openledger_influence::{held_out_attribution, Contribution, EkFac, IndexDraft};
use openledger_models::{
	train, Activation, Architecture, Manifest, ManifestEntry, Source, TrainConfig,
};
use openledger_primitives::Width;
use openledger_rows::Dataset;
use serde_json::Value;
use std::{
	path::Path,
	process::{Command, Output},
};

/// A port that nothing listens on.
const NOWHERE: &str = "ws://127.0.0.1:9";

fn openledger(directory: &Path, arguments: &[&str]) -> Output {
	Command::new(env!("CARGO_BIN_EXE_openledger"))
		.args(arguments)
		.current_dir(directory)
		.env_clear()
		.env("HOME", directory)
		.output()
		.unwrap()
}

/// Standard output as one JSON document, the exit code, and standard error.
fn json(directory: &Path, arguments: &[&str]) -> (Value, i32, String) {
	let output = openledger(directory, &[arguments, &["--json"]].concat());
	let error = String::from_utf8(output.stderr).unwrap();
	let document = serde_json::from_slice(&output.stdout)
		.unwrap_or_else(|e| panic!("no JSON document on standard output: {e}; {error}"));
	(document, output.status.code().unwrap(), error)
}

#[test]
fn command_should_say_so_and_exit_3_when_the_chain_is_unreachable() {
	let home = tempfile::tempdir().unwrap();
	let line = ["datanet", "list", "--url", NOWHERE, "--connect-timeout", "1"];
	let (document, code, error) = json(home.path(), &line);
	assert_eq!(code, 3);
	assert_eq!(document["error"]["kind"], "unreachable");
	assert_eq!(document["error"]["code"], 3);
	assert!(error.contains(&format!("cannot reach the chain at {NOWHERE}")), "{error}");
	assert!(error.contains("--url"), "{error}");
	// A quarter, then half a second: the second retry still fits.
	assert!(error.contains("(3 attempts"), "{error}");
}

#[test]
fn quiet_should_leave_only_the_error_when_the_chain_is_unreachable() {
	let home = tempfile::tempdir().unwrap();
	let line = ["model", "list", "--url", NOWHERE, "--connect-timeout", "0", "--quiet"];
	let output = openledger(home.path(), &line);
	assert_eq!(output.status.code(), Some(3));
	assert!(output.stdout.is_empty());
	let error = String::from_utf8(output.stderr).unwrap();
	assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn dry_run_should_show_hashes_and_labels_when_the_table_is_sound() {
	let home = tempfile::tempdir().unwrap();
	std::fs::write(home.path().join("rows.csv"), "x,y,label\n0,1,3\n2,3,0\n4,5,3\n").unwrap();
	let (document, code, _) = json(home.path(), &["contribute", "0", "rows.csv", "--dry-run"]);
	assert_eq!(code, 0);
	assert_eq!((&document["rows"], &document["columns"]), (&3.into(), &2.into()));
	assert_eq!(document["labels"]["3"], 2);
	assert_eq!(document["contribution"], Value::Null);
	let rows = Dataset::from_csv(b"0,1,3\n2,3,0\n4,5,3\n", &Default::default()).unwrap();
	let root = format!("0x{}", hex(&rows.content_root()));
	assert_eq!(document["content_root"], root.as_str());
}

#[test]
fn dry_run_should_show_labels_by_name_when_rows_are_of_text() {
	let home = tempfile::tempdir().unwrap();
	let lines =
		"{\"text\":\"a fine film\",\"label\":\"good\"}\n{\"text\":\"dull\",\"label\":\"bad\"}\n";
	let csv = "label,text\ngood,a fine film\nbad,dull\n";
	let dry_run = |name: &str, content: &str, options: &[&str]| {
		std::fs::write(home.path().join(name), content).unwrap();
		json(home.path(), &[&["contribute", "0", name, "--dry-run"], options].concat())
	};
	let (document, code, _) = dry_run("rows.jsonl", lines, &[]);
	assert_eq!((code, &document["kind"]), (0, &"text".into()));
	assert_eq!((&document["rows"], &document["columns"]), (&2.into(), &0.into()));
	assert_eq!(document["labels"], serde_json::json!({ "bad": 1, "good": 1 }));
	let (other, ..) = dry_run("rows.csv", csv, &[]);
	for field in ["content_root", "blob", "bytes"] {
		assert_eq!(document[field], other[field], "{field}");
	}
	for (name, content, options, words) in [
		("rows.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n", &[][..], &["row 2", "'txt'"][..]),
		("rows.jsonl", "{\"text\":\"a\"}\n0,1,2\n", &[], &["row 2", "not a JSON object"]),
		("rows.csv", "opinion,label\nfine,1\n", &[], &["row 2", "'fine'", "column 'text'"]),
		("rows.csv", csv, &["--columns", "64"], &["text, not of numbers"]),
		("rows.csv", csv, &["--classes", "2"], &["row 2", "'good' is not a label"]),
	] {
		let (document, code, error) = dry_run(name, content, options);
		assert_eq!((code, &document["error"]["kind"]), (5, &"bad_data".into()), "{error}");
		for word in words.iter().chain(&[name]) {
			assert!(error.contains(word), "'{error}' lacks '{word}'");
		}
	}
}

#[test]
fn contribute_should_say_what_it_recognised_and_refuse_what_may_mean_two_things() {
	let home = tempfile::tempdir().unwrap();
	let dry_run = |content: &[u8]| {
		std::fs::write(home.path().join("rows.csv"), content).unwrap();
		let (document, code, error) =
			json(home.path(), &["contribute", "0", "rows.csv", "--dry-run"]);
		(document["rows"].as_u64(), code, error)
	};
	for (content, rows, words) in [
		(&b"label,1x1,1x2\n3,0,255\n"[..], 1, "'label'"),
		(b",a,b,label\n0,5,6,1\n1,7,8,0\n", 2, "left out"),
		(b"0,1,2,3,label\n5,1,4,2,0\n6,1,4,2,1\n", 2, ""),
		(b"Text,Sentiment,stars\ngood film,good,5\ndull,bad,1\n", 2, "not read: 'stars'"),
		(b"1700000000,1,0\n1600000000,2,1\n", 2, "--scaling standardise"),
	] {
		let (found, code, error) = dry_run(content);
		assert_eq!((found, code), (Some(rows), 0), "{error}");
		assert!(error.contains(words), "'{error}' lacks '{words}'");
	}
	for (content, words) in [
		(&b"0,1,2,3,4\n5,1,4,2,0\n"[..], "it may be a header"),
		(b"label,text\n0,dull\n1,\"good film\n0,bad\n", "row 3, column 2: a quote opens"),
		(b"1700000001,1,0\n", "subtract"),
		(b"text,label\n\xe2\x80\x8b,1\n", "invisible"),
		(b"text,label\na,65535\n", "from 0 to 9999"),
		(b"1,2,65535\n", "from 0 to 9999"),
		(b"PAR1\x15\x00", "Parquet"),
		(b"a;b;label\n1;2;0\n", "semicolons"),
	] {
		let (_, code, error) = dry_run(content);
		assert_eq!(code, 5, "{error}");
		assert!(error.contains(words), "'{error}' lacks '{words}'");
	}
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn contribute_should_name_row_and_column_when_the_table_is_malformed() {
	let home = tempfile::tempdir().unwrap();
	let cases = [
		("0,1,3\n2,x,0\n", &[][..], &["row 2", "column 2", "'x'"][..]),
		("0,1,3\n2,3,0.5\n", &[], &["row 2", "column 3", "label"]),
		("0,1,3\n2,3\n", &[], &["row 2", "2 columns instead of 3"]),
		("0,1,3\n", &["--columns", "3"], &["row 1", "3 columns instead of 4"]),
		("0,1,3\n2,3,4\n", &["--classes", "4"], &["row 2", "column 3"]),
		("", &[], &["no rows"]),
	];
	for (table, options, words) in cases {
		std::fs::write(home.path().join("rows.csv"), table).unwrap();
		let line = [&["contribute", "0", "rows.csv", "--dry-run"], options].concat();
		let (document, code, error) = json(home.path(), &line);
		assert_eq!(
			(code, &document["error"]["kind"]),
			(5, &"bad_data".into()),
			"{table:?}: {error}"
		);
		for word in words.iter().chain(&["rows.csv"]) {
			assert!(error.contains(word), "{table:?}: '{error}' lacks '{word}'");
		}
	}
}

#[test]
fn command_should_exit_2_when_the_key_is_missing_or_options_are_wrong() {
	let home = tempfile::tempdir().unwrap();
	std::fs::write(home.path().join("rows.csv"), "0,1,3\n").unwrap();
	for line in [
		&["contribute", "0", "rows.csv"][..],
		&["rewards", "claim", "--key", "no such key"],
		&["rewards", "claim", "--key", "//Alice", "--url", "nonsense"],
		&["account", "transfer", "//Bob", "1.0000000000000000001", "--key", "//Alice"],
		&["datanet"],
		&["no-such-command"],
	] {
		let (document, code, error) = json(home.path(), line);
		assert_eq!((code, &document["error"]["kind"]), (2, &"usage".into()), "{line:?}: {error}");
		assert!(!error.is_empty());
	}
}

#[test]
fn list_dev_should_work_without_a_chain() {
	let home = tempfile::tempdir().unwrap();
	let (document, code, _) = json(home.path(), &["account", "list-dev"]);
	assert_eq!(code, 0);
	let alice = &document["accounts"][0];
	assert_eq!(alice["name"], "//Alice");
	assert_eq!(alice["account"], "e3Ly4EgZjVjwj7RE6WG2norBThc1RaXWBfxnqKV289EL7LbyH");
}

/// Bob's address with the prefix of Polkadot, Kusama, Ajuna, of nobody, and with the reserved one.
const FOREIGN: [(&str, &str); 5] = [
	("14E5nqKAp3oAJcmzgZhUD2RcptBeUBScxKHgJKU4HPNcKVf3", "polkadot (prefix 0)"),
	("FoQJpPyadYccjavVdTWxpxU7rUEaYhfLCPwXgkfD6Zat9QP", "kusama (prefix 2)"),
	("aUsc89yARC4Q1oxio7mvho42JQq89ZoKwu4SrLxGW66A1HJJA", "ajuna (prefix 1328)"),
	("dvw1gR7jnmPyJxequ7FmKtqFJEhqicFoY6wC6tNjBSXMfZE5N", "prefix 6735"),
	("5eSRgUDiVS2bVKPLM4AZaUfAZCmAzcQZdamibm3uaij3GNQH", "reserved"),
];

#[test]
fn address_should_be_refused_before_the_chain_is_asked_when_it_is_of_another_network() {
	let home = tempfile::tempdir().unwrap();
	let key = ["--key", "//Alice", "--url", NOWHERE, "--connect-timeout", "0"];
	for (address, network) in FOREIGN {
		for line in [
			&["account", "transfer", address, "1"][..],
			&["account", "show", address],
			&["rewards", "show", address],
			&["gov", "delegate", address],
			&["gov", "sign-delegation", address],
			&["gov", "propose", "treasury-spend", "--to", address, "--amount", "1"],
			&["datanet", "allow", "0", address],
			&["datanet", "create", "--curator", address],
			&["model", "host", "0", address],
			&["doctor", "attester", address],
			&["gov", "election", "nominate", address, "1"],
		] {
			let (_, code, error) = json(home.path(), &[line, &key].concat());
			assert_eq!(code, 2, "{line:?}: {error}");
			assert!(error.contains(network) && error.contains("OpenLedger"), "{line:?}: {error}");
		}
	}
	for own in [
		"e3KPtxcPbN1wpxQjb5L4r4WGVbkzY7z6rB8eWG7tT5FQsZj2H",
		"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
		"0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48",
	] {
		let line = ["account", "transfer", own, "1"];
		let (_, code, error) = json(home.path(), &[&line[..], &key].concat());
		assert_eq!(code, 3, "the chain is asked: {error}");
	}
}

/// What nothing but a key is needed for.
#[test]
fn delegation_should_be_signed_without_a_chain_when_all_is_given() {
	let home = tempfile::tempdir().unwrap();
	let genesis = format!("0x{}", "01".repeat(32));
	let line = ["gov", "sign-delegation", "//Bob", "--nonce", "4", "--expiry", "900"];
	let key = ["--key", "//Alice", "--url", NOWHERE, "--connect-timeout", "0"];
	let (_, code, error) = json(home.path(), &[&line[..], &key].concat());
	assert_eq!(code, 3, "the chain is asked for its hash: {error}");

	let whole = [&line[..], &key, &["--genesis", &genesis]].concat();
	let (document, code, error) = json(home.path(), &whole);
	assert_eq!(code, 0, "{error}");
	assert_eq!(document["delegator"], "e3Ly4EgZjVjwj7RE6WG2norBThc1RaXWBfxnqKV289EL7LbyH");
	assert_eq!((&document["nonce"], &document["expiry"]), (&4.into(), &900.into()));

	// What is printed for people is what can be handed on.
	let printed = openledger(home.path(), &whole).stdout;
	std::fs::write(home.path().join("signed.json"), printed).unwrap();
	let line = ["gov", "submit-delegation", "signed.json"];
	let (_, code, error) = json(home.path(), &[&line[..], &key].concat());
	assert_eq!(code, 3, "it is read and then sent: {error}");
	for (address, network) in FOREIGN {
		let foreign = serde_json::json!({ "delegator": address }).to_string();
		std::fs::write(home.path().join("signed.json"), foreign).unwrap();
		let (_, code, error) = json(home.path(), &[&line[..], &key].concat());
		assert_eq!(code, 5, "{error}");
		assert!(error.contains("'delegator'") && error.contains(network), "{error}");
	}
	std::fs::write(home.path().join("signed.json"), "{}").unwrap();
	let (document, code, error) = json(home.path(), &[&line[..], &key].concat());
	assert_eq!((code, &document["error"]["kind"]), (5, &"bad_data".into()));
	assert!(error.contains("signed.json") && error.contains("'delegator'"), "{error}");
}

/// A training directory with a tiny model and its index.
fn trained(directory: &Path) {
	let rows = Dataset::from_csv(b"0,1,0\n1,0,1\n0,2,0\n2,0,1\n", &Default::default()).unwrap();
	let architecture = Architecture::mlp(&[2, 3, 2], Activation::Tanh);
	let config = TrainConfig { epochs: 20, batch_size: 2, ..TrainConfig::standard(architecture) };
	let trained = train(&rows, &config, &mut |_| {}).unwrap();
	let contributions: Vec<_> = (0..2u64)
		.map(|id| {
			let first = 2 * id as usize;
			Contribution { id, rows: rows.select(&[first, first + 1]).unwrap() }
		})
		.collect();
	let builder = EkFac::default();

	let entries = (0..2).map(|id| ManifestEntry { id, rows: 2 }).collect();
	let source = Source { datanet: 0, version: 0 };
	let manifest = Manifest::new(vec![source], entries, &config, &trained);
	let run = Run::new(directory);
	run.create().unwrap();
	std::fs::write(run.weights(), trained.model.to_bytes()).unwrap();
	std::fs::write(run.manifest(), manifest.to_json()).unwrap();
	let (width, path) = (Width::Int8, run.index());
	let draft =
		IndexDraft::build(&builder, &trained.model, &contributions, width, &path, &mut |_| {})
			.unwrap();
	let index = save_index(&run, draft).unwrap();
	let attribution = held_out_attribution(&trained.model, &index, &rows, 8).unwrap();
	std::fs::write(run.held_out(), codec::Encode::encode(&attribution)).unwrap();
}

/// Flips a bit in the last byte: the form of the file stays sound.
fn corrupt(path: &Path) {
	let mut bytes = std::fs::read(path).unwrap();
	*bytes.last_mut().unwrap() ^= 1;
	std::fs::write(path, bytes).unwrap();
}

const REGISTER: [&str; 12] = [
	"model",
	"register",
	"run",
	"--name",
	"m",
	"--price-per-call",
	"1",
	"--key",
	"//Alice",
	"--url",
	NOWHERE,
	"--connect-timeout=0",
];

#[test]
fn register_should_reach_for_the_chain_when_the_training_directory_is_sound() {
	let home = tempfile::tempdir().unwrap();
	trained(&home.path().join("run"));
	let (_, code, error) = json(home.path(), &REGISTER);
	assert_eq!(code, 3, "{error}");
}

#[test]
fn register_should_name_file_and_hashes_when_weights_or_index_are_corrupted() {
	for file in ["weights.safetensors", "index.safetensors"] {
		let home = tempfile::tempdir().unwrap();
		trained(&home.path().join("run"));
		corrupt(&home.path().join("run").join(file));
		let (document, code, error) = json(home.path(), &REGISTER);
		assert_eq!((code, &document["error"]["kind"]), (5, &"bad_data".into()), "{file}: {error}");
		assert!(error.contains(file), "{error}");
		assert_eq!(error.matches("0x").count(), 2, "expected and found hash: {error}");
	}
}

#[test]
fn register_should_say_what_to_do_when_a_file_is_missing_or_of_another_run() {
	let home = tempfile::tempdir().unwrap();
	let run = home.path().join("run");
	trained(&run);
	std::fs::remove_file(run.join("index.json")).unwrap();
	let (_, code, error) = json(home.path(), &REGISTER);
	assert_eq!(code, 1);
	assert!(error.contains("openledger model index"), "{error}");

	trained(&run);
	corrupt(&run.join("held-out.scale"));
	let (_, code, error) = json(home.path(), &REGISTER);
	assert_eq!(code, 5, "{error}");
	assert!(error.contains("held-out.scale"), "{error}");
}

#[test]
fn store_should_name_both_hashes_when_a_blob_is_corrupted() {
	let home = tempfile::tempdir().unwrap();
	let store = DirectoryStore::open(home.path()).unwrap();
	let hash = store.put(b"0,1,3\n").unwrap();
	let file = std::fs::read_dir(home.path()).unwrap().next().unwrap().unwrap().path();
	let file = if file.is_dir() {
		std::fs::read_dir(file).unwrap().next().unwrap().unwrap().path()
	} else {
		file
	};
	corrupt(&file);
	let error = openledger_cli::error::Error::from(store.get(&hash).unwrap_err());
	assert_eq!(error.code(), 5);
	assert_eq!(error.to_string().matches(" 0x").count(), 2, "{error}");
}
