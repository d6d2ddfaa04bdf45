//! `explain`: who was paid for an answer, and why; all of it checked here.

mod evidence;
mod page;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use super::wording::words;
use crate::{
	base_models::BaseModels,
	context::Context,
	error::{Error, Result},
	output::{
		beginning, fields, hex, one_line, open, short, table,
		Column::{Number, Open, Text},
		Report,
	},
	training::write,
	views::{
		explain as views,
		inference::{basis, exact},
	},
};
use clap::Args;
use evidence::Evidence;
use openledger_client::{
	amount::Amount,
	chain::types::{Basis, Role},
	keys::AccountId,
	verification::{Explanation, IncludedClaim, Pay},
};
use openledger_models::Architecture;
use openledger_primitives::{ContributionId, PARTS};
use std::path::{Path, PathBuf};

/// Verifies a settled inference and shows who was paid for it, and why.
///
/// Finds the attester's claim in its block, checks its hash, every Merkle proof against the
/// model's index root and every score, computes the shares anew and compares the payments with
/// them to the unit.
#[derive(Args, Debug)]
pub struct Arguments {
	/// Number of the settled inference, as `inference list` shows it
	inference: u64,
	/// Also write all of it as a page for people, with the rows that mattered most where the blob
	/// store has them
	#[arg(long, value_name = "FILE")]
	html: Option<PathBuf>,
	/// Where base models are.
	#[command(flatten)]
	base_models: BaseModels,
}

/// Characters of an input that are shown to people: a row can have thousands.
const INPUT_SHOWN: usize = 72;

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let id = arguments.inference;
	arguments.base_models.open()?;
	let mut explanation = Explanation::read(context.chain().await?, id).await?;
	if explanation.split_is_todays {
		context.console.note(format!(
			"the node no longer has the state of block {}: taking today's fee split",
			explanation.receipt.at
		));
	}
	// Rows of numbers say little without pictures.
	let evidence = match arguments.html.is_some() || explanation.is_text() {
		true => Some(Evidence::gather(&context.store()?, &explanation)),
		false => None,
	};
	if let Some(evidence) = &evidence {
		let problem = evidence.problem(&exact(&explanation.receipt.output));
		explanation.problems.extend(problem);
	}
	if let (Some(path), Some(evidence)) = (&arguments.html, &evidence) {
		write(path, page::page(id, &explanation, evidence))?;
		context.console.note(format!("the page is in {}", path.display()));
	}
	let fault = (!explanation.problems.is_empty()).then(|| {
		Error::Verification(format!(
			"inference {id} does not verify: {}",
			explanation.problems.join("; ")
		))
	});
	let mut text = explanation.text(id);
	let shown = evidence.filter(|_| explanation.is_text());
	if let Some(evidence) = &shown {
		text = format!("{text}\n{}", evidence.text());
	}
	let document = explanation.document(id, shown.as_ref(), arguments.html.as_deref());
	Ok(Report::of(&document, text)?.with_error(fault))
}

/// A line of the table for a payment that no score decided.
fn unscored(paid_for: String, account: String, amount: u128) -> Vec<String> {
	let empty = String::new;
	vec![paid_for, account, empty(), empty(), empty(), Amount(amount).to_string()]
}

/// What a payment was for, in words. Contributions are shown apart.
fn role(role: Role) -> Option<String> {
	match role {
		Role::Contributor(_) => None,
		Role::Owner(0) => Some("model owner".into()),
		Role::Owner(1) => Some("owner of the parent".into()),
		Role::Owner(depth) => Some(format!("owner, {depth} generations up")),
		Role::Attester => Some("attester".into()),
	}
}

/// An explanation as commands tell it.
trait Told {
	/// Whether the model takes rows of text.
	fn is_text(&self) -> bool;

	fn contributor(&self, contribution: ContributionId) -> String;

	fn document(&self, id: u64, rows: Option<&Evidence>, html: Option<&Path>)
		-> views::Explanation;

	fn view(&self, pay: &Pay) -> views::Entry;

	fn text(&self, id: u64) -> String;
}

impl Told for Explanation {
	fn is_text(&self) -> bool {
		let descriptor = std::str::from_utf8(&self.model.registration.architecture);
		let architecture = descriptor.ok().and_then(|text| Architecture::from_json(text).ok());
		architecture.is_some_and(|architecture| architecture.is_text())
	}

	fn contributor(&self, contribution: ContributionId) -> String {
		let contribution = self.contributions.get(&contribution);
		contribution.map_or("unknown".into(), |c| c.contributor.to_string())
	}

	fn document(
		&self,
		id: u64,
		rows: Option<&Evidence>,
		html: Option<&Path>,
	) -> views::Explanation {
		let (mut owners, mut attesters) = (Vec::new(), Vec::new());
		for payment in &self.payments {
			let (account, amount) = (payment.account.into(), payment.amount.into());
			match payment.role {
				Role::Owner(depth) => owners.push(views::OwnerPayment { account, depth, amount }),
				Role::Attester => attesters.push(views::Payment { account, amount }),
				Role::Contributor(_) => {},
			}
		}
		let claim = |found: &IncludedClaim| views::Claim {
			hash: self.result.claim.into(),
			block: found.block,
			block_hash: found.block_hash.into(),
			extrinsic_index: found.extrinsic,
			attester: AccountId::from(found.claim.attester).into(),
		};
		let receipt = &self.receipt;
		views::Explanation {
			inference: id,
			model: self.inference.model,
			user: self.inference.user.into(),
			input: exact(&self.inference.input),
			output: exact(&receipt.output),
			job: receipt.job,
			attempt: self.result.attempt,
			basis: basis(receipt.basis),
			fee: receipt.fee.into(),
			at: receipt.at,
			claim: self.claim.as_ref().map(claim),
			index: (&self.model.registration.index).into(),
			entries: self.pay.iter().map(|pay| self.view(pay)).collect(),
			owners,
			attesters,
			treasury: receipt.treasury.into(),
			contributors_total: receipt.contributors.into(),
			verified: self.problems.is_empty(),
			problems: self.problems.clone(),
			rows: rows.map(Evidence::document),
			html: html.map(|path| path.display().to_string()),
		}
	}

	fn view(&self, pay: &Pay) -> views::Entry {
		let entry = self.entry(pay.contribution);
		views::Entry {
			contribution: pay.contribution,
			contributor: self.contributor(pay.contribution),
			leaf_index: entry.map(|e| e.leaf_index),
			score: entry.map(|e| e.score),
			recomputed_score: entry.and_then(|e| e.recomputed),
			proof: entry.map(|e| e.proof),
			parts: pay.parts,
			share: f64::from(pay.parts) / f64::from(PARTS),
			amount: pay.amount.into(),
			paid: pay.paid.into(),
		}
	}

	fn text(&self, id: u64) -> String {
		let receipt = &self.receipt;
		let claim = match &self.claim {
			Some(found) => format!(
				"block {}, extrinsic {}, hash {}",
				found.block,
				found.extrinsic,
				hex(self.result.claim)
			),
			None => "none".into(),
		};
		let summary = fields(&[
			("inference", format!("{id} of model {}", self.inference.model)),
			("input", beginning(&one_line(&exact(&self.inference.input)), INPUT_SHOWN)),
			("answer", one_line(&exact(&receipt.output))),
			("fee", open(receipt.fee)),
			("basis", words(basis(receipt.basis))),
			("claim", claim),
			("index root", hex(self.model.registration.index.root)),
		]);
		let mut rows = Vec::new();
		for pay in &self.pay {
			let entry = self.entry(pay.contribution);
			let checked = entry.map_or(String::new(), |e| {
				let proof = if e.proof { "proven" } else { "NOT PROVEN" };
				let score = if e.recomputed == Some(e.score) { "" } else { ", WRONG SCORE" };
				format!("{proof}{score}")
			});
			rows.push(vec![
				format!("contribution {}", pay.contribution),
				short(&self.contributor(pay.contribution)),
				entry.map_or(String::new(), |e| e.score.to_string()),
				checked,
				format!("{:.3} %", 100.0 * f64::from(pay.parts) / f64::from(PARTS)),
				Amount(pay.paid).to_string(),
			]);
		}
		for payment in &self.payments {
			if let Some(role) = role(payment.role) {
				rows.push(unscored(role, short(&payment.account.to_string()), payment.amount));
			}
		}
		rows.push(unscored("treasury".into(), String::new(), receipt.treasury));
		let columns = [
			Text("paid for"),
			Text("account"),
			Number("score"),
			Text("leaf"),
			Number("share"),
			Open("amount"),
		];
		let verdict = if self.problems.is_empty() {
			let checked = match (receipt.basis, &self.claim) {
				(Basis::Attributed, _) => "claim hash, proofs, scores, shares and payments",
				(Basis::HeldOut, Some(_)) => {
					"the claim found no contribution that helped; payments by the held-out shares"
				},
				(Basis::HeldOut, None) => "no claim was made; payments by the held-out shares",
			};
			format!("verified to the unit: {checked}")
		} else {
			format!("NOT verified:\n  {}", self.problems.join("\n  "))
		};
		format!("{summary}\n{}\n{verdict}", table(&columns, rows))
	}
}
