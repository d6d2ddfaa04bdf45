//! Every reader of files against damaged ones: it may refuse or read, and what it reads must keep the
//! promises of its type. See `openledger_testing::mutations`.

use openledger_testing::mutations::{attack, Watched};
use openledger_transformers::files::{
	tiny::{self, TinyConfig},
	AdapterFile, BaseConfig, FileError, LoraConfig, TaskType, Tokenizer, Weights,
};
use rand::{seq::IndexedRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{json, Value};
use std::{fs, path::Path};

#[global_allocator]
static ALLOCATOR: Watched = Watched;

const TEXTS: [&str; 3] = ["a good film, really", "a bad film", "the worst of films"];

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
		task: TaskType::SequenceClassification,
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
