//! Who was paid for an answer, and why, read from the chain and checked.

use super::{check_claim, check_payments, CheckedEntry, Claim, Pay, Recorded};
use crate::{
	chain::{
		types::{
			Basis, Contribution, Ending, Inference, InferenceState, JobResult, MarketParameters,
			Model, Payment, Receipt, Role, Split,
		},
		Chain, Hash, Snapshot,
	},
	error::{Error, Result},
};
use openledger_primitives::{ContributionId, IndexCommitment, Share, H256};
use std::collections::BTreeMap;

/// A claim and the place where the chain has it.
#[derive(Clone, Debug)]
pub struct IncludedClaim {
	/// What the attester claims.
	pub claim: Claim,
	/// The number of its extrinsic within the block.
	pub extrinsic: u32,
	/// The block's number.
	pub block: u64,
	/// The block's hash.
	pub block_hash: Hash,
}

/// A settled inference with everything that decided who was paid for it, and every fault found in it.
#[derive(Clone, Debug)]
pub struct Explanation {
	/// What was asked, by whom, of which model, and where it stands.
	pub inference: Inference,
	/// What was answered, and how the fee was split.
	pub receipt: Receipt,
	/// The model that answered.
	pub model: Model,
	/// The result of the attribution job.
	pub result: JobResult,
	/// All payments of the settlement.
	pub payments: Vec<Payment>,
	/// The attester's claim; none if the job ended without one, or it was not found.
	pub claim: Option<IncludedClaim>,
	/// The claim's entries, each checked on its own.
	pub entries: Vec<CheckedEntry>,
	/// The pay of each contribution, recomputed and as paid.
	pub pay: Vec<Pay>,
	/// The contributions that have a share.
	pub contributions: BTreeMap<ContributionId, Contribution>,
	/// Whether the fee is split by the parameters of the newest block, because the node no longer has the
	/// state of the block of settlement.
	pub split_is_todays: bool,
	/// Every fault found; without any, the payment is verified to the unit.
	pub problems: Vec<String>,
}

impl Explanation {
	/// Reads what the newest block says about a settled inference, and checks all of it: the claim's hash,
	/// every Merkle proof against the model's index root, every score, the shares and the payments.
	///
	/// # Errors
	/// [`Error::Unsettled`] or [`Error::Refunded`] if nobody was paid; those of [`Snapshot`].
	pub async fn read(chain: &Chain, id: u64) -> Result<Self> {
		let best = chain.best().await?;
		let inference = best.inference(id).await?;
		let receipt = match &inference.state {
			InferenceState::Settled(receipt) => receipt.clone(),
			InferenceState::Refunded(reason) => {
				return Err(Error::Refunded { inference: id, reason: reason.name() });
			},
			state => return Err(Error::Unsettled { inference: id, state: state.name() }),
		};
		Self::gather(chain, &best, id, inference, receipt).await
	}

	async fn gather(
		chain: &Chain,
		best: &Snapshot,
		id: u64,
		inference: Inference,
		receipt: Receipt,
	) -> Result<Self> {
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
			let index = IndexCommitment::from(&model.registration.index);
			match find_claim(chain, best, &result).await? {
				Ok(found) => {
					let leaves = best.leaves(inference.model, found.claim.contributions()).await?;
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
		let (split, split_is_todays) = fee_split(chain, best, receipt.at).await?;
		let (pay, faults) =
			check_payments(&receipt, inference.platform_fee, &split, &shares, &payments);
		problems.extend(faults);

		let mut contributions = BTreeMap::new();
		for contribution in pay.iter().map(|p| p.contribution) {
			contributions.insert(contribution, best.contribution(contribution).await?);
		}
		for payment in &payments {
			if let Role::Contributor(contribution) = payment.role {
				let record = contributions.get(&contribution);
				if record.is_some_and(|c: &Contribution| c.contributor != payment.account) {
					problems.push(format!(
						"contribution {contribution} is of another account than was paid for it"
					));
				}
			}
		}
		Ok(Self {
			inference,
			receipt,
			model,
			result,
			payments,
			claim,
			entries,
			pay,
			contributions,
			split_is_todays,
			problems,
		})
	}

	/// The claim's entry for a contribution; none if the claim does not name it.
	pub fn entry(&self, contribution: ContributionId) -> Option<&CheckedEntry> {
		self.entries.iter().find(|entry| entry.contribution == contribution)
	}
}

/// The claim whose hash the job's result names, in the result's block; or what is wrong.
async fn find_claim(
	chain: &Chain,
	best: &Snapshot,
	result: &JobResult,
) -> Result<std::result::Result<IncludedClaim, String>> {
	let (block_hash, calls) = chain.calls(result.at, best, "Attribution", "submit_claim").await?;
	let expected = H256(result.claim.0);
	let mut fault = format!("block {} holds no claim for this job", result.at);
	for (extrinsic, arguments) in calls {
		let Some(bytes) = arguments.first() else { continue };
		match Claim::read(bytes, expected) {
			Ok(claim) => {
				let block = result.at.into();
				return Ok(Ok(IncludedClaim { claim, extrinsic, block, block_hash }));
			},
			Err(error) => fault = error.to_string(),
		}
	}
	Ok(Err(fault))
}

/// How fees were split at the block of settlement, and `false`. Where the node has dropped the state of
/// that block it is how fees are split at the newest block, and `true`.
async fn fee_split(chain: &Chain, best: &Snapshot, at: u32) -> Result<(Split, bool)> {
	let read = |parameters: MarketParameters| parameters.split;
	let then = match chain.at_number(at).await {
		Ok(block) => block.value("InferenceMarket", "Parameters").await,
		Err(error) => Err(error),
	};
	match then {
		Err(Error::Unreadable(_)) => {
			let now = best.value("InferenceMarket", "Parameters").await?;
			Ok((read(now), true))
		},
		then => Ok((read(then?), false)),
	}
}
