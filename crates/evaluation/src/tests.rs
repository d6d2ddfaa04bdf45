use super::*;
use openledger_influence::{Contribution, EkFac, GradientDot, IndexBuilder};
use openledger_models::{
	testing::{blobs, digits},
	Activation, Architecture, Optimiser, Schedule,
};
use serde_json::{json, Value};

const ALL: [Precision; 3] = [Precision::Float, Precision::Int16, Precision::Int8];

fn index(builder: impl IndexBuilder + 'static, precisions: &[Precision]) -> Method {
	let name = builder.name().to_owned();
	Method::Index { name, builder: Box::new(builder), precisions: precisions.to_vec() }
}

fn small_task() -> Task {
	let architecture = Architecture::mlp(&[2, 4, 3], Activation::Tanh);
	let config = TrainConfig { epochs: 20, ..TrainConfig::standard(architecture) };
	Task::new("blobs", blobs(40, 1), blobs(20, 2), config)
}

fn small_protocol(threads: usize, retrains: usize) -> Protocol {
	Protocol {
		subsets: 30,
		retrains,
		contribution_rows: 4,
		removed: vec![3, 6],
		removal_rows: 4,
		removal_retrains: 1,
		resamples: 100,
		seed: 1,
		threads,
		..Protocol::standard()
	}
}

fn run(measures: &[Measure], threads: usize, retrains: usize) -> Result<EvaluationReport> {
	let protocol = small_protocol(threads, retrains);
	let measures = measures.iter().copied().collect();
	evaluate(&small_task(), &[index(EkFac::default(), &ALL)], &measures, &protocol, &mut |_| ())
}

#[test]
fn report_should_not_depend_on_threads() {
	let measures = [Measure::LdsRows, Measure::LdsContributions, Measure::Removal];
	let (one, three) = (run(&measures, 1, 1).unwrap(), run(&measures, 3, 1).unwrap());
	assert_eq!(one.accuracy, three.accuracy);
	for (one, three) in one.lds.iter().zip(&three.lds) {
		for (one, three) in one.results.iter().zip(&three.results) {
			assert_eq!((one.lds, &one.example), (three.lds, &three.example));
		}
	}
	assert_eq!(one.lds.len(), 2);
	let (one, three) = (one.removal.unwrap(), three.removal.unwrap());
	assert_eq!((&one.random, &one.results[0].points), (&three.random, &three.results[0].points));
}

#[test]
fn scores_should_predict_retraining_and_survive_quantisation() {
	let report = run(&[Measure::LdsRows, Measure::LdsContributions], 2, 3).unwrap();
	assert_eq!(report.lds[0].contributions, 40);
	assert_eq!((report.lds[1].contributions, report.lds[1].contribution_rows), (10, 4));
	for lds in &report.lds {
		let value = |at: usize| lds.results[at].lds.value;
		assert_eq!(lds.results.iter().map(|r| r.measured.precision).collect::<Vec<_>>(), ALL);
		assert!(value(0) > 0.3, "{lds:?}");
		assert!((value(0) - value(1)).abs() < 0.01, "{lds:?}");
		assert!((value(0) - value(2)).abs() < 0.05, "{lds:?}");
		let interval = lds.results[0].lds;
		assert!(interval.low < interval.value && interval.value < interval.high);
		assert!(lds.ceiling.unwrap() > value(0), "{lds:?}");
	}
	assert!(report.accuracy > 0.9);
}

#[test]
fn curvature_should_predict_retraining_better_than_gradients_alone() {
	let (train, rest) = digits().split(300, 3).unwrap();
	let test = rest.select(&(0..60).collect::<Vec<_>>()).unwrap();
	let architecture = Architecture::mlp(&[64, 12, 10], Activation::Tanh);
	let config = TrainConfig { epochs: 40, ..TrainConfig::standard(architecture) };
	let protocol = Protocol { subsets: 40, retrains: 1, threads: 2, ..Protocol::standard() };
	let methods =
		[index(EkFac::default(), &[Precision::Int8]), index(GradientDot, &[Precision::Int8])];
	let task = Task::new("digits", train, test, config);
	let measures = BTreeSet::from([Measure::LdsRows]);
	let report = evaluate(&task, &methods, &measures, &protocol, &mut |_| ()).unwrap();
	let results = &report.lds[0].results;
	let (with, without) = (results[0].lds.value, results[1].lds.value);
	assert!(with > 0.3 && with > without + 0.1, "{with} {without}");
}

#[test]
fn evaluation_should_refuse_when_there_is_nothing_to_compare() {
	let error = run(&[Measure::LdsRows], 1, 0).unwrap_err();
	assert_eq!(error.to_string(), "retrains: must be at least 1");
	assert!(run(&[Measure::Mislabelled], 1, 1).is_err());
	assert!(run(&[Measure::LeaveOneOut], 1, 1).is_err());
	for protocol in [
		Protocol { removed: vec![40], ..small_protocol(1, 1) },
		Protocol { removed: vec![], ..small_protocol(1, 1) },
		Protocol { removal_rows: 21, ..small_protocol(1, 1) },
	] {
		let measures = BTreeSet::from([Measure::Removal]);
		assert!(evaluate(&small_task(), &[], &measures, &protocol, &mut |_| ()).is_err());
	}
}

/// The recipe of a logistic regression that reaches its minimum.
fn convex_task() -> Task {
	let (train, rest) = digits().split(300, 3).unwrap();
	let test = rest.select(&(0..30).collect::<Vec<_>>()).unwrap();
	let architecture = Architecture::Logistic { inputs: 64, classes: 10 };
	let config = TrainConfig {
		optimiser: Optimiser::Sgd { momentum: 0.9 },
		learning_rate: 0.5,
		schedule: Schedule::Constant,
		weight_decay: 0.01,
		epochs: 600,
		batch_size: 300,
		..TrainConfig::standard(architecture)
	};
	Task::new("convex", train, test, config)
}

#[test]
fn curvature_should_predict_leaving_out_rows_of_a_convex_model() {
	let protocol = Protocol { left_out: 30, resamples: 100, ..Protocol::standard() };
	let methods =
		[index(EkFac::default(), &[Precision::Float]), index(GradientDot, &[Precision::Float])];
	let measures = BTreeSet::from([Measure::LeaveOneOut]);
	let report = evaluate(&convex_task(), &methods, &measures, &protocol, &mut |_| ()).unwrap();
	assert!(report.gradient_norm < 1e-4, "{}", report.gradient_norm);
	let found = report.leave_one_out.unwrap();
	assert_eq!((found.rows.len(), found.results[0].example.len()), (30, 30));
	assert!(found.gradient_norm < 1e-9 && found.largest_change > 0.0);
	let [with, without] = [0, 1].map(|at: usize| found.results[at].pearson.value);
	assert!(with > 0.7 && with > without, "{with} {without}");
}

#[test]
fn mislabelled_rows_should_be_found_by_their_influence() {
	let task = convex_task().with_flipped_labels(0.1, 3).unwrap();
	let measures = BTreeSet::from([Measure::Mislabelled]);
	let protocol = Protocol { resamples: 100, ..Protocol::standard() };
	let methods = [index(EkFac::default(), &ALL)];
	let report = evaluate(&task, &methods, &measures, &protocol, &mut |_| ()).unwrap();
	let found = report.mislabelled.unwrap();
	assert_eq!((found.count, found.results.len()), (30, 3));
	for result in &found.results {
		assert!(result.self_influence.auc.value > 0.9, "{result:?}");
		assert!(result.held_out_harm.auc.value > 0.8, "{result:?}");
		let (fewer, more) = (result.self_influence.found_at_10, result.self_influence.found_at_20);
		assert!(fewer.value > 0.5 && more.value >= fewer.value, "{result:?}");
	}
}

#[test]
fn removing_helpful_rows_should_harm_more_than_removing_any() {
	let report = run(&[Measure::Removal], 2, 1).unwrap();
	let removal = report.removal.unwrap();
	assert_eq!((removal.results.len(), removal.random.len()), (1, 2));
	let (helpful, random) = (&removal.results[0].points[1], &removal.random[1]);
	assert_eq!(helpful.removed, 6);
	assert!(helpful.drop.value > random.drop.value, "{helpful:?} {random:?}");
}

/// Scores each contribution by its number.
struct Wrong(usize);

impl Scorer for Wrong {
	fn name(&self) -> String {
		"wrong".into()
	}

	fn parameters(&self) -> Value {
		json!({})
	}

	fn scores(
		&self,
		subject: &Subject<'_>,
		contributions: &[Contribution],
		_: &mut dyn FnMut(Progress),
	) -> Result<Vec<Vec<f64>>> {
		let scores = (0..contributions.len() - self.0).map(|i| i as f64).collect();
		Ok(vec![scores; subject.task.test.len()])
	}
}

#[test]
fn direct_scores_should_be_measured_or_refused_when_some_are_missing() {
	let measures = BTreeSet::from([Measure::LdsRows]);
	let run = |missing| {
		let methods = [Method::Direct(Box::new(Wrong(missing)))];
		evaluate(&small_task(), &methods, &measures, &small_protocol(2, 1), &mut |_| ())
	};
	let report = run(0).unwrap();
	let result = &report.lds[0].results[0];
	assert_eq!((result.measured.method.as_str(), result.measured.dimension), ("wrong", None));
	assert!(result.lds.value.abs() < 0.5);
	let error = run(1).unwrap_err().to_string();
	assert!(error.contains("wrong does not score each contribution"), "{error}");
}
