//! `gov account`, `wrap`, `unwrap`, `delegate`, `undelegate`: where votes come from.

use super::VOTES;
use crate::{
	commands::transactions,
	context::Context,
	error::Result,
	output::{fields, open, Report},
	views::governance as views,
};
use openledger_client::{
	amount::Amount,
	chain::{call, Included, Snapshot},
	keys::{parse_account, AccountId},
	Error,
};
use subxt::utils::MultiAddress;

/// To whom votes are given.
#[derive(Clone, Debug)]
pub enum Delegate {
	/// The account of the key.
	Own,
	/// An account that was named by its address or key.
	Account(AccountId),
}

/// Reads `self` or an account.
pub(super) fn parse_delegate(text: &str) -> std::result::Result<Delegate, String> {
	match text {
		"self" => Ok(Delegate::Own),
		_ => parse_account(text).map(Delegate::Account).map_err(|error| match error {
			Error::BadAccount { .. } => format!("{error}, or self"),
			other => other.to_string(),
		}),
	}
}

/// What an account has and gives.
struct VotingPower {
	wrapped: u128,
	delegate: Option<AccountId>,
	votes: u128,
	nonce: u32,
}

impl VotingPower {
	async fn read(at: &Snapshot, account: &AccountId) -> Result<Self> {
		Ok(Self {
			wrapped: at.wrapped(account).await?,
			delegate: at.delegate(account).await?,
			votes: at.votes(account).await?,
			nonce: at.delegation_nonce(account).await?,
		})
	}

	fn view(&self, account: &AccountId) -> views::VotingPower {
		views::VotingPower {
			account: (*account).into(),
			wrapped: self.wrapped.into(),
			delegate: self.delegate.map(Into::into),
			votes: self.votes.into(),
			delegation_nonce: self.nonce,
		}
	}

	fn delegate_text(&self, account: &AccountId) -> String {
		match self.delegate {
			Some(delegate) if delegate == *account => "itself".into(),
			Some(delegate) => delegate.to_string(),
			None if self.wrapped > 0 => {
				"nobody: the wrapped units carry no vote; see `openledger gov delegate self`".into()
			},
			None => "nobody".into(),
		}
	}
}

pub(super) async fn account(context: &Context, account: Option<AccountId>) -> Result<Report> {
	let account = context.account_or_own(account)?;
	let best = context.chain().await?.best().await?;
	let power = VotingPower::read(&best, &account).await?;
	let free = best.account_info(&account).await?.data.free;
	let text = fields(&[
		("account", account.to_string()),
		("free", open(free)),
		("wrapped", open(power.wrapped)),
		("delegates to", power.delegate_text(&account)),
		("votes", format!("{} votes, delegated to it now", Amount(power.votes))),
		("next nonce", format!("{} of a signed delegation", power.nonce)),
	]);
	let document = views::AccountVotingPower { power: power.view(&account), free: free.into() };
	Report::of(&document, text)
}

/// The account's voting power after a transaction, as document and text.
async fn after(context: &Context, sent: &Included, done: String) -> Result<Report> {
	let account = context.key()?.account;
	let at = context.chain().await?.at(sent.block_hash).await?;
	let power = VotingPower::read(&at, &account).await?;
	let document = views::VotingPowerChanged {
		power: power.view(&account),
		transactions: transactions([sent]),
	};
	let text = format!(
		"{done}: {} wrapped, delegated to {}",
		open(power.wrapped),
		power.delegate_text(&account)
	);
	Report::of(&document, text)
}

pub(super) async fn wrap(context: &Context, amount: Amount) -> Result<Report> {
	let sent = context.send(call(VOTES, "wrap", (amount.0,))).await?;
	after(context, &sent, format!("{} more", open(amount.0))).await
}

pub(super) async fn unwrap(context: &Context, amount: Amount) -> Result<Report> {
	let account = context.key()?.account;
	let words = async |name: &str, best: &Snapshot| {
		if name != "InsufficientUnits" {
			return Ok(None);
		}
		let wrapped = open(best.wrapped(&account).await?);
		Ok(Some(format!("{account} has wrapped {wrapped}, not {}", open(amount.0))))
	};
	let sent = context.send_telling(call(VOTES, "unwrap", (amount.0,)), words).await?;
	after(context, &sent, format!("{} less", open(amount.0))).await
}

pub(super) async fn delegate(context: &Context, to: Delegate) -> Result<Report> {
	let to = match to {
		Delegate::Own => context.key()?.account,
		Delegate::Account(account) => account,
	};
	let sent =
		context.send(call(VOTES, "set_delegate", (MultiAddress::<AccountId, ()>::Id(to),))).await?;
	after(context, &sent, "delegated".into()).await
}

pub(super) async fn undelegate(context: &Context) -> Result<Report> {
	// Conviction voting's shape: all units move, whatever the class.
	let class = 0u16;
	let sent = context.send(call(VOTES, "undelegate", (class,))).await?;
	after(context, &sent, "taken back".into()).await
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::views::recorded::{check, json};

	#[test]
	fn delegate_should_be_oneself_or_an_account_when_named() {
		assert!(matches!(parse_delegate("self"), Ok(Delegate::Own)));
		let bob = parse_account("//Bob").unwrap();
		assert!(
			matches!(parse_delegate("//Bob"), Ok(Delegate::Account(account)) if account == bob)
		);
		let error = parse_delegate("Bob").unwrap_err();
		assert!(error.contains("not an account") && error.ends_with("or self"), "{error}");
	}

	#[test]
	fn standing_should_be_printed_as_recorded() {
		let account = parse_account("//Bob").unwrap();
		let power = |delegate| VotingPower { wrapped: 5, delegate, votes: u128::MAX, nonce: 2 };
		let own = || power(Some(account)).view(&account);
		let none = power(None).view(&account);
		check(
			"governance/standing",
			[
				("account", json(&views::AccountVotingPower { power: own(), free: 7.into() })),
				(
					"account, not delegated",
					json(&views::AccountVotingPower { power: none, free: 0.into() }),
				),
				("wrap, unwrap, delegate, undelegate", {
					json(&views::VotingPowerChanged { power: own(), transactions: vec![] })
				}),
			],
		);
	}

	#[test]
	fn account_should_be_told_to_delegate_when_its_units_carry_no_vote() {
		let account = parse_account("//Bob").unwrap();
		let power = |delegate| VotingPower { wrapped: 1, delegate, votes: 0, nonce: 0 };
		assert!(power(None).delegate_text(&account).contains("gov delegate self"));
		assert_eq!(power(Some(account)).delegate_text(&account), "itself");
		let unwrapped = VotingPower { wrapped: 0, ..power(None) };
		assert_eq!(unwrapped.delegate_text(&account), "nobody");
	}
}
