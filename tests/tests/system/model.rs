//! The smallest model that earns: a logistic regression on the digits of two contributors.

use openledger_tests::{
	digits::{csv, Digit, Digits},
	scenario::{Contributor, Plan, Scenario},
	Result,
};

/// The number of rows for questions, one of each digit.
pub const QUESTIONS: usize = 10;

/// The model, whose developer also owns and curates the datanet.
pub const MODEL: Plan<'static> = Plan {
	name: "logistic",
	developer: "//Bob",
	host: "//Dave",
	training: &["--architecture", "logistic", "--classes", "10", "--epochs", "20"],
	price: "1",
	base_model: None,
};

/// The rows that the model was trained on, and others.
pub struct Data {
	pub datanet: u32,
	/// The rows that nobody contributed.
	pub questions: Vec<Digit>,
}

/// Goes from an empty chain to a model that is trained and indexed, but not registered yet.
pub fn train(scenario: &Scenario) -> Result<Data> {
	let mut digits = Digits::shuffled(3)?;
	let all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
	let questions = digits.take(&all, QUESTIONS)?;
	let held_out = scenario.write("held-out.csv", &csv(&digits.take(&all, 50)?))?;
	let contributors = [
		Contributor { key: "//Charlie".into(), rows: digits.take(&all, 200)? },
		Contributor { key: "//Eve".into(), rows: digits.take(&[0, 2, 4, 6, 8], 100)? },
	];
	let owner = MODEL.developer;
	let datanet = scenario.create_datanet("digits", owner, &[owner])?;
	let contributions = scenario.contribute(datanet, &contributors)?;
	scenario.approve(&[owner], &contributions)?;
	let version = scenario.publish(datanet, owner)?;
	scenario.train(&MODEL, (datanet, version), &held_out)?;
	scenario.index(&MODEL, &held_out)?;
	Ok(Data { datanet, questions })
}
