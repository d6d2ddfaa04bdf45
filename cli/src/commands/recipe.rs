//! How a model is trained: the options of every command that trains.

use crate::error::{Error, Result};
use clap::{Args, ValueEnum};
use openledger_influence::{
	Activation, Architecture, Dataset, Optimiser, Scaling, Schedule, TrainConfig,
};

const HIDDEN: usize = 32;
const MOMENTUM: f32 = 0.9;

/// The options of training.
#[derive(Args, Debug)]
#[command(next_help_heading = "Training")]
pub struct Recipe {
	/// The kind of model
	#[arg(long, default_value = "mlp")]
	architecture: ArchitectureName,
	/// Widths of the hidden layers of a multi-layer perceptron [default: 32]
	#[arg(long, value_delimiter = ',', value_name = "WIDTHS")]
	hidden: Vec<usize>,
	/// The non-linearity of a multi-layer perceptron
	#[arg(long, default_value = "tanh")]
	activation: ActivationName,
	/// Number of classes [default: the largest label plus one]
	#[arg(long)]
	classes: Option<usize>,
	/// How gradients become steps
	#[arg(long, default_value = "sgd")]
	optimiser: OptimiserName,
	/// The part of the last step that sgd keeps [default: 0.9]
	#[arg(long)]
	momentum: Option<f32>,
	/// The highest learning rate
	#[arg(long, default_value_t = standard().learning_rate)]
	learning_rate: f32,
	/// How the learning rate falls
	#[arg(long, default_value = "cosine")]
	schedule: ScheduleName,
	/// The part of all steps over which the learning rate rises from zero
	#[arg(long, default_value_t = standard().warm_up)]
	warm_up: f32,
	/// The pull of every weight to zero
	#[arg(long, default_value_t = standard().weight_decay)]
	weight_decay: f32,
	/// Passes over the rows
	#[arg(long, default_value_t = standard().epochs)]
	epochs: u32,
	/// Rows of one step
	#[arg(long, default_value_t = standard().batch_size)]
	batch_size: usize,
	/// How features are scaled
	#[arg(long, default_value = "maximum")]
	scaling: ScalingName,
	/// Fixes the initial weights and the order of rows
	#[arg(long, default_value_t = standard().seed)]
	seed: u64,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum ArchitectureName {
	/// Multi-layer perceptron
	Mlp,
	/// Multinomial logistic regression
	Logistic,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum ActivationName {
	Tanh,
	Relu,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum OptimiserName {
	Sgd,
	Adamw,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum ScheduleName {
	Constant,
	Cosine,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum ScalingName {
	/// Not at all
	None,
	/// All divided by the largest
	Maximum,
	/// Each to mean 0 and variance 1
	Standardise,
}

/// The engine's own settings, whatever the architecture: the defaults of the options.
fn standard() -> TrainConfig {
	TrainConfig::standard(Architecture::Logistic { inputs: 1, classes: 2 })
}

impl Recipe {
	/// The recipe for a model of `rows`.
	///
	/// # Errors
	/// [`Error::Usage`] if options contradict each other or are out of range.
	pub fn config(&self, rows: &Dataset) -> Result<TrainConfig> {
		let inputs = rows.columns();
		let classes = match self.classes {
			Some(classes) => classes,
			None => usize::try_from(rows.classes())
				.map_err(|_| Error::BadData("there are too many classes".into()))?,
		};
		let architecture = match self.architecture {
			ArchitectureName::Logistic if !self.hidden.is_empty() => {
				return Err(Error::Usage("a logistic regression has no --hidden layers".into()));
			},
			ArchitectureName::Logistic => Architecture::Logistic { inputs, classes },
			ArchitectureName::Mlp => {
				let hidden =
					if self.hidden.is_empty() { vec![HIDDEN] } else { self.hidden.clone() };
				let activation = match self.activation {
					ActivationName::Tanh => Activation::Tanh,
					ActivationName::Relu => Activation::Relu,
				};
				Architecture::mlp(&[vec![inputs], hidden, vec![classes]].concat(), activation)
			},
		};
		let optimiser = match (self.optimiser, self.momentum) {
			(OptimiserName::Adamw, Some(_)) => {
				return Err(Error::Usage("--momentum belongs to sgd, not to adamw".into()));
			},
			(OptimiserName::Adamw, None) => {
				Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
			},
			(OptimiserName::Sgd, momentum) => {
				Optimiser::Sgd { momentum: momentum.unwrap_or(MOMENTUM) }
			},
		};
		let config = TrainConfig {
			architecture,
			optimiser,
			learning_rate: self.learning_rate,
			schedule: match self.schedule {
				ScheduleName::Constant => Schedule::Constant,
				ScheduleName::Cosine => Schedule::Cosine,
			},
			warm_up: self.warm_up,
			weight_decay: self.weight_decay,
			epochs: self.epochs,
			batch_size: self.batch_size,
			scaling: match self.scaling {
				ScalingName::None => Scaling::None,
				ScalingName::Maximum => Scaling::Maximum,
				ScalingName::Standardise => Scaling::Standardise,
			},
			seed: self.seed,
		};
		config.check()?;
		Ok(config)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		recipe: Recipe,
	}

	fn config(line: &str) -> Result<TrainConfig> {
		let line = Line::try_parse_from(format!("train {line}").split_whitespace()).unwrap();
		let rows = Dataset::new(2, vec![0.0, 1.0, 2.0, 3.0], vec![0, 2]).unwrap();
		line.recipe.config(&rows)
	}

	#[test]
	fn config_should_be_the_standard_one_when_nothing_is_given() {
		let standard = Architecture::mlp(&[2, 32, 3], Activation::Tanh);
		assert_eq!(config("").unwrap(), TrainConfig::standard(standard));
	}

	#[test]
	fn config_should_hold_what_is_given() {
		let config = config(
			"--hidden 8,4 --activation relu --optimiser sgd --momentum 0.5 --epochs 3 --seed 7 \
			 --schedule constant --learning-rate 0.2",
		)
		.unwrap();
		assert_eq!(config.architecture, Architecture::mlp(&[2, 8, 4, 3], Activation::Relu));
		assert_eq!(config.optimiser, Optimiser::Sgd { momentum: 0.5 });
		assert_eq!((config.epochs, config.seed, config.learning_rate), (3, 7, 0.2));
		assert_eq!(config.schedule, Schedule::Constant);
	}

	#[test]
	fn config_should_be_refused_when_options_contradict_or_are_out_of_range() {
		let lines = [
			"--architecture logistic --hidden 4",
			"--optimiser adamw --momentum 0.5",
			"--epochs 0",
			"--learning-rate nan",
		];
		for line in lines {
			assert!(matches!(config(line), Err(Error::Usage(_))), "{line} was taken");
		}
	}
}
