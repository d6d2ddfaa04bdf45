//! Every reader of files against damaged ones: it may refuse or read, and nothing else.
//!
//! Valid files are changed at random: bits flipped, ends cut, parts moved, doubled or overwritten,
//! lengths replaced, JSON keys removed and values exchanged. No reader may panic or ask for much
//! more memory than its file has, and what it reads must keep the promises of its type.
//!
//! `OPENLEDGER_MUTATIONS` is the number of damaged files for each reader, 400 if not set.

use flate2::{write::GzEncoder, Compression};
use openledger_transformers::files::{
	tiny::{self, TinyConfig},
	AdapterFile, BaseConfig, FileError, LoraConfig, Task, TextDataset, TextSchema, TokenCache,
	Tokenizer, Weights,
};
use rand::{seq::IndexedRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{json, Value};
use std::{
	alloc::{GlobalAlloc, Layout, System},
	fs,
	io::Write,
	panic::{catch_unwind, AssertUnwindSafe},
	path::Path,
	sync::atomic::{AtomicUsize, Ordering},
};

/// The largest single request for memory so far, in bytes.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// The files below have at most some ten kilobytes. The tokenizers' library keeps a list of all it
/// has ever loaded, which is what grows with many mutations.
const MOST_MEMORY: usize = 64 << 20;

/// The system's allocator, watched.
struct Watched;

unsafe impl GlobalAlloc for Watched {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
		// SAFETY: passed on as it came.
		unsafe { System.alloc(layout) }
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
		// SAFETY: passed on as it came.
		unsafe { System.alloc_zeroed(layout) }
	}

	unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		LARGEST.fetch_max(size, Ordering::Relaxed);
		// SAFETY: passed on as it came.
		unsafe { System.realloc(old, layout, size) }
	}

	unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
		// SAFETY: passed on as it came.
		unsafe { System.dealloc(old, layout) }
	}
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

const TEXTS: [&str; 3] = ["a good film, really", "a bad film", "the worst of films"];

/// Gives `read` damaged copies of `valid`; it says whether it read one. The valid one must be read.
fn attack(name: &str, valid: &[u8], mut read: impl FnMut(&[u8]) -> bool) {
	let count = std::env::var("OPENLEDGER_MUTATIONS").ok().and_then(|text| text.parse().ok());
	let count: u64 = count.unwrap_or(400);
	assert!(read(valid), "{name}: the valid file is refused");
	let mut taken = 0u64;
	for seed in 0..count {
		let bytes = mutate(valid, &mut ChaCha8Rng::seed_from_u64(seed));
		match catch_unwind(AssertUnwindSafe(|| read(&bytes))) {
			Ok(read) => taken += u64::from(read),
			Err(_) => panic!("{name}: mutation {seed} panics"),
		}
		let largest = LARGEST.load(Ordering::Relaxed);
		assert!(largest <= MOST_MEMORY, "{name}: by mutation {seed}, {largest} bytes at once");
	}
	println!("{name}: {count} mutations, {taken} read, {} refused", count - taken);
}

fn mutate(valid: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
	let mut bytes = valid.to_vec();
	for _ in 0..rng.random_range(1..=3) {
		if bytes.is_empty() {
			break;
		}
		let (i, j) = (rng.random_range(0..bytes.len()), rng.random_range(0..bytes.len()));
		let (from, to) = (i.min(j), i.max(j));
		match rng.random_range(0..16) {
			0 => bytes[i] ^= 1 << rng.random_range(0..8),
			1 => (0..8).for_each(|_| {
				let place = rng.random_range(0..bytes.len());
				bytes[place] = rng.random();
			}),
			2 => bytes.truncate(i),
			3 => drop(bytes.drain(from..to.min(from + 64))),
			4 => {
				let part = bytes[from..to.min(from + 64)].to_vec();
				bytes.splice(j..j, part);
			},
			5 => change_length(&mut bytes, rng),
			6 => change_number(&mut bytes, rng),
			_ => bytes = change_json(&bytes, rng),
		}
	}
	bytes
}

/// Overwrites the first eight bytes, or eight elsewhere, with a number near a boundary.
fn change_length(bytes: &mut [u8], rng: &mut ChaCha8Rng) {
	let near = [0, 8, 1 << 31, 1 << 32, 1 << 63, u64::MAX, bytes.len() as u64];
	let number = near.choose(rng).unwrap().wrapping_add(rng.random_range(0..3)).wrapping_sub(1);
	let start = if rng.random() { 0 } else { rng.random_range(0..bytes.len()) };
	let rest = &mut bytes[start..];
	let length = rest.len().min(8);
	rest[..length].copy_from_slice(&number.to_le_bytes()[..length]);
}

/// Replaces a digit of the text, or makes a number longer.
fn change_number(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
	let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
	if let Some(place) = digits.choose(rng).copied() {
		let with: &[u8] =
			[&b"0"[..], b"9", b"-", b"99999999999", b"1e999", b"0.5"].choose(rng).unwrap();
		bytes.splice(place..place + 1, with.iter().copied());
	}
}

/// Changes one value of the JSON document, or of the JSON header of a file of tensors, or of one
/// line.
fn change_json(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
	if let Ok(mut value) = serde_json::from_slice::<Value>(bytes) {
		change_value(&mut value, rng);
		return value.to_string().into_bytes();
	}
	if let Some((length, rest)) = bytes.split_first_chunk::<8>() {
		let length = u64::from_le_bytes(*length) as usize;
		if let Some((header, data)) = rest.split_at_checked(length) {
			let header = change_json(header, rng);
			return [&(header.len() as u64).to_le_bytes(), &header[..], data].concat();
		}
	}
	let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
	let line = rng.random_range(0..lines.len());
	if let Ok(mut value) = serde_json::from_slice::<Value>(&lines[line]) {
		change_value(&mut value, rng);
		lines[line] = value.to_string().into_bytes();
	}
	lines.join(&b'\n')
}

fn change_value(value: &mut Value, rng: &mut ChaCha8Rng) {
	match value {
		Value::Object(fields) if !fields.is_empty() && rng.random_bool(0.9) => {
			let keys: Vec<String> = fields.keys().cloned().collect();
			let key = keys.choose(rng).unwrap();
			match rng.random_range(0..4) {
				0 => drop(fields.remove(key)),
				1 => {
					let moved = fields.remove(key).unwrap();
					fields.insert(keys.choose(rng).unwrap().clone() + "x", moved);
				},
				_ => change_value(&mut fields[key], rng),
			}
		},
		Value::Array(values) if !values.is_empty() && rng.random_bool(0.9) => {
			let place = rng.random_range(0..values.len());
			match rng.random_range(0..4) {
				0 => drop(values.remove(place)),
				1 => values.push(values[place].clone()),
				_ => change_value(&mut values[place], rng),
			}
		},
		other => {
			let values = [
				Value::Null,
				json!(true),
				json!(false),
				json!(0),
				json!(-1),
				json!(7),
				json!(1u64 << 32),
				json!(u64::MAX),
				json!(1e300),
				json!(""),
				json!("F16"),
				json!("\u{10ffff}\u{0}"),
				json!([]),
				json!([[], {}]),
				json!({}),
			];
			*other = values.choose(rng).unwrap().clone();
		},
	}
}

type Make = fn(&Path) -> Result<(), FileError>;

fn tiny_bert(directory: &Path) -> Result<(), FileError> {
	tiny::bert(directory, &TEXTS, &small())
}

fn tiny_llama(directory: &Path) -> Result<(), FileError> {
	tiny::llama(directory, &TEXTS, &small())
}

fn directory() -> tempfile::TempDir {
	tempfile::tempdir().unwrap()
}

fn small() -> TinyConfig {
	TinyConfig {
		hidden_size: 8,
		num_hidden_layers: 1,
		num_attention_heads: 2,
		num_key_value_heads: 1,
		intermediate_size: 8,
		max_position_embeddings: 16,
		vocab_size: 300,
		..TinyConfig::default()
	}
}

#[test]
fn config_should_be_read_or_refused_when_damaged() {
	let directory = directory();
	for (name, make) in [("bert config", tiny_bert as Make), ("llama config", tiny_llama)] {
		make(directory.path()).unwrap();
		let valid = fs::read(directory.path().join("config.json")).unwrap();
		attack(name, &valid, |bytes| match BaseConfig::from_json(bytes) {
			Ok(BaseConfig::Bert(config)) => {
				assert_eq!(config.hidden_size % config.num_attention_heads, 0);
				assert!((config.pad_token_id as usize) < config.vocab_size);
				true
			},
			Ok(BaseConfig::Llama(config)) => {
				assert_eq!(config.num_attention_heads % config.num_key_value_heads, 0);
				assert!(config.head_dim % 2 == 0 && config.rope_theta > 0.0);
				true
			},
			Err(error) => error.to_string().is_empty(),
		});
	}
}

#[test]
fn weights_should_be_read_or_refused_when_damaged() {
	let directory = directory();
	tiny_llama(directory.path()).unwrap();
	let single = directory.path().join("model.safetensors");
	let valid = fs::read(&single).unwrap();
	let shapes: [(&str, &[usize]); 3] = [
		("model.norm.weight", &[8]),
		("layers.0.self_attn.q_proj.weight", &[8, 8]),
		("layers.0.self_attn.k_proj.weight", &[4, 8]),
	];
	let open = || match Weights::open(directory.path()) {
		Ok(weights) => shapes.iter().all(|(name, shape)| match weights.get(name, shape) {
			Ok(values) => {
				assert_eq!(values.len(), shape.iter().product::<usize>());
				assert!(values.iter().all(|x| x.is_finite()));
				true
			},
			Err(error) => error.to_string().is_empty(),
		}),
		Err(error) => error.to_string().is_empty(),
	};
	attack("weights", &valid, |bytes| {
		fs::write(&single, bytes).unwrap();
		open()
	});
	fs::write(directory.path().join("a.safetensors"), &valid).unwrap();
	fs::remove_file(&single).unwrap();
	let map = shapes.map(|(name, _)| match name.strip_prefix("layers") {
		Some(rest) => (format!("model.layers{rest}"), "a.safetensors"),
		None => (name.to_owned(), "a.safetensors"),
	});
	let map: std::collections::BTreeMap<_, _> = map.into_iter().collect();
	let index = json!({ "metadata": { "total_size": 1 }, "weight_map": map }).to_string();
	attack("shard index", index.as_bytes(), |bytes| {
		fs::write(directory.path().join("model.safetensors.index.json"), bytes).unwrap();
		open()
	});
}

#[test]
fn adapter_should_be_read_or_refused_when_damaged() {
	let module = |name: &str| format!("encoder.layer.0.attention.self.{name}");
	let valid = AdapterFile {
		config: LoraConfig {
			rank: 2,
			alpha: 4.0,
			target_modules: vec!["query".to_owned(), "value".to_owned()],
			rslora: false,
		},
		matrices: ["query", "value"]
			.map(|name| (module(name), (vec![0.5; 16], vec![0.25; 16])))
			.into_iter()
			.collect(),
		head: Some((vec![0.1; 16], vec![0.2; 2])),
		base_hash: Some([3; 32]),
		task: Task::SequenceClassification,
	};
	let (config, tensors) = valid.to_bytes(Some("base")).unwrap();
	let check = |config: &[u8], tensors: &[u8]| match AdapterFile::from_bytes(config, tensors) {
		Ok(adapter) => {
			let (config, tensors) = adapter.to_bytes(None).unwrap();
			assert_eq!(AdapterFile::from_bytes(&config, &tensors).unwrap(), adapter);
			true
		},
		Err(error) => error.to_string().is_empty(),
	};
	attack("adapter config", &config, |bytes| check(bytes, &tensors));
	attack("adapter tensors", &tensors, |bytes| check(&config, bytes));
}

/// The parts of Llama 2's and Qwen's tokenizers around the tiny one's tokens.
fn with_other_parts(tokenizer: &[u8]) -> Vec<u8> {
	let mut document: Value = serde_json::from_slice(tokenizer).unwrap();
	document["normalizer"] = json!({ "type": "Sequence", "normalizers": [
		{ "type": "NFC" },
		{ "type": "Prepend", "prepend": "\u{2581}" },
		{ "type": "Replace", "pattern": { "String": " " }, "content": "\u{2581}" },
	] });
	document["pre_tokenizer"] = json!({ "type": "Sequence", "pretokenizers": [
		{
			"type": "Split",
			"pattern": { "Regex": "(?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+" },
			"behavior": "Isolated",
			"invert": false,
		},
		{ "type": "Digits", "individual_digits": true },
		{ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false },
	] });
	document["decoder"] = json!({ "type": "Sequence", "decoders": [
		{ "type": "Replace", "pattern": { "String": "\u{2581}" }, "content": " " },
		{ "type": "ByteFallback" },
		{ "type": "Fuse" },
		{ "type": "Strip", "content": " ", "start": 1, "stop": 0 },
	] });
	document.to_string().into_bytes()
}

#[test]
fn tokenizer_should_be_read_or_refused_when_damaged() {
	let directory = directory();
	let valid = |make: Make| {
		make(directory.path()).unwrap();
		fs::read(directory.path().join("tokenizer.json")).unwrap()
	};
	let (bert, llama) = (valid(tiny_bert), valid(tiny_llama));
	let other = with_other_parts(&llama);
	for (name, valid) in
		[("bert tokenizer", bert), ("llama tokenizer", llama), ("other tokenizer", other)]
	{
		attack(name, &valid, |bytes| match Tokenizer::from_json(bytes) {
			Ok(tokenizer) => {
				let texts = ["a Good film 2024", "w\u{f6}rst [SEP] \u{1f3ac}", " "];
				let read = texts.map(|text| match tokenizer.encode(text, 6) {
					Ok(encoding) => {
						assert!((1..=6).contains(&encoding.ids.len()));
						let _ = tokenizer.decode(&encoding.ids);
						true
					},
					Err(error) => error.to_string().is_empty(),
				});
				read.contains(&true)
			},
			Err(error) => error.to_string().is_empty(),
		});
	}
}

#[test]
fn text_should_be_encoded_when_it_holds_any_characters() {
	const RANGES: [(u32, u32); 12] = [
		(0x00, 0x20),
		(0x20, 0x7f),
		(0x80, 0x180),
		(0x300, 0x370),
		(0x590, 0x700),
		(0x1100, 0x1200),
		(0x2000, 0x20d0),
		(0x2581, 0x2582),
		(0x4e00, 0x4e40),
		(0xac00, 0xac40),
		(0xfb00, 0x1_0000),
		(0x1f300, 0x2_0000),
	];
	let directory = directory();
	let valid = |make: Make| {
		make(directory.path()).unwrap();
		fs::read(directory.path().join("tokenizer.json")).unwrap()
	};
	let (bert, llama) = (valid(tiny_bert), valid(tiny_llama));
	let other = with_other_parts(&llama);
	let tokenizers = [bert, llama, other].map(|bytes| Tokenizer::from_json(&bytes).unwrap());
	let mut rng = ChaCha8Rng::seed_from_u64(1);
	attack("text", b"a film", |bytes| {
		let mut text = String::from_utf8_lossy(bytes).into_owned();
		for _ in 0..rng.random_range(0..24) {
			let (from, to) = *RANGES.choose(&mut rng).unwrap();
			text.extend(char::from_u32(rng.random_range(from..to)));
		}
		tokenizers.iter().all(|tokenizer| match tokenizer.encode(&text, 12) {
			Ok(encoding) => {
				assert!((1..=12).contains(&encoding.ids.len()));
				assert_eq!(tokenizer.encode(&text, 12).unwrap(), encoding);
				tokenizer.decode(&encoding.ids).is_ok()
			},
			Err(error) => error.to_string().is_empty(),
		})
	});
}

#[test]
fn rows_should_be_read_or_refused_when_damaged() {
	let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
	let csv = "id,text,label\n1,\"a, \"\"good\"\"\nfilm\",pos\n\n2,\u{fc}ber,neg\n3,x,pos\n";
	encoder.write_all(csv.as_bytes()).unwrap();
	let zipped = encoder.finish().unwrap();
	let lines = concat!(
		"{\"text\":\"a \\\"good\\\" film\",\"label\":1}\n",
		"{\"label\":0,\"text\":\"\\u00fcber\",\"more\":[1,{}]}\n\n",
		"{\"text\":\"x\",\"label\":12}\n",
	);
	let check = |bytes: &[u8]| match TextDataset::from_bytes(bytes, &TextSchema::default()) {
		Ok(data) => {
			assert!(data.labels().is_none_or(|labels| labels.len() == data.len()));
			assert!(data.labels().iter().flat_map(|x| x.iter()).all(|x| *x < data.classes()));
			let schema =
				TextSchema { class_names: data.class_names().to_vec(), ..Default::default() };
			let again = TextDataset::from_bytes(&data.to_json_lines(), &schema).unwrap();
			assert_eq!(again, data);
			true
		},
		Err(error) => error.to_string().is_empty(),
	};
	attack("csv", csv.as_bytes(), check);
	attack("gzip", &zipped, check);
	attack("json lines", lines.as_bytes(), check);
}

#[test]
fn tokens_should_be_made_again_when_the_cache_is_damaged() {
	let directory = directory();
	tiny_bert(directory.path()).unwrap();
	let tokenizer = Tokenizer::open(directory.path()).unwrap();
	let data = TextDataset::new(TEXTS.map(str::to_owned).to_vec(), None, vec![]).unwrap();
	let folder = directory.path().join("cache");
	let cache = TokenCache::open(&folder).unwrap();
	let expected = cache.tokens(&data, &tokenizer, 8).unwrap();
	let path = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
	let valid = fs::read(&path).unwrap();
	attack("token cache", &valid, |bytes| {
		fs::write(&path, bytes).unwrap();
		assert_eq!(cache.tokens(&data, &tokenizer, 8).unwrap(), expected);
		bytes == valid
	});
}
