//! Every reader of this crate's files against damaged ones: it may refuse or read, and what it reads
//! must work without a panic. See `openledger_testing::mutations`.

use openledger_influence::{
	attribute, build_index, Contribution, EkFac, ExactCurvature, Index, IndexBuilder,
};
use openledger_models::{
	train, Activation, Architecture, Base, Lora, Manifest, ManifestEntry, Model, Source,
	TrainConfig, Trained,
};
use openledger_primitives::Width;
use openledger_rows::Dataset;
use openledger_rows::TextDataset;
use openledger_testing::mutations::{attack, check_memory, with_metadata, Watched};
use openledger_transformers::files::{
	tiny::{self, TinyConfig},
	FileError,
};
use std::path::Path;

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Points around three corners.
fn rows() -> Dataset {
	let features = (0..24).flat_map(|i| [(i % 3) as f32, (i % 5) as f32 * 0.1]).collect();
	Dataset::new(2, features, (0..24).map(|i| i % 3).collect()).unwrap()
}

fn config() -> TrainConfig {
	let architecture = Architecture::mlp(&[2, 3, 3], Activation::Tanh);
	TrainConfig { epochs: 2, batch_size: 8, ..TrainConfig::standard(architecture) }
}

fn trained() -> Trained {
	train(&rows(), &config(), &mut |_| ()).unwrap()
}

fn contributions() -> Vec<Contribution> {
	let part = |id: u64| {
		let numbers: Vec<usize> = (id as usize * 8..id as usize * 8 + 8).collect();
		Contribution { id, rows: rows().select(&numbers).unwrap() }
	};
	(0..3).map(part).collect()
}

#[test]
fn weights_should_be_read_or_refused_when_damaged() {
	attack("weights", trained().model.to_bytes(), |bytes| match Model::load(bytes, None) {
		Ok(model) => {
			let input = vec!["0.5"; model.architecture().inputs()].join(",");
			let _ = model.answer(&input);
			assert_eq!(Model::load(model.to_bytes(), None).unwrap(), model);
			true
		},
		Err(error) => error.to_string().is_empty(),
	});
}

const TEXTS: [&str; 3] = ["a good film", "a bad film", "the worst film"];

/// A small classifier and a small language model, each on a tiny base model that stays open.
fn models_of_text() -> [Model; 2] {
	let directory = tempfile::tempdir().unwrap();
	let texts = TEXTS.map(str::to_owned);
	let open = |name: &str, make: fn(&Path, &[String], &TinyConfig) -> Result<(), FileError>| {
		let path = directory.path().join(name);
		make(&path, &texts, &TinyConfig::default()).unwrap();
		Base::open(&path).unwrap().hash()
	};
	let (encoder, decoder) = (open("encoder", tiny::bert), open("decoder", tiny::llama));
	let lora =
		|target: &str| Lora { rank: 1, alpha: 2, targets: vec![target.to_owned()], rslora: false };
	let classifier = Architecture::Encoder {
		base: encoder,
		lora: lora("query"),
		classes: 2,
		class_names: Vec::new(),
		max_tokens: 8,
	};
	let language = Architecture::Decoder {
		base: decoder,
		lora: lora("q_proj"),
		max_tokens: 8,
		answer_tokens: 2,
	};
	[(classifier, Some(vec![1, 0, 0])), (language, None)].map(|(architecture, labels)| {
		let data = TextDataset::new(texts.to_vec(), labels, Vec::new()).unwrap();
		let config = TrainConfig { epochs: 1, ..TrainConfig::standard(architecture) };
		train(&Dataset::from_text(data), &config, &mut |_| ()).unwrap().model
	})
}

#[test]
fn weights_of_text_should_be_read_or_refused_when_damaged() {
	for model in models_of_text() {
		attack("weights of text", model.to_bytes(), |bytes| match Model::load(bytes, None) {
			Ok(model) => {
				let _ = model.answer("a good film");
				true
			},
			Err(error) => error.to_string().is_empty(),
		});
	}
}

/// A file of some kilobytes, registered and asked, once ended every attester's node: it claimed a
/// rank of 4,000,000,000, and memory for it was taken before the file's tensors were looked at.
#[test]
fn weights_of_text_should_be_refused_without_taking_memory_when_they_claim_a_size() {
	for model in models_of_text() {
		for (field, now) in
			[("rank", "1"), ("classes", "2"), ("max_tokens", "8"), ("answer_tokens", "2")]
		{
			let (from, small) = (format!("\"{field}\":{now}"), ["5", "60000"]);
			if !model.architecture().to_json().contains(&from) {
				continue;
			}
			let large = ["4000000000", "1000000000000", "18446744073709551615"];
			for claim in small.into_iter().chain(large) {
				let bytes = with_metadata(model.to_bytes(), &from, &format!("\"{field}\":{claim}"));
				let read = Model::load(&bytes, None);
				check_memory(&format!("{field} {claim}"));
				match (field, read) {
					// These two bound a text and an answer, and are no tensor's size.
					("max_tokens" | "answer_tokens", Ok(model)) => {
						assert_eq!(claim, "5");
						model.answer("a good film").unwrap();
					},
					(_, Ok(_)) => panic!("{field} {claim} was taken"),
					(_, Err(error)) => {
						let error = error.to_string();
						assert!(error.contains(claim) || error.contains(field), "{error}");
					},
				}
			}
		}
	}
}

#[test]
fn index_should_be_read_or_refused_when_damaged() {
	let (model, contributions) = (trained().model, contributions());
	let kronecker: Box<dyn IndexBuilder> = Box::new(EkFac::default());
	let dense: Box<dyn IndexBuilder> = Box::new(ExactCurvature::for_recipe(&config()));
	for (name, builder, width) in
		[("index in layers", kronecker, Width::Int8), ("dense index", dense, Width::Int16)]
	{
		let index =
			build_index(builder.as_ref(), &model, &contributions, width, &mut |_| ()).unwrap();
		attack(name, index.to_bytes(), |bytes| match Index::load(bytes, None, &model) {
			Ok(index) => {
				if let Ok(attribution) = attribute(&model, &index, "1,0.2", "1", 4) {
					attribution.check(&index.commitment(), 4).unwrap();
				}
				let _ = index.recompute_leaf(&model, 0, &contributions[0].rows);
				true
			},
			Err(error) => error.to_string().is_empty(),
		});
	}
}

#[test]
fn manifest_should_be_read_or_refused_when_damaged() {
	let sources = vec![Source { datanet: 1, version: 2 }];
	let entries = vec![ManifestEntry { id: 5, rows: 24 }];
	let manifest = Manifest::new(sources, entries, &config(), &trained()).to_json();
	attack("manifest", manifest.as_bytes(), |bytes| {
		let Ok(text) = std::str::from_utf8(bytes) else { return false };
		match Manifest::from_json(text) {
			Ok(manifest) => {
				// The loss may lose its last bit in JSON.
				let again = Manifest::from_json(&manifest.to_json()).unwrap();
				assert_eq!(again.config, manifest.config);
				assert_eq!(again.contributions, manifest.contributions);
				assert_eq!(again.weights_hash, manifest.weights_hash);
				true
			},
			Err(error) => error.to_string().is_empty(),
		}
	});
}

#[test]
fn architecture_should_be_read_or_refused_when_damaged() {
	let lora = Lora { rank: 2, alpha: 4, targets: vec!["query".to_owned()], rslora: false };
	let text = Architecture::Encoder {
		base: [7; 32],
		lora,
		classes: 2,
		class_names: Vec::new(),
		max_tokens: 16,
	};
	for (name, architecture) in
		[("architecture", config().architecture), ("architecture of text", text)]
	{
		attack(name, architecture.to_json().as_bytes(), |bytes| {
			let Ok(text) = std::str::from_utf8(bytes) else { return false };
			match Architecture::from_json(text) {
				Ok(read) => {
					assert_eq!(Architecture::from_json(&read.to_json()).unwrap(), read);
					true
				},
				Err(error) => error.to_string().is_empty(),
			}
		});
	}
}
