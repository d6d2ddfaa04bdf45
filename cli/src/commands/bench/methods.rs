//! The methods by name.

use clap::ValueEnum;
use openledger_influence::{
	builders::{
		DataInf, EkFac, Ensemble, ExactCurvature, GradientCosine, GradientDot, Members, TracIn,
		Trak, Unrolled,
	},
	evaluate::{Method, Precision},
	IndexBuilder, TrainConfig,
};

/// The methods. All have the settings that their papers or their authors' programs have by default,
/// or that follow from the recipe; none is chosen on what is measured here.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
	/// Gradient dot product
	GradientDot,
	/// Cosine of gradients
	GradientCosine,
	/// TracInCP, 10 checkpoints
	Tracin,
	/// DataInf, damping 0.1 of the mean squared gradient as in its paper
	Datainf,
	/// TRAK, one model, 512 dimensions
	Trak,
	/// TRAK over several models on random halves, as in its paper
	TrakHalves,
	/// EK-FAC, damping 0.1 of the layer's mean eigenvalue
	Ekfac,
	/// Absolute value of the exact Hessian, damping from the recipe
	Exact,
	/// The same over several models of other seeds
	ExactSeeds,
	/// The same over several models on random halves
	ExactHalves,
	/// Exact derivative through training
	Unrolled,
}

impl Name {
	/// Those that take seconds.
	pub const QUICK: [Self; 7] = [
		Self::GradientDot,
		Self::GradientCosine,
		Self::Tracin,
		Self::Datainf,
		Self::Trak,
		Self::Ekfac,
		Self::Exact,
	];

	/// The name as it is written on the command line.
	pub fn text(self) -> String {
		self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
	}

	/// The method for models trained by `config`; sums over models have `members`.
	pub fn method(self, config: &TrainConfig, members: usize) -> Method {
		let precisions = vec![Precision::Float, Precision::Int16, Precision::Int8];
		Method::Index { name: self.text(), builder: self.builder(config, members), precisions }
	}

	/// What builds its index.
	pub fn builder(self, config: &TrainConfig, members: usize) -> Box<dyn IndexBuilder> {
		let config = || config.clone();
		let halves = Members::Halves { contributions: false, itself: false };
		let exact = |kind| {
			let builder = Box::new(ExactCurvature::for_recipe(&config()));
			Box::new(Ensemble { builder, members, kind, config: config() })
		};
		match self {
			Self::GradientDot => Box::new(GradientDot),
			Self::GradientCosine => Box::new(GradientCosine),
			Self::Tracin => Box::new(TracIn::standard(config())),
			Self::Datainf => Box::new(DataInf::default()),
			Self::Trak => Box::new(Trak::standard(config())),
			Self::TrakHalves => {
				Box::new(Trak { models: members, kind: halves, ..Trak::standard(config()) })
			},
			Self::Ekfac => Box::new(EkFac::default()),
			Self::Exact => Box::new(ExactCurvature::for_recipe(&config())),
			Self::ExactSeeds => exact(Members::Seeds),
			Self::ExactHalves => exact(halves),
			Self::Unrolled => Box::new(Unrolled { config: config() }),
		}
	}
}
