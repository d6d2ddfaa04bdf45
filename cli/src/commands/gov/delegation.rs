//! `gov sign-delegation` and `submit-delegation`: a delegation that its owner does not pay for.

use super::VOTES;
use crate::{
	chain::{call, Hash},
	commands::transactions,
	context::Context,
	error::{Error, Result},
	governance::SignedDelegation,
	keys::{parse_account, AccountId},
	output::Report,
	views::governance as views,
};
use clap::Args;
use std::io::Read;
use subxt::utils::MultiSignature;

/// What is signed.
#[derive(Args, Debug)]
pub struct Sign {
	/// Who gets the votes
	#[arg(value_parser = parse_account)]
	to: AccountId,
	/// For how many blocks it can be used
	#[arg(long, value_name = "BLOCKS", default_value_t = 28_800)]
	expires_in: u32,
	/// The last block at which it can be used, instead of --expires-in
	#[arg(long, value_name = "BLOCK", conflicts_with = "expires_in")]
	expiry: Option<u32>,
	/// How many signed delegations of the key's account were used before [default: ask the chain]
	#[arg(long)]
	nonce: Option<u32>,
	/// Hash of the chain's first block [default: ask the chain]; with --nonce and --expiry no node is
	/// needed
	#[arg(long, value_name = "HASH", value_parser = parse_hash)]
	genesis: Option<Hash>,
}

/// Reads `0x` and 64 hexadecimal digits.
pub(super) fn parse_hash(text: &str) -> std::result::Result<Hash, String> {
	let mut hash = Hash([0; 32]);
	let digits = text.strip_prefix("0x").unwrap_or(text);
	hex::decode_to_slice(digits, &mut hash.0)
		.map_err(|error| format!("'{text}' is no hash ({error}): give 0x and 64 digits"))?;
	Ok(hash)
}

pub(super) async fn sign(context: &Context, arguments: Sign) -> Result<Report> {
	let key = context.key()?;
	let Sign { to, expires_in, expiry, nonce, genesis } = arguments;
	let signed = match (expiry, nonce, genesis) {
		(Some(expiry), Some(nonce), Some(genesis)) => {
			SignedDelegation::sign(&key, to, nonce, expiry, genesis)
		},
		_ => {
			let best = context.chain().await?.best().await?;
			let expiry = match expiry {
				Some(expiry) => expiry,
				None => best.clock()?.now.saturating_add(expires_in),
			};
			let nonce = match nonce {
				Some(nonce) => nonce,
				None => best.delegation_nonce(&key.account).await?,
			};
			let genesis = genesis.map_or_else(|| best.genesis(), Ok)?;
			SignedDelegation::sign(&key, to, nonce, expiry, genesis)
		},
	};
	let document = signed.to_json();
	let text = format!("{document:#}");
	Ok(Report::new(document, text))
}

pub(super) async fn submit(context: &Context, file: &str) -> Result<Report> {
	let signed = SignedDelegation::from_json(&read(file)?).map_err(|error| error.in_file(file))?;
	context.key()?;
	let best = context.chain().await?.best().await?;
	check(&signed, best.genesis()?, best.clock()?.now).map_err(|error| error.in_file(file))?;
	let SignedDelegation { delegator, to, nonce, expiry, .. } = signed;
	let next = best.delegation_nonce(&delegator).await?;
	if nonce != next {
		let why = if nonce < next { "it was used" } else { "one before it is missing" };
		let message = format!(
			"this delegation has the nonce {nonce}, the next one of {delegator} is {next}: {why}"
		);
		return Err(Error::foreseen(VOTES, "WrongNonce", message));
	}
	let signature = MultiSignature::Sr25519(signed.signature);
	let arguments = (delegator, to, nonce, expiry, signature);
	let sent = context.send(call(VOTES, "delegate_by_signature", arguments)).await?;
	let document = views::Delegated {
		delegator: delegator.into(),
		to: to.into(),
		nonce,
		transactions: transactions([&sent]),
	};
	Report::of(&document, format!("the votes of {delegator} are delegated to {to}"))
}

/// # Errors
/// If the chain of this first block would refuse it at the block after `now`.
fn check(signed: &SignedDelegation, genesis: Hash, now: u32) -> Result<()> {
	if signed.genesis != genesis {
		let message = "this delegation is for another chain: see --url".into();
		return Err(Error::BadData(message));
	}
	if !signed.is_genuine() {
		let message =
			format!("the signature is not that of {} under this delegation", signed.delegator);
		return Err(Error::foreseen(VOTES, "BadSignature", message));
	}
	if now >= signed.expiry {
		let message = format!(
			"this delegation expired with block {}, now is block {now}: have it signed again",
			signed.expiry
		);
		return Err(Error::foreseen(VOTES, "SignatureExpired", message));
	}
	Ok(())
}

fn read(file: &str) -> Result<String> {
	let mut text = String::new();
	let read = match file {
		"-" => std::io::stdin().read_to_string(&mut text).map(|_| ()),
		path => std::fs::read_to_string(path).map(|content| text = content),
	};
	read.map(|()| text).map_err(|error| Error::io("read", file.as_ref(), error))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::keys::Key;

	#[test]
	fn delegation_should_be_refused_before_it_is_paid_for_when_it_cannot_be_used() {
		let (alice, bob) = (Key::read("//Alice").unwrap(), parse_account("//Bob").unwrap());
		let chain = Hash([1; 32]);
		let signed = SignedDelegation::sign(&alice, bob, 0, 10, chain);
		assert!(check(&signed, chain, 9).is_ok());
		let name = |signed: &SignedDelegation, now| match check(signed, chain, now) {
			Err(Error::Refused(refusal)) => refusal.name.unwrap(),
			other => panic!("{other:?}"),
		};
		assert_eq!(name(&signed, 10), "SignatureExpired");
		assert_eq!(name(&SignedDelegation { nonce: 1, ..signed.clone() }, 9), "BadSignature");
		assert!(matches!(check(&signed, Hash([2; 32]), 9), Err(Error::BadData(_))));
	}

	#[test]
	fn hash_should_be_refused_when_it_has_too_few_digits() {
		assert_eq!(parse_hash(&format!("0x{}", "01".repeat(32))), Ok(Hash([1; 32])));
		assert!(parse_hash("0x01").unwrap_err().contains("64 digits"));
	}
}
