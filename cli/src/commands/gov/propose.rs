//! `gov propose`: a call for all voters.

use super::{
	call::{CallOptions, KnownCall},
	names::TrackName,
	show::{dry_run_text, Shown},
	VOTES,
};
use crate::{
	commands::transactions,
	context::Context,
	error::{Error, Result},
	output::{fields, hex, open, Report},
	views::governance::proposal as views,
};
use clap::{Args, Subcommand};
use openledger_client::{
	amount::Amount,
	calls,
	chain::{
		call,
		events::Submitted,
		governance::{Bounded, DispatchTime, Obstacle, Spending},
		Outcome, Snapshot,
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
	/// Propose the call even if it would fail now, because it will not when it is dispatched
	#[arg(long, global = true)]
	despite_failure: bool,
}

/// Proposals of usual kinds.
#[derive(Subcommand, Debug)]
pub enum Shortcut {
	/// Pay OPEN from the treasury, on the track that takes the fewest votes for the amount
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
	async fn read(&self, at: &Snapshot) -> Result<(Track, KnownCall, u32)> {
		let metadata = at.metadata();
		match (&self.shortcut, self.track) {
			(Some(_), track) if track.is_some() || !self.source.is_empty() => Err(Error::Usage(
				"give either --track and a call, or one of the usual proposals".into(),
			)),
			(Some(Shortcut::TreasurySpend { to, amount, after }), _) => {
				let arguments =
					json!({ "amount": amount.0.to_string(), "beneficiary": to.to_string() });
				let bytes = calls::encode(&metadata, "Treasury", "spend_local", &arguments)?;
				let spending = at.governance_parameters().await?.spending;
				let track = spend_track(*amount, &spending)?;
				Ok((track, KnownCall::new(&metadata, bytes)?, *after))
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

impl Arguments {
	/// What is paid from the treasury, if that is what the proposal is for.
	fn spends(&self) -> Option<Amount> {
		match &self.shortcut {
			Some(Shortcut::TreasurySpend { amount, .. }) => Some(*amount),
			_ => None,
		}
	}
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let proposer = context.key()?.account;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let (track, proposed, after) = arguments.read(&best).await?;
	limits::check("the call", proposed.bytes.len(), "bytes", LONGEST)?;
	if let Some(obstacle) = best.obstacle(&proposer).await? {
		return Err(obstacle_error(obstacle, &proposer));
	}
	let outcome = best.outcome(track.kind(), &proposed.bytes).await?;
	let failure = match arguments.spends() {
		Some(amount) => beyond_treasury(amount, best.treasury().await?),
		None => None,
	};
	let failure = outcome.as_ref().and_then(Outcome::failure).or(failure);
	check_failure(failure.as_deref(), arguments.despite_failure)?;
	if let Some(failure) = &failure {
		context.console.note(format!("proposed although this call would fail now: {failure}"));
	}

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
		dry_run: outcome.as_ref().map(|_| views::DryRun::new(failure.clone())),
		transactions: transactions(&sent),
	};
	let mut pairs = vec![
		("proposal", index.to_string()),
		("track", track_text(track, arguments.spends(), &best).await?),
		("deposit", open(best.proposing()?.deposit)),
		("call hash", hex(proposed.hash)),
	];
	if let (Some(outcome), None) = (&outcome, &failure) {
		pairs.push(("dry run", dry_run_text(outcome)));
	}
	if let Some(failure) = &failure {
		pairs.push(("dry run", format!("this call would fail now: {failure}")));
	}
	pairs.extend(shown.dates());
	pairs.push(("next", shown.outlook()));
	Report::of(&document, format!("{}\n{}", fields(&pairs), proposed.text))
}

/// Names the track, and why it is this one if it was chosen for an amount.
async fn track_text(track: Track, spends: Option<Amount>, at: &Snapshot) -> Result<String> {
	let limit = track.spend_limit(&at.governance_parameters().await?.spending);
	Ok(match (spends, limit) {
		(Some(amount), Some(limit)) => format!(
			"{}: it takes the fewest votes of those that can spend {}, and spends at most {}",
			track.name(),
			open(amount.0),
			open(limit)
		),
		_ => track.name().to_owned(),
	})
}

/// The track that takes the fewest votes to spend so much.
///
/// # Errors
/// If it is above the greatest limit.
fn spend_track(amount: Amount, spending: &Spending) -> Result<Track> {
	Track::for_spend(amount.0, spending).ok_or_else(|| {
		Error::foreseen(
			"Treasury",
			"InsufficientPermission",
			format!(
				"no treasury proposal can spend {}: the greatest limit is {}, that of {}; spend less, or make it a \
				 constitutional proposal: `openledger gov propose --track constitutional --pallet Treasury --name \
				 spend_local --args JSON`",
				open(amount.0),
				open(spending.big_spender),
				Track::BigSpender.name()
			),
		)
	})
}

/// Why a payment would not be made although its call succeeds; `None` if the treasury can pay it.
fn beyond_treasury(amount: Amount, treasury: u128) -> Option<String> {
	(amount.0 > treasury).then(|| {
		format!(
			"the treasury has {}: a payment of {} would wait until it has enough, and nobody could spend \
			 meanwhile but by a constitutional proposal",
			open(treasury),
			open(amount.0)
		)
	})
}

/// # Errors
/// If the call would fail, and nobody insists.
fn check_failure(failure: Option<&str>, despite_failure: bool) -> Result<()> {
	let Some(failure) = failure.filter(|_| !despite_failure) else { return Ok(()) };
	let failure = failure.trim_end_matches('.');
	Err(Error::foreseen(
		VOTES,
		"CallWouldFail",
		format!(
			"this call would fail now: {failure}. Nothing was sent. If it will not fail when it is dispatched, \
			 propose it with --despite-failure"
		),
	))
}

/// Says why an account cannot propose, and what to do.
fn obstacle_error(obstacle: Obstacle, proposer: &AccountId) -> Error {
	let (name, message) = match obstacle {
		Obstacle::NoParameters => (
			"NoParameters",
			"this chain has no parameters of governance: nothing can be proposed on it".to_owned(),
		),
		Obstacle::Votes { missing } => (
			"BelowThreshold",
			format!(
				"too few votes are delegated to {proposer} to propose: {} are missing; wrap OPEN with `openledger \
				 gov wrap`, and delegate it with `openledger gov delegate self`",
				Amount(missing)
			),
		),
		Obstacle::Open { most } => (
			"TooManyOpen",
			format!(
				"{proposer} has {most} proposals that are not over, and an account can have no more: wait for \
				 one to end, or take one back with `openledger gov cancel`"
			),
		),
		Obstacle::SnapshotFull => (
			"SnapshotFull",
			"as many proposals as there can be have the snapshot that this one would have: try again in the \
			 next block"
				.to_owned(),
		),
		Obstacle::Deposit { amount } => (
			"InsufficientBalance",
			format!(
				"a proposal takes a deposit of {} until it has ended, and {proposer} has less that is free: \
				 wrapped OPEN is not",
				open(amount)
			),
		),
	};
	Error::foreseen(VOTES, name, message)
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

	const OPEN: u128 = 1_000_000_000_000_000_000;

	#[test]
	fn proposer_should_be_told_what_to_do_when_it_cannot_propose() {
		let proposer = parse_account("//Bob").unwrap();
		for (obstacle, name, words) in [
			(Obstacle::NoParameters, "NoParameters", "no parameters of governance"),
			(Obstacle::Votes { missing: OPEN / 2 }, "BelowThreshold", "0.5 are missing; wrap OPEN"),
			(Obstacle::Open { most: 3 }, "TooManyOpen", "has 3 proposals that are not over"),
			(Obstacle::SnapshotFull, "SnapshotFull", "try again in the next block"),
			(Obstacle::Deposit { amount: 1_000 * OPEN }, "InsufficientBalance", "1000 OPEN"),
		] {
			let error = obstacle_error(obstacle, &proposer);
			assert_eq!((error.code(), error.refused_as()), (4, Some(name)));
			assert!(error.to_string().contains(words), "{error}");
		}
	}

	#[test]
	fn spend_should_be_refused_when_it_is_above_the_greatest_limit() {
		let spending = Spending {
			period: 7,
			treasury: OPEN,
			medium_spender: 5 * OPEN,
			big_spender: 20 * OPEN,
		};
		for (open, track) in
			[(1, Track::Treasury), (5, Track::MediumSpender), (20, Track::BigSpender)]
		{
			assert_eq!(spend_track(Amount(open * OPEN), &spending).unwrap(), track);
		}
		let error = spend_track(Amount(20 * OPEN + 1), &spending).unwrap_err();
		assert_eq!((error.code(), error.refused_as()), (4, Some("InsufficientPermission")));
		let text = error.to_string();
		assert!(text.contains("20 OPEN, that of big-spender"), "{text}");
		assert!(text.contains("--track constitutional"), "{text}");
	}

	#[test]
	fn call_that_would_fail_should_be_proposed_only_when_somebody_insists() {
		assert!(check_failure(None, false).is_ok() && check_failure(Some("no"), true).is_ok());
		let error = check_failure(Some("no money."), false).unwrap_err();
		assert_eq!((error.code(), error.refused_as()), (4, Some("CallWouldFail")));
		let text = error.to_string();
		assert!(text.contains("would fail now: no money. Nothing"), "{text}");
		assert!(text.contains("--despite-failure"), "{text}");
	}

	#[test]
	fn payment_should_be_told_to_wait_when_the_treasury_has_less() {
		assert_eq!(beyond_treasury(Amount(OPEN), OPEN), None);
		let text = beyond_treasury(Amount(OPEN + 1), OPEN).unwrap();
		assert!(text.contains("has 1 OPEN") && text.contains("would wait"), "{text}");
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
