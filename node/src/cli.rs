//! The command line.

use polkadot_sdk::sc_cli;
use std::path::PathBuf;

/// Command line of `openledger-node`.
#[derive(Debug, clap::Parser)]
pub struct Cli {
	/// What to do other than running the node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// Options of a running node.
	#[clap(flatten)]
	pub run: sc_cli::RunCmd,

	/// Options of the attribution worker.
	#[clap(flatten)]
	pub attribution: AttributionParams,
}

/// Options of the attribution worker.
#[derive(Debug, Clone, clap::Args)]
pub struct AttributionParams {
	/// Folder of the content-addressed files: weights and influence indexes of models.
	///
	/// Default: the folder `blobs` in the base path.
	#[arg(long, value_name = "PATH")]
	pub blob_dir: Option<PathBuf>,

	/// Folder of a base model: config.json, tokenizer.json and model.safetensors. May be repeated.
	///
	/// Models of text are adapters of a published transformer, which this node needs to recompute their
	/// answers.
	#[arg(long = "base-model", value_name = "PATH")]
	pub base_models: Vec<PathBuf>,

	/// How many attributions are computed at the same time.
	///
	/// Default: half of the machine's cores, at least one.
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=256))]
	pub attribution_threads: Option<u32>,

	/// Do not compute attributions, even with an attester's key in the keystore.
	///
	/// An attester who does not attest lets the users of the chain wait: deregister first, and wait until
	/// its open jobs have ended.
	#[arg(long)]
	pub no_attribution: bool,
}

/// Commands other than running the node.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Generate, inspect and insert keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write a chain specification, readable or raw.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Validate blocks again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state of a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Import blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the database.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Go back to an earlier block.
	Revert(sc_cli::RevertCmd),

	/// Print what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),
}
