//! The command line as a whole.

use crate::{commands::Command, options::Global};
use clap::Parser;

/// The command line: the options of every command, and one command.
#[derive(Parser, Debug)]
#[command(
	name = "openledger",
	version,
	about = "Contribute data, train and serve models, query them, and see who was paid for the answer.",
	after_help = "Amounts: 1.5 is 1.5 OPEN, 150u is 150 of the smallest unit (10^-18 OPEN).\n\
		Exit codes: 0 success, 1 failure, 2 usage, 3 chain unreachable, 4 refused by the chain, \
		5 bad data, 6 verification failed, 7 timed out."
)]
pub struct Arguments {
	/// Options of every command.
	#[command(flatten)]
	pub global: Global,
	/// What to do, with the command's own options.
	#[command(subcommand)]
	pub command: Command,
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn definition_should_be_consistent_when_checked() {
		Arguments::command().debug_assert();
	}

	#[test]
	fn global_options_should_be_taken_before_and_after_the_command() {
		let before = Arguments::try_parse_from([
			"openledger",
			"--json",
			"--url",
			"ws://a",
			"rewards",
			"show",
		]);
		let after = Arguments::try_parse_from([
			"openledger",
			"rewards",
			"show",
			"--json",
			"--url",
			"ws://a",
		]);
		for arguments in [before, after] {
			let global = arguments.unwrap().global;
			assert!(global.json);
			assert_eq!(global.url.as_deref(), Some("ws://a"));
		}
	}

	#[test]
	fn arguments_should_be_refused_when_they_make_no_sense() {
		let lines: [&[&str]; 28] = [
			&["datanet", "create"],
			&["datanet", "create", "--name", "digits", "--bond", "lots"],
			&["datanet", "update", "0"],
			&["contribute", "0"],
			&["review", "reject", "3"],
			&["review", "approve"],
			&["train", "--source", "0", "--out", "run"],
			&["model", "price", "0"],
			&["model", "price", "0", "--price-per-call", "1", "--price-input", "1"],
			&["infer", "--model", "0"],
			&["infer", "--model", "0", "--input", "1", "--inputs", "rows.csv"],
			&["gov", "wrap", "-1"],
			&["gov", "delegate", "Bob"],
			&["gov", "propose"],
			&["gov", "propose", "--track", "treasury"],
			&["gov", "propose", "--call", "0x00"],
			&["gov", "propose", "--track", "treasury", "--pallet", "System"],
			&["gov", "propose", "--track", "treasury", "--call", "0x00", "--call-file", "call"],
			&["gov", "propose", "--track", "treasury", "--call", "0x00", "--args", "{}"],
			&["gov", "propose", "treasury-spend", "--to", "//Bob"],
			&["gov", "vote", "0", "maybe"],
			&["gov", "sign-delegation", "//Bob", "--expiry", "9", "--expires-in", "9"],
			&["gov", "council", "propose", "--call", "0x00"],
			&["gov", "council", "rotate"],
			&["gov", "council", "rotate", "--new-key", "//Bob", "--acceptance", "file"],
			&["gov", "council", "sign-acceptance"],
			&["gov", "council", "sign-acceptance", "--of", "//Bob", "--cohort", "first"],
			&["gov", "council", "propose", "--emergency", "--timelocked", "--call", "0x00"],
		];
		for line in lines {
			let line: Vec<_> = std::iter::once("openledger").chain(line.iter().copied()).collect();
			assert!(Arguments::try_parse_from(&line).is_err(), "{line:?} was taken");
		}
	}

	#[test]
	fn governance_should_be_taken_in_each_of_its_forms_when_well_formed() {
		let call = ["--pallet", "System", "--name", "remark", "--args", "{\"remark\":\"0x00\"}"];
		let hash = format!("0x{}", "00".repeat(32));
		let lines: [&[&str]; 23] = [
			&["account"],
			&["account", "//Bob"],
			&["delegate", "self"],
			&["sign-delegation", "//Bob", "--expiry", "9", "--nonce", "0", "--genesis", &hash],
			&["submit-delegation", "-"],
			&["propose", "--track", "council-removal", "--call", "0x00", "--after", "9"],
			&[&["propose", "--track", "constitutional"], call.as_slice()].concat(),
			&["propose", "--json", "treasury-spend", "--to", "//Bob", "--amount", "1.5"],
			&["propose", "treasury-spend", "--to", "//Bob", "--amount", "1", "--despite-failure"],
			&["propose", "--despite-failure", "--track", "big-spender", "--call", "0x00"],
			&["show", "3", "--account", "//Bob"],
			&["encode", "System", "remark", "[\"0x00\"]"],
			&["council"],
			&[&["council", "propose", "--emergency"], call.as_slice()].concat(),
			&["council", "vote", &hash, "3", "yes"],
			&["council", "add", "-"],
			&["council", "resign"],
			&["council", "rotate", "--new-key", "//Eve//next"],
			&["council", "rotate", "--acceptance", "acceptance.json"],
			&["council", "sign-acceptance", "--of", "//Eve", "--expires-in", "9"],
			&[
				"council",
				"sign-acceptance",
				"--cohort",
				"second",
				"--expiry",
				"9",
				"--genesis",
				&hash,
			],
			&["election"],
			&["election", "nominate", "//Bob", "1000"],
		];
		for line in lines {
			let line = ["openledger", "gov"].iter().chain(line);
			let parsed = Arguments::try_parse_from(line.clone());
			assert!(parsed.is_ok(), "{:?}: {}", line.collect::<Vec<_>>(), parsed.unwrap_err());
		}
	}
}
