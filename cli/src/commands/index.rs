//! `model index`: the influence index of a trained model.

use crate::{
	base_models::BaseModels,
	context::Context,
	error::{Error, Result},
	output::{fields, hex, Report},
	training::{fetch, load_model, read_rows_for, save_index, write},
	views::model as views,
};
use clap::{
	builder::{PossibleValuesParser, TypedValueParser},
	Args, ValueEnum,
};
use codec::Encode;
use openledger_blobs::BlobStore;
use openledger_client::{chain::types::IndexRecord, runs::Run};
use openledger_influence::{
	held_out_attribution, Contribution, EkFac, IndexDraft, MethodName, MethodSettings,
};
use openledger_models::{Manifest, ManifestEntry};
use openledger_primitives::{ContributionId, Width};
use std::{path::PathBuf, time::Instant};

/// Builds the influence index of a trained model.
///
/// Reads weights and manifest from the training directory and the rows from the blob store, and
/// writes the index (safetensors) and the attribution of the held-out rows, which activation
/// commits.
#[derive(Args, Debug)]
pub struct Arguments {
	/// The training directory, with the weights and the manifest that `train` wrote
	directory: PathBuf,
	/// Rows not trained on: their loss decides the shares of inferences without attribution
	#[arg(long, value_name = "FILE")]
	held_out: PathBuf,
	/// How many bits each coordinate of a leaf has
	#[arg(long, default_value = "int8")]
	width: WidthName,
	/// How influence is computed: `exact` is truer and takes the square of the model's size, `unrolled`
	/// follows the training run once more
	#[arg(long, default_value = "ekfac", value_parser = method_parser())]
	method: MethodName,
	/// Damping of ekfac's curvature, as a part of its mean eigenvalue
	#[arg(long, default_value_t = EkFac::default().damping)]
	damping: f64,
	/// Labels that ekfac draws from the model for each row
	#[arg(long, default_value_t = EkFac::default().draws)]
	label_samples: u32,
	/// Seed of the labels that ekfac draws
	#[arg(long, default_value_t = EkFac::default().seed)]
	seed: u64,
	/// Where base models are.
	#[command(flatten)]
	base_models: BaseModels,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum WidthName {
	Int8,
	Int16,
}

/// Takes the name of a method whose index is meant to be served.
fn method_parser() -> impl TypedValueParser<Value = MethodName> {
	let served = [MethodName::EkFac, MethodName::Exact, MethodName::Unrolled];
	let method = |name: String| MethodName::find(&name).ok_or("there is no such method");
	PossibleValuesParser::new(served.map(MethodName::name)).try_map(method)
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let files = Run::new(&arguments.directory);
	arguments.base_models.open()?;
	let (model, manifest) = load_model(&files)?;
	let held_out = read_rows_for(model.architecture(), &arguments.held_out, context.console)?;
	let store = context.store()?;
	let best = context.chain().await?.best().await?;
	let sources: Vec<_> = manifest.sources.iter().map(|s| (s.datanet, s.version)).collect();
	// What `train` was told to leave out is not in the manifest.
	let skips = |id| manifest.contributions.iter().all(|entry| entry.id != id);
	let contributions = fetch(&best, &store, &sources, skips, context.console).await?;
	let found = contributions.iter().map(|c| (c.id, c.rows.len()));
	check_manifest(&manifest, found)?;
	let contributions = contributions
		.into_iter()
		.map(|Contribution { id, rows }| {
			let rows = model.architecture().number_labels(rows)?;
			Ok(Contribution { id, rows })
		})
		.collect::<Result<Vec<_>>>()?;
	let max_entries: u32 = best.constant("ModelRegistry", "MaxEntries")?;

	let (draws, damping, seed) = (arguments.label_samples, arguments.damping, arguments.seed);
	let rows = contributions.iter().map(|contribution| contribution.rows.len()).sum();
	let ekfac = EkFac { draws, damping, seed };
	let settings = MethodSettings { config: &manifest.config, rows, members: 1, ekfac };
	let builder = arguments.method.builder(&settings);
	let width = match arguments.width {
		WidthName::Int8 => Width::Int8,
		WidthName::Int16 => Width::Int16,
	};
	let started = Instant::now();
	let mut progress = context.console.stages();
	let path = files.index();
	let draft = IndexDraft::build(&*builder, &model, &contributions, width, &path, &mut progress)?;
	let limit = usize::try_from(max_entries).unwrap_or(usize::MAX);
	let attribution = held_out_attribution(&model, draft.index(), &held_out, limit)?;
	let seconds = started.elapsed().as_secs_f64();
	if attribution.entries.is_empty() {
		return Err(Error::Failure(
			"no contribution has a positive score on the held-out rows, so that the model could not \
			 be activated: give other held-out rows"
				.into(),
		));
	}
	let index = save_index(&files, draft)?;
	write(&files.held_out(), attribution.encode())?;
	store.put(index.to_bytes())?;

	let commitment = IndexRecord::from(index.commitment());
	let entries = attribution.entries.len();
	let text = fields(&[
		("index", format!("{} ({})", files.index().display(), hex(index.file_hash()))),
		("root", hex(commitment.root)),
		(
			"leaves",
			format!(
				"{} of {} {} coordinates",
				commitment.leaf_count,
				commitment.dimension,
				views::width(commitment.width)
			),
		),
		("held out", format!("{} rows, {entries} contributions helped", held_out.len())),
		("seconds", format!("{seconds:.1}")),
	]);
	let document = views::Indexed {
		index: index.file_hash().into(),
		commitment: (&commitment).into(),
		held_out: attribution.query.hash().into(),
		held_out_entries: entries,
		seconds,
	};
	Report::of(&document, text)
}

/// The manifest must list the contributions of its sources as the chain orders them.
fn check_manifest(
	manifest: &Manifest,
	found: impl Iterator<Item = (ContributionId, usize)>,
) -> Result<()> {
	let listed = manifest.contributions.iter().map(|&ManifestEntry { id, rows }| (id, rows));
	let found = found.map(|(id, rows)| (id, u32::try_from(rows).unwrap_or(u32::MAX)));
	if listed.eq(found) {
		return Ok(());
	}
	Err(Error::BadData(
		"the training manifest does not list the contributions of its sources as the chain has them: \
		 train again"
			.into(),
	))
}
