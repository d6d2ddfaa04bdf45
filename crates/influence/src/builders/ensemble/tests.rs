use super::*;
use crate::builders::{
	cosine::tests::contributions, DataInf, EkFac, GradientCosine, GradientDot, TracIn,
};
use openledger_models::{testing::blobs, train::TrainingRun, Activation, Architecture};

fn recipe() -> TrainConfig {
	let architecture = Architecture::mlp(&[2, 3, 3], Activation::Tanh);
	TrainConfig { epochs: 4, batch_size: 8, ..TrainConfig::standard(architecture) }
}

fn setting() -> (Model, Vec<Contribution>) {
	let data = blobs(24, 6);
	let model = train(&data, &recipe(), &mut |_| ()).unwrap().model;
	(model, contributions(&data, &[3, 10, 4, 7]))
}

fn ensemble(builder: impl IndexBuilder + 'static, members: usize, kind: EnsembleKind) -> Ensemble {
	Ensemble { builder: Box::new(builder), members, kind, config: recipe() }
}

const HALVES: EnsembleKind = EnsembleKind::Halves { contributions: false, itself: false };

fn quiet(builder: &dyn IndexBuilder, model: &Model, parts: &[Contribution]) -> Result<FloatIndex> {
	builder.build(model, parts, &mut |_| ())
}

#[test]
fn one_member_should_equal_the_inner_builder() {
	let (model, contributions) = setting();
	for kind in [
		EnsembleKind::Seeds,
		EnsembleKind::Halves { contributions: true, itself: true },
		EnsembleKind::Checkpoints { part: 0.5 },
	] {
		let one = quiet(&ensemble(EkFac::default(), 1, kind), &model, &contributions).unwrap();
		assert_eq!(one, quiet(&EkFac::default(), &model, &contributions).unwrap());
		let one = quiet(&ensemble(GradientCosine, 1, kind), &model, &contributions).unwrap();
		assert_eq!(one, quiet(&GradientCosine, &model, &contributions).unwrap());
	}
}

#[test]
fn score_should_be_the_mean_of_the_members_scores() {
	let (model, contributions) = setting();
	let queries = blobs(5, 9);
	let kinds = [
		(EnsembleKind::Seeds, true),
		(HALVES, false),
		(EnsembleKind::Halves { contributions: true, itself: true }, true),
		(EnsembleKind::Checkpoints { part: 0.6 }, true),
	];
	for (kind, itself) in kinds {
		let inner: [Box<dyn IndexBuilder>; 2] =
			[Box::new(EkFac::default()), Box::new(DataInf::default())];
		for builder in inner {
			let ensemble = Ensemble { builder, members: 3, kind, config: recipe() };
			let index = quiet(&ensemble, &model, &contributions).unwrap();
			assert_eq!(index.local, ensemble.builder.name() == "ekfac");
			assert_eq!(index.parts.len(), 3);
			assert!(index.leaves.iter().all(|leaf| leaf.len() == 3 * model.coordinates()));
			assert_eq!(index.parts[0].companion.is_none(), itself);
			assert!(index.parts[1..].iter().all(|part| part.companion.is_some()));
			assert_ne!(index.parts[1].companion, index.parts[2].companion);
			let mut means = vec![vec![0.0; contributions.len()]; queries.len()];
			for part in &index.parts {
				let member = part.model(&model);
				let index = quiet(&*ensemble.builder, member, &contributions).unwrap();
				let gradients = index.queries(member, &queries).unwrap();
				for (gradient, means) in gradients.iter().zip(&mut means) {
					let scores = index.scores(gradient);
					means.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score / 3.0);
				}
			}
			let gradients = index.queries(&model, &queries).unwrap();
			for (gradient, means) in gradients.iter().zip(&means) {
				let size = means.iter().fold(0.0f64, |max, x| max.max(x.abs()));
				for (found, expected) in index.scores(gradient).iter().zip(means) {
					assert!((found - expected).abs() < 1e-4 * size, "{found} {expected}");
				}
			}
		}
	}
}

#[test]
fn companions_should_be_the_same_bits_when_threads_differ() {
	let (model, contributions) = setting();
	for kind in [EnsembleKind::Seeds, HALVES] {
		let run = |threads| {
			let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
			let config = recipe();
			pool.install(|| companions(&model, &contributions, kind, 4, &config, &mut |_| ()))
		};
		assert_eq!(run(1).unwrap(), run(3).unwrap());
	}
}

#[test]
fn checkpoints_should_be_those_of_the_models_own_training() {
	let (model, contributions) = setting();
	// Twelve steps; three members over the last six.
	let kind = EnsembleKind::Checkpoints { part: 0.5 };
	let found = companions(&model, &contributions, kind, 3, &recipe(), &mut |_| ()).unwrap();
	let (data, config) = (blobs(24, 6), recipe());
	let mut run = TrainingRun::new(&data, &config).unwrap();
	let mut models = Vec::new();
	while run.batch().is_some() {
		run.step().unwrap();
		models.push(run.model().unwrap());
	}
	assert_eq!(models.len(), 12);
	assert_eq!(found, [None, Some(models[9].clone()), Some(models[7].clone())]);
}

#[test]
fn half_should_hold_half_of_the_units_in_order() {
	let (_, contributions) = setting();
	let data = Dataset::new(1, (0..24).map(|i| i as f32).collect(), vec![0; 24]).unwrap();
	let rows: Vec<Range<usize>> = (0..24).map(|row| row..row + 1).collect();
	let ranges = row_ranges(&contributions);
	assert_eq!(ranges, [0..3, 3..13, 13..17, 17..24]);
	let mut seen = std::collections::HashSet::new();
	for seed in 0..20 {
		let by_row = half(&data, &rows, seed).unwrap();
		assert_eq!(by_row.len(), 12);
		assert!(by_row.features().windows(2).all(|pair| pair[0] < pair[1]));
		let whole = half(&data, &ranges, seed).unwrap();
		let held = |range: &&Range<usize>| {
			let count = (range.start..range.end)
				.filter(|row| whole.features().contains(&(*row as f32)))
				.count();
			assert!(count == 0 || count == range.len());
			count > 0
		};
		assert_eq!(ranges.iter().filter(held).count(), 2);
		seen.insert(format!("{:?}", by_row.features()));
	}
	assert_eq!(seen.len(), 20);
	assert_eq!(half(&data, &ranges[..1], 0).unwrap().len(), 3);
}

#[test]
fn derived_seeds_should_differ_by_purpose_seed_and_number() {
	let purposes = ["training", "halves", "projection"];
	let seeds: std::collections::HashSet<u64> = purposes
		.iter()
		.flat_map(|p| (0..5).flat_map(move |s| (0..5).map(move |n| derived_seed(p, s, n))))
		.collect();
	assert_eq!(seeds.len(), 75);
	// Evaluations count up from the recipe's seed.
	assert!(seeds.iter().all(|seed| *seed > 1_000_000));
}

#[test]
fn progress_should_count_companions_and_members() {
	let (model, contributions) = setting();
	let mut seen = Vec::new();
	let ensemble = ensemble(GradientDot, 3, EnsembleKind::Seeds);
	ensemble.build(&model, &contributions, &mut |p| seen.push(p)).unwrap();
	let of = |stage: Stage| -> Vec<(u64, u64)> {
		seen.iter().filter(|p| p.stage == stage).map(|p| (p.done, p.total)).collect()
	};
	assert_eq!(of(Stage::Retraining).last(), Some(&(3, 3)));
	assert_eq!(of(Stage::Ensemble), [(1, 3), (2, 3), (3, 3)]);
}

#[test]
fn build_should_refuse_when_a_setting_is_out_of_range() {
	let (model, contributions) = setting();
	let refuse =
		|ensemble: Ensemble| quiet(&ensemble, &model, &contributions).unwrap_err().to_string();
	let of = |members, kind| ensemble(GradientDot, members, kind);
	assert_eq!(refuse(of(0, EnsembleKind::Seeds)), "members: must be at least 1");
	let text = refuse(of(8, EnsembleKind::Checkpoints { part: 0.5 }));
	assert_eq!(text, "members: must be at most the 6 steps over which they are spread");
	let text = refuse(of(2, EnsembleKind::Checkpoints { part: f64::NAN }));
	assert_eq!(text, "part: must be above 0 and at most 1");
	let architecture = Architecture::mlp(&[2, 5, 3], Activation::Tanh);
	let config = TrainConfig { architecture, ..recipe() };
	let text = refuse(Ensemble { config, ..of(2, EnsembleKind::Seeds) });
	assert!(text.starts_with("config: trains {"), "{text}");
	let config = TrainConfig { seed: 5, ..recipe() };
	let text = refuse(Ensemble { config, ..of(2, EnsembleKind::Checkpoints { part: 1.0 }) });
	assert!(text.starts_with("config: does not train this model"), "{text}");
	// An inner builder that replays training meets a companion.
	let text = refuse(ensemble(TracIn::standard(recipe()), 2, EnsembleKind::Seeds));
	assert!(text.starts_with("config: does not train this model"), "{text}");
}

#[test]
fn parameters_should_name_the_inner_builder_and_read_back() {
	let ensemble = ensemble(EkFac::default(), 3, HALVES);
	let parameters = ensemble.parameters();
	assert_eq!(parameters["builder"]["name"], "ekfac");
	assert_eq!(parameters["builder"]["parameters"], EkFac::default().parameters());
	let kind: EnsembleKind = serde_json::from_value(parameters["kind"].clone()).unwrap();
	assert_eq!(kind, HALVES);
}
