//! A published encoder: adapters trained on it answer and are attributed. `scripts/test-minilm` fetches
//! the weights and runs this.

use openledger_influence::{attribute, build_index, Contribution, EkFac, Error, Index};
use openledger_models::{train, Architecture, Base, Lora, Model, Optimiser, TrainConfig};
use openledger_primitives::Width;
use openledger_rows::Dataset;
use openledger_rows::TextDataset;
use std::path::PathBuf;

/// Three subjects; no two texts share more than common words.
const SUBJECTS: [[&str; 12]; 3] = [
	[
		"Simmer the onions in butter until they are soft.",
		"Whisk two eggs with a spoonful of flour.",
		"Leave the dough to rise for an hour.",
		"The soup needs more salt and a bay leaf.",
		"Roast the potatoes in a hot oven.",
		"Grate the cheese over the noodles.",
		"Drain the rice and stir in the peas.",
		"Slice the bread while it is still warm.",
		"Marinate the chicken overnight in yoghurt.",
		"Caramelise the sugar slowly in a pan.",
		"Chop the garlic as fine as you can.",
		"Serve the pancakes with maple syrup.",
	],
	[
		"The striker scored twice before half time.",
		"Their goalkeeper saved a penalty in the last minute.",
		"She won the sprint by a tenth of a second.",
		"The coach changed both wingers after the break.",
		"He broke the national record in the marathon.",
		"The away team lost three matches in a row.",
		"A late tackle earned the defender a red card.",
		"The champion defended her title in straight sets.",
		"The crowd cheered when the race began.",
		"The referee stopped the fight in round four.",
		"Our relay team trains every morning.",
		"The league table is led by last year's finalists.",
	],
	[
		"Saturn's rings are made mostly of ice.",
		"The telescope observed a distant galaxy.",
		"A comet's tail always points away from the sun.",
		"The probe entered orbit around Mars.",
		"Neutron stars spin hundreds of times a second.",
		"The lunar eclipse was visible from the coast.",
		"Astronauts repaired the solar panels of the station.",
		"Light from that nebula is thousands of years old.",
		"The rocket's second stage ignited on time.",
		"Jupiter has dozens of known moons.",
		"Dark matter bends the path of starlight.",
		"The meteor shower peaks in August.",
	],
];

const UNSEEN: [(&str, usize); 6] = [
	("Add a pinch of pepper to the sauce.", 0),
	("Bake the cake for forty minutes.", 0),
	("The midfielder was injured in training.", 1),
	("They lost the final after extra time.", 1),
	("The spacecraft photographed Pluto.", 2),
	("A supernova outshone its whole galaxy.", 2),
];

fn rows(texts: &[&str], label: usize) -> Dataset {
	let labels = vec![label as u32; texts.len()];
	let texts = texts.iter().map(|text| (*text).to_owned()).collect();
	Dataset::from_text(TextDataset::new(texts, Some(labels), Vec::new()).unwrap())
}

/// Two contributions of each subject, one after the other.
fn contributions() -> Vec<Contribution> {
	let of = |(subject, texts): (usize, &[&str; 12])| {
		let (first, second) = texts.split_at(6);
		[rows(first, subject), rows(second, subject)]
	};
	let rows = SUBJECTS.iter().enumerate().flat_map(of);
	(0..).zip(rows).map(|(id, rows)| Contribution { id, rows }).collect()
}

#[test]
#[ignore = "needs published weights: run scripts/test-minilm"]
fn answers_of_a_published_encoder_should_be_attributed_to_texts_of_their_subject() {
	let directory = std::env::var_os("OPENLEDGER_PUBLISHED_ENCODER")
		.expect("OPENLEDGER_PUBLISHED_ENCODER names the directory of the weights");
	let base = Base::open(&PathBuf::from(directory)).unwrap();
	let targets = vec!["query".to_owned(), "value".to_owned()];
	let lora = Lora { rank: 4, alpha: 8, targets, rslora: false };
	let architecture = Architecture::Encoder {
		base: base.hash(),
		lora,
		classes: 3,
		class_names: Vec::new(),
		max_tokens: 32,
	};
	let config = TrainConfig {
		optimiser: Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
		learning_rate: 2e-3,
		epochs: 6,
		batch_size: 9,
		..TrainConfig::standard(architecture)
	};
	let contributions = contributions();
	let data = Dataset::concat(&contributions.iter().map(|c| &c.rows).collect::<Vec<_>>()).unwrap();
	let trained = train(&data, &config, &mut |_| ()).unwrap();
	assert_eq!(trained.accuracy, 1.0);
	let model = Model::load(trained.model.to_bytes(), Some(&trained.model.hash())).unwrap();

	let builder = EkFac::default();
	let index = build_index(&builder, &model, &contributions, Width::Int8, &mut |_| ()).unwrap();
	let index = Index::load(index.to_bytes(), None, &model).unwrap();
	for (text, subject) in UNSEEN {
		let answer = model.answer(text).unwrap();
		assert_eq!(answer.label as usize, subject, "{text}");
		let attribution = attribute(&model, &index, text, &answer.text, 6).unwrap();
		attribution.check(&index.commitment(), 6).unwrap();
		let best = attribution.entries[0].leaf.contribution;
		assert_eq!(best as usize / 2, subject, "{text}: contribution {best}");
	}
	for (position, contribution) in contributions.iter().enumerate() {
		let leaf = index.recompute_leaf(&model, position, &contribution.rows).unwrap();
		assert_eq!(Some(leaf), index.leaf(position));
	}
	let error = attribute(&model, &index, "A goal.", "7", 6).unwrap_err();
	assert!(matches!(error, Error::UnknownClass { .. }), "{error}");
}
