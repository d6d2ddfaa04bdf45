//! Verifies what was paid for an answer: from the attester's claim in its block, over every proof and score,
//! to each contributor's pay, to the unit.
//!
//! ```text
//! verify_payment URL INFERENCE
//! verify_payment ws://127.0.0.1:9944 12
//! ```
//!
//! It needs no key, and no file of the model or of the data: nodes that keep old states have all of it. It
//! exits with 1 if anything is wrong.

use openledger_client::{
	chain::{types::Role, Chain},
	format::{one_line, open},
	verification::Explanation,
};
use std::{env, error::Error, process::ExitCode, time::Duration};

const USAGE: &str = "usage: verify_payment URL INFERENCE";
/// For how long the node is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let result = match arguments.as_slice() {
		[url, inference] => verify(url, inference).await,
		_ => Err(USAGE.into()),
	};
	match result {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

async fn verify(url: &str, inference: &str) -> Result<(), Box<dyn Error>> {
	let inference: u64 = inference.parse()?;
	let chain = Chain::connect(url, PATIENCE).await?;
	let explanation = Explanation::read(&chain, inference).await?;

	let answer = String::from_utf8_lossy(&explanation.receipt.output);
	println!("inference {inference} was answered '{}'", one_line(&answer));
	println!("fee {}", open(explanation.receipt.fee));
	for payment in &explanation.payments {
		let role = match payment.role {
			Role::Contributor(contribution) => {
				let score = explanation.entry(contribution).map(|entry| entry.score);
				let score =
					score.map_or("by held-out shares".into(), |score| format!("score {score}"));
				format!("contribution {contribution}, {score}")
			},
			Role::Owner(0) => "the model".into(),
			Role::Owner(generations) => format!("the model's ancestor {generations} up"),
			Role::Attester => "the attestation".into(),
		};
		println!("{} to {} for {role}", open(payment.amount), payment.account);
	}
	println!("{} to the treasury", open(explanation.receipt.treasury));

	if !explanation.problems.is_empty() {
		return Err(format!("the payment is wrong: {}", explanation.problems.join("; ")).into());
	}
	println!("verified to the unit");
	Ok(())
}
