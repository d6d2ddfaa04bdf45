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

const IDS: [u32; 6] = [2, 7, 1, 10, 7, 3];

fn cases() -> Vec<(LanguageModel, RandomWeights)> {
	let tied = LlamaConfig {
		tie_word_embeddings: true,
		attention_bias: false,
		num_attention_heads: 2,
		..llama_config()
	};
	// As in Qwen2: biases at query, key and value alone.
	let three = RandomWeights { without: vec!["o_proj.bias"] };
	let rslora = LoraConfig { rslora: true, ..lora(&LLAMA_MODULES[..7]) };
	[
		(llama_config(), RandomWeights::default(), lora(&LLAMA_MODULES)),
		(tied, RandomWeights::default(), rslora),
		(llama_config(), three, lora(&LLAMA_MODULES[..4])),
	]
	.into_iter()
	.map(|(config, weights, lora)| (language_model(config, &weights, lora), weights))
	.collect()
}

/// A model with an adapter on these layers.
fn small(targets: &[&str]) -> LanguageModel {
	language_model(llama_config(), &RandomWeights::default(), lora(targets))
}

/// The logits that predict `IDS[from..]` in double precision at other parameters.
fn reference(
	(model, weights): &(LanguageModel, RandomWeights),
	from: usize,
	flat: &Tensor,
) -> Tensor {
	let scaling = model.adapter().scaling();
	let parameters = SiteParameters { sites: model.sites(), flat: flat.clone(), scaling };
	Reference { weights, parameters }.llama(model.base().config(), &IDS, from)
}

#[test]
fn logits_should_match_the_reference() {
	for case in cases() {
		let model = &case.0;
		// A length the token before which is the last one of the reference's context.
		for from in [1, 3, 5] {
			let expected: Vec<Vec<f64>> =
				reference(&case, from, &doubles(&model.parameters())).to_vec2().unwrap();
			for (i, expected) in expected.iter().enumerate() {
				assert_close("logits", &model.next_logits(&IDS[..from + i]).unwrap(), expected);
			}
		}
	}
}

#[test]
fn scaling_should_be_that_of_the_settings() {
	let scaling: Vec<f64> = cases().iter().map(|case| case.0.adapter().scaling()).collect();
	assert!((scaling[0] - 1.5).abs() < 1e-12 && (scaling[1] - 3.0 / 2f64.sqrt()).abs() < 1e-12);
}

#[test]
fn gradients_should_match_differences_at_every_site() {
	for (case, sites) in cases().into_iter().zip([2 * (2 * 7 + 1), 2 * 2 * 7, 2 * 2 * 4]) {
		let model = &case.0;
		let parameters = model.parameters();
		assert_eq!(model.sites().len(), sites);
		for from in [1, 4] {
			let loss = |flat: &Tensor| reference_loss(&reference(&case, from, flat), &IDS[from..]);
			let (value, factors) = model.loss_factors(&IDS, from).unwrap();
			assert!((value - value_at(&loss, &parameters, &parameters, 0.0)[0]).abs() < 1e-5);
			assert_eq!(value, model.loss(&IDS, from).unwrap());
			let found = gradient(model.sites(), &factors).unwrap();
			assert_close("loss", &found, &differences(&loss, &parameters));

			let margin =
				|flat: &Tensor| reference_margin(&reference(&case, from, flat), &IDS[from..]);
			let (value, factors) = model.output_factors(&IDS, from).unwrap();
			assert!((value - value_at(&margin, &parameters, &parameters, 0.0)[0]).abs() < 1e-5);
			let found = gradient(model.sites(), &factors).unwrap();
			assert_close("margin", &found, &differences(&margin, &parameters));
		}
	}
}

#[test]
fn hessian_should_match_differences_of_gradients() {
	for case in cases() {
		let model = &case.0;
		let parameters = model.parameters();
		for from in [1, 4] {
			let loss = |flat: &Tensor| reference_loss(&reference(&case, from, flat), &IDS[from..]);
			let v = random_vector(parameters.len(), 1.0, 3);
			let products = model.hessian(&IDS, from, 1).unwrap().products(&v, 0).unwrap();
			let expected = gradient_difference(&loss, &parameters, &v);
			assert_close("Hessian", &whole(&products), &expected);
			let logits = |flat: &Tensor| reference(&case, from, flat);
			let here = value_at(&logits, &parameters, &parameters, 0.0);
			let pulled = |flat: &Tensor| pulled_logits(&logits(flat), &here, &IDS[from..]);
			let expected = gradient_difference(&pulled, &parameters, &v);
			assert_close("residual", &products.residual, &expected);
		}
	}
}

#[test]
fn fisher_factors_should_sum_to_the_gauss_newton_matrix() {
	let case = (small(&["q_proj", "down_proj"]), RandomWeights::default());
	let model = &case.0;
	let v = random_vector(model.parameters().len(), 1.0, 3);
	let logits = |flat: &Tensor| reference(&case, 3, flat);
	let slopes = difference_along(&logits, &model.parameters(), &v);
	let own = |(i, slopes): (usize, &[f64])| {
		variance(&model.next_logits(&IDS[..3 + i]).unwrap(), slopes) / 3.0
	};
	let expected: f64 = slopes.chunks_exact(11).enumerate().map(own).sum();
	let mut rng = ChaCha8Rng::seed_from_u64(5);
	// There are as many where one token is predicted, though it has fewer classes than draws.
	assert_eq!(model.fisher_factors(&IDS, IDS.len() - 1, 16, &mut rng).unwrap().len(), 16);
	let drawn = model.fisher_factors(&IDS, 3, 2000, &mut rng).unwrap();
	let found = squares_along(model.sites(), &drawn, &v);
	assert!((found / expected - 1.0).abs() < 0.15, "{found} instead of {expected}");
}

#[test]
fn output_should_be_that_of_the_base_model_when_b_is_zero() {
	let base = Arc::new(Llama::new(llama_config(), &RandomWeights::default(), None).unwrap());
	let adapted = new_language_model(base.clone(), lora(&LLAMA_MODULES), 1);
	let bare = AdapterFile { matrices: Default::default(), ..adapted.to_adapter() };
	let plain = LanguageModel::with_adapter(base, &bare).unwrap();
	assert!(plain.sites().is_empty());
	let bits = |model: &LanguageModel| {
		let logits = model.next_logits(&IDS).unwrap();
		logits.into_iter().map(f32::to_bits).collect::<Vec<_>>()
	};
	assert_eq!(bits(&adapted), bits(&plain));
	assert_eq!(adapted.loss(&IDS, 2).unwrap(), plain.loss(&IDS, 2).unwrap());
}

#[test]
fn a_token_should_not_depend_on_those_after_it() {
	let model = small(&LLAMA_MODULES);
	let changed = [2, 7, 1, 10, 9, 9];
	let mean = |ids: &[u32]| model.loss(&ids[..4], 1).unwrap();
	assert_eq!(mean(&IDS), mean(&changed));
	// The prompt counts for nothing when the answer alone is predicted.
	let parts = [1, 2, 3, 4, 5].map(|from| model.loss(&IDS[..from + 1], from).unwrap());
	let whole = model.loss(&IDS, 1).unwrap();
	assert!((parts.iter().sum::<f64>() / 5.0 - whole).abs() < 1e-12);
}

#[test]
fn numbers_should_have_the_same_bits_on_any_number_of_threads_and_in_any_batch() {
	let model = small(&["q_proj", "v_proj"]);
	let mut rng = ChaCha8Rng::seed_from_u64(3);
	let texts: Vec<Vec<u32>> = [2, 3, 90, 17, 101, 66]
		.map(|tokens| (0..tokens).map(|_| rng.random_range(0..11)).collect())
		.to_vec();
	let compute = |ids: &Vec<u32>| model.output_factors(ids, 1);
	let alone: Vec<_> = texts.iter().map(|ids| on_threads(1, || compute(ids).unwrap())).collect();
	for threads in [1, 2, 5] {
		assert_eq!(on_threads(threads, || in_order(&texts, compute)).unwrap(), alone);
	}
}

#[test]
fn numbers_should_have_the_same_bits_on_every_instruction_set() {
	let model = small(&LLAMA_MODULES);
	let v = random_vector(model.parameters().len(), 1.0, 3);
	let results = on_every_path(|| {
		(
			model.output_factors(&IDS, 2).unwrap(),
			model.hessian(&IDS, 2, 1).unwrap().products(&v, 0).unwrap(),
		)
	});
	assert!(results.iter().all(|result| *result == results[0]));
}

#[test]
fn model_should_be_read_from_its_directory() {
	let directory = tempfile::tempdir().unwrap();
	let texts = ["the owner of the data is paid", "a query costs a fee"];
	tiny::llama(directory.path(), &texts, &tiny::TinyConfig::default()).unwrap();
	let weights = Weights::open(directory.path()).unwrap();
	let BaseModel::Decoder(base) = BaseModel::new(&weights).unwrap() else { panic!("an encoder") };
	let model = new_language_model(base.clone(), lora(&["q_proj", "v_proj"]), 1);
	let ids = Tokenizer::open(directory.path()).unwrap().encode(texts[0], 64).unwrap().ids;
	let (loss, factors) = model.loss_factors(&ids, 1).unwrap();
	assert!(loss > 0.0 && factors.len() == 8);
	let adapter = directory.path().join("adapter");
	model.to_adapter().write(&adapter, None).unwrap();
	let read = LanguageModel::with_adapter(base, &AdapterFile::read(&adapter).unwrap()).unwrap();
	assert_eq!(read.loss(&ids, 1).unwrap(), loss);
}

#[test]
fn model_should_be_the_same_when_written_and_read() {
	let model = small(&["q_proj", "v_proj"]);
	let file = model.to_adapter();
	let read = LanguageModel::with_adapter(model.base().clone(), &file).unwrap();
	assert_eq!(read.parameters(), model.parameters());
	let other = AdapterFile { task: TaskType::SequenceClassification, ..file };
	let refused = LanguageModel::with_adapter(model.base().clone(), &other).unwrap_err();
	assert!(matches!(refused, Error::WrongAdapter { .. }), "{refused}");
}

#[test]
fn texts_should_be_refused_when_they_do_not_fit() {
	let model = small(&["q_proj"]);
	for from in [0, 6, 7, usize::MAX] {
		let error = model.loss(&IDS, from).unwrap_err();
		assert!(matches!(error, Error::NoTargets { tokens: 6, .. }), "{error}");
	}
	assert!(matches!(model.loss(&[1], 1), Err(Error::TextLength { tokens: 1, .. })));
	assert!(model.loss(&[1; 101], 1).is_ok());
	assert!(matches!(model.loss(&[1; 102], 1), Err(Error::TextLength { tokens: 102, .. })));
	assert!(matches!(model.next_logits(&[]), Err(Error::TextLength { tokens: 0, .. })));
	assert!(matches!(model.next_logits(&[1; 101]), Err(Error::TextLength { tokens: 101, .. })));
	assert!(matches!(model.next_logits(&[11]), Err(Error::UnknownToken { id: 11, .. })));
}
