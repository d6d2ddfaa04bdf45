//! A settled inference for tests.

use super::Explanation;
use openledger_client::{
	chain::{
		types::{
			Basis, Contribution, ContributionState, Ending, IndexRecord, IndexWidth, Inference,
			InferenceState, JobResult, Model, ModelStatus, Payment, Pricing, Receipt, Registration,
			Role,
		},
		Hash,
	},
	verification::{CheckedEntry, Pay},
};

/// An inference that contributions 4 and 9 were paid for, three to one.
pub(super) fn explanation(name: &str, input: &str, output: &str) -> Explanation {
	let receipt = Receipt {
		output: output.into(),
		job: 3,
		fee: 1_000_000_000_000_000_000,
		basis: Basis::Attributed,
		at: 40,
		contributors: 600_000_000_000_000_000,
		owners: 200_000_000_000_000_000,
		attesters: 100_000_000_000_000_000,
		treasury: 100_000_000_000_000_000,
	};
	let registration = Registration {
		name: name.into(),
		weights: Hash([1; 32]),
		architecture: vec![],
		parent: None,
		sources: vec![],
		index: IndexRecord {
			root: Hash([2; 32]),
			leaf_count: 2,
			dimension: 8,
			width: IndexWidth::Int8,
		},
		index_parameters: vec![],
		index_file: Hash([3; 32]),
		manifest: Hash([4; 32]),
		held_out: Hash([5; 32]),
		host: [6; 32].into(),
		pricing: Pricing::PerCall(1),
		royalty: 0,
	};
	let contribution = |account: u8| Contribution {
		datanet: 0,
		contributor: [account; 32].into(),
		content_root: Hash([0; 32]),
		rows: 2,
		bytes: 20,
		blob: Hash([account; 32]),
		bond: 0,
		submitted: 1,
		state: ContributionState::Accepted { position: 0, first_row: 0, at: 2 },
	};
	let payment =
		|role, account: u8, amount| Payment { account: [account; 32].into(), role, amount };
	let pay = |contribution, parts, paid| Pay { contribution, parts, amount: paid, paid };
	let entry = |contribution, score| CheckedEntry {
		contribution,
		leaf_index: 1,
		score,
		recomputed: Some(score),
		proof: true,
	};
	Explanation {
		inference: Inference {
			user: [7; 32].into(),
			model: 0,
			input: input.into(),
			max_fee: 1,
			pricing: Pricing::PerCall(1),
			platform_fee: 0,
			requested: 30,
			deadline: 50,
			state: InferenceState::Settled(receipt.clone()),
		},
		receipt,
		model: Model {
			owner: [8; 32].into(),
			registration,
			status: ModelStatus::Active,
			registered: 9,
		},
		result: JobResult {
			model: 0,
			inference: 12,
			attempt: 0,
			attesters: vec![],
			claim: Hash::zero(),
			at: 39,
			ending: Ending::Attributed { shares: vec![] },
		},
		payments: vec![
			payment(Role::Contributor(4), 11, 450_000_000_000_000_000),
			payment(Role::Contributor(9), 12, 150_000_000_000_000_000),
			payment(Role::Owner(0), 13, 200_000_000_000_000_000),
			payment(Role::Attester, 14, 100_000_000_000_000_000),
		],
		claim: None,
		entries: vec![entry(4, 7_500), entry(9, 2_500)],
		pay: vec![
			pay(4, 750_000_000, 450_000_000_000_000_000),
			pay(9, 250_000_000, 150_000_000_000_000_000),
		],
		contributions: [(4, contribution(11)), (9, contribution(12))].into(),
		split_is_todays: false,
		problems: vec![],
	}
}
