//! Methods against models that were really trained again.

use openledger_evaluation::{half_subsets, linear_datamodeling_score};
use openledger_influence::{
	builders::{DataInf, Ensemble, EnsembleKind, Trak},
	Contribution, EkFac, GradientDot, IndexBuilder,
};
use openledger_models::{
	testing::digits, train, Activation, Architecture, Function, Model, TrainConfig,
};
use openledger_rows::Dataset;
use rayon::prelude::*;

/// Each row as a contribution of its own.
fn single_rows(data: &Dataset) -> Vec<Contribution> {
	let row = |row: usize| Contribution { id: row as u64, rows: data.select(&[row]).unwrap() };
	(0..data.len()).map(row).collect()
}

/// A model of 300 digits, row by row, and the margins of 60 others under models trained on random
/// halves of the rows.
struct Retrained {
	config: TrainConfig,
	model: Model,
	rows: Vec<Contribution>,
	test: Dataset,
	subsets: Vec<Vec<usize>>,
	/// The margins by the models of all subsets, `[subsets][test]`.
	outputs: Vec<Vec<f64>>,
}

impl Retrained {
	fn new() -> Self {
		let (data, rest) = digits().split(300, 3).unwrap();
		let test = rest.select(&(0..60).collect::<Vec<_>>()).unwrap();
		let architecture = Architecture::mlp(&[64, 12, 10], Activation::Tanh);
		let standard = TrainConfig::standard(architecture);
		let config = TrainConfig { epochs: 40, learning_rate: 0.05, ..standard };
		let subsets = half_subsets(data.len(), 40, 0);
		let output = |(job, subset): (usize, &Vec<usize>)| {
			let config = TrainConfig { seed: 1 + job as u64, ..config.clone() };
			let rows = data.select(subset).unwrap();
			let model = train(&rows, &config, &mut |_| ()).unwrap().model;
			model.gradients(&test, 0..test.len(), Function::Margin).unwrap().values
		};
		let outputs = subsets.par_iter().enumerate().map(output).collect();
		let model = train(&data, &config, &mut |_| ()).unwrap().model;
		let rows = single_rows(&data);
		Self { config, model, rows, test, subsets, outputs }
	}

	/// The mean linear datamodeling score of the other digits.
	fn score(&self, builder: &dyn IndexBuilder) -> f64 {
		let index = builder.build(&self.model, &self.rows, &mut |_| ()).unwrap();
		let queries = index.queries(&self.model, &self.test).unwrap();
		let of = |(t, query): (usize, &Vec<f64>)| {
			let outputs: Vec<f64> = self.outputs.iter().map(|outputs| outputs[t]).collect();
			linear_datamodeling_score(&index.scores(query), &self.subsets, &outputs)
		};
		queries.iter().enumerate().map(of).sum::<f64>() / queries.len() as f64
	}
}

#[test]
fn curvature_should_predict_retraining_better_than_gradients_alone() {
	let retrained = Retrained::new();
	let config = || retrained.config.clone();
	let dot = retrained.score(&GradientDot);
	let trak = Trak {
		models: 10,
		kind: EnsembleKind::Halves { contributions: false, itself: false },
		dimension: 64,
		..Trak::standard(config())
	};
	let single = retrained.score(&EkFac::default());
	// Swapping sum and inverse gains little at sites of many parameters.
	let datainf = retrained.score(&DataInf::default());
	assert!(datainf > dot, "{datainf} {dot}");
	let projected = retrained.score(&trak);
	assert!(projected > dot + 0.05, "{projected} {dot}");
	assert!(single > dot + 0.1, "{single} {dot}");
	let builder = Box::new(EkFac::default());
	let ensemble = Ensemble { builder, members: 4, kind: EnsembleKind::Seeds, config: config() };
	let several = retrained.score(&ensemble);
	assert!(several > single, "{several} {single}");
}
