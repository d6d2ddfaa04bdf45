//! `train`: a model from published versions.

use super::recipe::Recipe;
use crate::{
	context::Context,
	error::{Error, Result},
	output::{fields, hex, Report},
	training::{fetch, print_cut, print_notes, read_rows_for, write},
	views::model as views,
};
use clap::Args;
use openledger_blobs::BlobStore;
use openledger_client::{limits, runs::Run};
use openledger_influence::Contribution;
use openledger_models::{train, Architecture, Manifest, ManifestEntry, Source};
use openledger_rows::Dataset;
use std::{path::PathBuf, time::Instant};

/// Trains a model on published versions of datanets.
///
/// Fetches the contributions' rows in the order of the chain, checks them, and writes weights
/// (safetensors) and a training manifest (JSON).
#[derive(Args, Debug)]
pub struct Arguments {
	/// A published version to train on, such as 0:1; may be repeated
	#[arg(long = "source", value_name = "DATANET:VERSION", required = true, value_parser = parse_source)]
	sources: Vec<(u32, u32)>,
	/// Where weights and manifest are written
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
	/// Number of a contribution to leave out, such as one that no model can be trained on; may be
	/// repeated
	#[arg(long = "skip", value_name = "CONTRIBUTION")]
	skips: Vec<u64>,
	/// Rows not trained on, to measure accuracy and loss
	#[arg(long, value_name = "FILE")]
	test: Option<PathBuf>,
	/// Also write the adapter of a model of text here, as PEFT keeps it
	#[arg(long, value_name = "DIR")]
	adapter: Option<PathBuf>,
	/// How the model is trained.
	#[command(flatten)]
	recipe: Recipe,
}

/// What to do about a contribution that keeps a version from being trained on.
const SKIP: &str = "leave the contribution out with --skip and its number";

/// Names the contribution and the row that no model of this architecture can learn from.
/// Returns the number of texts that lose their ends.
fn check_contributions(parts: &[Contribution], architecture: &Architecture) -> Result<usize> {
	let mut cut = 0usize;
	for Contribution { id, rows } in parts {
		let survey = architecture.survey(rows)?;
		cut = cut.saturating_add(survey.cut);
		if let Some((row, reason)) = survey.unlearnable {
			let place = format!("contribution {id}, row {} of its data", row.saturating_add(1));
			return Err(Error::from(reason).in_file(place).with_advice(SKIP));
		}
	}
	Ok(cut)
}

fn parse_source(text: &str) -> std::result::Result<(u32, u32), String> {
	let numbers = text
		.split_once(':')
		.and_then(|(datanet, version)| Some((datanet.parse().ok()?, version.parse().ok()?)));
	numbers.ok_or_else(|| "give datanet and version, such as 0:1".into())
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let store = context.store()?;
	let best = context.chain().await?.best().await?;
	let skips = |id| arguments.skips.contains(&id);
	let contributions = fetch(&best, &store, &arguments.sources, skips, context.console)
		.await
		.map_err(|error| error.with_advice(SKIP))?;
	let parts: Vec<&Dataset> = contributions.iter().map(|c| &c.rows).collect();
	let rows = Dataset::concat(&parts)?;
	let config = arguments.recipe.config(&rows)?;
	print_notes(&rows.notes(), "all rows", context.console);
	let cut = check_contributions(&contributions, &config.architecture)?;
	print_cut(cut, rows.len(), &config.architecture, context.console);
	if arguments.adapter.is_some() && !config.architecture.is_text() {
		return Err(Error::Usage("--adapter is for models of text".into()));
	}
	let parameters = config.architecture.coordinates()?;
	let limit = best.constant("ModelRegistry", "MaxDimension")?;
	let what = "a sketch of this model, which has a number for each trained parameter,";
	limits::check(what, parameters, "coordinates", limit)?;
	let test = arguments.test.as_ref();
	let test =
		test.map(|path| read_rows_for(&config.architecture, path, context.console)).transpose()?;

	let started = Instant::now();
	let trained = train(&rows, &config, &mut context.console.stages())?;
	let seconds = started.elapsed().as_secs_f64();
	let classifies = config.architecture.classes() > 0;
	let test_accuracy = match &test {
		Some(test) if classifies => Some(trained.model.accuracy(test)?),
		_ => None,
	};
	let test_loss = test.map(|test| trained.model.loss(&test)).transpose()?;

	let sources =
		arguments.sources.iter().map(|&(datanet, version)| Source { datanet, version }).collect();
	let entries = contributions
		.iter()
		.map(|c| {
			let rows = u32::try_from(c.rows.len()).unwrap_or(u32::MAX);
			ManifestEntry { id: c.id, rows }
		})
		.collect();
	let manifest = Manifest::new(sources, entries, &config, &trained);
	let files = Run::new(&arguments.out);
	files.create()?;
	write(&files.weights(), trained.model.to_bytes())?;
	write(&files.manifest(), manifest.to_json())?;
	store.put(trained.model.to_bytes())?;
	let base = trained.model.text().filter(|_| !classifies).map(|model| model.base());
	if base.is_some_and(|base| !base.has_end()) {
		context.console.note(
			"the tokenizer of the base model has no mark of a text's end that is known here: the model \
			 cannot learn to stop, and each answer has as many tokens as --answer-tokens says",
		);
	}
	if let (Some(path), Some(model)) = (&arguments.adapter, trained.model.text()) {
		model.write_adapter(path, arguments.recipe.base_models().first().as_deref())?;
	}

	let on_test = |value: Option<String>| match value {
		Some(value) => format!(", {value} on test rows"),
		None => String::new(),
	};
	let mut summary = vec![
		("rows", format!("{} of {} contributions", rows.len(), contributions.len())),
		("model", format!("{parameters} parameters")),
		(
			"loss",
			format!(
				"{:.4} on training rows{}",
				trained.loss,
				on_test(test_loss.map(|loss| format!("{loss:.4}")))
			),
		),
	];
	if classifies {
		let percent = |part: f64| format!("{:.2} %", 100.0 * part);
		let on_test = on_test(test_accuracy.map(percent));
		let training = percent(trained.accuracy);
		summary.push(("accuracy", format!("{training} on training rows{on_test}")));
	}
	let base = config.architecture.base().map(hex);
	summary.extend(base.iter().map(|base| ("base model", base.clone())));
	let weights = format!("{} ({})", files.weights().display(), hex(trained.model.hash()));
	summary.extend([
		("weights", weights),
		("manifest", files.manifest().display().to_string()),
		("seconds", format!("{seconds:.1}")),
	]);
	let text = fields(&summary);
	let document = views::Trained {
		out: arguments.out.display().to_string(),
		weights: trained.model.hash().into(),
		manifest: files.manifest().display().to_string(),
		contributions: contributions.len(),
		rows: rows.len(),
		parameters,
		loss: trained.loss,
		accuracy: classifies.then_some(trained.accuracy),
		test_accuracy,
		test_loss,
		base_model: base,
		seconds,
	};
	Report::of(&document, text)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn source_should_be_two_numbers() {
		assert_eq!(parse_source("3:14"), Ok((3, 14)));
		for text in ["3", "3:", ":1", "a:b", "3:-1", "3:1:4"] {
			assert!(parse_source(text).is_err(), "{text} was taken");
		}
	}
}
