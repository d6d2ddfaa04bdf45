//! The command line.

use polkadot_sdk::sc_cli;
use std::{ops::RangeInclusive, path::PathBuf};

/// The command by which the node starts an engine's process.
pub const ATTRIBUTION_ENGINE: &str = "attribution-engine";

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

	/// How many attributions are computed at the same time, each in a process of its own.
	///
	/// Default: half of the machine's cores, at least one.
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=256))]
	pub attribution_threads: Option<u32>,

	/// How many MiB of memory each of these processes may use. One that needs more ends with its job.
	///
	/// Base models are part of it. Default: half of the machine's memory, divided by the number of
	/// processes. In a container with less memory than the machine give the number yourself.
	#[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(MEMORY))]
	pub attribution_memory: Option<u64>,

	/// How many seconds a job may take. One that takes longer is ended with its process.
	///
	/// A job is drawn anew when its deadline passes, 20 blocks of three seconds after it was drawn on the
	/// chain `dev`, and 40 on `local`.
	#[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
	pub attribution_timeout: u64,

	/// Do not compute attributions, even with an attester's key in the keystore.
	///
	/// An attester who does not attest lets the users of the chain wait: deregister first, and wait until
	/// its open jobs have ended.
	#[arg(long)]
	pub no_attribution: bool,
}

/// The MiB that a process of the engine may be given. Fewer are not enough for it to start.
const MEMORY: RangeInclusive<u64> = 32..=1 << 24;

/// What the node gives an engine's process.
#[derive(Debug, Clone, clap::Args)]
pub struct EngineParams {
	/// Folder of the content-addressed files.
	#[arg(long, value_name = "PATH")]
	pub blob_dir: PathBuf,

	/// Folder of a base model. May be repeated.
	#[arg(long = "base-model", value_name = "PATH")]
	pub base_models: Vec<PathBuf>,

	/// How many MiB of memory the process may use.
	#[arg(long, value_name = "MIB")]
	pub memory: u64,
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

	/// Work on attributions for the node that started this process.
	#[command(name = ATTRIBUTION_ENGINE, hide = true)]
	AttributionEngine(EngineParams),
}
