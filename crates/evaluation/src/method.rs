//! The methods under evaluation, and how their scores come about.

use super::{
	memory::{Memory, Meter},
	Subject,
};
use openledger_influence::{
	basis::for_each_row, Contribution, FloatIndex, Index, IndexBuilder, Part,
};
use openledger_models::{Function, Progress, Result};
use openledger_primitives::{Sketch, Width};
use openledger_rows::Dataset;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Instant;

/// The numbers that scores are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
	/// Influence vectors in single, queries in double precision.
	Float,
	/// Both quantised to 16 bits, as on chain.
	Int16,
	/// Both quantised to 8 bits, as on chain.
	Int8,
}

/// A method that has no index.
pub trait Scorer: Send + Sync {
	/// The name of the method in reports.
	fn name(&self) -> String;

	/// The settings of the method in reports: a JSON object.
	fn parameters(&self) -> Value;

	/// Scores each contribution for each test row, `[test][contributions]`. A score is positive if the
	/// contribution raises the margin of the test row's label.
	///
	/// # Errors
	/// Those of the method.
	fn scores(
		&self,
		subject: &Subject<'_>,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Vec<Vec<f64>>>;
}

/// A method to be evaluated.
pub enum Method {
	/// An index, queried as on chain.
	Index {
		/// The name of the method in reports.
		name: String,
		/// What builds the index.
		builder: Box<dyn IndexBuilder>,
		/// The precisions it is queried in, one after the other; it is built once for all of them.
		precisions: Vec<Precision>,
	},
	/// A method that scores without an index.
	Direct(Box<dyn Scorer>),
}

/// A method as it was measured: its settings, and the time and memory that it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
	/// The name of the method.
	pub method: String,
	/// The numbers that scores are made of.
	pub precision: Precision,
	/// The settings of the method, a JSON object.
	pub parameters: Value,
	/// Wall time to build and quantise the index, in seconds.
	pub building_seconds: f64,
	/// Wall time to score all queries, in seconds.
	pub scoring_seconds: f64,
	/// The memory that building and scoring took; `None` where the system does not tell.
	pub memory: Option<Memory>,
	/// Coordinates of an influence vector; `None` without an index.
	pub dimension: Option<usize>,
	/// Bytes of the influence vectors; `None` without an index.
	pub index_bytes: Option<u64>,
}

/// Scores of all contributions for all test rows.
pub(super) struct Scored {
	pub measured: Measured,
	/// One score for each test row and contribution, `[test][contributions]`.
	pub scores: Vec<Vec<f64>>,
}

/// How much a curator should suspect each row.
pub(super) struct Suspected {
	pub measured: Measured,
	/// By how much a row lowers its own loss, `[rows]`.
	pub own: Vec<f64>,
	/// By how much a row raises the mean loss over the test rows, `[rows]`.
	pub harm: Vec<f64>,
}

impl Method {
	/// The name of the method in reports.
	pub fn name(&self) -> String {
		match self {
			Self::Index { name, .. } => name.clone(),
			Self::Direct(scorer) => scorer.name(),
		}
	}

	/// Scores `contributions` for the margin of each test row's label, once for each precision.
	pub(super) fn score(
		&self,
		subject: &Subject<'_>,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Vec<Scored>> {
		let Self::Direct(scorer) = self else {
			let score = |index: &Queried<'_>| index.margins(subject);
			let scored = self.query(subject, contributions, progress, score)?;
			return Ok(scored
				.into_iter()
				.map(|(measured, scores)| Scored { measured, scores })
				.collect());
		};
		let (mut meter, start) = (Meter::start(), Instant::now());
		let scores = scorer.scores(subject, contributions, progress)?;
		let measured = Measured {
			method: scorer.name(),
			precision: Precision::Float,
			parameters: scorer.parameters(),
			building_seconds: 0.0,
			scoring_seconds: start.elapsed().as_secs_f64(),
			memory: meter.as_mut().map(Meter::read),
			dimension: None,
			index_bytes: None,
		};
		Ok(vec![Scored { measured, scores }])
	}

	/// How suspicious each training row is, once for each precision; nothing without an index.
	pub(super) fn suspect(
		&self,
		subject: &Subject<'_>,
		progress: &mut dyn FnMut(Progress),
	) -> Result<Vec<Suspected>> {
		let rows = subject.task.contributions(&subject.task.groups(1))?;
		let suspect =
			|index: &Queried<'_>| Ok((index.own_losses(subject)?, index.held_out_loss(subject)?));
		let suspected = self.query(subject, &rows, progress, suspect)?;
		Ok(suspected
			.into_iter()
			.map(|(measured, (own, harm))| Suspected { measured, own, harm })
			.collect())
	}

	/// Builds the index and asks it, once for each precision.
	fn query<T>(
		&self,
		subject: &Subject<'_>,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
		ask: impl Fn(&Queried<'_>) -> Result<T>,
	) -> Result<Vec<(Measured, T)>> {
		let Self::Index { name, builder, precisions } = self else { return Ok(Vec::new()) };
		let (model, mut meter, start) = (&subject.model, Meter::start(), Instant::now());
		let float = builder.build(model, contributions, progress)?;
		let (built, dimension) = (start.elapsed().as_secs_f64(), float.dimension());
		let mut answers = Vec::with_capacity(precisions.len());
		for precision in precisions {
			let start = Instant::now();
			let index = precision.width().map(|width| {
				Index::quantise(builder.as_ref(), model, contributions, float.clone(), width)
			});
			let index = index.transpose()?;
			let quantised = start.elapsed().as_secs_f64();
			let start = Instant::now();
			let answer = ask(&index.as_ref().map_or(Queried::Float(&float), Queried::Integer))?;
			let measured = Measured {
				method: name.clone(),
				precision: *precision,
				parameters: builder.parameters(),
				building_seconds: built + quantised,
				scoring_seconds: start.elapsed().as_secs_f64(),
				memory: meter.as_mut().map(Meter::read),
				dimension: Some(dimension),
				index_bytes: Some((contributions.len() * dimension * precision.bytes()) as u64),
			};
			answers.push((measured, answer));
		}
		Ok(answers)
	}
}

impl Precision {
	fn width(self) -> Option<Width> {
		match self {
			Self::Float => None,
			Self::Int16 => Some(Width::Int16),
			Self::Int8 => Some(Width::Int8),
		}
	}

	/// Bytes of one coordinate of an influence vector.
	fn bytes(self) -> usize {
		self.width().map_or(size_of::<f32>(), |width| width.bytes() as usize)
	}
}

/// An index in one of the precisions.
enum Queried<'a> {
	Float(&'a FloatIndex),
	Integer(&'a Index),
}

impl Queried<'_> {
	fn parts(&self) -> &[Part] {
		match self {
			Self::Float(index) => &index.parts,
			Self::Integer(index) => index.parts(),
		}
	}

	/// `<query, psi_c>` of each contribution, up to a factor that depends on the query.
	fn scores(&self, query: &[f64]) -> Result<Vec<f64>> {
		match self {
			Self::Float(index) => {
				Ok(index.leaves.par_iter().map(|leaf| product(query, leaf)).collect())
			},
			Self::Integer(index) => {
				let scores = index.scores(&index.query_sketch(query)?)?;
				Ok(scores.into_iter().map(|score| score as f64).collect())
			},
		}
	}

	/// `<query, psi_c>` of one contribution, up to a factor that does not depend on the query.
	fn score(&self, query: &[f64], contribution: usize) -> Result<f64> {
		match self {
			Self::Float(index) => Ok(product(query, &index.leaves[contribution])),
			Self::Integer(index) => {
				let sketch = index.query_sketch(query)?;
				let unit = query
					.iter()
					.zip(&index.scales().query)
					.fold(0.0f64, |max, (x, factor)| max.max((x * f64::from(*factor)).abs()));
				let leaf = index.leaf(contribution).map(|leaf| leaf.sketch);
				Ok(unit * leaf.map_or(0.0, |leaf| dot(&sketch, &leaf)))
			},
		}
	}

	fn each_gradient(
		&self,
		subject: &Subject<'_>,
		data: &Dataset,
		function: Function,
		visit: impl FnMut(usize, &[f64]) -> Result<()>,
	) -> Result<()> {
		for_each_row(&subject.model, self.parts(), data, function, visit)
	}

	fn margins(&self, subject: &Subject<'_>) -> Result<Vec<Vec<f64>>> {
		let mut scores = Vec::with_capacity(subject.task.test.len());
		self.each_gradient(subject, &subject.task.test, Function::Margin, |_, query| {
			scores.push(self.scores(query)?);
			Ok(())
		})?;
		Ok(scores)
	}

	/// By how much each row lowers its own loss, where contribution `i` is row `i`.
	fn own_losses(&self, subject: &Subject<'_>) -> Result<Vec<f64>> {
		let mut own = Vec::with_capacity(subject.task.train.len());
		self.each_gradient(subject, &subject.task.train, Function::Loss, |row, query| {
			own.push(-self.score(query, row)?);
			Ok(())
		})?;
		Ok(own)
	}

	fn held_out_loss(&self, subject: &Subject<'_>) -> Result<Vec<f64>> {
		let mut sum: Vec<f64> = Vec::new();
		self.each_gradient(subject, &subject.task.test, Function::Loss, |_, query| {
			sum.resize(query.len(), 0.0);
			sum.iter_mut().zip(query).for_each(|(total, x)| *total += x);
			Ok(())
		})?;
		let rows = subject.task.test.len() as f64;
		sum.iter_mut().for_each(|x| *x /= rows);
		self.scores(&sum)
	}
}

fn product(query: &[f64], leaf: &[f32]) -> f64 {
	query.iter().zip(leaf).map(|(q, x)| q * f64::from(*x)).sum()
}

fn dot(a: &Sketch, b: &Sketch) -> f64 {
	// Both are of one index.
	a.dot(b).map_or(0.0, |score| score as f64)
}
