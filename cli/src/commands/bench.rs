//! `bench`: measures the engine.

mod chart;
mod influence;
mod lora;
mod methods;
mod plots;
mod view;

use crate::{context::Context, error::Result, output::Report};
use clap::Subcommand;

/// Measures the engine on this machine; needs no chain.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// How well attributions predict retraining, and find mislabelled rows
	Influence(Box<influence::Arguments>),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Influence(arguments) => influence::run(context, &arguments),
	}
}
