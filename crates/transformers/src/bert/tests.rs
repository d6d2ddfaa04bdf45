use super::*;
use crate::{
	files::{tiny, Tokenizer, Weights},
	gradients::{gradient, in_order},
	testing::*,
	BaseModel,
};
use candle_core::Tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const IDS: [u32; 5] = [2, 7, 1, 12, 7];

fn small(hidden_act: Activation, weights: &RandomWeights) -> TextClassifier {
	classifier(BertConfig { hidden_act, ..bert_config() }, weights, lora(&BERT_MODULES))
}

/// The logits in double precision at other parameters.
fn reference(model: &TextClassifier, weights: &RandomWeights, flat: &Tensor) -> Tensor {
	let scaling = model.adapter().scaling();
	let parameters = SiteParameters { sites: model.sites(), flat: flat.clone(), scaling };
	Reference { weights, parameters }.bert(model.base().config(), &IDS)
}

fn cases() -> Vec<(TextClassifier, RandomWeights)> {
	let cases = [
		(Activation::Gelu, vec![]),
		(Activation::GeluTanh, vec!["pooler"]),
		(Activation::Relu, vec![]),
	];
	let build = |(activation, without)| {
		let weights = RandomWeights { without };
		(small(activation, &weights), weights)
	};
	cases.into_iter().map(build).collect()
}

#[test]
fn logits_should_match_the_reference() {
	for (model, weights) in cases() {
		let expected = reference(&model, &weights, &doubles(&model.parameters()));
		let expected: Vec<f64> = expected.flatten_all().unwrap().to_vec1().unwrap();
		assert_close("logits", &model.logits(&IDS).unwrap(), &expected);
	}
}

#[test]
fn gradients_should_match_differences_at_every_site() {
	for (model, weights) in cases() {
		let parameters = model.parameters();
		let sites = model.sites();
		// Five linear layers, query, key and value per block, the pooler, and two matrices for each.
		let poolers = usize::from(weights.has("pooler.dense.weight"));
		assert_eq!(sites.len(), 2 * (2 * 6 + poolers) + 1);
		for class in [0, 2] {
			let loss = |flat: &Tensor| reference_loss(&reference(&model, &weights, flat), &[class]);
			let (value, factors) = model.loss_factors(&IDS, class).unwrap();
			assert!((value - value_at(&loss, &parameters, &parameters, 0.0)[0]).abs() < 1e-5);
			assert_eq!(value, model.loss(&IDS, class).unwrap());
			let found = gradient(sites, &factors).unwrap();
			assert_close("loss", &found, &differences(&loss, &parameters));

			let margin =
				|flat: &Tensor| reference_margin(&reference(&model, &weights, flat), &[class]);
			let (value, factors) = model.margin_factors(&IDS, class).unwrap();
			assert!((value - value_at(&margin, &parameters, &parameters, 0.0)[0]).abs() < 1e-5);
			let found = gradient(sites, &factors).unwrap();
			assert_close("margin", &found, &differences(&margin, &parameters));
		}
	}
}

#[test]
fn hessian_should_match_differences_of_gradients() {
	for (model, weights) in cases() {
		let parameters = model.parameters();
		let loss = |flat: &Tensor| reference_loss(&reference(&model, &weights, flat), &[1]);
		let [v, w] = [3, 4].map(|seed| random_vector(parameters.len(), 1.0, seed));
		let products = model.hessian(&IDS, 1, 1).unwrap().products(&v, 0).unwrap();
		let found = whole(&products);
		assert_close("Hessian", &found, &gradient_difference(&loss, &parameters, &v));
		let logits = |flat: &Tensor| reference(&model, &weights, flat);
		let here = value_at(&logits, &parameters, &parameters, 0.0);
		let pulled = |flat: &Tensor| pulled_logits(&logits(flat), &here, &[1]);
		let expected = gradient_difference(&pulled, &parameters, &v);
		assert_close("residual", &products.residual, &expected);
		let other = whole(&model.hessian(&IDS, 1, 1).unwrap().products(&w, 0).unwrap());
		let dot = |a: &[f32], b: &[f32]| -> f64 {
			a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
		};
		let (one, two) = (dot(&w, &found), dot(&v, &other));
		assert!((one - two).abs() < 1e-4 * one.abs().max(1.0), "{one} {two}");
	}
}

#[test]
fn fisher_factors_should_sum_to_the_gauss_newton_matrix() {
	let weights = RandomWeights::default();
	let model = small(Activation::Gelu, &weights);
	let v = random_vector(model.parameters().len(), 1.0, 3);
	let logits = |flat: &Tensor| reference(&model, &weights, flat);
	let slopes = difference_along(&logits, &model.parameters(), &v);
	let expected = variance(&model.logits(&IDS).unwrap(), &slopes);

	let mut rng = ChaCha8Rng::seed_from_u64(5);
	let mut found = |draws: usize, expected_count: usize| {
		let factors = model.fisher_factors(&IDS, draws, &mut rng).unwrap();
		assert_eq!(factors.len(), expected_count);
		squares_along(model.sites(), &factors, &v)
	};
	let exact = found(16, 3);
	assert!((exact / expected - 1.0).abs() < 1e-3, "{exact} instead of {expected}");
	let drawn = (0..1000).map(|_| found(2, 2)).sum::<f64>() / 1000.0;
	assert!((drawn / expected - 1.0).abs() < 0.1, "{drawn} instead of {expected}");
}

#[test]
fn output_should_be_that_of_the_base_model_when_b_is_zero() {
	let base = Arc::new(Bert::new(bert_config(), &RandomWeights::default(), None).unwrap());
	let mut nothing = new_classifier(base.clone(), lora(&["query"]), 3, 1);
	let bare = AdapterFile { matrices: Default::default(), ..nothing.to_adapter() };
	nothing = TextClassifier::with_adapter(base.clone(), &bare).unwrap();
	assert_eq!(nothing.sites().len(), 1);
	let expected = nothing.logits(&IDS).unwrap();
	let mut adapted = new_classifier(base, lora(&BERT_MODULES), 3, 9);
	let mut parameters = adapted.parameters();
	let head = nothing.parameters();
	let start = parameters.len() - head.len();
	parameters[start..].copy_from_slice(&head);
	adapted.set_parameters(&parameters).unwrap();
	let bits = |logits: Vec<f32>| logits.into_iter().map(f32::to_bits).collect::<Vec<_>>();
	assert_eq!(bits(adapted.logits(&IDS).unwrap()), bits(expected));
	// And B has a gradient there, while A has none.
	let (_, factors) = adapted.loss_factors(&IDS, 0).unwrap();
	assert!(factors[0].deltas.iter().all(|delta| *delta == 0.0));
	assert!(factors[1].deltas.iter().any(|delta| *delta != 0.0));
}

#[test]
fn numbers_should_have_the_same_bits_on_any_number_of_threads_and_in_any_batch() {
	let model = small(Activation::Gelu, &RandomWeights::default());
	let mut rng = ChaCha8Rng::seed_from_u64(3);
	// Some longer than the rows of one task of a product.
	let texts: Vec<Vec<u32>> = [1, 3, 90, 17, 100, 64, 65]
		.map(|tokens| (0..tokens).map(|_| rng.random_range(0..13)).collect())
		.to_vec();
	let compute = |ids: &Vec<u32>| model.margin_factors(ids, 1);
	let alone: Vec<_> = texts.iter().map(|ids| on_threads(1, || compute(ids).unwrap())).collect();
	for threads in [1, 2, 5] {
		assert_eq!(on_threads(threads, || in_order(&texts, compute)).unwrap(), alone);
	}
	let logits = |threads| on_threads(threads, || model.logits(&texts[4]).unwrap());
	assert_eq!(logits(1), logits(4));
}

#[test]
fn numbers_should_have_the_same_bits_on_every_instruction_set() {
	let model = small(Activation::Gelu, &RandomWeights::default());
	let v = random_vector(model.parameters().len(), 1.0, 3);
	let results = on_every_path(|| {
		(
			model.margin_factors(&IDS, 2).unwrap(),
			model.hessian(&IDS, 2, 1).unwrap().products(&v, 0).unwrap(),
		)
	});
	assert!(results.iter().all(|result| *result == results[0]));
}

#[test]
fn classifier_should_be_read_from_its_directory() {
	let directory = tempfile::tempdir().unwrap();
	let texts = ["the owner of the data is paid", "a query costs a fee"];
	tiny::bert(directory.path(), &texts, &tiny::TinyConfig::default()).unwrap();
	let weights = Weights::open(directory.path()).unwrap();
	let BaseModel::Encoder(base) = BaseModel::new(&weights).unwrap() else { panic!("a decoder") };
	let model = new_classifier(base.clone(), lora(&["query", "value"]), 2, 1);
	let ids = Tokenizer::open(directory.path()).unwrap().encode(texts[0], 64).unwrap().ids;
	let (loss, factors) = model.loss_factors(&ids, 1).unwrap();
	assert!(loss > 0.0 && factors.len() == 9);
	let adapter = directory.path().join("adapter");
	model.to_adapter().write(&adapter, None).unwrap();
	let read = TextClassifier::with_adapter(base, &AdapterFile::read(&adapter).unwrap()).unwrap();
	assert_eq!(read.loss(&ids, 1).unwrap(), loss);
}

#[test]
fn classifier_should_be_the_same_when_written_and_read() {
	let model = small(Activation::Gelu, &RandomWeights::default());
	let read = TextClassifier::with_adapter(model.base().clone(), &model.to_adapter()).unwrap();
	assert_eq!(read.parameters(), model.parameters());
	assert_eq!(read.logits(&IDS).unwrap(), model.logits(&IDS).unwrap());
}

#[test]
fn classifier_should_refuse_when_an_adapter_is_for_something_else() {
	let weights = RandomWeights::default();
	let base = |hash| Arc::new(Bert::new(bert_config(), &weights, Some(hash)).unwrap());
	let file = new_classifier(base([1; 32]), lora(&["query"]), 3, 1).to_adapter();
	assert!(TextClassifier::with_adapter(base([1; 32]), &file).is_ok());
	let other = TextClassifier::with_adapter(base([2; 32]), &file).unwrap_err().to_string();
	assert!(other.contains(&"01".repeat(32)) && other.contains(&"02".repeat(32)), "{other}");
	let causal = AdapterFile { task: TaskType::CausalLanguageModel, ..file.clone() };
	let refuse =
		|file: &AdapterFile| TextClassifier::with_adapter(base([1; 32]), file).unwrap_err();
	assert!(matches!(refuse(&causal), Error::WrongAdapter { .. }));
	let headless = AdapterFile { head: None, ..file };
	assert!(refuse(&headless).to_string().contains("no classification head"));
}

#[test]
fn texts_should_be_refused_when_they_do_not_fit() {
	let model = small(Activation::Gelu, &RandomWeights::default());
	let empty = model.logits(&[]).unwrap_err();
	assert!(matches!(empty, Error::TextLength { tokens: 0, least: 1, most: 100 }), "{empty}");
	assert!(matches!(model.logits(&[1; 101]), Err(Error::TextLength { tokens: 101, .. })));
	let unknown = model.logits(&[1, 13]).unwrap_err();
	assert!(matches!(unknown, Error::UnknownToken { id: 13, vocabulary: 13 }), "{unknown}");
	let label = model.loss_factors(&IDS, 3).unwrap_err();
	assert!(matches!(label, Error::UnknownClass { label: 3, classes: 3 }), "{label}");
	assert!(matches!(model.hessian(&IDS, 3, 1), Err(Error::UnknownClass { .. })));
}
