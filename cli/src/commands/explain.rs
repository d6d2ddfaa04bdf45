//! `explain`: who was paid for an answer, and why; all of it checked here.

mod evidence;
mod page;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use super::wording::words;
use crate::{
	amount::Amount,
	base_models::BaseModels,
	chain::{
		types::{
			Basis, Contribution, Ending, Inference, InferenceState, JobResult, MarketParameters,
			Model, Payment, Receipt, Role,
		},
		Chain, Hash, Snapshot,
	},
	context::Context,
	error::{Error, Result},
	keys::AccountId,
	output::{
		beginning, fields, hex, one_line, open, short, table,
		Column::{Number, Open, Text},
		Report,
	},
	training::write,
	verification::{check_claim, check_payments, CheckedEntry, Claim, Pay, Recorded},
	views::{
		explain as views,
		inference::{basis, exact, refund, state as state_name},
	},
};
use clap::Args;
use evidence::Evidence;
use openledger_influence::Architecture;
use openledger_proof::{ContributionId, IndexCommitment, Share, H256, PARTS};
use std::{
	collections::BTreeMap,
	path::{Path, PathBuf},
};

/// Verifies a settled inference and shows who was paid for it, and why.
///
/// Finds the attester's claim in its block, checks its hash, every Merkle proof against the
/// model's index root and every score, computes the shares anew and compares the payments with
/// them to the unit.
#[derive(Args, Debug)]
pub struct Arguments {
	/// The inference
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

/// A claim where the chain has it.
struct Found {
	claim: Claim,
	extrinsic: u32,
	block: u64,
	block_hash: Hash,
}

/// Everything read from the chain and found about it.
struct Explanation {
	inference: Inference,
	receipt: Receipt,
	model: Model,
	result: JobResult,
	payments: Vec<Payment>,
	claim: Option<Found>,
	entries: Vec<CheckedEntry>,
	pay: Vec<Pay>,
	contributions: BTreeMap<ContributionId, Contribution>,
	problems: Vec<String>,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let id = arguments.inference;
	arguments.base_models.open()?;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let inference = best.inference(id).await?;
	let receipt = match &inference.state {
		InferenceState::Settled(receipt) => receipt.clone(),
		InferenceState::Refunded(reason) => {
			return Err(Error::Failure(format!(
				"inference {id} was refunded ({}): nobody was paid",
				words(refund(*reason))
			)));
		},
		state => {
			return Err(Error::Failure(format!(
				"inference {id} is {}, not settled yet: look again in a few blocks",
				state_name(state)
			)));
		},
	};
	let mut explanation = gather(context, chain, &best, id, inference, receipt).await?;
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

async fn gather(
	context: &Context,
	chain: &Chain,
	best: &Snapshot,
	id: u64,
	inference: Inference,
	receipt: Receipt,
) -> Result<Explanation> {
	let model = best.model(inference.model).await?;
	let result = best.job_result(receipt.job).await?;
	let payments = best.payments(id).await?;
	let mut problems = Vec::new();
	if (result.inference, result.model) != (id, inference.model) {
		problems.push(format!("job {} is of another inference or model", receipt.job));
	}

	let recorded: Vec<Share> = match &result.ending {
		Ending::Attributed { shares } => shares.iter().map(Share::from).collect(),
		Ending::WrongAnswer { .. } | Ending::Unattributed => Vec::new(),
	};
	let (claim, entries) = if result.claim == Hash::zero() {
		if receipt.basis == Basis::Attributed {
			problems.push("the inference is attributed, but its job names no claim".into());
		}
		(None, Vec::new())
	} else {
		let leaves = leaves(best, &model).await?;
		let index = IndexCommitment::from(&model.registration.index);
		match find_claim(chain, &result).await? {
			Ok(found) => {
				let record = Recorded {
					job: receipt.job,
					attempt: result.attempt,
					attesters: &result.attesters,
					shares: &recorded,
				};
				let (entries, faults) = check_claim(&found.claim, &record, &index, &leaves);
				problems.extend(faults);
				(Some(found), entries)
			},
			Err(fault) => {
				problems.push(fault);
				(None, Vec::new())
			},
		}
	};

	let shares = match receipt.basis {
		Basis::Attributed => recorded,
		Basis::HeldOut => {
			let committed = best.held_out_shares(inference.model).await?;
			committed.iter().map(Share::from).collect()
		},
	};
	let split = market_parameters(context, chain, best, receipt.at).await?.split;
	let (pay, faults) =
		check_payments(&receipt, inference.platform_fee, &split, &shares, &payments);
	problems.extend(faults);

	let mut contributions = BTreeMap::new();
	for contribution in pay.iter().map(|p| p.contribution) {
		contributions.insert(contribution, best.contribution(contribution).await?);
	}
	for payment in &payments {
		if let Role::Contributor(contribution) = payment.role {
			if contributions.get(&contribution).is_some_and(|c| c.contributor != payment.account) {
				problems.push(format!(
					"contribution {contribution} is of another account than was paid for it"
				));
			}
		}
	}
	Ok(Explanation {
		inference,
		receipt,
		model,
		result,
		payments,
		claim,
		entries,
		pay,
		contributions,
		problems,
	})
}

/// The number of each contribution's leaf: the model's sources in order, within each in order of
/// acceptance.
async fn leaves(best: &Snapshot, model: &Model) -> Result<BTreeMap<ContributionId, u32>> {
	let mut leaves = BTreeMap::new();
	for source in &model.registration.sources {
		for (id, _) in best.version_contributions(source.datanet, source.version).await? {
			let number = u32::try_from(leaves.len())
				.map_err(|_| Error::Failure("the model has too many contributions".into()))?;
			leaves.insert(id, number);
		}
	}
	Ok(leaves)
}

/// The claim whose hash the job's result names, in the result's block; or what is wrong.
async fn find_claim(
	chain: &Chain,
	result: &JobResult,
) -> Result<std::result::Result<Found, String>> {
	let block = chain.at_number(result.at).await?;
	let expected = H256(result.claim.0);
	let mut fault = format!("block {} holds no claim for this job", result.at);
	for (extrinsic, arguments) in block.calls("Attribution", "submit_claim").await? {
		let Some(bytes) = arguments.first() else { continue };
		match Claim::read(bytes, expected) {
			Ok(claim) => {
				let (block, block_hash) = (block.number(), block.hash());
				return Ok(Ok(Found { claim, extrinsic, block, block_hash }));
			},
			Err(reason) => fault = reason,
		}
	}
	Ok(Err(fault))
}

/// The market's parameters at the block of settlement, or today's where the node has dropped that
/// block's state.
async fn market_parameters(
	context: &Context,
	chain: &Chain,
	best: &Snapshot,
	at: u32,
) -> Result<MarketParameters> {
	let then = match chain.at_number(at).await {
		Ok(block) => block.value("InferenceMarket", "Parameters").await,
		Err(error) => Err(error),
	};
	match then {
		Err(Error::Failure(_)) => {
			context.console.note(format!(
				"the node no longer has the state of block {at}: taking today's fee split"
			));
			best.value("InferenceMarket", "Parameters").await
		},
		other => other,
	}
}

/// A line of the receipt that no score decided.
fn unscored(paid_for: String, account: String, amount: u128) -> Vec<String> {
	let empty = String::new;
	vec![paid_for, account, empty(), empty(), empty(), Amount(amount).to_string()]
}

/// What was paid for, in words; contributions are shown apart.
fn role(role: Role) -> Option<String> {
	match role {
		Role::Contributor(_) => None,
		Role::Owner(0) => Some("model owner".into()),
		Role::Owner(1) => Some("owner of the parent".into()),
		Role::Owner(depth) => Some(format!("owner, {depth} generations up")),
		Role::Attester => Some("attester".into()),
	}
}

impl Explanation {
	/// Whether the model takes rows of text.
	fn is_text(&self) -> bool {
		let descriptor = std::str::from_utf8(&self.model.registration.architecture);
		let architecture = descriptor.ok().and_then(|text| Architecture::from_json(text).ok());
		architecture.is_some_and(|architecture| architecture.is_text())
	}

	fn contributor(&self, contribution: ContributionId) -> String {
		let contribution = self.contributions.get(&contribution);
		contribution.map_or("unknown".into(), |c| c.contributor.to_string())
	}

	fn entry(&self, contribution: ContributionId) -> Option<&CheckedEntry> {
		self.entries.iter().find(|entry| entry.contribution == contribution)
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
		let claim = |found: &Found| views::Claim {
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
