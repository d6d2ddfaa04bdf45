//! The options that every command has.

use clap::Args;
use std::path::PathBuf;

/// Options of every command.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
	/// The node's WebSocket address [env: OPENLEDGER_URL] [default: ws://127.0.0.1:9944]
	#[arg(long, global = true, value_name = "URL")]
	pub url: Option<String>,
	/// The key that signs: //Alice, a mnemonic, a 0x seed, or a file that holds one; - asks for it,
	/// so that it is on no command line [env: OPENLEDGER_KEY]
	#[arg(long, global = true, value_name = "URI|FILE", allow_hyphen_values = true)]
	pub key: Option<String>,
	/// Print one JSON document on standard output and everything else on standard error
	#[arg(long, global = true)]
	pub json: bool,
	/// The directory of files that are named by their hash [env: OPENLEDGER_BLOB_DIR]
	/// [default: ~/.openledger/blobs]
	#[arg(long, global = true, value_name = "DIR")]
	pub blob_dir: Option<PathBuf>,
	/// Wait until transactions are final, not only in a block
	#[arg(long, global = true)]
	pub finalized: bool,
	/// Print no notes and no progress on standard error
	#[arg(long, global = true)]
	pub quiet: bool,
	/// Seconds for which a node that does not answer is tried again
	#[arg(long, global = true, value_name = "SECONDS", default_value_t = 20)]
	pub connect_timeout: u32,
}
