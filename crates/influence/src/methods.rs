//! The methods by name: what programs offer and choose from.
//!
//! The name of a method is that of a choice; the name that an index records of its builder
//! ([`IndexBuilder::name`]) is shared by all methods that are settings of one builder.

use crate::{
	builders::{
		DataInf, EkFac, Ensemble, EnsembleKind, ExactCurvature, GradientCosine, GradientDot,
		Positive, TracIn, Trak, Unrolled,
	},
	IndexBuilder,
};
use openledger_models::TrainConfig;

/// A method that builds an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MethodName {
	/// Gradient dot product.
	GradientDot,
	/// Cosine of gradients.
	GradientCosine,
	/// Gradients along the training run.
	TracIn,
	/// Averages of rank-one inverses.
	DataInf,
	/// Randomly projected gradients of one model.
	Trak,
	/// Randomly projected gradients of several models on random halves.
	TrakHalves,
	/// Eigenvalue-corrected Kronecker factors.
	EkFac,
	/// Exact curvature, made positive part by part.
	Exact,
	/// Exact curvature, made positive as a whole.
	ExactHessian,
	/// Exact curvature of several models of other seeds.
	ExactSeeds,
	/// Exact curvature of several models on random halves.
	ExactHalves,
	/// The derivative carried through training.
	Unrolled,
}

/// What methods are built from. Each takes what concerns it.
///
/// All other settings are those that the methods' papers or their authors' programs have by
/// default.
#[derive(Clone, Copy, Debug)]
pub struct MethodSettings<'a> {
	/// The recipe that the model was trained by.
	pub config: &'a TrainConfig,
	/// Training rows: TRAK takes no more dimensions than half of them.
	pub rows: usize,
	/// Models of the methods that sum over several, at least 1.
	pub members: usize,
	/// The settings of EK-FAC.
	pub ekfac: EkFac,
}

impl MethodName {
	/// All methods, from the plainest to the most expensive.
	pub const ALL: [Self; 12] = [
		Self::GradientDot,
		Self::GradientCosine,
		Self::TracIn,
		Self::DataInf,
		Self::Trak,
		Self::TrakHalves,
		Self::EkFac,
		Self::Exact,
		Self::ExactHessian,
		Self::ExactSeeds,
		Self::ExactHalves,
		Self::Unrolled,
	];

	/// The method of this name.
	pub fn find(name: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|method| method.name() == name)
	}

	/// The name by which people choose it.
	pub fn name(self) -> &'static str {
		match self {
			Self::GradientDot => "gradient-dot",
			Self::GradientCosine => "gradient-cosine",
			Self::TracIn => "tracin",
			Self::DataInf => "datainf",
			Self::Trak => "trak",
			Self::TrakHalves => "trak-halves",
			Self::EkFac => "ekfac",
			Self::Exact => "exact",
			Self::ExactHessian => "exact-hessian",
			Self::ExactSeeds => "exact-seeds",
			Self::ExactHalves => "exact-halves",
			Self::Unrolled => "unrolled",
		}
	}

	/// What it is and with which settings, in one line for people.
	pub fn about(self) -> &'static str {
		match self {
			Self::GradientDot => "Gradient dot product",
			Self::GradientCosine => "Cosine of gradients",
			Self::TracIn => "TracInCP, 10 checkpoints",
			Self::DataInf => "DataInf, damping 0.1 of the mean squared gradient as in its paper",
			Self::Trak => {
				"TRAK, one model, 512 dimensions, or fewer where rows are fewer than 1,024"
			},
			Self::TrakHalves => "TRAK over several models on random halves, as in its paper",
			Self::EkFac => "EK-FAC, damping 0.1 of the layer's mean eigenvalue",
			Self::Exact => {
				"Exact curvature: Gauss-Newton and the absolute value of the rest, damping from the \
				 recipe"
			},
			Self::ExactHessian => "The same with the absolute value of the whole Hessian",
			Self::ExactSeeds => "`exact` over several models of other seeds",
			Self::ExactHalves => "`exact` over several models on random halves",
			Self::Unrolled => "Exact derivative through training; for tables only",
		}
	}

	/// Whether it also takes models of text.
	pub fn takes_text(self) -> bool {
		self != Self::Unrolled
	}

	/// What builds its index.
	pub fn builder(self, settings: &MethodSettings<'_>) -> Box<dyn IndexBuilder> {
		let MethodSettings { config, rows, members, ekfac } = *settings;
		// Beyond half of the rows its second moment hardly has an inverse.
		let dimension = 1 << (rows / 2).clamp(1, 512).ilog2();
		let exact = || ExactCurvature::for_recipe(config);
		let trak = || Trak { dimension, ..Trak::standard(config.clone()) };
		let halves = EnsembleKind::Halves { contributions: false, itself: false };
		let several = |kind| {
			let builder = Box::new(exact());
			Box::new(Ensemble { builder, members, kind, config: config.clone() })
		};
		match self {
			Self::GradientDot => Box::new(GradientDot),
			Self::GradientCosine => Box::new(GradientCosine),
			Self::TracIn => Box::new(TracIn::standard(config.clone())),
			Self::DataInf => Box::new(DataInf::default()),
			Self::Trak => Box::new(trak()),
			Self::TrakHalves => Box::new(Trak { models: members, kind: halves, ..trak() }),
			Self::EkFac => Box::new(ekfac),
			Self::Exact => Box::new(exact()),
			Self::ExactHessian => {
				Box::new(ExactCurvature { positive: Positive::Hessian, ..exact() })
			},
			Self::ExactSeeds => several(EnsembleKind::Seeds),
			Self::ExactHalves => several(halves),
			Self::Unrolled => Box::new(Unrolled { config: config.clone() }),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_models::Architecture;

	#[test]
	fn every_method_should_be_found_by_its_name_and_build() {
		let config = TrainConfig::standard(Architecture::Logistic { inputs: 2, classes: 3 });
		let ekfac = EkFac::default();
		let settings = MethodSettings { config: &config, rows: 100, members: 2, ekfac };
		for method in MethodName::ALL {
			assert_eq!(MethodName::find(method.name()), Some(method));
			assert!(!method.about().is_empty());
			let builder = method.builder(&settings).name();
			assert!(method.name().starts_with(builder) || builder == "ensemble", "{builder}");
		}
		assert_eq!(MethodName::find("bm25"), None);
	}
}
