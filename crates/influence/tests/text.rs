//! Attribution of answers of transformers with an adapter, from files to proofs.

use openledger_influence::{
	attribute, build_index,
	builders::{GradientCosine, Positive},
	curvature::dense_curvature,
	held_out_attribution,
	rows::{answer_gradient, row_margin_scores, row_scores},
	Contribution, EkFac, Error, ExactCurvature, GradientDot, Index, IndexBuilder,
};
use openledger_models::testing::sentences::{config, encoder, lora, rows, texts};
use openledger_models::{train, Architecture, Base, Function, Lora, Model, TrainConfig};
use openledger_primitives::Width;
use openledger_rows::Error as RowsError;
use openledger_rows::{Dataset, Schema};
use openledger_rows::{TextDataset, TextSchema};
use openledger_transformers::files::tiny;

fn contributions(data: &Dataset, size: usize) -> Vec<Contribution> {
	let numbers: Vec<usize> = (0..data.len()).collect();
	let parts = numbers.chunks(size).zip(10..);
	parts.map(|(rows, id)| Contribution { id, rows: data.select(rows).unwrap() }).collect()
}

#[test]
fn answers_of_a_classifier_should_be_attributed_with_proofs() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let data = rows(48, 0);
	let trained = train(&data, &config(architecture), &mut |_| ()).unwrap();
	assert!(trained.accuracy > 0.9, "{}", trained.accuracy);
	let model = Model::load(trained.model.to_bytes(), Some(&trained.model.hash())).unwrap();
	assert_eq!(model.parameters(), trained.model.parameters());

	let mut contributions = contributions(&data, 6);
	// The last one says the opposite of the truth.
	let last = contributions.len() - 1;
	let wrong = contributions[last].rows.labels().iter().map(|label| 1 - label).collect();
	contributions[last].rows = contributions[last].rows.with_labels(wrong).unwrap();
	for builder in [&EkFac { draws: 4, ..EkFac::default() } as &dyn IndexBuilder, &GradientDot] {
		let index =
			build_index(builder, &model, &contributions, Width::Int16, &mut |_| ()).unwrap();
		let index = Index::load(index.to_bytes(), Some(&index.file_hash()), &model).unwrap();
		for (position, contribution) in contributions.iter().enumerate() {
			let leaf = index.recompute_leaf(&model, position, &contribution.rows).unwrap();
			assert_eq!(Some(leaf), index.leaf(position));
		}
		let answer = model.answer("great book and song").unwrap();
		assert_eq!(answer.text, "1");
		let attribution =
			attribute(&model, &index, "great book and song", &answer.text, 8).unwrap();
		let entries = attribution.check(&index.commitment(), 8).unwrap();
		assert!(!entries.is_empty());
		let held_out = held_out_attribution(&model, &index, &rows(20, 100), 8).unwrap();
		let entries = held_out.check(&index.commitment(), 8).unwrap();
		assert!(entries.iter().all(|entry| entry.contribution != 10 + last as u64));
	}
}

#[test]
fn rows_of_several_tokens_should_be_scored_for_many_queries_as_for_each() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let (data, queries) = (rows(48, 0), rows(3, 200));
	let model = train(&data, &config(architecture), &mut |_| ()).unwrap().model;
	let contributions = contributions(&data, 48);
	let builder = EkFac { draws: 4, ..EkFac::default() };
	let index = build_index(&builder, &model, &contributions, Width::Int8, &mut |_| ()).unwrap();
	let parts = builder.parts(&model, &contributions, &mut |_| ()).unwrap();
	assert_eq!(parts, index.parts());
	let found = row_margin_scores(&model, &parts, &queries, &data).unwrap();
	let some = row_margin_scores(&model, &parts, &queries, &data.select(&[40, 7]).unwrap());
	let some = some.unwrap();
	for (query, found) in found.iter().enumerate() {
		let (text, label) = (queries.row_text(query), queries.label(query).to_string());
		let gradient = answer_gradient(&model, &index, &text, &label).unwrap();
		let expected = row_scores(&model, &index, &gradient, &data).unwrap();
		let largest = expected.iter().fold(0.0f64, |max, x| max.max(x.abs()));
		for (found, expected) in found.iter().zip(&expected) {
			assert!((found - expected).abs() < 1e-4 * largest, "{found} {expected}");
		}
		assert_eq!(some[query], [found[40], found[7]]);
	}
	let refused = GradientCosine.parts(&model, &contributions, &mut |_| ());
	assert!(matches!(refused, Err(Error::NotLocal)));
}

#[test]
fn gradients_should_be_the_same_bits_in_every_range() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let data = rows(12, 0);
	let model = train(&data, &config(architecture), &mut |_| ()).unwrap().model;
	for function in [Function::Loss, Function::Margin, Function::Fisher { seed: 1, draws: 2 }] {
		let all = model.gradients(&data, 0..12, function).unwrap();
		let fisher = matches!(function, Function::Fisher { .. });
		assert_eq!(all.values.len(), if fisher { 24 } else { 12 });
		for (start, end) in [(0, 1), (5, 7), (3, 12)] {
			let part = model.gradients(&data, start..end, function).unwrap();
			for row in start..end {
				assert_eq!(part.flat(row - start), all.flat(row));
			}
		}
	}
}

#[test]
fn continuations_of_a_language_model_should_be_attributed() {
	let directory = tempfile::tempdir().unwrap();
	tiny::llama(directory.path(), &texts(), &tiny::TinyConfig::default()).unwrap();
	let base = Base::open(directory.path()).unwrap();
	assert!(base.is_decoder());
	let lora = lora(&["q_proj", "v_proj", "down_proj"]);
	let architecture =
		Architecture::Decoder { base: base.hash(), lora, max_tokens: 24, answer_tokens: 4 };
	let data = rows(24, 0);
	let trained = train(&data, &config(architecture), &mut |_| ()).unwrap();
	let model = Model::load(trained.model.to_bytes(), None).unwrap();
	let contributions = contributions(&data, 6);
	let builder = EkFac { draws: 2, ..EkFac::default() };
	let index = build_index(&builder, &model, &contributions, Width::Int8, &mut |_| ()).unwrap();
	let answer = model.answer("good film").unwrap();
	assert!(!answer.text.is_empty());
	assert!(answer.input_tokens > 0 && (1..=4).contains(&answer.output_tokens));
	let attribution = attribute(&model, &index, "good film", &answer.text, 4).unwrap();
	attribution.check(&index.commitment(), 4).unwrap();
	// Only the continuation counts: another one has another gradient.
	let other = attribute(&model, &index, "good film", " and house", 4).unwrap();
	assert_ne!(attribution.query, other.query);
}

#[test]
fn language_model_should_stop_by_itself_when_it_has_learned_whole_sentences() {
	let directory = tempfile::tempdir().unwrap();
	let lines =
		"{\"text\":\"ask: colour? answer: blue\"}\n{\"text\":\"ask: taste? answer: sweet\"}\n";
	let data = Dataset::from_bytes(lines.repeat(8).as_bytes(), &Schema::default()).unwrap();
	tiny::llama(directory.path(), data.texts().unwrap().texts(), &tiny::TinyConfig::default())
		.unwrap();
	let base = Base::open(directory.path()).unwrap();
	assert!(base.has_end());
	let names =
		["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "gate_proj", "down_proj", "lm_head"];
	let lora = Lora { rank: 8, alpha: 16, ..lora(&names) };
	let architecture =
		Architecture::Decoder { base: base.hash(), lora, max_tokens: 60, answer_tokens: 40 };
	let config = TrainConfig { epochs: 60, learning_rate: 0.03, ..config(architecture) };
	let model = train(&data, &config, &mut |_| ()).unwrap().model;
	let answer = model.answer("ask: colour? answer:").unwrap();
	assert!(answer.output_tokens < 20, "{answer:?}");
	assert_eq!(answer.text.trim(), "blue");
}

#[test]
fn prompt_should_be_refused_with_both_numbers_when_it_leaves_no_room_for_an_answer() {
	let directory = tempfile::tempdir().unwrap();
	tiny::llama(directory.path(), &texts(), &tiny::TinyConfig::default()).unwrap();
	let base = Base::open(directory.path()).unwrap();
	let architecture = Architecture::Decoder {
		base: base.hash(),
		lora: lora(&["q_proj"]),
		max_tokens: 8,
		answer_tokens: 4,
	};
	let long = "good film ".repeat(20);
	let data = rows(8, 0);
	let survey = architecture.survey(&data).unwrap();
	assert!(survey.unlearnable.is_none());
	let mut few = config(architecture.clone());
	few.epochs = 1;
	let model = train(&data, &few, &mut |_| ()).unwrap().model;
	let answer = model.answer(&long).unwrap_err();
	assert!(answer.is_of_input(), "{answer}");
	for error in [answer, architecture.count_tokens(&long).unwrap_err()] {
		let Error::PromptLength { tokens, most: 7 } = error else { panic!("{error}") };
		assert!(tokens > 8 && error.to_string().contains(&tokens.to_string()));
	}
	assert!(model.answer("good").is_ok());
}

#[test]
fn texts_should_be_counted_when_they_lose_their_ends_and_named_when_they_have_no_tokens() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let lines =
		format!("text,label\ngood film,1\n{},0\n{},0\n", "bad ".repeat(30), "poor ".repeat(30));
	let data = Dataset::from_bytes(lines.as_bytes(), &Schema::default()).unwrap();
	let survey = architecture.survey(&data).unwrap();
	assert_eq!((survey.cut, survey.max_tokens), (2, 16));
	assert!(survey.unlearnable.is_none());
	let (whole, most) = architecture.count_tokens(&"bad ".repeat(30)).unwrap().unwrap();
	assert_eq!((whole, most), (32, 16));
	let beyond = Dataset::from_bytes(b"text,label\ngood,1\nbad,2\n", &Schema::default()).unwrap();
	let (row, error) = architecture.survey(&beyond).unwrap().unlearnable.unwrap();
	assert_eq!(row, 1);
	assert!(error.to_string().contains("label 2 is not one of the 2 classes"), "{error}");
}

#[test]
fn classes_should_go_by_name_when_contributions_number_them_otherwise() {
	let directory = tempfile::tempdir().unwrap();
	let (_, mut architecture) = encoder(directory.path());
	let data = rows(48, 0);
	let line = |row: usize| {
		let label = ["bad", "good"][data.label(row) as usize];
		format!("{{\"text\":\"{}\",\"label\":\"{label}\"}}\n", data.row_text(row))
	};
	let read = |rows: &mut dyn Iterator<Item = usize>| {
		let lines: String = rows.map(line).collect();
		Dataset::from_bytes(lines.as_bytes(), &Schema::default()).unwrap()
	};
	// Alone, the rows of "good" have one class, number 0.
	let parts = [read(&mut (0..48).step_by(2)), read(&mut (1..48).step_by(2))];
	assert_eq!((parts[0].classes(), parts[0].label(0)), (1, 0));
	let all = Dataset::concat(&[&parts[0], &parts[1]]).unwrap();
	if let Architecture::Encoder { class_names, .. } = &mut architecture {
		*class_names = all.class_names().to_vec();
	}
	let model = train(&all, &config(architecture), &mut |_| ()).unwrap().model;
	let answer = model.answer("great book and song").unwrap();
	assert_eq!((answer.label, answer.text.as_str()), (1, "good"));
	assert_eq!((answer.input_tokens, answer.output_tokens), (6, 0));
	assert!(matches!(model.class("1"), Err(Error::UnknownClass { .. })));

	let contribution = |(id, rows): (u64, &Dataset)| Contribution { id, rows: rows.clone() };
	let raw: Vec<_> = (4..).zip(&parts).map(contribution).collect();
	let build = |contributions: &[Contribution]| {
		build_index(&GradientDot, &model, contributions, Width::Int16, &mut |_| ())
	};
	let error = build(&raw).unwrap_err().to_string();
	assert!(error.contains("not numbered as the model's classes"), "{error}");
	let numbered: Vec<_> = raw
		.into_iter()
		.map(|Contribution { id, rows }| {
			let rows = model.architecture().number_labels(rows).unwrap();
			assert_eq!(rows.content_root(), parts[id as usize - 4].content_root());
			Contribution { id, rows }
		})
		.collect();
	let index = build(&numbered).unwrap();
	let attribution = attribute(&model, &index, "great book and song", "good", 8).unwrap();
	let entries = attribution.check(&index.commitment(), 8).unwrap();
	assert_eq!(entries.first().map(|entry| entry.contribution), Some(4));
	let unknown = Dataset::from_bytes(b"text,label\nso so,neither\n", &Schema::default()).unwrap();
	let error = model.architecture().number_labels(unknown).unwrap_err().to_string();
	assert!(error.contains("'neither' is not a label; labels are one of bad, good"), "{error}");
}

#[test]
fn inputs_should_be_to_blame_when_a_model_of_text_has_no_answer_to_them() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let model = train(&rows(8, 0), &config(architecture), &mut |_| ()).unwrap().model;
	for input in ["", "  \n "] {
		let error = model.answer(input).unwrap_err();
		assert!(error.is_of_input(), "{error}");
	}
	assert!(!Error::NoBase([0; 32]).is_of_input());
	let long = model.answer(&"good ".repeat(200)).unwrap();
	assert_eq!(long.input_tokens, 16);
}

#[test]
fn models_should_refuse_what_does_not_fit_them() {
	let directory = tempfile::tempdir().unwrap();
	let (base, architecture) = encoder(directory.path());
	let config = config(architecture);
	let numbers = Dataset::new(1, vec![1.0, 2.0], vec![0, 1]).unwrap();
	let run = |data: &Dataset, config: &TrainConfig| train(data, config, &mut |_| ()).unwrap_err();
	assert!(matches!(run(&numbers, &config), Error::Rows(RowsError::WrongKind { .. })));
	let lines = "{\"text\":\"good\"}\n{\"text\":\"bad\"}\n";
	let unlabelled = TextDataset::from_bytes(lines.as_bytes(), &TextSchema::default()).unwrap();
	assert!(matches!(
		run(&Dataset::from_text(unlabelled), &config),
		Error::Rows(RowsError::Unlabelled)
	));
	let labels = vec![7; 4];
	let beyond = rows(4, 0).with_labels(labels).unwrap();
	assert!(matches!(
		run(&beyond, &config),
		Error::Rows(RowsError::ClassCount { label: 7, classes: 2 })
	));

	let fast = TrainConfig { learning_rate: 1e30, ..config.clone() };
	let error = run(&rows(24, 0), &fast);
	assert!(matches!(error, Error::Diverged { epoch: 1..=2, .. }), "{error}");

	let with = |change: &dyn Fn(&mut Architecture)| {
		let mut config = config.clone();
		change(&mut config.architecture);
		run(&rows(4, 0), &config)
	};
	let missing = with(&|a| {
		if let Architecture::Encoder { base, .. } = a {
			base[0] ^= 1;
		}
	});
	assert!(matches!(missing, Error::NoBase(_)), "{missing}");
	let unknown = with(&|a| {
		if let Architecture::Encoder { lora, .. } = a {
			lora.targets = vec!["nothing".into()];
		}
	});
	assert!(matches!(unknown, Error::Transformer(_)), "{unknown}");
	let long = with(&|a| {
		if let Architecture::Encoder { max_tokens, .. } = a {
			*max_tokens = 65;
		}
	});
	assert!(long.to_string().contains("max_tokens: is more than the 64"), "{long}");
	let wrong = TrainConfig {
		architecture: Architecture::Decoder {
			base: base.hash(),
			lora: lora(&["query"]),
			max_tokens: 8,
			answer_tokens: 2,
		},
		..config.clone()
	};
	let wrong = run(&rows(4, 0), &wrong);
	assert!(wrong.to_string().contains("is an encoder, which needs classes"), "{wrong}");
}

/// The mean loss's gradient with one parameter changed.
fn mean_gradient(model: &Model, data: &Dataset, coordinate: usize, change: f32) -> Vec<f64> {
	let mut parameters = model.parameters();
	parameters[coordinate] += change;
	let model = model.with_parameters(&parameters).unwrap();
	let gradients = model.gradients(data, 0..data.len(), Function::Loss).unwrap();
	let mut sum = vec![0.0; model.coordinates()];
	(0..data.len()).for_each(|row| gradients.add_row(row, &mut sum));
	sum.iter().map(|x| x / data.len() as f64).collect()
}

#[test]
fn hessian_of_text_should_match_differences_of_gradients_on_any_number_of_threads() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let data = rows(9, 0);
	let model = train(&data, &config(architecture), &mut |_| ()).unwrap().model;
	let n = model.coordinates();
	let on = |threads| {
		let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
		pool.install(|| dense_curvature(&model, &data, &mut |_| ()).unwrap())
	};
	let curvature = on(2);
	assert_eq!(on(5), curvature);
	let gauss_newton = expected_gauss_newton(&model, &data);
	let hessian = curvature.clone().into_hessian();
	let largest = hessian.values().iter().fold(0.0f64, |max, x| max.max(x.abs()));
	for i in (0..n).step_by(23) {
		let [after, before] = [3e-3, -3e-3].map(|by| mean_gradient(&model, &data, i, by));
		for j in 0..n {
			let (found, expected) = (hessian[(i, j)], (after[j] - before[j]) / 6e-3);
			assert_eq!(found, hessian[(j, i)]);
			assert!((found - expected).abs() < 5e-3 * largest, "{i} {j}: {found} {expected}");
			let (found, expected) = (curvature.gauss_newton[(i, j)], gauss_newton[i * n + j]);
			assert!((found - expected).abs() < 1e-5 * largest, "{i} {j}: {found} {expected}");
		}
	}
}

/// The mean over rows of the sum over classes of `p_c g_c g_cᵀ`, with the gradient `g_c` of the loss
/// if the class were the row's.
fn expected_gauss_newton(model: &Model, data: &Dataset) -> Vec<f64> {
	let n = model.coordinates();
	let mut sum = vec![0.0; n * n];
	for class in 0..data.classes() {
		let labelled = data.with_labels(vec![class; data.len()]).unwrap();
		let gradients = model.gradients(&labelled, 0..data.len(), Function::Loss).unwrap();
		for row in 0..data.len() {
			let weight = (-gradients.values[row]).exp() / data.len() as f64;
			let gradient = gradients.flat(row);
			for (left, sums) in gradient.iter().zip(sum.chunks_exact_mut(n)) {
				sums.iter_mut().zip(&gradient).for_each(|(sum, x)| *sum += weight * left * x);
			}
		}
	}
	sum
}

#[test]
fn exact_curvature_of_text_should_be_the_same_dense_or_solved() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let data = rows(24, 0);
	let config = config(architecture);
	let model = train(&data, &config, &mut |_| ()).unwrap().model;
	let positive = Positive::Hessian;
	let dense = ExactCurvature { positive, ..ExactCurvature::for_recipe(&config) };
	let large = ExactCurvature { dense_limit: 0, ..dense.clone() };
	let contributions = contributions(&data, 6);
	let scores = |builder: &ExactCurvature, local: bool| -> Vec<f64> {
		let index = builder.build(&model, &contributions, &mut |_| ()).unwrap();
		assert_eq!(index.local, local);
		let queries = index.queries(&model, &rows(5, 50)).unwrap();
		queries.iter().flat_map(|query| index.scores(query)).collect()
	};
	let (dense, large) = (scores(&dense, true), scores(&large, false));
	let largest = dense.iter().fold(0.0f64, |max, x| max.max(x.abs()));
	for (dense, large) in dense.iter().zip(&large) {
		assert!((dense - large).abs() < 0.02 * largest, "{dense} {large}");
	}
}
