//! `audit-data`: the rows of a table or a published version that a curator should look at first.

mod cross_fit;
mod page;

use super::recipe::Recipe;
use crate::{
	context::Context,
	error::{Error, Result},
	html::picture::{Look, Row},
	output::{
		beginning, fields, one_line, table,
		Column::{Number, Text},
		Report,
	},
	training::{fetch, print_cut, read_rows, read_rows_for, write},
	views::audit as views,
};
use clap::{Args, ValueEnum};
use cross_fit::{check_folds, cross_fit, CrossFit, Finding, UnseenAnswer};
use openledger_influence::{curvature::DENSE_LIMIT, EkFac, ExactCurvature, IndexBuilder};
use openledger_models::TrainConfig;
use openledger_primitives::ContributionId;
use openledger_rows::{Dataset, Schema};
use std::{
	path::{Path, PathBuf},
	time::Instant,
};

/// Characters of a row of numbers that are shown: it can have thousands.
const FEATURES_SHOWN: usize = 32;

/// Characters of a text that are shown.
const TEXT_SHOWN: usize = 72;

/// Ranks the rows of a file or of a published version, those that do a model the most harm first.
///
/// Trains models on the rows, each without one part of them, and measures by influence how much
/// each row raises the loss on rows of the part left out: those whose label the model confirms, or
/// that a language model predicts best. Wrong labels, broken and foreign rows come first.
#[derive(Args, Debug)]
pub struct Arguments {
	/// A file of rows on this machine
	#[arg(
		long,
		value_name = "FILE",
		conflicts_with_all = ["datanet", "version"],
		required_unless_present = "datanet"
	)]
	table: Option<PathBuf>,
	/// Number of the datanet whose published version is ranked, as `datanet list` shows it
	#[arg(long, requires = "version")]
	datanet: Option<u32>,
	/// Number of the version, as `datanet show` lists it
	#[arg(long, requires = "datanet")]
	version: Option<u32>,
	/// Rows known to be good: harm is then measured on them and not on rows left out
	#[arg(long, value_name = "FILE")]
	held_out: Option<PathBuf>,
	/// Number of parts that the rows are divided into; one model is trained without each
	#[arg(long, default_value_t = 5, value_name = "PARTS")]
	folds: usize,
	/// How the curvature of the loss is computed
	#[arg(long, value_name = "METHOD", default_value = "ek-fac")]
	curvature: CurvatureMethod,
	/// How many rows are shown, the most harmful first
	#[arg(long, default_value_t = 20, value_name = "ROWS")]
	top: usize,
	/// Also write a page with these rows, as pictures where they are pictures
	#[arg(long, value_name = "FILE")]
	html: Option<PathBuf>,
	/// How the models are trained.
	#[command(flatten)]
	recipe: Recipe,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum CurvatureMethod {
	/// Approximated by Kronecker factors, for models of any size
	EkFac,
	/// As the whole Hessian, for small models
	Exact,
}

/// Where rows are from: their contributions in order, or a table.
struct Provenance {
	name: String,
	/// Each contribution with its number of rows, in order; empty for a table.
	contributions: Vec<(ContributionId, usize)>,
}

impl Provenance {
	/// Finds where row `row` of all comes from: the contribution, if it is of one, and the row's number there
	/// or in the table, counted from 1.
	fn place(&self, row: usize) -> (Option<ContributionId>, usize) {
		let mut rest = row;
		for &(id, rows) in &self.contributions {
			if rest < rows {
				return (Some(id), rest + 1);
			}
			rest -= rows;
		}
		(None, rest + 1)
	}
}

/// What was found about all rows, and how it was looked for.
struct Audit {
	origin: Provenance,
	rows: Dataset,
	look: Look,
	method: &'static str,
	fit: CrossFit,
	folds: usize,
	/// The number of rows known to be good, if a file of them was given.
	held_out: Option<usize>,
	top: usize,
	seconds: f64,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let (origin, rows) = read(context, &arguments).await?;
	check_folds(&rows, arguments.folds)?;
	let config = arguments.recipe.config(&rows)?;
	check_curvature(arguments.curvature, &config)?;
	let survey = config.architecture.survey(&rows)?;
	print_cut(survey.cut, rows.len(), &config.architecture, context.console);
	if let Some((row, reason)) = survey.unlearnable {
		let place = match origin.place(row) {
			(Some(id), row) => format!("contribution {id}, row {row} of its data"),
			(None, row) => format!("{}: row {row} of its data", origin.name),
		};
		return Err(Error::from(reason).in_file(place));
	}
	let held_out = arguments.held_out.as_ref();
	let held_out = held_out
		.map(|path| read_rows_for(&config.architecture, path, context.console))
		.transpose()?;
	let builder = builder(arguments.curvature, &config);
	let started = Instant::now();
	let fit = cross_fit(
		&rows,
		held_out.as_ref(),
		&config,
		arguments.folds,
		builder.as_ref(),
		&mut context.console.stages(),
	)?;
	let looked_at: Vec<Row> = (0..rows.len()).map(|row| Row::of(&rows, row)).collect();
	let audit = Audit {
		look: Look::of(&looked_at),
		origin,
		rows,
		method: builder.name(),
		fit,
		folds: arguments.folds,
		held_out: held_out.map(|rows| rows.len()),
		top: arguments.top,
		seconds: started.elapsed().as_secs_f64(),
	};
	let document = audit.document(arguments.html.as_deref());
	if let Some(path) = &arguments.html {
		write(path, page::page(&audit))?;
		context.console.note(format!("the page is in {}", path.display()));
	}
	Report::of(&document, audit.text())
}

async fn read(context: &Context, arguments: &Arguments) -> Result<(Provenance, Dataset)> {
	if let Some(path) = &arguments.table {
		let rows = read_rows(path, &Schema::default(), context.console)?;
		return Ok((
			Provenance { name: path.display().to_string(), contributions: Vec::new() },
			rows,
		));
	}
	let (Some(datanet), Some(version)) = (arguments.datanet, arguments.version) else {
		return Err(Error::Usage("give --table FILE, or --datanet and --version".into()));
	};
	let store = context.store()?;
	let best = context.chain().await?.best().await?;
	let contributions =
		fetch(&best, &store, &[(datanet, version)], |_| false, context.console).await?;
	let parts: Vec<&Dataset> = contributions.iter().map(|c| &c.rows).collect();
	let rows = Dataset::concat(&parts)?;
	let contributions = contributions.iter().map(|c| (c.id, c.rows.len())).collect();
	Ok((Provenance { name: format!("datanet {datanet}, version {version}"), contributions }, rows))
}

/// Exact curvature of larger models has no vectors for single rows.
fn check_curvature(curvature: CurvatureMethod, config: &TrainConfig) -> Result<()> {
	let parameters = config.architecture.coordinates()?;
	if curvature == CurvatureMethod::Exact && parameters > DENSE_LIMIT {
		return Err(Error::Usage(format!(
			"--curvature exact is for models of at most {DENSE_LIMIT} trained parameters, and this one has \
			 {parameters}: take --curvature ek-fac, or a smaller model (by --hidden or --lora-rank)"
		)));
	}
	Ok(())
}

fn builder(curvature: CurvatureMethod, config: &TrainConfig) -> Box<dyn IndexBuilder> {
	match curvature {
		CurvatureMethod::Exact => Box::new(ExactCurvature::for_recipe(config)),
		CurvatureMethod::EkFac => Box::new(EkFac::default()),
	}
}

fn label(rows: &Dataset, label: u32) -> views::Label {
	match rows.class_names().is_empty() {
		true => views::Label::Number(label),
		false => views::Label::Name(rows.class_name(label)),
	}
}

impl Audit {
	/// The rows to look at first.
	fn worst(&self) -> impl Iterator<Item = &Finding> {
		self.fit.findings.iter().take(self.top)
	}

	/// Says on which rows harm was measured.
	fn judge(&self) -> String {
		match (self.held_out, self.fit.accuracy) {
			(Some(rows), _) => format!("{rows} rows known to be good"),
			(None, Some(_)) => "the rows left out that the model confirms".into(),
			(None, None) => "the half of the rows left out that the model predicts best".into(),
		}
	}

	/// Says how well the models do on rows that they have not seen.
	fn fit(&self) -> String {
		match self.fit.accuracy {
			Some(accuracy) => format!("they answer {:.2} % of it with its label", 100.0 * accuracy),
			None => format!("their loss on it is {:.3} nats for each token", self.fit.loss),
		}
	}

	/// Characters of a row that are shown: a text says more than as many digits.
	fn shown(&self) -> usize {
		self.rows.texts().map_or(FEATURES_SHOWN, |_| TEXT_SHOWN)
	}

	/// The heading of the column that shows rows.
	fn content(&self) -> &'static str {
		self.rows.texts().map_or("features", |_| "text")
	}

	fn document(&self, html: Option<&Path>) -> views::Audit {
		views::Audit {
			source: self.origin.name.clone(),
			rows: self.rows.len(),
			contributions: self.origin.contributions.len(),
			folds: self.folds,
			method: self.method,
			held_out_rows: self.held_out,
			loss: self.fit.loss,
			accuracy: self.fit.accuracy,
			harmful: self.fit.harmful(),
			worst: self.worst().map(|finding| self.view(finding)).collect(),
			seconds: self.seconds,
			html: html.map(|path| path.display().to_string()),
		}
	}

	fn view(&self, finding: &Finding) -> views::Row {
		let (contribution, row) = self.origin.place(finding.row);
		let unseen = |unseen: &UnseenAnswer| views::UnseenAnswer {
			label: label(&self.rows, unseen.label),
			answer: label(&self.rows, unseen.answer),
			probability: unseen.probability,
			label_probability: unseen.label_probability,
		};
		let content = Some(self.rows.row_text(finding.row));
		let (features, text) = match self.rows.texts() {
			Some(_) => (None, content),
			None => (content, None),
		};
		views::Row {
			contribution,
			row,
			loss: finding.loss,
			self_influence: finding.self_influence,
			harm: finding.harm,
			unseen: finding.unseen.as_ref().map(unseen),
			features,
			text,
		}
	}

	fn text(&self) -> String {
		let summary = fields(&[
			("rows", format!("{} of {}", self.rows.len(), self.origin.name)),
			("models", format!("{}, each without one part; {}", self.folds, self.fit())),
			("harm", format!("by {}, on {}, in nats", self.method, self.judge())),
			("harmful rows", self.fit.harmful().to_string()),
			("seconds", format!("{:.1}", self.seconds)),
		]);
		let on_chain = !self.origin.contributions.is_empty();
		let said = match self.fit.accuracy {
			Some(_) => vec![Number("label"), Number("answer"), Number("probability")],
			None => vec![Number("loss")],
		};
		let mut columns = vec![Number("row")];
		columns.extend(said);
		columns.extend([Number("self-influence"), Number("harm"), Text(self.content())]);
		if on_chain {
			columns.insert(0, Number("contribution"));
		}
		let rows = self.worst().map(|finding| {
			let (contribution, row) = self.origin.place(finding.row);
			let said = match &finding.unseen {
				Some(unseen) => vec![
					one_line(&self.rows.class_name(unseen.label)),
					one_line(&self.rows.class_name(unseen.answer)),
					format!("{:.3}", unseen.probability),
				],
				None => vec![format!("{:.3}", finding.loss)],
			};
			let measured = [
				format!("{:.4}", finding.self_influence),
				format!("{:+.4}", finding.harm),
				beginning(&one_line(&self.rows.row_text(finding.row)), self.shown()),
			];
			let place = contribution.map(|id| id.to_string()).into_iter().chain([row.to_string()]);
			place.chain(said).chain(measured).collect()
		});
		format!("{summary}\n{}", table(&columns, rows.collect()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::views::recorded::{check, json};
	use clap::Parser;
	use openledger_models::{Activation, Architecture};

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		arguments: Arguments,
	}

	#[test]
	fn source_should_be_a_table_or_a_version_and_not_both() {
		let taken = |line: &str| {
			let line = format!("audit-data {line}");
			Line::try_parse_from(line.split_whitespace()).map(|line| line.arguments).is_ok()
		};
		assert!(taken("--table rows.csv"));
		assert!(taken("--table rows.csv --held-out good.csv --epochs 3 --top 5 --html page.html"));
		assert!(taken("--datanet 0 --version 2"));
		for line in ["", "--datanet 0", "--version 0", "--table a.csv --datanet 0 --version 0"] {
			assert!(!taken(line), "{line} was taken");
		}
	}

	#[test]
	fn exact_curvature_should_be_refused_with_the_limit_when_the_model_is_too_large() {
		let config =
			|hidden| TrainConfig::standard(Architecture::mlp(&[64, hidden, 10], Activation::Tanh));
		let error = check_curvature(CurvatureMethod::Exact, &config(128)).unwrap_err().to_string();
		for words in ["at most 8192", "this one has 9610", "--curvature ek-fac"] {
			assert!(error.contains(words), "'{error}' lacks '{words}'");
		}
		check_curvature(CurvatureMethod::Exact, &config(32)).unwrap();
		check_curvature(CurvatureMethod::EkFac, &config(128)).unwrap();
	}

	#[test]
	fn audit_should_be_printed_as_recorded() {
		let finding =
			|row, harm, unseen| Finding { row, loss: 2.125, unseen, self_influence: 0.5, harm };
		let audit = |text: &str, accuracy, unseen: Option<UnseenAnswer>| Audit {
			origin: Provenance { name: "rows.csv".into(), contributions: vec![] },
			rows: Dataset::from_bytes(text.as_bytes(), &Schema::default()).unwrap(),
			look: Look::Numbers,
			method: "ek-fac",
			fit: CrossFit {
				findings: vec![finding(1, 0.25, unseen.clone()), finding(0, -0.5, unseen)],
				loss: 0.75,
				accuracy,
			},
			folds: 5,
			held_out: None,
			top: 1,
			seconds: 1.5,
		};
		let unseen =
			UnseenAnswer { label: 1, answer: 0, probability: 0.875, label_probability: 0.125 };
		let numbers = audit("0.5,1,0\n1,2.5,1\n", Some(0.5), Some(unseen.clone()));
		let named = Audit {
			origin: Provenance {
				name: "datanet 0, version 2".into(),
				contributions: vec![(7, 1), (3, 1)],
			},
			held_out: Some(20),
			top: 2,
			..audit("text,label\na,ham\nb,spam\n", Some(1.0), Some(unseen))
		};
		let plain = audit("text\na\nb\x1b c\n", None, None);
		check(
			"audit",
			[
				("numbers", json(&numbers.document(None))),
				("text with labels, on chain", json(&named.document(None))),
				("text, with a page", json(&plain.document(Some(Path::new("page.html"))))),
			],
		);
	}

	#[test]
	fn place_should_count_from_one_within_each_contribution() {
		let origin = Provenance { name: String::new(), contributions: vec![(7, 2), (3, 4)] };
		assert_eq!(origin.place(0), (Some(7), 1));
		assert_eq!(origin.place(1), (Some(7), 2));
		assert_eq!(origin.place(2), (Some(3), 1));
		assert_eq!(origin.place(5), (Some(3), 4));
		let origin = Provenance { name: String::new(), contributions: vec![] };
		assert_eq!(origin.place(5), (None, 6));
	}
}
