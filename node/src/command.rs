//! What the commands of the command line do.

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	service::{self, Partial},
	worker,
};
use openledger_primitives::SS58_PREFIX;
use openledger_runtime::OpaqueBlock as Block;
use polkadot_sdk::*;

use sc_cli::SubstrateCli;

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"OpenLedger Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the OpenLedger authors".into()
	}

	fn support_url() -> String {
		"docs/validator.md".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(Box::new(chain_spec::load(id)?))
	}
}

/// Parses the command line and runs the command.
///
/// # Errors
/// If the command fails.
pub fn run() -> sc_cli::Result<()> {
	// The commands for keys and the RPC write addresses with the prefix of the process.
	sp_core::crypto::set_default_ss58_version(SS58_PREFIX.into());
	let cli = Cli::from_args();
	match &cli.subcommand {
		None => run_node(&cli),
		Some(Subcommand::Key(command)) => command.run(&cli),
		Some(Subcommand::ExportChainSpec(command)) => command.run(cli.load_spec(&command.chain)?),
		Some(Subcommand::CheckBlock(command)) => cli.create_runner(command)?.async_run(|config| {
			let Partial { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(command)) => {
			cli.create_runner(command)?.async_run(|config| {
				let Partial { client, task_manager, .. } = service::new_partial(&config)?;
				Ok((command.run(client, config.database), task_manager))
			})
		},
		Some(Subcommand::ExportState(command)) => cli.create_runner(command)?.async_run(|config| {
			let Partial { client, task_manager, .. } = service::new_partial(&config)?;
			Ok((command.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::ImportBlocks(command)) => {
			cli.create_runner(command)?.async_run(|config| {
				let Partial { client, task_manager, import_queue, .. } =
					service::new_partial(&config)?;
				Ok((command.run(client, import_queue), task_manager))
			})
		},
		Some(Subcommand::PurgeChain(command)) => {
			cli.create_runner(command)?.sync_run(|config| command.run(config.database))
		},
		Some(Subcommand::Revert(command)) => cli.create_runner(command)?.async_run(|config| {
			let Partial { client, task_manager, backend, .. } = service::new_partial(&config)?;
			Ok((
				command.run(client, backend, Some(Box::new(service::revert_consensus))),
				task_manager,
			))
		}),
		Some(Subcommand::ChainInfo(command)) => {
			cli.create_runner(command)?.sync_run(|config| command.run::<Block>(&config))
		},
		Some(Subcommand::AttributionEngine(params)) => {
			worker::serve(params).map_err(sc_cli::Error::Input)
		},
	}
}

/// # Errors
/// If the node is given a key that everybody knows for a chain that is no test, or fails.
fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	if let Some(known) = cli.run.get_keyring() {
		let chain =
			cli.load_spec(&cli.run.shared_params.chain_id(cli.run.shared_params.is_dev()))?;
		if chain.chain_type() == sc_chain_spec::ChainType::Live {
			return Err(sc_cli::Error::Input(format!(
				"--{} gives this node a key that everybody knows, and {} is no test chain: put keys of \
				 your own into the keystore",
				known.to_string().to_lowercase(),
				chain.name()
			)));
		}
	}
	let attribution = cli.attribution.clone();
	let runner = cli.create_runner(&cli.run).map_err(|error| match error {
		sc_cli::Error::NetworkKeyNotFound(path) => sc_cli::Error::Input(format!(
			"a validator keeps one identity among nodes, and there is none at {}: make it once with \
			 `openledger-node key generate-node-key`, with the same --chain and --base-path",
			path.display()
		)),
		other => other,
	})?;
	runner.run_node_until_exit(|mut config| async move {
		keep_rpc_port(&mut config)?;
		service::new_full(config, attribution).map_err(sc_cli::Error::Service)
	})
}

/// Has the RPC listen on the port that was asked for or not at all. By default the server would take any
/// other port when that one is in use, and clients would go on talking to whoever has it.
///
/// # Errors
/// If the port is in use.
fn keep_rpc_port(config: &mut sc_service::Configuration) -> sc_cli::Result<()> {
	for endpoint in config.rpc.addr.iter_mut().flatten() {
		endpoint.retry_random_port = false;
		if endpoint.is_optional {
			continue;
		}
		let address = endpoint.listen_addr;
		std::net::TcpListener::bind(address).map_err(|error| {
			sc_cli::Error::Input(format!(
				"the RPC cannot listen on {address}: {error}; is another node running? Give another port \
				 with --rpc-port"
			))
		})?;
	}
	Ok(())
}
