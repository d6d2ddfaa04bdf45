//! How a model is trained: the options of every command that trains.

mod text;

use crate::{
	base_models::BaseModels,
	error::{Error, Result},
};
use clap::{Args, ValueEnum};
use openledger_models::{Activation, Architecture, Optimiser, Scaling, Schedule, TrainConfig};
use openledger_rows::Dataset;
pub use text::TextOptions;

const HIDDEN: usize = 32;
const MOMENTUM: f32 = 0.9;

/// The options of training.
#[derive(Args, Debug)]
#[command(next_help_heading = "Training")]
pub struct Recipe {
	/// The kind of model [default: mlp for numbers; for text what the base model is]
	#[arg(long)]
	architecture: Option<ArchitectureName>,
	/// Widths of the hidden layers of a multi-layer perceptron [default: 32]
	#[arg(long, value_delimiter = ',', value_name = "WIDTHS")]
	hidden: Vec<usize>,
	/// The non-linearity of a multi-layer perceptron [default: tanh]
	#[arg(long)]
	activation: Option<ActivationName>,
	/// Number of classes [default: the largest label plus one, or the names found]
	#[arg(long)]
	classes: Option<usize>,
	/// How gradients become steps [default: sgd; adamw for text]
	#[arg(long)]
	optimiser: Option<OptimiserName>,
	/// The part of the last step that sgd keeps [default: 0.9]
	#[arg(long)]
	momentum: Option<f32>,
	/// The highest learning rate [default: 0.1; 0.001 for text]
	#[arg(long)]
	learning_rate: Option<f32>,
	/// How the learning rate falls
	#[arg(long, default_value = "cosine")]
	schedule: ScheduleName,
	/// The part of all steps over which the learning rate rises from zero [default: 0; 0.06 for text]
	#[arg(long)]
	warm_up: Option<f32>,
	/// The pull of every trained weight to zero [default: 0.001; 0.01 for text]
	#[arg(long)]
	weight_decay: Option<f32>,
	/// Passes over the rows [default: 150; 10 for text]
	#[arg(long)]
	epochs: Option<u32>,
	/// Rows of one step [default: 32; 16 for text]
	#[arg(long)]
	batch_size: Option<usize>,
	/// How features are scaled [default: maximum]
	#[arg(long)]
	scaling: Option<ScalingName>,
	/// Fixes the initial weights and the order of rows
	#[arg(long, default_value_t = 0)]
	seed: u64,
	/// The options of models of text.
	#[command(flatten)]
	text: TextOptions,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum ArchitectureName {
	/// Multi-layer perceptron with the layers of --hidden
	Mlp,
	/// Multinomial logistic regression
	Logistic,
	/// Classifier of texts: an adapter of a BERT-type encoder
	Encoder,
	/// Language model: an adapter of a Llama-type decoder
	Decoder,
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
	/// They are taken as they are
	None,
	/// All are divided by the largest
	Maximum,
	/// Each is brought to mean 0 and variance 1
	Standardise,
}

impl Recipe {
	/// The recipe for a model of `rows`.
	///
	/// # Errors
	/// [`Error::Usage`] if options contradict each other, are out of range, or do not go with such
	/// rows; also the errors of opening a base model.
	pub fn config(&self, rows: &Dataset) -> Result<TrainConfig> {
		let defaults = match rows.texts() {
			Some(_) => TrainConfig::adapter(self.of_text(rows)?),
			None => TrainConfig::standard(self.of_numbers(rows)?),
		};
		let config = TrainConfig {
			optimiser: self.optimiser(defaults.optimiser)?,
			learning_rate: self.learning_rate.unwrap_or(defaults.learning_rate),
			schedule: match self.schedule {
				ScheduleName::Constant => Schedule::Constant,
				ScheduleName::Cosine => Schedule::Cosine,
			},
			warm_up: self.warm_up.unwrap_or(defaults.warm_up),
			weight_decay: self.weight_decay.unwrap_or(defaults.weight_decay),
			epochs: self.epochs.unwrap_or(defaults.epochs),
			batch_size: self.batch_size.unwrap_or(defaults.batch_size),
			scaling: match self.scaling {
				None => defaults.scaling,
				Some(ScalingName::None) => Scaling::None,
				Some(ScalingName::Maximum) => Scaling::Maximum,
				Some(ScalingName::Standardise) => Scaling::Standardise,
			},
			seed: self.seed,
			architecture: defaults.architecture,
		};
		config.check()?;
		Ok(config)
	}

	/// The base model that is trained on, as the user named it.
	pub fn base_models(&self) -> &BaseModels {
		&self.text.base_models
	}

	fn of_numbers(&self, rows: &Dataset) -> Result<Architecture> {
		self.text.check_unused()?;
		let inputs = rows.columns();
		let classes = match self.classes {
			Some(classes) => classes,
			None => rows.class_count()?,
		};
		match self.architecture {
			Some(ArchitectureName::Encoder | ArchitectureName::Decoder) => Err(Error::Usage(
				"the rows are of numbers: --architecture is mlp or logistic".into(),
			)),
			Some(ArchitectureName::Logistic) if !self.hidden.is_empty() => {
				Err(Error::Usage("a logistic regression has no --hidden layers".into()))
			},
			Some(ArchitectureName::Logistic) => Ok(Architecture::Logistic { inputs, classes }),
			Some(ArchitectureName::Mlp) | None => {
				let hidden =
					if self.hidden.is_empty() { vec![HIDDEN] } else { self.hidden.clone() };
				let activation = match self.activation {
					Some(ActivationName::Tanh) | None => Activation::Tanh,
					Some(ActivationName::Relu) => Activation::Relu,
				};
				Ok(Architecture::mlp(&[vec![inputs], hidden, vec![classes]].concat(), activation))
			},
		}
	}

	fn of_text(&self, rows: &Dataset) -> Result<Architecture> {
		if !self.hidden.is_empty() || self.activation.is_some() || self.scaling.is_some() {
			return Err(Error::Usage(
				"the rows are of text: --hidden, --activation and --scaling are for rows of numbers"
					.into(),
			));
		}
		self.text.architecture(self.architecture, self.classes, rows)
	}

	fn optimiser(&self, default: Optimiser) -> Result<Optimiser> {
		let adamw = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
		let chosen = match self.optimiser {
			None => default,
			Some(OptimiserName::Adamw) => adamw,
			Some(OptimiserName::Sgd) => Optimiser::Sgd { momentum: MOMENTUM },
		};
		match (chosen, self.momentum) {
			(Optimiser::AdamW { .. }, Some(_)) => {
				Err(Error::Usage("--momentum belongs to sgd, not to adamw".into()))
			},
			(Optimiser::Sgd { .. }, Some(momentum)) => Ok(Optimiser::Sgd { momentum }),
			(chosen, None) => Ok(chosen),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use openledger_transformers::files::tiny;

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

	/// The recipe for rows of text on a base model of its kind.
	fn of_text(line: &str, base: &std::path::Path, rows: &str) -> Result<TrainConfig> {
		let line = format!("train --base-model {} {line}", base.display());
		let line = Line::try_parse_from(line.split_whitespace()).unwrap();
		line.recipe.config(&Dataset::from_bytes(rows.as_bytes(), &Default::default()).unwrap())
	}

	#[test]
	fn config_should_be_an_adapters_when_rows_are_of_text() {
		let folder = tempfile::tempdir().unwrap();
		let (encoder, decoder) = (folder.path().join("encoder"), folder.path().join("decoder"));
		let texts = ["a good film", "a bad film"];
		tiny::bert(&encoder, &texts, &Default::default()).unwrap();
		tiny::llama(&decoder, &texts, &Default::default()).unwrap();
		let rows = "text,label\na good film,good\na bad film,bad\n";
		let config = of_text("--lora-rank 2 --epochs 3", &encoder, rows).unwrap();
		let Architecture::Encoder { lora, class_names, max_tokens, .. } = &config.architecture
		else {
			panic!("{config:?}")
		};
		assert_eq!((lora.rank, lora.alpha, *max_tokens), (2, 4, 64));
		assert_eq!(
			(lora.targets.join(","), class_names.join(",")),
			("query,value".into(), "bad,good".into())
		);
		assert!(matches!(config.optimiser, Optimiser::AdamW { .. }));
		assert_eq!((config.epochs, config.learning_rate), (3, 0.001));

		// Refused before anything of that size is made.
		let huge = of_text("--lora-rank 50000000", &encoder, rows).unwrap();
		let error = huge.architecture.coordinates().unwrap_err().to_string();
		assert!(error.contains("50000000 makes more than") && error.contains("at most"), "{error}");

		let unlabelled = "text\na good film\n";
		let config = of_text("--answer-tokens 5 --max-tokens 20", &decoder, unlabelled).unwrap();
		let Architecture::Decoder { lora, max_tokens, answer_tokens, .. } = &config.architecture
		else {
			panic!("{config:?}")
		};
		assert_eq!((*max_tokens, *answer_tokens, lora.targets.len()), (20, 5, 2));

		for (line, base, rows, words) in [
			("", &encoder, unlabelled, "no labels"),
			("--architecture decoder", &encoder, rows, "the base model is an encoder"),
			("--architecture mlp", &encoder, rows, "encoder or decoder"),
			("--hidden 4", &encoder, rows, "--hidden"),
			("--classes 3", &encoder, rows, "one name for each class"),
			("--classes 3", &decoder, rows, "--classes"),
			("--lora-rank 0", &encoder, rows, "--lora-rank"),
			("--answer-tokens 0", &decoder, unlabelled, "answer_tokens: must be 1 to 1024"),
			("--base-model elsewhere", &encoder, rows, "elsewhere"),
		] {
			let error = of_text(line, base, rows).unwrap_err().to_string();
			assert!(error.contains(words), "{line}: '{error}' lacks '{words}'");
		}
	}

	#[test]
	fn config_should_be_refused_when_all_rows_have_one_class_whichever_it_is() {
		for label in [0, 1] {
			let rows = Dataset::new(1, vec![0.5, 1.5], vec![label; 2]).unwrap();
			let line = |line: &[&str]| Line::try_parse_from([&["train"], line].concat()).unwrap();
			let error = line(&[]).recipe.config(&rows).unwrap_err().to_string();
			assert!(error.contains(&format!("all rows have the label {label}")), "{error}");
			line(&["--classes", "2"]).recipe.config(&rows).unwrap();
		}
	}

	#[test]
	fn learning_rate_should_be_refused_with_its_range_when_no_number_holds_it() {
		let error = config("--learning-rate 1e39").unwrap_err().to_string();
		assert!(error.contains("at most 3.4e38"), "{error}");
	}

	#[test]
	fn config_should_be_refused_when_options_contradict_or_are_out_of_range() {
		let lines = [
			"--architecture logistic --hidden 4",
			"--optimiser adamw --momentum 0.5",
			"--epochs 0",
			"--learning-rate nan",
			"--architecture encoder",
			"--lora-rank 2",
			"--base-model nowhere",
		];
		for line in lines {
			assert!(matches!(config(line), Err(Error::Usage(_))), "{line} was taken");
		}
	}
}
