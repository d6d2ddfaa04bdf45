//! The methods by name.

use crate::error::{Error, Result};
use clap::{builder::PossibleValue, ValueEnum};
use openledger_evaluation::{Lexical, Method, Precision};
use openledger_influence::{EkFac, IndexBuilder, MethodName, MethodSettings};
use openledger_models::TrainConfig;

/// The methods that can be measured. None of their settings is chosen on what is measured here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
	/// One that builds an index.
	Index(MethodName),
	/// BM25, which compares words and builds nothing.
	Bm25,
}

const fn all() -> [Name; MethodName::ALL.len() + 1] {
	let mut names = [Name::Bm25; MethodName::ALL.len() + 1];
	let mut at = 0;
	while at < MethodName::ALL.len() {
		names[at] = Name::Index(MethodName::ALL[at]);
		at += 1;
	}
	names
}

impl ValueEnum for Name {
	fn value_variants<'a>() -> &'a [Self] {
		const ALL: &[Name] = &all();
		ALL
	}

	fn to_possible_value(&self) -> Option<PossibleValue> {
		let about = match self {
			Self::Index(method) => method.about(),
			Self::Bm25 => "BM25, shared words without any model; for text only",
		};
		Some(PossibleValue::new(self.text()).help(about))
	}
}

impl Name {
	/// The methods that take seconds, which are compared where none is named.
	pub const QUICK: [Self; 7] = [
		Self::Index(MethodName::GradientDot),
		Self::Index(MethodName::GradientCosine),
		Self::Index(MethodName::TracIn),
		Self::Index(MethodName::DataInf),
		Self::Index(MethodName::Trak),
		Self::Index(MethodName::EkFac),
		Self::Index(MethodName::Exact),
	];

	/// The methods that take seconds on models of text.
	pub const QUICK_TEXT: [Self; 8] = [
		Self::Index(MethodName::GradientDot),
		Self::Index(MethodName::GradientCosine),
		Self::Index(MethodName::TracIn),
		Self::Index(MethodName::DataInf),
		Self::Index(MethodName::Trak),
		Self::Bm25,
		Self::Index(MethodName::EkFac),
		Self::Index(MethodName::Exact),
	];

	/// Checks that it applies to models of text, or else of tables.
	///
	/// # Errors
	/// [`Error::Usage`] naming the tasks it is for.
	pub fn check(self, text: bool) -> Result<()> {
		let tasks = match self {
			Self::Bm25 if !text => "text: --task lora",
			Self::Index(method) if text && !method.takes_text() => {
				"tables: --task digits-mlp, digits-logistic, mislabel, removal"
			},
			_ => return Ok(()),
		};
		Err(Error::Usage(format!("the method {} is for {tasks} alone", self.text())))
	}

	/// The name as it is written on the command line.
	pub fn text(self) -> &'static str {
		match self {
			Self::Index(method) => method.name(),
			Self::Bm25 => "bm25",
		}
	}

	/// The method for models trained by `config` on `rows` rows; sums over models have `members`.
	pub fn method(self, config: &TrainConfig, rows: usize, members: usize) -> Method {
		let precisions = vec![Precision::Float, Precision::Int16, Precision::Int8];
		match self.builder(config, rows, members) {
			Some(builder) => Method::Index { name: self.text().into(), builder, precisions },
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
		let Self::Index(method) = self else { return None };
		let settings = MethodSettings { config, rows, members, ekfac: EkFac::default() };
		Some(method.builder(&settings))
	}
}
