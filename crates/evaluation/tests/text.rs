//! Tasks of text, evaluated by every measure that applies.

use openledger_evaluation::{
	evaluate, Lexical, Measure, Method, Precision, Protocol, Scorer, Subject, Task,
};
use openledger_influence::{
	builders::{TracIn, Unrolled},
	Contribution, ExactCurvature, IndexBuilder,
};
use openledger_models::{
	testing::sentences::{config, encoder, rows},
	Architecture, TrainConfig,
};
use openledger_rows::Dataset;

fn contributions(data: &Dataset, size: usize) -> Vec<Contribution> {
	let numbers: Vec<usize> = (0..data.len()).collect();
	let parts = numbers.chunks(size).zip(10..);
	parts.map(|(rows, id)| Contribution { id, rows: data.select(rows).unwrap() }).collect()
}

fn index_method(builder: impl IndexBuilder + 'static) -> Method {
	let name = builder.name().to_owned();
	Method::Index { name, builder: Box::new(builder), precisions: vec![Precision::Float] }
}

#[test]
fn tasks_of_text_should_be_evaluated_by_every_measure_that_applies() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let config = TrainConfig { epochs: 4, ..config(architecture) };
	let task = Task::new("text", rows(40, 0), rows(12, 60), config.clone());
	let task = task.with_flipped_labels(0.1, 3).unwrap();
	let protocol = Protocol {
		subsets: 6,
		retrains: 1,
		contribution_rows: 5,
		removed: vec![4],
		removal_rows: 3,
		removal_retrains: 1,
		resamples: 50,
		threads: 2,
		..Protocol::standard()
	};
	let run = |task: &Task, methods: &[Method], measures: &[Measure]| {
		let measures = measures.iter().copied().collect();
		evaluate(task, methods, &measures, &protocol, &mut |_| ())
	};
	let methods = [
		index_method(ExactCurvature::for_recipe(&config)),
		index_method(TracIn::standard(config.clone())),
		Method::Direct(Box::new(Lexical)),
	];
	let measures =
		[Measure::LdsRows, Measure::LdsContributions, Measure::Removal, Measure::Mislabelled];
	let report = run(&task, &methods, &measures).unwrap();
	for lds in &report.lds {
		let names: Vec<&str> = lds.results.iter().map(|r| r.measured.method.as_str()).collect();
		assert_eq!(names, ["exact", "tracin", "bm25"]);
		assert!(lds.results.iter().all(|result| result.lds.value.abs() <= 1.0));
	}
	assert_eq!((report.lds[0].contributions, report.lds[1].contributions), (40, 8));
	assert_eq!(report.removal.unwrap().results.len(), 3);
	assert_eq!(report.mislabelled.unwrap().results.len(), 2);

	let error = run(&task, &[], &[Measure::LeaveOneOut]).unwrap_err().to_string();
	assert!(error.contains("logistic"), "{error}");
	let unrolled = [index_method(Unrolled { config })];
	let error = run(&task, &unrolled, &[Measure::LdsRows]).unwrap_err().to_string();
	assert!(error.contains("this method is for models of rows of numbers"), "{error}");

	let numbers =
		Dataset::new(1, (0..20).map(|x| x as f32).collect(), (0..20).map(|x| x % 2).collect());
	let numbers = numbers.unwrap();
	let table = TrainConfig::standard(Architecture::Logistic { inputs: 1, classes: 2 });
	let table = Task::new("table", numbers.clone(), numbers, table);
	let error = run(&table, &methods[2..], &[Measure::LdsRows]).unwrap_err().to_string();
	assert!(error.contains("bm25 compares words"), "{error}");
}

#[test]
fn shared_words_should_count_for_the_label_or_against_it() {
	let directory = tempfile::tempdir().unwrap();
	let (_, architecture) = encoder(directory.path());
	let config = TrainConfig { epochs: 1, ..config(architecture) };
	let task = Task::new("text", rows(6, 0), rows(2, 0), config);
	let subject = Subject::train(&task, &mut |_| ()).unwrap();
	let scores = Lexical.scores(&subject, &contributions(&task.train, 1), &mut |_| ()).unwrap();
	for (query, scores) in scores.iter().enumerate() {
		for (row, score) in scores.iter().enumerate() {
			let same = task.test.label(query) == task.train.label(row);
			// All texts share a word.
			assert_eq!(*score > 0.0, same, "{query} {row}: {score}");
		}
		assert!(scores.iter().all(|score| *score <= scores[query]));
	}
	let together = Lexical.scores(&subject, &contributions(&task.train, 3), &mut |_| ()).unwrap();
	assert!((together[0][1] - scores[0][3..].iter().sum::<f64>()).abs() < 1e-12);
}
