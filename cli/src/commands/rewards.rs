//! `rewards`: what data, models and attestations have earned.

use super::transactions;
use crate::{
	context::Context,
	error::Result,
	output::{open, Report},
	views::account as views,
};
use clap::Subcommand;
use openledger_client::{
	chain::{call, events::RewardsClaimed},
	keys::{parse_account, AccountId},
};

/// See and claim rewards.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Show what an account can claim, by default the key's
	Show {
		/// Address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: Option<AccountId>,
	},
	/// Pay out the rewards of the key's account
	Claim,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Show { account } => {
			let account = context.account_or_own(account)?;
			let best = context.chain().await?.best().await?;
			let rewards = best.rewards(&account).await?;
			let least = best.existential_deposit()?;
			let exists = !best.account_info(&account).await?.is_empty();
			let document = views::Rewards { account: account.into(), rewards: rewards.into() };
			let wait = match !exists && rewards > 0 && rewards < least {
				true => format!(
					", once it exists or has earned {}: the existential deposit, which an account holds at \
					 least",
					open(least)
				),
				false => String::new(),
			};
			Report::of(&document, format!("{account} can claim {}{wait}", open(rewards)))
		},
		Command::Claim => {
			let account = context.key()?.account;
			let sent = context.send(call("InferenceMarket", "claim_rewards", ())).await?;
			let claimed: RewardsClaimed = sent.event("InferenceMarket", "RewardsClaimed")?;
			let document = views::Claimed {
				account: account.into(),
				claimed: claimed.amount.into(),
				transactions: transactions([&sent]),
			};
			Report::of(&document, format!("{account} was paid {}", open(claimed.amount)))
		},
	}
}
