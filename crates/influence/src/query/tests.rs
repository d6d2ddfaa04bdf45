use super::*;
use crate::{build_index, Contribution, EkFac, Error, FloatIndex, IndexBuilder};
use openledger_models::testing::{digits, digits_model};
use openledger_primitives::{shares, ClaimError, Width, PARTS};
use openledger_rows::Error as RowsError;
use openledger_testing::total_variation;

struct Setting {
	model: Model,
	contributions: Vec<Contribution>,
	test: Dataset,
}

/// A digits model and its training rows in twelve contributions: ten of one digit each, the last
/// rows of each digit mixed in one more, and one with wrong labels.
fn setting() -> Setting {
	let (model, train, test) = digits_model();
	let mut rows = vec![Vec::new(); 12];
	for i in 0..train.len() {
		let label = train.label(i) as usize;
		rows[if i % 10 == 0 {
			10
		} else if i % 10 == 1 {
			11
		} else {
			label
		}]
		.push(i);
	}
	let part =
		|(id, rows): (u64, &Vec<usize>)| Contribution { id, rows: train.select(rows).unwrap() };
	let mut contributions: Vec<_> = (100..).zip(&rows).map(part).collect();
	let wrong = contributions[11].rows.labels().iter().map(|label| (label + 3) % 10).collect();
	contributions[11].rows = contributions[11].rows.with_labels(wrong).unwrap();
	Setting { model, contributions, test }
}

fn index(setting: &Setting, width: Width) -> Index {
	build_index(&EkFac::default(), &setting.model, &setting.contributions, width, &mut |_| ())
		.unwrap()
}

fn query(setting: &Setting, index: &Index, i: usize) -> Attribution {
	let input = setting.test.row_text(i);
	let output = setting.model.answer(&input).unwrap().text;
	attribute(&setting.model, index, &input, &output, 12).unwrap()
}

#[test]
fn attribution_should_pass_the_chains_check() {
	let setting = setting();
	for width in [Width::Int8, Width::Int16] {
		let index = index(&setting, width);
		for i in 0..20 {
			let attribution = query(&setting, &index, i);
			assert!(!attribution.entries.is_empty());
			let entries = attribution.check(&index.commitment(), 12).unwrap();
			assert!(entries.windows(2).all(|pair| pair[0].score >= pair[1].score));
		}
	}
}

#[test]
fn check_should_fail_when_an_attribution_is_tampered_with() {
	let setting = setting();
	let index = index(&setting, Width::Int8);
	let honest = query(&setting, &index, 0);
	let check = |change: &dyn Fn(&mut Attribution)| {
		let mut attribution = honest.clone();
		change(&mut attribution);
		attribution.check(&index.commitment(), 12).unwrap_err()
	};
	assert_eq!(check(&|a| a.entries[0].score += 1), ClaimError::WrongScore { entry: 0 });
	assert_eq!(check(&|a| a.entries[0].leaf_index ^= 1), ClaimError::WrongProof { entry: 0 });
	assert_eq!(check(&|a| a.entries[1].proof[0].0[0] ^= 1), ClaimError::WrongProof { entry: 1 });
	assert!(matches!(check(&|a| a.entries.swap(0, 1)), ClaimError::Unsorted { .. }));
	assert_eq!(
		check(&|a| a.entries[0].leaf.contribution = 9999),
		ClaimError::WrongProof { entry: 0 }
	);
	// A leaf of another model's index.
	let other = build_index(
		&EkFac { damping: 1.0, ..Default::default() },
		&setting.model,
		&setting.contributions,
		Width::Int8,
		&mut |_| (),
	)
	.unwrap();
	assert!(matches!(
		query(&setting, &other, 0).check(&index.commitment(), 12),
		Err(ClaimError::WrongProof { .. })
	));
}

#[test]
fn attribution_should_be_the_same_bits_when_files_are_read_elsewhere() {
	let setting = setting();
	let index = index(&setting, Width::Int8);
	let model = Model::load(setting.model.to_bytes(), Some(&setting.model.hash())).unwrap();
	let read = Index::load(index.to_bytes(), Some(&index.file_hash()), &model).unwrap();
	let elsewhere = Setting { model, contributions: Vec::new(), test: setting.test.clone() };
	let there = std::thread::scope(|scope| {
		let run = || (0..10).map(|i| query(&elsewhere, &read, i)).collect::<Vec<_>>();
		scope.spawn(run).join().unwrap()
	});
	for (i, attribution) in there.iter().enumerate() {
		assert_eq!(*attribution, query(&setting, &index, i));
	}
}

#[test]
fn contribution_of_the_answered_digit_should_score_best_for_most_queries() {
	let setting = setting();
	let index = index(&setting, Width::Int16);
	let mut first = 0;
	for i in 0..100 {
		let input = setting.test.row_text(i);
		let answer = setting.model.answer(&input).unwrap();
		let top = query(&setting, &index, i).entries[0].leaf.contribution;
		first += u32::from(top == 100 + u64::from(answer.label));
	}
	assert!(first >= 60, "{first} of 100");
}

#[test]
fn entries_should_be_cut_to_the_best_when_there_are_more_than_the_limit() {
	let setting = setting();
	let index = index(&setting, Width::Int8);
	let all = query(&setting, &index, 3);
	let input = setting.test.row_text(3);
	let output = setting.model.answer(&input).unwrap().text;
	let cut = attribute(&setting.model, &index, &input, &output, 2).unwrap();
	assert_eq!(cut.entries, all.entries[..2]);
	assert_eq!(cut.query, all.query);
}

#[test]
fn wrong_labels_should_harm_and_right_ones_help_the_held_out_loss() {
	let setting = setting();
	let index = index(&setting, Width::Int16);
	let sketch = held_out_sketch(&setting.model, &index, &setting.test).unwrap();
	let scores = index.scores(&sketch).unwrap();
	assert!(scores[11] < 0, "{scores:?}");
	assert!(scores[10] > 0, "{scores:?}");
	let attribution = held_out_attribution(&setting.model, &index, &setting.test, 12).unwrap();
	assert_eq!(attribution.query, sketch);
	let entries = attribution.check(&index.commitment(), 12).unwrap();
	assert!(entries.iter().all(|entry| entry.contribution != 111));
	assert!(entries.iter().any(|entry| entry.contribution == 110));
}

/// The real scores, from which integers are rounded.
fn float_scores(setting: &Setting, float: &FloatIndex, i: usize) -> Vec<f64> {
	let row = setting.test.row(i);
	let class = setting.model.answer(&setting.test.row_text(i)).unwrap().label;
	let query = Dataset::new(64, row.to_vec(), vec![class]).unwrap();
	float.scores(&float.queries(&setting.model, &query).unwrap()[0])
}

#[test]
fn integer_shares_should_be_close_to_real_ones() {
	let setting = setting();
	let float =
		EkFac::default().build(&setting.model, &setting.contributions, &mut |_| ()).unwrap();
	for (width, tolerance) in [(Width::Int8, 0.08), (Width::Int16, 0.001)] {
		let index = index(&setting, width);
		for i in 0..50 {
			let real = float_scores(&setting, &float, i);
			let largest = real.iter().fold(0.0f64, |max, x| max.max(*x));
			let real = (100..).zip(&real).map(|(contribution, x)| Entry {
				contribution,
				score: (x / largest * 1e15) as i64,
			});
			let real: Vec<Entry> = real.collect();
			let found: Vec<Entry> =
				query(&setting, &index, i).entries.iter().map(|e| e.entry()).collect();
			let distance = total_variation(&shares(&found), &shares(&real));
			let distance = f64::from(distance) / f64::from(PARTS);
			assert!(distance < tolerance, "{width:?} {i}: {distance}");
		}
	}
}

#[test]
fn attribute_should_refuse_when_input_output_or_index_do_not_fit() {
	let setting = setting();
	let index = index(&setting, Width::Int8);
	let (model, input) = (&setting.model, setting.test.row_text(0));
	let run = |input: &str, output: &str| attribute(model, &index, input, output, 5).unwrap_err();
	assert!(matches!(
		run("1,2,3", "7"),
		Error::Rows(RowsError::InputLength { found: 3, expected: 64 })
	));
	assert!(matches!(
		run(&input.replacen('0', "zero", 1), "7"),
		Error::Rows(RowsError::NotANumber { .. })
	));
	assert!(matches!(run(&input, "ten"), Error::UnknownClass { .. }));
	let other = openledger_models::testing::random_model(
		&[64, 32, 10],
		openledger_models::Activation::Tanh,
		1,
	);
	let error = attribute(&other, &index, &input, "7", 5).unwrap_err();
	assert!(matches!(error, Error::WrongModel { .. }));
	assert!(matches!(held_out_sketch(&other, &index, &digits()), Err(Error::WrongModel { .. })));
	let narrow = Dataset::new(1, vec![1.0], vec![0]).unwrap();
	assert!(matches!(
		held_out_sketch(model, &index, &narrow),
		Err(Error::Rows(RowsError::FeatureCount { .. }))
	));
}
