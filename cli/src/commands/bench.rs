//! `bench`: measures the engine.

mod chart;
mod digits;
mod engine;
mod influence;
mod lora;
mod methods;
mod plots;
mod score;
mod view;

use crate::{context::Context, error::Result, output::Report};
use clap::Subcommand;

/// Measures the engine on this machine; needs no chain.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// How well attributions predict retraining, and find mislabelled rows
	Influence(Box<influence::Arguments>),
	/// Attributions of an exported task, and what they cost
	Score(score::Arguments),
	/// How fast an index is searched and built, and what the same bits everywhere cost
	Engine(engine::Arguments),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Influence(arguments) => influence::run(context, &arguments),
		Command::Score(arguments) => score::run(context, &arguments),
		Command::Engine(arguments) => engine::run(context, &arguments),
	}
}
