//! `gov council sign-acceptance`, `rotate`, `add`: seats that their next holders have signed to take.

use super::{
	delegation::{parse_hash, read},
	motions,
	names::CohortName,
};
use crate::{
	commands::transactions,
	context::Context,
	error::{Error, Result},
	output::Report,
	views::governance::council as views,
};
use clap::Args;
use openledger_client::{
	chain::{
		call,
		council::{Acceptance, Cohort, Seat},
		Hash, Snapshot,
	},
	governance::{Clock, OfferedSeat, SignedAcceptance},
	keys::{parse_account, AccountId, Key},
};
use subxt::utils::MultiSignature;

/// The seat that the key's account takes, and for how long this can be used.
#[derive(Args, Debug)]
pub struct Sign {
	#[command(flatten)]
	seat: SeatOption,
	/// For how many blocks it can be used [default: 28800, which is a day, for a member's seat, and 403200, two
	/// weeks, for a vacancy, about which the council has to agree first]
	#[arg(long, value_name = "BLOCKS")]
	expires_in: Option<u32>,
	/// The last block at which it can be used, instead of --expires-in
	#[arg(long, value_name = "BLOCK", conflicts_with = "expires_in")]
	expiry: Option<u32>,
	/// Hash of the chain's first block [default: ask the chain]; with --expiry no node is needed
	#[arg(long, value_name = "HASH", value_parser = parse_hash)]
	genesis: Option<Hash>,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct SeatOption {
	/// The seat of this member, who moves it to the key with `gov council rotate`
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	of: Option<AccountId>,
	/// A vacancy of this half of the council, which members fill with `gov council add`
	#[arg(long)]
	cohort: Option<CohortName>,
}

/// The key that gets the seat.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct NewKey {
	/// The new key itself, in the forms that --key takes
	#[arg(long, value_name = "URI|FILE", allow_hyphen_values = true)]
	new_key: Option<String>,
	/// What `gov council sign-acceptance` printed for the new key, - for standard input
	#[arg(long, value_name = "FILE")]
	acceptance: Option<String>,
}

/// Blocks for which an acceptance of a member's seat can be used.
const FOR_A_ROTATION: u32 = 28_800;
/// Blocks for which an acceptance of a vacancy can be used.
const FOR_A_MOTION: u32 = 403_200;

pub(super) async fn sign(context: &Context, arguments: Sign) -> Result<Report> {
	let key = context.key()?;
	let Sign { seat: SeatOption { of, cohort }, expires_in, expiry, genesis } = arguments;
	let (seat, default) = match (of, cohort) {
		(Some(of), _) => (OfferedSeat::Of(of), FOR_A_ROTATION),
		(None, Some(cohort)) => (OfferedSeat::Vacancy(cohort.into()), FOR_A_MOTION),
		(None, None) => return Err(Error::Usage("name the seat with --of or --cohort".into())),
	};
	let signed = match (expiry, genesis) {
		(Some(expiry), Some(genesis)) => SignedAcceptance::sign(&key, seat, expiry, genesis),
		_ => {
			let best = context.chain().await?.best().await?;
			let expiry = match expiry {
				Some(expiry) => expiry,
				None => best.clock()?.now.saturating_add(expires_in.unwrap_or(default)),
			};
			let genesis = genesis.map_or_else(|| best.genesis(), Ok)?;
			SignedAcceptance::sign(&key, seat, expiry, genesis)
		},
	};
	let document = signed.to_json();
	let text = format!("{document:#}");
	Report::of(&document, text)
}

/// Reads an acceptance that is for the chain of `at`.
fn from_file(file: &str, at: &Snapshot) -> Result<SignedAcceptance> {
	let signed = SignedAcceptance::from_json(&read(file)?)
		.map_err(|error| Error::from(error).in_file(file))?;
	if signed.genesis != at.genesis()? {
		let message = "this acceptance is for another chain: see --url".into();
		return Err(Error::BadData(message).in_file(file));
	}
	Ok(signed)
}

fn as_argument(signed: &SignedAcceptance) -> Acceptance {
	let signature = MultiSignature::Sr25519(signed.signature);
	Acceptance { expiry: signed.expiry, signature }
}

pub(super) async fn add(context: &Context, file: &str) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	let signed = from_file(file, &best)?;
	let OfferedSeat::Vacancy(cohort) = signed.seat else {
		let message = "this acceptance is for the seat of a member, who moves it with `openledger gov council \
		               rotate`: have one signed with --cohort";
		return Err(Error::BadData(message.into()).in_file(file));
	};
	if let Some(words) = fault(&signed, best.clock()?.now) {
		return Err(Error::BadData(words).in_file(file));
	}
	let arguments = (signed.account, cohort, as_argument(&signed));
	motions::propose(context, call("SecurityCouncil", "add_member", arguments)).await
}

/// What is wrong with an acceptance in itself. A motion about it would pass and then fail.
fn fault(signed: &SignedAcceptance, now: u32) -> Option<String> {
	let SignedAcceptance { account, expiry, .. } = signed;
	if !signed.is_genuine() {
		return Some(format!("the signature is not that of {account} under this acceptance"));
	}
	(now > *expiry).then(|| expired(*expiry, now))
}

fn expired(expiry: u32, now: u32) -> String {
	format!("this acceptance expired with block {expiry}, now is block {now}: have it signed again")
}

pub(super) async fn rotate(context: &Context, new: NewKey) -> Result<Report> {
	let old = context.key()?.account;
	let best = context.chain().await?.best().await?;
	let seat = OfferedSeat::Of(old);
	let signed = match (new.new_key, new.acceptance) {
		(Some(key), _) => {
			let expiry = best.clock()?.now.saturating_add(FOR_A_ROTATION);
			SignedAcceptance::sign(&Key::read(&key)?, seat, expiry, best.genesis()?)
		},
		(None, Some(file)) => from_file(&file, &best)?,
		(None, None) => return Err(Error::Usage("give --new-key or --acceptance".into())),
	};
	let words = async |name: &str, best: &Snapshot| {
		let mut seats = Vec::new();
		for cohort in Cohort::BOTH {
			seats.extend(best.seats(cohort).await?);
		}
		let interval = best.council_parameters().await?.rotation_interval;
		Ok(refusal_text(name, &seats, &old, interval, &signed, &best.clock()?))
	};
	let arguments = (signed.account, as_argument(&signed));
	let sent =
		context.send_telling(call("SecurityCouncil", "rotate_key", arguments), words).await?;
	let document = views::Rotated {
		old: old.into(),
		new: signed.account.into(),
		transactions: transactions([&sent]),
	};
	Report::of(&document, format!("the seat of {old} is that of {} now", signed.account))
}

/// The refusal of a new key for the seat of `account`. Keys are changed at most once in `interval` blocks.
fn refusal_text(
	name: &str,
	seats: &[Seat],
	account: &AccountId,
	interval: u32,
	signed: &SignedAcceptance,
	clock: &Clock,
) -> Option<String> {
	Some(match name {
		"NotMember" => motions::not_member(account),
		"RotationTooSoon" => {
			let seat = seats.iter().find(|seat| seat.account == *account)?;
			format!(
				"this seat's key was changed a short time ago: it can be changed again as of {}",
				clock.when(seat.rotated?.saturating_add(interval))
			)
		},
		"AcceptanceExpired" => expired(signed.expiry, clock.now),
		"AcceptanceUsed" => format!(
			"this acceptance of {} was used, or one that expires later: have it signed again",
			signed.account
		),
		"BadAcceptance" => format!(
			"this is not the signature of {} under its acceptance of the seat of {account}: have it signed \
			 with `openledger gov council sign-acceptance --of {account}`",
			signed.account
		),
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn signed(by: &str, seat: OfferedSeat, expiry: u32) -> SignedAcceptance {
		SignedAcceptance::sign(&Key::read(by).unwrap(), seat, expiry, Hash([1; 32]))
	}

	#[test]
	fn refusal_of_a_new_key_should_say_what_to_do_when_there_is_something() {
		let [bob, eve] = ["//Bob", "//Eve"].map(|name| parse_account(name).unwrap());
		let seats = [Seat { account: bob, rotated: Some(90) }];
		let clock = Clock { now: 100, block_time: 3_000 };
		let signed = signed("//Dave", OfferedSeat::Of(bob), 99);
		let told = |name, account| refusal_text(name, &seats, account, 20, &signed, &clock);
		for (name, words) in [
			("RotationTooSoon", "as of block 110, in 30 s"),
			("AcceptanceExpired", "expired with block 99, now is block 100"),
			("AcceptanceUsed", "was used"),
			("BadAcceptance", "sign-acceptance --of e3KPtx"),
		] {
			let text = told(name, &bob).unwrap();
			assert!(text.contains(words), "'{text}' lacks '{words}'");
		}
		assert!(told("NotMember", &eve).unwrap().contains("is no member"));
		assert_eq!((told("RotationTooSoon", &eve), told("IsMember", &bob)), (None, None));
	}

	#[test]
	fn fault_should_be_found_before_members_vote_when_an_acceptance_cannot_count() {
		let genuine = signed("//Dave", OfferedSeat::Vacancy(Cohort::First), 99);
		assert_eq!(fault(&genuine, 99), None);
		assert!(fault(&genuine, 100).unwrap().contains("expired with block 99"));
		let seat = OfferedSeat::Vacancy(Cohort::Second);
		let forged = SignedAcceptance { seat, ..genuine };
		assert!(fault(&forged, 99).unwrap().contains("not that of e3HGH6"));
	}
}
