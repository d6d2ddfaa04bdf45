//! How a model is trained.

use crate::{Architecture, Error, Result};
use serde::{Deserialize, Serialize};

/// The rule by which gradients become steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Optimiser {
	/// Stochastic gradient descent with heavy-ball momentum. Weight decay is added to the gradient.
	Sgd {
		/// The part of the last step kept, 0 to below 1.
		momentum: f32,
	},
	/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
	AdamW {
		/// Decay of the mean of gradients, 0 to below 1.
		beta1: f32,
		/// Decay of the mean of squared gradients, 0 to below 1.
		beta2: f32,
		/// Added to the root of the mean square; positive.
		epsilon: f32,
	},
}

/// How the learning rate falls after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
	/// The rate stays.
	Constant,
	/// To zero along half a cosine (Loshchilov and Hutter 2017).
	Cosine,
}

/// How features are scaled, from the training rows; stored with the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
	/// Features stay as they are.
	None,
	/// All divided by the largest absolute value of any: keeps zeros and proportions, right for
	/// pixels.
	Maximum,
	/// Each to mean 0 and variance 1; a constant feature becomes 0.
	Standardise,
}

/// A training recipe. Equal recipes, rows and machines give equal weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
	/// The architecture of the model that is trained.
	pub architecture: Architecture,
	/// The rule by which gradients become steps.
	pub optimiser: Optimiser,
	/// The highest learning rate; positive.
	pub learning_rate: f32,
	/// How the learning rate falls.
	pub schedule: Schedule,
	/// The part of all steps over which the learning rate rises from zero, 0 to 1.
	pub warm_up: f32,
	/// The pull of every weight and bias to zero; not negative.
	pub weight_decay: f32,
	/// Passes over the rows; at least 1.
	pub epochs: u32,
	/// Rows of one step; at least 1.
	pub batch_size: usize,
	/// How features are scaled before the first layer.
	pub scaling: Scaling,
	/// Fixes the initial weights and the order of rows.
	pub seed: u64,
}

impl TrainConfig {
	/// A recipe that works untuned on small tables: SGD with momentum 0.9, learning rate 0.1
	/// falling along a cosine, weight decay 0.001, 150 epochs in batches of 32, features divided by
	/// the largest.
	pub fn standard(architecture: Architecture) -> Self {
		Self {
			architecture,
			optimiser: Optimiser::Sgd { momentum: 0.9 },
			learning_rate: 0.1,
			schedule: Schedule::Cosine,
			warm_up: 0.0,
			weight_decay: 1e-3,
			epochs: 150,
			batch_size: 32,
			scaling: Scaling::Maximum,
			seed: 0,
		}
	}

	/// A recipe for adapters of models of text: AdamW with learning rate 0.001 rising over 6 % of the
	/// steps and falling along a cosine, weight decay 0.01, 10 epochs in batches of 16.
	pub fn adapter(architecture: Architecture) -> Self {
		Self {
			optimiser: Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
			learning_rate: 1e-3,
			warm_up: 0.06,
			weight_decay: 0.01,
			epochs: 10,
			batch_size: 16,
			scaling: Scaling::None,
			..Self::standard(architecture)
		}
	}

	/// Checks that every setting is in its range.
	///
	/// # Errors
	/// [`Error::Setting`] names the setting and its range.
	pub fn check(&self) -> Result<()> {
		self.architecture.check()?;
		let positive = |x: f32| x > 0.0 && x.is_finite();
		let fraction = |x: f32| (0.0..1.0).contains(&x);
		let momenta = match self.optimiser {
			Optimiser::Sgd { momentum } => fraction(momentum),
			Optimiser::AdamW { beta1, beta2, epsilon } => {
				fraction(beta1) && fraction(beta2) && positive(epsilon)
			},
		};
		let decay = self.weight_decay;
		for (fits, setting, range) in [
			(positive(self.learning_rate), "learning_rate", "must be above 0 and at most 3.4e38"),
			(momenta, "optimiser", "decays must be from 0 to below 1, epsilon positive"),
			((0.0..=1.0).contains(&self.warm_up), "warm_up", "must be from 0 to 1"),
			(decay >= 0.0 && decay.is_finite(), "weight_decay", "must be from 0 to 3.4e38"),
			(self.epochs > 0, "epochs", "must be at least 1"),
			(self.batch_size > 0, "batch_size", "must be at least 1"),
		] {
			if !fits {
				return Err(Error::setting(setting, range));
			}
		}
		Ok(())
	}

	/// The learning rate of step `step` (from 0) of `steps`.
	pub fn learning_rate_at(&self, step: u64, steps: u64) -> f32 {
		let warm_up = (f64::from(self.warm_up) * steps as f64).round() as u64;
		if step < warm_up {
			return self.learning_rate * ((step + 1) as f64 / warm_up as f64) as f32;
		}
		match self.schedule {
			Schedule::Constant => self.learning_rate,
			Schedule::Cosine => {
				let done = (step - warm_up) as f64 / steps.saturating_sub(warm_up).max(1) as f64;
				let factor = 0.5 * (1.0 + cosine(done));
				self.learning_rate * factor as f32
			},
		}
	}
}

/// `cos(π part)` for a part from 0 to 1, the same bits on every machine: a Taylor series where it
/// converges fast, absolute error below `1e-12`.
fn cosine(part: f64) -> f64 {
	// cos(π - x) = -cos x
	if part > 0.5 {
		return -cosine(1.0 - part);
	}
	let square = (std::f64::consts::PI * part).powi(2);
	(1..=10).rev().fold(1.0, |sum, k| {
		let k = f64::from(k);
		1.0 - sum * square / ((2.0 * k - 1.0) * (2.0 * k))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Activation;

	fn standard() -> TrainConfig {
		TrainConfig::standard(Architecture::mlp(&[4, 3, 2], Activation::Tanh))
	}

	#[test]
	fn config_should_round_trip_as_json() {
		let optimiser = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
		let config = TrainConfig { optimiser, ..standard() };
		let text = serde_json::to_string(&config).unwrap();
		assert_eq!(serde_json::from_str::<TrainConfig>(&text).unwrap(), config);
	}

	#[test]
	fn check_should_name_the_setting_when_out_of_range() {
		assert!(standard().check().is_ok());
		let nan = f32::NAN;
		let wrong = [
			(TrainConfig { learning_rate: nan, ..standard() }, "learning_rate"),
			(TrainConfig { learning_rate: 0.0, ..standard() }, "learning_rate"),
			(
				TrainConfig { optimiser: Optimiser::Sgd { momentum: 1.0 }, ..standard() },
				"optimiser",
			),
			(TrainConfig { warm_up: 1.5, ..standard() }, "warm_up"),
			(TrainConfig { weight_decay: -1.0, ..standard() }, "weight_decay"),
			(TrainConfig { weight_decay: nan, ..standard() }, "weight_decay"),
			(TrainConfig { epochs: 0, ..standard() }, "epochs"),
			(TrainConfig { batch_size: 0, ..standard() }, "batch_size"),
		];
		for (config, name) in wrong {
			assert!(config.check().unwrap_err().to_string().starts_with(name));
		}
	}

	#[test]
	fn learning_rate_should_rise_then_fall_when_warmed_up_and_cosine() {
		let config = TrainConfig { warm_up: 0.1, learning_rate: 1.0, ..standard() };
		let rates: Vec<f32> = (0..100).map(|step| config.learning_rate_at(step, 100)).collect();
		assert!(rates[..10].windows(2).all(|pair| pair[0] < pair[1]));
		assert!(rates[10..].windows(2).all(|pair| pair[0] > pair[1]));
		assert_eq!((rates[9], rates[10]), (1.0, 1.0));
		assert!((rates[55] - 0.5).abs() < 1e-6);
		assert!(rates[99] < 0.001);
	}

	#[test]
	fn cosine_should_match_the_standard_library() {
		for k in 0..=1000 {
			let part = f64::from(k) / 1000.0;
			assert!((cosine(part) - (std::f64::consts::PI * part).cos()).abs() < 1e-12);
		}
	}

	#[test]
	fn learning_rate_should_stay_when_constant() {
		let config = TrainConfig { schedule: Schedule::Constant, ..standard() };
		assert!((0..10).all(|step| config.learning_rate_at(step, 10) == 0.1));
	}
}
