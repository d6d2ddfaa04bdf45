//! Documents as they were printed before, one file of `recorded/` for each subject. Scripts of others
//! read them: a difference breaks those.

use serde::Serialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// Set to write the files anew, after a document was changed on purpose.
const RECORD: &str = "OPENLEDGER_RECORD_VIEWS";

pub fn json(view: &impl Serialize) -> Value {
	serde_json::to_value(view).unwrap()
}

/// Compares documents of the subject `name` with its file.
pub fn check<const N: usize>(name: &str, documents: [(&str, Value); N]) {
	let found: Map<String, Value> =
		documents.into_iter().map(|(what, document)| (what.to_owned(), document)).collect();
	assert_eq!(found.len(), N, "{name}: two documents have one name");
	let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/views/recorded");
	let path = folder.join(format!("{name}.json"));
	if std::env::var_os(RECORD).is_some() {
		std::fs::write(&path, format!("{:#}\n", Value::Object(found.clone()))).unwrap();
	}
	let text = std::fs::read_to_string(&path).unwrap();
	let recorded: Map<String, Value> = serde_json::from_str(&text).unwrap();
	let names = |documents: &Map<String, Value>| documents.keys().cloned().collect::<Vec<_>>();
	assert_eq!(names(&found), names(&recorded), "{name}");
	for (what, document) in &found {
		// As text: the order of keys counts.
		assert_eq!(format!("{document:#}"), format!("{:#}", recorded[what]), "{name}: {what}");
	}
}
