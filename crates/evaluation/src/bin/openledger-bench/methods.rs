//! The methods by name.

use crate::error::{Error, Result};
use clap::ValueEnum;
use openledger_evaluation::{Lexical, Method, Precision};
use openledger_influence::{
	builders::{
		DataInf, EkFac, Ensemble, ExactCurvature, GradientCosine, GradientDot, Members, Positive,
		TracIn, Trak, Unrolled,
	},
	IndexBuilder,
};
use openledger_models::TrainConfig;

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
	/// TRAK, one model, 512 dimensions, or fewer where rows are fewer than 1,024
	Trak,
	/// TRAK over several models on random halves, as in its paper
	TrakHalves,
	/// EK-FAC, damping 0.1 of the layer's mean eigenvalue
	Ekfac,
	/// Exact curvature: Gauss-Newton and the absolute value of the rest, damping from the recipe
	Exact,
	/// The same with the absolute value of the whole Hessian
	ExactHessian,
	/// `exact` over several models of other seeds
	ExactSeeds,
	/// `exact` over several models on random halves
	ExactHalves,
	/// Exact derivative through training; for tables only
	Unrolled,
	/// BM25, shared words without any model; for text only
	Bm25,
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

	/// The same for text.
	pub const QUICK_TEXT: [Self; 8] = [
		Self::GradientDot,
		Self::GradientCosine,
		Self::Tracin,
		Self::Datainf,
		Self::Trak,
		Self::Bm25,
		Self::Ekfac,
		Self::Exact,
	];

	/// Whether it applies to models of text, or else of tables.
	///
	/// # Errors
	/// [`Error::Usage`] naming the tasks it is for.
	pub fn check(self, text: bool) -> Result<()> {
		let (fits, tasks) = match self {
			Self::Bm25 => (text, "text: --task lora"),
			Self::Unrolled => {
				(!text, "tables: --task digits-mlp, digits-logistic, mislabel, removal")
			},
			_ => (true, ""),
		};
		if fits {
			return Ok(());
		}
		Err(Error::Usage(format!("the method {} is for {tasks} alone", self.text())))
	}

	/// The name as it is written on the command line.
	pub fn text(self) -> String {
		self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
	}

	/// The method for models trained by `config` on `rows` rows; sums over models have `members`.
	pub fn method(self, config: &TrainConfig, rows: usize, members: usize) -> Method {
		let precisions = vec![Precision::Float, Precision::Int16, Precision::Int8];
		match self.builder(config, rows, members) {
			Some(builder) => Method::Index { name: self.text(), builder, precisions },
			None => Method::Direct(Box::new(Lexical)),
		}
	}

	/// What builds its index; `None` for what has no index.
	pub fn builder(
		self,
		config: &TrainConfig,
		rows: usize,
		members: usize,
	) -> Option<Box<dyn IndexBuilder>> {
		// Beyond half of the rows its second moment hardly has an inverse.
		let dimension = 1 << (rows / 2).clamp(1, 512).ilog2();
		let exact = || ExactCurvature::for_recipe(config);
		let trak = || Trak { dimension, ..Trak::standard(config.clone()) };
		let halves = Members::Halves { contributions: false, itself: false };
		let several = |kind| {
			let builder = Box::new(exact());
			Box::new(Ensemble { builder, members, kind, config: config.clone() })
		};
		Some(match self {
			Self::GradientDot => Box::new(GradientDot),
			Self::GradientCosine => Box::new(GradientCosine),
			Self::Tracin => Box::new(TracIn::standard(config.clone())),
			Self::Datainf => Box::new(DataInf::default()),
			Self::Trak => Box::new(trak()),
			Self::TrakHalves => Box::new(Trak { models: members, kind: halves, ..trak() }),
			Self::Ekfac => Box::new(EkFac::default()),
			Self::Exact => Box::new(exact()),
			Self::ExactHessian => {
				Box::new(ExactCurvature { positive: Positive::Hessian, ..exact() })
			},
			Self::ExactSeeds => several(Members::Seeds),
			Self::ExactHalves => several(halves),
			Self::Unrolled => Box::new(Unrolled { config: config.clone() }),
			Self::Bm25 => return None,
		})
	}
}
