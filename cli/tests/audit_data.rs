//! What `audit-data` finds in tables, and what it says of those it cannot read.

use openledger_rows::{Dataset, Schema};
use openledger_transformers::files::tiny;
use serde_json::Value;
use std::{path::Path, process::Command};

fn audit(directory: &Path, arguments: &[&str]) -> (Value, i32, String) {
	run(directory, &[&["--hidden", "32", "--epochs", "60"], arguments].concat())
}

fn run(directory: &Path, arguments: &[&str]) -> (Value, i32, String) {
	let output = Command::new(env!("CARGO_BIN_EXE_openledger"))
		.args(["audit-data", "--json"])
		.args(arguments)
		.current_dir(directory)
		.env_clear()
		.env("HOME", directory)
		.output()
		.unwrap();
	let error = String::from_utf8(output.stderr).unwrap();
	let document = serde_json::from_slice(&output.stdout)
		.unwrap_or_else(|e| panic!("no JSON document on standard output: {e}; {error}"));
	(document, output.status.code().unwrap(), error)
}

/// Writes 300 digits, each thirtieth with a wrong label, and 100 right ones.
fn tables(directory: &Path) {
	let path = Path::new("../tests/data/digits.csv.gz");
	let digits = Dataset::read(path, &Schema::default()).unwrap();
	let (rows, good) = digits.split(300, 1).unwrap();
	let wrong = |(i, label): (usize, &u32)| if i % 30 == 12 { (label + 3) % 10 } else { *label };
	let labels = rows.labels().iter().enumerate().map(wrong).collect();
	let write = |name, rows: Dataset| {
		std::fs::write(directory.join(name), rows.to_bytes()).unwrap();
	};
	write("rows.csv", rows.with_labels(labels).unwrap());
	write("good.csv", good.select(&(0..100).collect::<Vec<_>>()).unwrap());
}

#[test]
fn wrong_labels_should_be_found_and_shown_on_a_page() {
	let home = tempfile::tempdir().unwrap();
	tables(home.path());
	for good in [&[][..], &["--held-out", "good.csv"]] {
		let line = [&["--table", "rows.csv", "--top", "10", "--html", "page.html"], good].concat();
		let (document, code, error) = audit(home.path(), &line);
		assert_eq!(code, 0, "{error}");
		let worst = document["worst"].as_array().unwrap();
		assert_eq!((worst.len(), &document["rows"]), (10, &300.into()));
		let found = worst.iter().filter(|row| row["row"].as_u64().unwrap() % 30 == 13).count();
		assert!(found >= 7, "{found} of 10: {document:#}");
		assert!(document["accuracy"].as_f64().unwrap() > 0.7);
		assert_eq!(worst[0]["contribution"], Value::Null);
		assert_eq!(worst[0]["features"].as_str().unwrap().split(',').count(), 64);

		let page = std::fs::read_to_string(home.path().join("page.html")).unwrap();
		assert_eq!(page.matches("class=\"picture\"").count(), 10);
		assert!(page.contains(&format!("row {}", worst[0]["row"])));
	}
}

#[test]
fn table_or_option_should_be_named_when_it_is_wrong() {
	let home = tempfile::tempdir().unwrap();
	tables(home.path());
	std::fs::write(home.path().join("narrow.csv"), "1,2,1\n").unwrap();
	std::fs::write(home.path().join("broken.csv"), "1,2,0\n1,x,0\n").unwrap();
	for (line, code, words) in [
		(&["--table", "broken.csv"][..], 5, &["broken.csv", "row 2", "column 2"][..]),
		(&["--table", "none.csv"], 1, &["none.csv"]),
		(&["--table", "rows.csv", "--held-out", "narrow.csv"], 5, &["narrow.csv", "65"]),
		(&["--table", "rows.csv", "--folds", "1"], 2, &["--folds 1", "at least 2"]),
		(&["--table", "narrow.csv"], 2, &["--folds 5", "1 rows"]),
		(&["--table", "rows.csv", "--datanet", "0", "--version", "0"], 2, &["--datanet"]),
		(&["--datanet", "0"], 2, &["--version"]),
	] {
		let (document, found, error) = audit(home.path(), line);
		assert_eq!(
			(found, document["error"]["code"].as_i64()),
			(code, Some(code.into())),
			"{error}"
		);
		for word in words {
			assert!(error.contains(word), "{line:?}: '{error}' lacks '{word}'");
		}
	}
}

#[test]
fn wrong_labels_should_be_found_by_name_when_rows_are_of_text() {
	let home = tempfile::tempdir().unwrap();
	let (good, bad) = (["good", "fine", "great", "lovely"], ["bad", "poor", "awful", "ugly"]);
	let things = ["film", "book", "song"];
	let mut texts = Vec::new();
	let mut table = "text,label\n".to_owned();
	for i in 0..48 {
		let (words, label) = if i % 2 == 0 { (good, "praise") } else { (bad, "blame") };
		let text = format!("{} {} {}", words[i / 2 % 4], things[i / 8 % 3], things[i / 3 % 3]);
		// Two rows say the opposite of what they mean.
		let label = match (i, label) {
			(10, _) => "blame",
			(31, _) => "praise",
			(_, label) => label,
		};
		table.push_str(&format!("{text},{label}\n"));
		texts.push(text);
	}
	std::fs::write(home.path().join("rows.csv"), table).unwrap();
	tiny::bert(&home.path().join("base"), &texts, &tiny::TinyConfig::default()).unwrap();

	let line = ["--table", "rows.csv", "--folds", "3", "--top", "4", "--html", "page.html"];
	let recipe = ["--epochs", "12", "--learning-rate", "0.02", "--batch-size", "8"];
	let with = |base| [&line[..], &recipe, &["--base-model", base]].concat();
	let (document, code, error) = run(home.path(), &with("base"));
	assert_eq!(code, 0, "{error}");
	let worst = document["worst"].as_array().unwrap();
	let rows: Vec<u64> = worst.iter().map(|row| row["row"].as_u64().unwrap()).collect();
	assert!(rows.contains(&11) && rows.contains(&32), "{document:#}");
	let eleventh = worst.iter().find(|row| row["row"] == 11).unwrap();
	assert_eq!((&eleventh["label"], &eleventh["answer"]), (&"blame".into(), &"praise".into()));
	assert_eq!(eleventh["text"], texts[10]);
	let page = std::fs::read_to_string(home.path().join("page.html")).unwrap();
	assert!(page.contains(&texts[10]) && page.contains("label blame"));

	for (line, code, words) in
		[(line.to_vec(), 2, "--base-model"), (with("nowhere"), 5, "nowhere/config.json")]
	{
		let (_, found, error) = run(home.path(), &line);
		assert_eq!(found, code, "{error}");
		assert!(error.contains(words), "'{error}' lacks '{words}'");
	}
}

#[test]
fn foreign_sentences_should_come_first_when_rows_are_for_a_language_model() {
	let home = tempfile::tempdir().unwrap();
	let things = ["soup", "bread", "tea", "rice"];
	let sentence = |i: usize| match i {
		17 | 40 => "loud train loud train loud road".to_owned(),
		_ => format!("the {} is {}", things[i % 4], ["warm", "sweet", "fresh"][i / 4 % 3]),
	};
	let texts: Vec<String> = (0..60).map(sentence).collect();
	let line = |text: &String| serde_json::json!({ "text": text }).to_string() + "\n";
	std::fs::write(home.path().join("rows.jsonl"), texts.iter().map(line).collect::<String>())
		.unwrap();
	tiny::llama(&home.path().join("base"), &texts, &tiny::TinyConfig::default()).unwrap();
	let options =
		"--table rows.jsonl --base-model base --folds 3 --top 4 --epochs 40 --learning-rate 0.05 \
		--batch-size 8 --lora-rank 8 --html page.html \
		--lora-targets q_proj,k_proj,v_proj,o_proj,up_proj,gate_proj,down_proj,lm_head";
	let (document, code, error) = run(home.path(), &options.split_whitespace().collect::<Vec<_>>());
	assert_eq!(code, 0, "{error}");
	let worst = document["worst"].as_array().unwrap();
	let rows: Vec<u64> = worst.iter().map(|row| row["row"].as_u64().unwrap()).collect();
	assert!(rows.contains(&18) && rows.contains(&41), "{document:#}");
	assert_eq!((&document["accuracy"], worst[0].get("label")), (&Value::Null, None));
	let loss = |row: &Value| row["loss"].as_f64().unwrap();
	assert!(loss(&worst[0]) > document["loss"].as_f64().unwrap());
	let page = std::fs::read_to_string(home.path().join("page.html")).unwrap();
	assert!(page.contains(&texts[17]) && page.contains("nats for each token"));
}
