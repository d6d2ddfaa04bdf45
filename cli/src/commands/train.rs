//! `train`: a model from published versions.

use super::recipe::Recipe;
use crate::{
	context::Context,
	error::Result,
	output::{fields, hex, Report},
	training::{fetch, read_table, write, Run},
};
use clap::Args;
use openledger_blobs::BlobStore;
use openledger_influence::{train, Dataset, Manifest, ManifestEntry, Schema, Source};
use serde_json::json;
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
	/// Rows not trained on, to measure accuracy
	#[arg(long, value_name = "FILE")]
	test: Option<PathBuf>,
	/// How the model is trained.
	#[command(flatten)]
	recipe: Recipe,
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
	let contributions = fetch(&best, &store, &arguments.sources, context.console).await?;
	let parts: Vec<&Dataset> = contributions.iter().map(|c| &c.rows).collect();
	let rows = Dataset::concat(&parts)?;
	let config = arguments.recipe.config(&rows)?;
	let test = match &arguments.test {
		Some(path) => {
			let schema = Schema { columns: Some(rows.columns()), ..Schema::default() };
			Some(read_table(path, &schema)?)
		},
		None => None,
	};

	let started = Instant::now();
	let trained = train(&rows, &config, &mut context.console.stages())?;
	let seconds = started.elapsed().as_secs_f64();
	let test_accuracy = test.map(|test| trained.model.accuracy(&test)).transpose()?;

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

	let parameters = config.architecture.parameters();
	let test_text =
		test_accuracy.map_or(String::new(), |a| format!(", {:.2} % on test rows", 100.0 * a));
	let text = fields(&[
		("rows", format!("{} of {} contributions", rows.len(), contributions.len())),
		("model", format!("{parameters} parameters")),
		("loss", format!("{:.4}", trained.loss)),
		("accuracy", format!("{:.2} % on training rows{test_text}", 100.0 * trained.accuracy)),
		("weights", format!("{} ({})", files.weights().display(), hex(trained.model.hash()))),
		("manifest", files.manifest().display().to_string()),
		("seconds", format!("{seconds:.1}")),
	]);
	let document = json!({
		"out": arguments.out.display().to_string(),
		"weights": hex(trained.model.hash()),
		"manifest": files.manifest().display().to_string(),
		"contributions": contributions.len(),
		"rows": rows.len(),
		"parameters": parameters,
		"loss": trained.loss,
		"accuracy": trained.accuracy,
		"test_accuracy": test_accuracy,
		"seconds": seconds,
	});
	Ok(Report::new(document, text))
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
