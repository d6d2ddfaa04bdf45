//! How an adapter is trained.

use crate::{
	error::{Error, Result},
	ops::sine_cosine,
};
use serde::{Deserialize, Serialize};

/// How gradients become steps.
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

/// A training recipe. Equal recipes, samples and models give equal parameters.
///
/// The learning rate rises evenly from zero over the warm-up and then falls to zero along half a
/// cosine (Loshchilov and Hutter 2017).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
	/// How gradients become steps.
	pub optimiser: Optimiser,
	/// The highest learning rate; positive.
	pub learning_rate: f32,
	/// The part of all steps over which the learning rate rises, 0 to 1.
	pub warm_up: f32,
	/// The pull of every trained parameter to zero; not negative.
	pub weight_decay: f32,
	/// A longer gradient of a batch is shortened to this Euclidean length; positive.
	pub clip_norm: Option<f32>,
	/// Passes over the samples; at least 1.
	pub epochs: u32,
	/// Samples of one step; at least 1.
	pub batch_size: usize,
	/// Fixes the order of samples.
	pub seed: u64,
}

impl Default for TrainConfig {
	/// AdamW with decays 0.9 and 0.999, learning rate 0.0005, warm-up over 6 % of the steps, weight
	/// decay 0.01, gradients no longer than 1, 3 epochs in batches of 16.
	fn default() -> Self {
		Self {
			optimiser: Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
			learning_rate: 5e-4,
			warm_up: 0.06,
			weight_decay: 0.01,
			clip_norm: Some(1.0),
			epochs: 3,
			batch_size: 16,
			seed: 0,
		}
	}
}

impl TrainConfig {
	/// Checks that every setting is in its range.
	///
	/// # Errors
	/// [`Error::Setting`] names the setting and its range.
	pub fn check(&self) -> Result<()> {
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
			(momenta, "optimiser", "decays must be from 0 to below 1, epsilon positive"),
			(positive(self.learning_rate), "learning_rate", "must be positive"),
			((0.0..=1.0).contains(&self.warm_up), "warm_up", "must be from 0 to 1"),
			(decay >= 0.0 && decay.is_finite(), "weight_decay", "must not be negative"),
			(self.clip_norm.is_none_or(positive), "clip_norm", "must be positive, or none"),
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
		let done = (step - warm_up) as f64 / steps.saturating_sub(warm_up).max(1) as f64;
		let (_, cosine) = sine_cosine(std::f64::consts::PI * done);
		self.learning_rate * (0.5 * (1.0 + cosine)) as f32
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn config_should_round_trip_as_json() {
		let sgd = Optimiser::Sgd { momentum: 0.5 };
		for config in [TrainConfig::default(), TrainConfig { optimiser: sgd, ..Default::default() }]
		{
			let text = serde_json::to_string(&config).unwrap();
			assert_eq!(serde_json::from_str::<TrainConfig>(&text).unwrap(), config);
		}
	}

	#[test]
	fn check_should_name_the_setting_when_out_of_range() {
		let standard = TrainConfig::default;
		assert!(standard().check().is_ok());
		let sgd = Optimiser::Sgd { momentum: 1.0 };
		let wrong = [
			(TrainConfig { optimiser: sgd, ..standard() }, "optimiser"),
			(TrainConfig { learning_rate: f32::NAN, ..standard() }, "learning_rate"),
			(TrainConfig { warm_up: 1.5, ..standard() }, "warm_up"),
			(TrainConfig { weight_decay: -1.0, ..standard() }, "weight_decay"),
			(TrainConfig { clip_norm: Some(0.0), ..standard() }, "clip_norm"),
			(TrainConfig { epochs: 0, ..standard() }, "epochs"),
			(TrainConfig { batch_size: 0, ..standard() }, "batch_size"),
		];
		for (config, name) in wrong {
			assert!(config.check().unwrap_err().to_string().starts_with(name));
		}
	}

	#[test]
	fn learning_rate_should_rise_then_fall_along_half_a_cosine() {
		let config = TrainConfig { warm_up: 0.1, learning_rate: 1.0, ..Default::default() };
		let rates: Vec<f32> = (0..100).map(|step| config.learning_rate_at(step, 100)).collect();
		assert!(rates[..10].windows(2).all(|pair| pair[0] < pair[1]));
		assert!(rates[10..].windows(2).all(|pair| pair[0] > pair[1]));
		assert_eq!((rates[9], rates[10]), (1.0, 1.0));
		assert!((rates[55] - 0.5).abs() < 1e-6);
		assert!(rates[99] < 0.001);
	}
}
