//! The OpenLedger user command line: contribute, train, register, infer, explain.

fn main() -> std::process::ExitCode {
	openledger_cli::run(std::env::args_os())
}
