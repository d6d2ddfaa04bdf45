//! What a `tokenizer.json` may hold.
//!
//! The `tokenizers` library trusts its files: some make it panic, some make a short text take all
//! memory or very long, and some make tokens by chance. Such files are refused before the library
//! sees them, and so is all that no tokenizer of a supported model needs.

use crate::files::shorten;
use serde_json::Value;

/// The largest factor by which normalisation may lengthen a text.
const MAX_GROWTH: usize = 256;

/// The length of the longest word that WordPiece gets: its time grows with the square of it.
const MAX_WORD: u64 = 1000;

/// The largest number of tokens that one special token may stand for.
const MAX_SPECIAL: usize = 8;

const MODELS: [&str; 3] = ["BPE", "WordLevel", "WordPiece"];

const NORMALIZERS: [&str; 12] = [
	"BertNormalizer",
	"ByteLevel",
	"Lowercase",
	"NFC",
	"NFD",
	"NFKC",
	"NFKD",
	"Nmt",
	"Prepend",
	"Replace",
	"Strip",
	"StripAccents",
];

const PRE_TOKENIZERS: [&str; 8] = [
	"BertPreTokenizer",
	"ByteLevel",
	"Digits",
	"Metaspace",
	"Punctuation",
	"Split",
	"Whitespace",
	"WhitespaceSplit",
];

const POST_PROCESSORS: [&str; 4] =
	["BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"];

const DECODERS: [&str; 8] = [
	"BPEDecoder",
	"ByteFallback",
	"ByteLevel",
	"Fuse",
	"Metaspace",
	"Replace",
	"Strip",
	"WordPiece",
];

/// Checks a document. The error says why it is refused.
pub(super) fn check(document: &Value) -> Result<(), String> {
	if !numbers_fit(document) {
		return Err("a number in it fits no machine number".to_owned());
	}
	check_model(document.get("model").unwrap_or(&Value::Null))?;
	check_normalizer(document)?;
	steps(document, "pre_tokenizer", "pretokenizers", &PRE_TOKENIZERS)?;
	for step in steps(document, "post_processor", "processors", &POST_PROCESSORS)? {
		if kind(step) == Some("TemplateProcessing") {
			check_template(step)?;
		}
	}
	for step in steps(document, "decoder", "decoders", &DECODERS)? {
		let ends = kind(step) == Some("Strip") && step.get("stop") != Some(&Value::from(0));
		if ends {
			return Err("its decoder strips the ends of tokens, which is not supported".to_owned());
		}
	}
	Ok(())
}

/// Checks that texts do not grow much, and that nothing empty is prepended or replaced: the library
/// would lose count of the characters there.
fn check_normalizer(document: &Value) -> Result<(), String> {
	let mut growth = 1usize;
	for step in steps(document, "normalizer", "normalizers", &NORMALIZERS)? {
		let text = |path| step.pointer(path).and_then(Value::as_str);
		let (given, added) = match kind(step) {
			Some("Prepend") => (text("/prepend"), text("/prepend")),
			Some("Replace") => (text("/pattern/String"), text("/content")),
			_ => continue,
		};
		if given.is_none_or(str::is_empty) {
			return Err(
				"its normalizer prepends nothing, or replaces something else than a text".into()
			);
		}
		growth = growth.saturating_mul(added.map_or(0, str::len).saturating_add(1));
	}
	match growth <= MAX_GROWTH {
		true => Ok(()),
		false => Err(format!("its normalizer may lengthen texts by more than {MAX_GROWTH} times")),
	}
}

/// Whether all numbers fit the machine's; those of a document may be larger.
fn numbers_fit(value: &Value) -> bool {
	match value {
		Value::Number(number) => number.is_u64() || number.is_i64() || number.is_f64(),
		Value::Array(values) => values.iter().all(numbers_fit),
		Value::Object(values) => values.values().all(numbers_fit),
		_ => true,
	}
}

fn kind(step: &Value) -> Option<&str> {
	step.get("type").and_then(Value::as_str)
}

fn check_model(model: &Value) -> Result<(), String> {
	known("model", model, &MODELS)?;
	let set = |field: &str| model.get(field).filter(|value| !value.is_null());
	if set("dropout").is_some_and(|dropout| dropout.as_f64() != Some(0.0)) {
		return Err("its model has a dropout, so that the tokens of a text are left to chance; set it to null".to_owned());
	}
	let word = set("max_input_chars_per_word");
	if word.is_some_and(|word| word.as_u64().is_none_or(|word| word > MAX_WORD)) {
		return Err(format!("its max_input_chars_per_word is above {MAX_WORD}"));
	}
	match kind(model) {
		Some("BPE") => check_merges(model),
		_ => Ok(()),
	}
}

/// Checks that all byte pairs are merged into tokens.
fn check_merges(model: &Value) -> Result<(), String> {
	let prefix = model.get("continuing_subword_prefix").filter(|prefix| !prefix.is_null());
	if prefix.is_some_and(|prefix| prefix != "") {
		return Err("its byte pairs have a prefix within words, which is not supported".to_owned());
	}
	let vocabulary = model.get("vocab").and_then(Value::as_object);
	let merges = model.get("merges").and_then(Value::as_array);
	for merge in merges.into_iter().flatten() {
		// A merge is either a list of two or one text with a space between them.
		let merged = match merge {
			Value::Array(pair) => pair.iter().filter_map(Value::as_str).collect::<String>(),
			Value::String(pair) => pair.replacen(' ', "", 1),
			_ => continue,
		};
		if !vocabulary.is_some_and(|tokens| tokens.contains_key(&merged)) {
			return Err(format!("its merges make '{}', which is no token", shorten(&merged)));
		}
	}
	Ok(())
}

/// The steps of a part of the tokenizer, with sequences taken apart.
fn steps<'a>(
	document: &'a Value,
	part: &str,
	list: &str,
	allowed: &[&str],
) -> Result<Vec<&'a Value>, String> {
	let mut steps = Vec::new();
	let mut open: Vec<&Value> = document.get(part).into_iter().collect();
	while let Some(step) = open.pop() {
		match kind(step) {
			_ if step.is_null() => (),
			Some("Sequence") => {
				open.extend(step.get(list).and_then(Value::as_array).into_iter().flatten())
			},
			_ => {
				known(part, step, allowed)?;
				steps.push(step);
			},
		}
	}
	Ok(steps)
}

fn known(part: &str, step: &Value, allowed: &[&str]) -> Result<(), String> {
	match kind(step) {
		Some(kind) if allowed.contains(&kind) => Ok(()),
		Some(other) => Err(format!(
			"its {part} '{}' is not supported; supported are {}",
			shorten(other),
			allowed.join(", ")
		)),
		None => Err(format!("its {part} has no type")),
	}
}

/// Checks that the template of a single text has that text once, and only special tokens that it
/// defines.
fn check_template(step: &Value) -> Result<(), String> {
	let pieces = step.get("single").and_then(Value::as_array).ok_or("its template is no list")?;
	let mut texts = 0;
	for piece in pieces {
		if let Some(sequence) = piece.get("Sequence") {
			if sequence.get("id") != Some(&Value::from("A")) {
				return Err("its template for one text has a second one".to_owned());
			}
			texts += 1;
		}
		if let Some(special) = piece.get("SpecialToken") {
			let name = special.get("id").and_then(Value::as_str).unwrap_or_default();
			let defined = step.get("special_tokens").and_then(|all| all.get(name));
			let ids = defined.and_then(|token| token.get("ids")).and_then(Value::as_array);
			if ids.is_none_or(|ids| ids.len() > MAX_SPECIAL) {
				return Err(format!("its template does not say what '{}' is", shorten(name)));
			}
		}
	}
	match texts {
		1 => Ok(()),
		_ => Err(format!("its template for one text has it {texts} times")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	fn document() -> Value {
		json!({
			"model": {
				"type": "BPE", "dropout": null, "vocab": { "a": 0, "b": 1, "ab": 2, "aba": 3 },
				"merges": [["a", "b"], "ab a"],
			},
			"normalizer": {
				"type": "Sequence",
				"normalizers": [
					{ "type": "Prepend", "prepend": "\u{2581}" },
					{ "type": "Replace", "pattern": { "String": " " }, "content": "\u{2581}" },
				],
			},
			"pre_tokenizer": null,
			"post_processor": {
				"type": "TemplateProcessing",
				"single": [
					{ "SpecialToken": { "id": "<s>", "type_id": 0 } },
					{ "Sequence": { "id": "A", "type_id": 0 } },
				],
				"special_tokens": { "<s>": { "id": "<s>", "ids": [1], "tokens": ["<s>"] } },
			},
			"decoder": {
				"type": "Sequence",
				"decoders": [
					{ "type": "Fuse" },
					{ "type": "Strip", "content": " ", "start": 1, "stop": 0 },
				],
			},
		})
	}

	#[test]
	fn document_should_be_refused_with_its_own_reason_when_a_part_is_not_safe() {
		check(&document()).unwrap();
		for (path, value, reason) in [
			("/model/type", json!("Unigram"), "model 'Unigram' is not supported"),
			("/model/type", Value::Null, "model has no type"),
			("/model/dropout", json!(0.1), "left to chance"),
			("/model/dropout", json!("0"), "left to chance"),
			("/model/merges/0", json!(["b", "a"]), "make 'ba', which is no token"),
			("/model/merges/1", json!("b b"), "make 'bb', which is no token"),
			("/model/vocab", json!({}), "make 'ab', which is no token"),
			(
				"/normalizer/normalizers/0/type",
				json!("Precompiled"),
				"'Precompiled' is not supported",
			),
			("/normalizer/normalizers/0/prepend", json!("x".repeat(64)), "lengthen texts"),
			("/normalizer/normalizers/0/prepend", json!(""), "prepends nothing"),
			(
				"/pre_tokenizer",
				json!({ "type": "FixedLength", "length": 0 }),
				"'FixedLength' is not",
			),
			("/post_processor/special_tokens", json!({}), "does not say what '<s>' is"),
			("/post_processor/single/0", json!({ "Sequence": { "id": "A" } }), "has it 2 times"),
			("/post_processor/single/1", json!({ "Sequence": { "id": "B" } }), "a second one"),
			("/post_processor/single/1", json!({}), "has it 0 times"),
			("/decoder/decoders/1/stop", json!(1), "strips the ends"),
			("/decoder/decoders/0/type", json!("CTC"), "'CTC' is not supported"),
		] {
			let mut document = document();
			*document.pointer_mut(path).unwrap() = value;
			let error = check(&document).unwrap_err();
			assert!(error.contains(reason), "{path}: {error}");
		}
	}

	#[test]
	fn document_should_be_refused_when_a_number_is_too_large() {
		let text = document().to_string();
		for number in ["1e999", "99999999999999999999999"] {
			let text = text.replace("\"start\":1", &format!("\"start\":{number}"));
			assert!(text.contains(number));
			assert!(crate::files::Tokenizer::from_json(text.as_bytes()).is_err());
		}
	}

	#[test]
	fn time_should_stay_bounded_when_words_are_long() {
		let model = json!({ "model": { "type": "WordPiece", "max_input_chars_per_word": 100 } });
		check(&model).unwrap();
		let model =
			json!({ "model": { "type": "WordPiece", "max_input_chars_per_word": 100_000 } });
		assert!(check(&model).unwrap_err().contains("above 1000"));
	}
}
