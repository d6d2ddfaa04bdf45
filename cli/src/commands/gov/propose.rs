//! `gov propose`: a call for all voters.

use super::{
	call::{CallOptions, KnownCall},
	names::TrackName,
	show::Shown,
	VOTES,
};
use crate::{
	commands::transactions,
	context::Context,
	error::{Error, Result},
	output::{fields, hex, Report},
	views::governance::proposal as views,
};
use clap::{Args, Subcommand};
use openledger_client::{
	amount::Amount,
	calls,
	chain::{
		call,
		events::Submitted,
		governance::{Bounded, DispatchTime, Parameters},
		Snapshot,
	},
	governance::Track,
	keys::{parse_account, AccountId},
	limits,
};
use serde_json::json;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// The most that the chain stores for a hash, see `pallet_preimage::MAX_SIZE`.
const LONGEST: u32 = 4 * 1024 * 1024;

/// What is proposed: a call with the track that it needs, or a proposal of a usual kind.
#[derive(Args, Debug)]
#[command(subcommand_negates_reqs = true)]
pub struct Arguments {
	/// A proposal of a usual kind
	#[command(subcommand)]
	shortcut: Option<Shortcut>,
	/// What the call needs to be allowed to do
	#[arg(long, required = true)]
	track: Option<TrackName>,
	#[command(flatten)]
	source: CallOptions,
	/// Blocks between approval and dispatch; the timelock, if that is more
	#[arg(long, value_name = "BLOCKS", default_value_t = 0)]
	after: u32,
}

/// Proposals of usual kinds.
#[derive(Subcommand, Debug)]
pub enum Shortcut {
	/// Pay OPEN from the treasury
	TreasurySpend {
		/// The account to pay, as address, 0x public key, or //Name
		#[arg(long, value_parser = parse_account, value_name = "ACCOUNT")]
		to: AccountId,
		/// 1.5 for OPEN, 150u for units
		#[arg(long)]
		amount: Amount,
		/// Blocks between approval and dispatch; the timelock, if that is more
		#[arg(long, value_name = "BLOCKS", default_value_t = 0)]
		after: u32,
	},
	/// Replace the runtime
	Upgrade {
		/// The new runtime as wasm, compressed or not
		#[arg(long, value_name = "FILE")]
		code: PathBuf,
		/// Blocks between approval and dispatch; the timelock, if that is more
		#[arg(long, value_name = "BLOCKS", default_value_t = 0)]
		after: u32,
	},
}

/// How wasm begins, and how the SDK's compressed wasm does.
const WASM: [&[u8]; 2] = [b"\0asm", &[82, 188, 83, 118, 70, 219, 142, 5]];

/// # Errors
/// If the file cannot be read, or is no wasm.
fn read_wasm(file: &Path) -> Result<Vec<u8>> {
	let named = file.display();
	let code = fs::read(file).map_err(|e| Error::BadData(format!("cannot read {named}: {e}")))?;
	if WASM.iter().any(|start| code.starts_with(start)) {
		return Ok(code);
	}
	Err(Error::BadData(format!(
		"{named} is no wasm: give the file that the build leaves, \
		 openledger_runtime.compact.compressed.wasm"
	)))
}

impl Arguments {
	fn read(&self, at: &Snapshot) -> Result<(Track, KnownCall, u32)> {
		let metadata = at.metadata();
		match (&self.shortcut, self.track) {
			(Some(_), track) if track.is_some() || !self.source.is_empty() => Err(Error::Usage(
				"give either --track and a call, or one of the usual proposals".into(),
			)),
			(Some(Shortcut::TreasurySpend { to, amount, after }), _) => {
				let arguments =
					json!({ "amount": amount.0.to_string(), "beneficiary": to.to_string() });
				let bytes = calls::encode(&metadata, "Treasury", "spend_local", &arguments)?;
				Ok((Track::Treasury, KnownCall::new(&metadata, bytes)?, *after))
			},
			(Some(Shortcut::Upgrade { code, after }), _) => {
				let arguments = json!({ "code": hex(read_wasm(code)?) });
				let bytes = calls::encode(&metadata, "System", "set_code", &arguments)?;
				Ok((Track::Constitutional, KnownCall::new(&metadata, bytes)?, *after))
			},
			(None, Some(track)) => Ok((track.into(), self.source.read(&metadata)?, self.after)),
			(None, None) => Err(Error::Usage("say what the call needs with --track".into())),
		}
	}
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let proposer = context.key()?.account;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let (track, proposed, after) = arguments.read(&best)?;
	limits::check("the call", proposed.bytes.len(), "bytes", LONGEST)?;
	let parameters = best.governance_parameters().await?;
	let votes = best.votes(&proposer).await?;
	check_threshold(&proposer, votes, &parameters)?;

	let mut sent = Vec::new();
	if best.preimage(proposed.hash).await?.is_none() {
		sent.push(
			context.send(call("Preimage", "note_preimage", (proposed.bytes.clone(),))).await?,
		);
	}
	let (hash, len) = (proposed.hash, u32::try_from(proposed.bytes.len()).unwrap_or(u32::MAX));
	let submission = (track.origin(), Bounded::Lookup { hash, len }, DispatchTime::After(after));
	let submitted = context.send(call("Referenda", "submit", submission)).await;
	let submitted = submitted.map_err(|error| below_threshold(error, &proposer))?;
	let Submitted { index } = submitted.event("Referenda", "Submitted")?;

	let shown = Shown::read(&chain.at(submitted.block_hash).await?, index).await?;
	sent.push(submitted);
	let document = views::Proposed {
		proposal: shown.view(),
		call: proposed.view(),
		transactions: transactions(&sent),
	};
	let mut pairs = vec![
		("proposal", index.to_string()),
		("track", track.name().to_owned()),
		("call hash", hex(proposed.hash)),
	];
	pairs.extend(shown.dates());
	pairs.push(("next", shown.outlook()));
	Report::of(&document, format!("{}\n{}", fields(&pairs), proposed.text))
}

/// # Errors
/// If the chain would not let somebody with so many votes propose.
fn check_threshold(proposer: &AccountId, votes: u128, parameters: &Parameters) -> Result<()> {
	let threshold = parameters.proposal_threshold;
	let missing = threshold.saturating_sub(votes);
	if missing == 0 {
		return Ok(());
	}
	Err(Error::foreseen(
		VOTES,
		"BelowThreshold",
		format!(
			"a proposal takes {} votes of its proposer, and {} are delegated to {proposer}: {} are \
			 missing; wrap OPEN with `openledger gov wrap`, and delegate it with `openledger gov \
			 delegate self`",
			Amount(threshold),
			Amount(votes),
			Amount(missing),
		),
	))
}

/// The chain itself only says that this account may not: votes were moved meanwhile.
fn below_threshold(error: Error, proposer: &AccountId) -> Error {
	match error {
		Error::Refused(refusal) if refusal.name.as_deref() == Some("BadOrigin") => Error::foreseen(
			VOTES,
			"BelowThreshold",
			format!(
				"too few votes were delegated to {proposer} at the block before: see `openledger gov \
				 account {proposer}` and `openledger gov parameters`"
			),
		),
		other => other,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::chain::governance::{KindTerms, Quorum};

	const OPEN: u128 = 1_000_000_000_000_000_000;

	fn parameters() -> Parameters {
		let quorum = Quorum { share: 500_000, least: 1, most: 2 };
		let terms = KindTerms { quorum, timelock: 1 };
		Parameters {
			proposal_threshold: 10_000 * OPEN,
			voting_delay: 1,
			voting_period: 1,
			late_quorum_window: 1,
			removal_majority: 833_333_333,
			constitutional: terms,
			treasury: terms,
			removal: terms,
		}
	}

	#[test]
	fn proposer_should_be_told_how_many_votes_are_missing_when_below_the_threshold() {
		let (proposer, parameters) = (parse_account("//Bob").unwrap(), parameters());
		assert!(check_threshold(&proposer, 10_000 * OPEN, &parameters).is_ok());
		let error = check_threshold(&proposer, 10_000 * OPEN - OPEN / 2, &parameters).unwrap_err();
		assert_eq!((error.code(), error.refused_as()), (4, Some("BelowThreshold")));
		let text = error.to_string();
		assert!(text.contains("takes 10000 votes") && text.contains("0.5 are missing"), "{text}");
		assert!(text.contains("gov wrap") && text.contains("gov delegate"), "{text}");
	}

	#[test]
	fn upgrade_should_be_refused_when_the_file_is_no_wasm() {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("code");
		let error = |file: &Path| read_wasm(file).unwrap_err().to_string();
		assert!(error(&file).contains("cannot read"), "{}", error(&file));
		fs::write(&file, b"#!/bin/sh").unwrap();
		assert!(error(&file).contains("is no wasm"), "{}", error(&file));
		fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
		assert_eq!(read_wasm(&file).unwrap().len(), 8);
	}

	#[test]
	fn refusal_of_the_origin_should_be_told_as_votes_missing_when_they_were_moved() {
		use crate::error::Refusal;
		let proposer = parse_account("//Bob").unwrap();
		let named = |name: &str| {
			let refusal =
				Refusal { message: "no".into(), pallet: None, name: Some(name.to_owned()) };
			let error = below_threshold(Error::Refused(refusal), &proposer);
			error.refused_as().map(str::to_owned)
		};
		assert_eq!(named("BadOrigin").as_deref(), Some("BelowThreshold"));
		assert_eq!(named("Other").as_deref(), Some("Other"));
	}
}
