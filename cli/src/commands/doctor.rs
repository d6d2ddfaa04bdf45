//! `doctor`: why something does not happen that somebody waits for.

use crate::{
	context::Context,
	error::Result,
	output::{text, Report},
	views::doctor as views,
};
use clap::Subcommand;
use openledger_blobs::BlobStore as _;
use openledger_client::{
	chain::{
		types::{
			Attester, AttesterStatus, Contribution, ContributionState, Inference, InferenceState,
			Model, ModelStatus, Payment, Refund, Role,
		},
		Chain, NodeStatus, Snapshot,
	},
	keys::{parse_account, AccountId},
};
use std::collections::BTreeMap;
use views::{Diagnosis, Finding};

/// Say why something that is waited for does not happen.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Why an account is not drawn to attest, or why its node does not
	Attester {
		/// The account; the key's own if it is left out
		#[arg(value_parser = parse_account)]
		account: Option<AccountId>,
	},
	/// Why the host of a model has nothing to answer
	Host {
		/// Number of the model, as `model list` shows it
		model: u32,
	},
	/// Why a contribution earns nothing
	Contribution {
		/// Number of the contribution, as `contribution list` shows it
		contribution: u64,
	},
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let findings = match command {
		Command::Attester { account } => {
			attester(chain, &best, &context.account_or_own(account)?).await?
		},
		Command::Host { model } => host(context, &best, model).await?,
		Command::Contribution { contribution } => contributed(&best, contribution).await?,
	};
	let diagnosis = Diagnosis::new(findings);
	let lines: Vec<String> = diagnosis.findings.iter().map(line).collect();
	Report::of(&diagnosis, lines.join("\n"))
}

fn line(finding: &Finding) -> String {
	let mark = if finding.healthy { "ok     " } else { "problem" };
	match &finding.advice {
		Some(advice) => format!("{mark} {}\n        {advice}", finding.found),
		None => format!("{mark} {}", finding.found),
	}
}

async fn attester(chain: &Chain, best: &Snapshot, account: &AccountId) -> Result<Vec<Finding>> {
	let key = best.attribution_key(account).await?;
	let attester: Option<Attester> = best.get("Attribution", "Attesters", (*account,)).await?;
	let drawable: Vec<AccountId> = best.value("Attribution", "Bonded").await?;
	let node = chain.node_status().await;
	let mut findings = vec![match &attester {
		None => Finding::problem(
			format!("{account} is no attester"),
			"bond it with `openledger attester register`",
		),
		Some(Attester { status: AttesterStatus::Unbonding { until }, .. }) => Finding::problem(
			format!("{account} is unbonding until block {until}, and is not drawn"),
			"withdraw the bond after that block with `openledger attester withdraw`, and register again",
		),
		Some(Attester { status: AttesterStatus::Bonded, .. }) => Finding::fine(format!(
			"{account} is bonded; one of {} attesters is drawn for each job",
			drawable.len()
		)),
	}];
	if attester.is_some() && !drawable.contains(account) {
		findings.push(Finding::problem(
			format!("{account} is not among the {} accounts that are drawn", drawable.len()),
			"see `openledger attester list`",
		));
	}
	findings.push(match &key {
		Some(key) => Finding::fine(format!("its session key for attributions is {key}")),
		None => Finding::problem(
			"it has no session keys",
			"`openledger attester register` has the node at --url make and keep them",
		),
	});
	findings.extend(node_findings(key.as_deref(), node.as_ref().ok()));
	Ok(findings)
}

/// What the node at hand says of its worker, where `key` is the attester's on the chain.
fn node_findings(key: Option<&str>, node: Option<&NodeStatus>) -> Vec<Finding> {
	let Some(node) = node else {
		return vec![Finding::problem(
			"the node at --url does not tell what its attribution worker does",
			"give the address of the node that attests for this account",
		)];
	};
	if node.restricted {
		return vec![Finding::problem(
			"the node at --url tells strangers neither its keys nor its errors",
			"ask on the machine that the node runs on",
		)];
	}
	if !node.enabled {
		let reason = node.reason.as_deref().unwrap_or("it does not say why");
		return vec![Finding::problem(
			format!("the attribution worker of the node at --url does not run: {reason}"),
			"start the node with --validator or --offchain-worker always, and without --no-attribution",
		)];
	}
	let mut findings = Vec::new();
	if let Some(key) = key {
		findings.push(match node.keys.iter().any(|held| held == key) {
			true => Finding::fine("the node at --url has that key, and its worker runs"),
			false => Finding::problem(
				"the node at --url does not have that key",
				"give the address of the node that attests, or have this one make keys and set them with \
				 `session.setKeys`",
			),
		});
	}
	findings.push(match &node.last_error {
		None => Finding::fine(format!("no attribution failed; {} wait or are computed", node.queue)),
		Some(error) => Finding::problem(
			format!("the last attribution that failed: {error}"),
			"what a model needs is shown by `openledger model show`; its files belong into the node's \
			 --blob-dir, its base model is named with --base-model",
		),
	});
	findings
}

async fn host(context: &Context, best: &Snapshot, id: u32) -> Result<Vec<Finding>> {
	let model = best.model(id).await?;
	let all: Vec<((u64,), Inference)> = best.all("InferenceMarket", "Inferences", ()).await?;
	let asked: Vec<Inference> =
		all.into_iter().map(|(_, inference)| inference).filter(|i| i.model == id).collect();
	let mut findings = vec![activity(id, &model)];
	if let Ok(key) = context.key() {
		let host = model.registration.host;
		findings.push(match host == key.account {
			true => Finding::fine(format!("{host}, the key's account, is its host")),
			false => Finding::problem(
				format!("its host is {host}, not the key's account {}", key.account),
				"its owner changes the host with `openledger model host`",
			),
		});
	}
	let weights = model.registration.weights;
	findings.push(match context.store()?.contains(&weights.0)? {
		true => Finding::fine("its weights are in the blob directory"),
		false => Finding::problem(
			format!("its weights 0x{} are not in the blob directory", hex::encode(weights.0)),
			"whoever trained it has the file; it belongs under this name into --blob-dir",
		),
	});
	findings.extend(demand(id, &asked));
	Ok(findings)
}

fn activity(id: u32, model: &Model) -> Finding {
	let name = text(&model.registration.name);
	match model.status {
		ModelStatus::Active => Finding::fine(format!("model {id}, {name}, takes requests")),
		ModelStatus::Registered => Finding::problem(
			format!("model {id}, {name}, is registered, not active"),
			"its owner activates it with `openledger model activate`",
		),
		ModelStatus::Retired => Finding::problem(
			format!("model {id}, {name}, is retired: it takes no requests any more"),
			"a model is retired for good; register another",
		),
	}
}

/// What became of the requests for a model.
fn demand(id: u32, asked: &[Inference]) -> Vec<Finding> {
	let count = |takes: fn(&InferenceState) -> bool| {
		asked.iter().filter(|inference| takes(&inference.state)).count()
	};
	let waiting = count(|state| matches!(state, InferenceState::Requested));
	let settled = count(|state| matches!(state, InferenceState::Settled(_)));
	let late = count(|state| matches!(state, InferenceState::Refunded(Refund::TimedOut)));
	let wrong = count(|state| matches!(state, InferenceState::Refunded(Refund::WrongAnswer)));
	let mut findings = vec![match asked.is_empty() {
		true => Finding::problem(
			format!("nobody has asked model {id} yet"),
			"users find it with `openledger model list`, where they see its price",
		),
		false => Finding::fine(format!(
			"{} asked, {waiting} of these wait for an answer, {settled} are settled",
			asked.len()
		)),
	}];
	if late > 0 {
		findings.push(Finding::problem(
			format!("{late} ran out before the host answered, and were refunded"),
			"keep `openledger host` running",
		));
	}
	if wrong > 0 {
		findings.push(Finding::problem(
			format!("attesters found {wrong} answers of the host to be others than the model's"),
			"serve the weights and, for a model of text, the base model that are registered",
		));
	}
	findings
}

async fn contributed(best: &Snapshot, id: u64) -> Result<Vec<Finding>> {
	let contribution = best.contribution(id).await?;
	let datanet = best.datanet(contribution.datanet).await?;
	let mut findings = vec![review(id, &contribution, datanet.terms.approvals)];
	let ContributionState::Accepted { position, .. } = contribution.state else {
		return Ok(findings);
	};

	let number = contribution.datanet;
	let mut first = None;
	for version in 0..datanet.versions {
		if best.version(number, version).await?.contributions > position {
			first = Some(version);
			break;
		}
	}
	let Some(first) = first else {
		findings.push(Finding::problem(
			format!("no published version of datanet {number} has it yet"),
			"the datanet's owner publishes one with `openledger datanet publish`",
		));
		return Ok(findings);
	};
	findings
		.push(Finding::fine(format!("version {first} of datanet {number} was the first with it")));

	let all: Vec<((u32,), Model)> = best.all("ModelRegistry", "Models", ()).await?;
	let mut trained: Vec<(u32, Model)> = all
		.into_iter()
		.map(|((model,), record)| (model, record))
		.filter(|(_, model)| {
			let sources = &model.registration.sources;
			sources.iter().any(|source| source.datanet == number && source.version >= first)
		})
		.collect();
	trained.sort_by_key(|(model, _)| *model);
	if trained.is_empty() {
		findings.push(Finding::problem(
			"no registered model was trained on such a version",
			"a contribution earns when a model that was trained on it answers",
		));
		return Ok(findings);
	}
	let inferences: Vec<((u64,), Inference)> =
		best.all("InferenceMarket", "Inferences", ()).await?;
	let payments: Vec<((u64,), Vec<Payment>)> = best.all("InferenceMarket", "Payments", ()).await?;
	let payments: BTreeMap<u64, Vec<Payment>> =
		payments.into_iter().map(|((inference,), payments)| (inference, payments)).collect();
	for (model, record) in &trained {
		findings.push(activity(*model, record));
		let settled = inferences.iter().filter(|(_, inference)| {
			inference.model == *model && matches!(inference.state, InferenceState::Settled(_))
		});
		let (mut answers, mut paid, mut amount) = (0u32, 0u32, 0u128);
		for ((inference,), _) in settled {
			answers = answers.saturating_add(1);
			let own = payments.get(inference).into_iter().flatten();
			let own = own.filter(|payment| payment.role == Role::Contributor(id));
			let own = own.fold(0u128, |sum, payment| sum.saturating_add(payment.amount));
			paid = paid.saturating_add(u32::from(own > 0));
			amount = amount.saturating_add(own);
		}
		findings.push(earned(*model, answers, paid, amount));
	}
	Ok(findings)
}

fn review(id: u64, contribution: &Contribution, approvals: u32) -> Finding {
	match &contribution.state {
		ContributionState::Accepted { at, .. } => {
			Finding::fine(format!("contribution {id} was accepted in block {at}"))
		},
		ContributionState::Pending { approvals: given } => Finding::problem(
			format!(
				"contribution {id} waits for review: {} of {approvals} curators accepted it",
				given.len()
			),
			format!("see the curators with `openledger datanet show {}`", contribution.datanet),
		),
		ContributionState::Rejected { reason } => Finding::problem(
			format!("contribution {id} was rejected: {}", text(reason)),
			"what was wrong can be mended and contributed again",
		),
	}
}

/// What a contribution earned from the answers of a model.
fn earned(model: u32, answers: u32, paid: u32, amount: u128) -> Finding {
	use crate::output::open;
	match (answers, paid) {
		(0, _) => Finding::problem(
			format!("model {model} has no settled answer yet"),
			"pay comes with answers that users ask for",
		),
		(_, 0) => Finding::problem(
			format!("none of the {answers} settled answers of model {model} was shaped by it"),
			"other contributions had more influence: `openledger explain` shows which",
		),
		_ => Finding::fine(format!(
			"{paid} of the {answers} settled answers of model {model} paid it {} together",
			open(amount)
		)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn node() -> NodeStatus {
		NodeStatus {
			enabled: true,
			reason: None,
			keys: vec!["0x01".into()],
			queue: 0,
			last_error: None,
			restricted: false,
		}
	}

	fn problems(findings: &[Finding]) -> Vec<&str> {
		findings.iter().filter(|f| !f.healthy).map(|f| f.found.as_str()).collect()
	}

	#[test]
	fn node_should_be_found_healthy_when_it_has_the_key_and_works() {
		assert!(problems(&node_findings(Some("0x01"), Some(&node()))).is_empty());
	}

	#[test]
	fn first_reason_should_be_told_when_the_node_does_not_attest() {
		let off = NodeStatus { enabled: false, reason: Some("no key".into()), ..node() };
		let strange = NodeStatus { restricted: true, ..node() };
		let failing = NodeStatus { last_error: Some("no weights".into()), ..node() };
		for (key, node, words) in [
			("0x01", None, "does not tell"),
			("0x01", Some(&off), "does not run: no key"),
			("0x01", Some(&strange), "tells strangers"),
			("0x01", Some(&failing), "failed: no weights"),
			("0x02", Some(&node()), "does not have that key"),
		] {
			let findings = node_findings(Some(key), node);
			let problems = problems(&findings);
			assert!(problems.len() == 1 && problems[0].contains(words), "{problems:?} not {words}");
		}
	}

	#[test]
	fn pay_should_be_a_problem_when_no_answer_was_asked_for_or_shaped() {
		assert!(earned(0, 0, 0, 0).found.contains("no settled answer"));
		assert!(earned(0, 9, 0, 0).found.contains("none of the 9"));
		assert!(earned(0, 9, 2, 5).healthy);
	}
}
