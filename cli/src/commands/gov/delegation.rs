//! `gov sign-delegation` and `submit-delegation`: a delegation that its owner does not pay for.

use super::VOTES;
use crate::{
	commands::transactions,
	context::Context,
	error::{Error, Result},
	output::Report,
	views::governance as views,
};
use clap::Args;
use openledger_client::{
	chain::{call, Hash, Snapshot},
	governance::SignedDelegation,
	keys::{parse_account, AccountId},
};
use std::io::Read;
use subxt::utils::MultiSignature;

/// The delegation that is signed, and for how long it can be used.
#[derive(Args, Debug)]
pub struct Sign {
	/// The account that gets the votes, as address, 0x public key, or //Name
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
	Report::of(&document, text)
}

pub(super) async fn submit(context: &Context, file: &str) -> Result<Report> {
	let signed = SignedDelegation::from_json(&read(file)?)
		.map_err(|error| Error::from(error).in_file(file))?;
	context.key()?;
	let best = context.chain().await?.best().await?;
	if signed.genesis != best.genesis()? {
		let message = "this delegation is for another chain: see --url".into();
		return Err(Error::BadData(message).in_file(file));
	}
	let SignedDelegation { delegator, to, nonce, expiry, .. } = signed;
	let signature = MultiSignature::Sr25519(signed.signature);
	let arguments = (delegator, to, nonce, expiry, signature);
	let words = async |name: &str, best: &Snapshot| {
		let next = best.delegation_nonce(&delegator).await?;
		Ok(refusal_text(name, &signed, next, best.clock()?.now))
	};
	let call = call(VOTES, "delegate_by_signature", arguments);
	let sent = context.send_telling(call, words).await?;
	let document = views::Delegated {
		delegator: delegator.into(),
		to: to.into(),
		nonce,
		transactions: transactions([&sent]),
	};
	Report::of(&document, format!("the votes of {delegator} are delegated to {to}"))
}

/// The refusal of a signed delegation, with what to do about it. `next` is the delegator's next nonce, `now`
/// the newest block.
fn refusal_text(name: &str, signed: &SignedDelegation, next: u32, now: u32) -> Option<String> {
	let SignedDelegation { delegator, nonce, expiry, .. } = signed;
	Some(match name {
		"BadSignature" => {
			format!("the signature is not that of {delegator} under this delegation")
		},
		"SignatureExpired" => format!(
			"this delegation expired with block {expiry}, now is block {now}: have it signed again"
		),
		"WrongNonce" => {
			let why = if *nonce < next { "it was used" } else { "one before it is missing" };
			format!(
				"this delegation has the nonce {nonce}, the next one of {delegator} is {next}: {why}"
			)
		},
		_ => return None,
	})
}

/// Reads a file, or standard input if it is `-`.
pub(super) fn read(file: &str) -> Result<String> {
	let mut text = String::new();
	let read = match file {
		"-" => std::io::stdin().read_to_string(&mut text).map(|_| ()),
		path => std::fs::read_to_string(path).map(|content| text = content),
	};
	read.map(|()| text.trim_start_matches('\u{feff}').to_owned())
		.map_err(|error| Error::io("read", file.as_ref(), error))
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::keys::Key;

	#[test]
	fn refusal_should_say_what_is_wrong_with_the_delegation_when_there_is_more_to_say() {
		let (alice, bob) = (Key::read("//Alice").unwrap(), parse_account("//Bob").unwrap());
		let signed = SignedDelegation::sign(&alice, bob, 4, 10, Hash([1; 32]));
		let told = |name, next| refusal_text(name, &signed, next, 12);
		for (name, next, words) in [
			("SignatureExpired", 4, "expired with block 10, now is block 12"),
			("BadSignature", 4, "not that of e3Ly4E"),
			("WrongNonce", 5, "it was used"),
			("WrongNonce", 3, "one before it is missing"),
		] {
			let text = told(name, next).unwrap();
			assert!(text.contains(words), "'{text}' lacks '{words}'");
		}
		assert_eq!(told("BadOrigin", 4), None);
	}

	#[test]
	fn hash_should_be_refused_when_it_has_too_few_digits() {
		assert_eq!(parse_hash(&format!("0x{}", "01".repeat(32))), Ok(Hash([1; 32])));
		assert!(parse_hash("0x01").unwrap_err().contains("64 digits"));
	}
}
