use crate::shared::shared;
use openledger_tests::{
	chain::address,
	client::Client,
	scenario::Inference,
	state::{Ending, InferenceState, Refund},
	Error,
};
use sp_core::crypto::{AccountId32, Ss58Codec};
use std::{fs, net::TcpListener, str::FromStr, time::Duration};
use subxt::dynamic::Value;
use subxt_signer::{sr25519::Keypair, SecretUri};

const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn wrong_answer_should_be_refunded_when_the_attester_finds_another() {
	let shared = shared();
	let chain = shared.node.chain().unwrap();
	let user = address("//Ferdie").unwrap();
	let before = chain.snapshot().unwrap();
	let inference = shared.request("//Ferdie").unwrap();
	let usage = Value::named_composite([
		("input_tokens", Value::u128(0)),
		("output_tokens", Value::u128(0)),
	]);
	let answer = (inference, b"12".to_vec(), usage);
	chain.submit(shared.silent.host, "InferenceMarket", "respond", answer).unwrap();

	let after = chain
		.wait_for("the refund", LIMIT, |chain| {
			let state = chain.snapshot()?;
			let refunded =
				state.inferences[&inference].state == InferenceState::Refunded(Refund::WrongAnswer);
			Ok(refunded.then_some(state))
		})
		.unwrap();
	let ended: Vec<_> =
		after.results.values().filter(|result| result.inference == inference).collect();
	assert_eq!(ended.len(), 1);
	assert_eq!(ended[0].ending, Ending::WrongAnswer);
	assert!(!after.payments.contains_key(&inference), "nobody is paid for a wrong answer");
	// Asking cost a transaction fee, and nothing else.
	let fees = transaction_fees(&chain, &user, before.block, after.block);
	assert_eq!(before.balance(&user) - after.balance(&user), fees);

	let shown =
		shared.client.run::<Inference>("//Ferdie", &["inference", "show", &inference.to_string()]);
	let shown = shown.unwrap();
	assert_eq!((shown.state.as_str(), shown.refund.as_deref()), ("refunded", Some("wrong_answer")));
}

#[test]
fn request_should_be_refunded_when_nobody_answers_in_time() {
	let shared = shared();
	let chain = shared.node.chain().unwrap();
	let inference = shared.unanswered;
	chain
		.wait_for("the refund", LIMIT, |chain| {
			let state = &chain.snapshot()?.inferences[&inference].state;
			Ok((*state == InferenceState::Refunded(Refund::TimedOut)).then_some(()))
		})
		.unwrap();
	let shown: serde_json::Value =
		shared.client.run("//Eve", &["inference", "show", &inference.to_string()]).unwrap();
	assert_eq!(shown["refund"], "timed_out");
	let late =
		shared.client.attempt("//Eve", &["inference", "cancel", &inference.to_string()]).unwrap();
	assert_eq!((late.code, late.error("name")), (4, "DeadlinePassed"), "{}", late.messages);
}

#[test]
fn input_should_be_refused_when_it_is_longer_than_the_chain_takes() {
	let shared = shared();
	// There are as many numbers as the model reads, each with far too many digits.
	let long = vec![format!("0.{}", "0".repeat(100)); 64].join(",");
	let model = shared.silent.model.to_string();
	let command = ["infer", "--model", &model, "--input", &long, "--max-fee", "5"];
	let refused = shared.client.attempt("//Charlie", &command).unwrap();
	assert_eq!((refused.code, refused.error("kind")), (5, "too_long"), "{}", refused.messages);
	let error = &refused.json["error"];
	assert_eq!((&error["length"], &error["limit"]), (&long.len().into(), &4_096.into()));
}

#[test]
fn request_should_be_refused_when_the_balance_does_not_cover_it() {
	let shared = shared();
	shared.scenario.fund(&["//Pauper".into()], "0.5", &["//Bob"]).unwrap();
	let model = shared.silent.model.to_string();
	let command = ["infer", "--model", &model, "--input", &shared.questions[1]];
	let refused = shared.client.attempt("//Pauper", &command).unwrap();
	assert_eq!((refused.code, refused.error("kind")), (4, "refused"), "{}", refused.messages);
	assert!(refused.messages.to_lowercase().contains("balance"), "{}", refused.messages);

	// Who has nothing at all cannot even pay for the transaction.
	let refused =
		shared.client.attempt("//Nobody", &["account", "transfer", "//Bob", "1"]).unwrap();
	assert_eq!((refused.code, refused.error("kind")), (4, "refused"), "{}", refused.messages);
}

#[test]
fn payment_should_go_to_nobody_when_the_address_is_of_another_network() {
	let shared = shared();
	let uri = SecretUri::from_str("//Somebody//elsewhere").unwrap();
	let bytes = Keypair::from_uri(&uri).unwrap().public_key().0;
	let with = |prefix: u16| AccountId32::new(bytes).to_ss58check_with_version(prefix.into());
	let pay = |to: &str| shared.client.attempt("//Bob", &["account", "transfer", to, "1"]).unwrap();
	let balance = || shared.node.chain().unwrap().snapshot().unwrap().balance(&with(6736));
	for prefix in [0, 2, 46, 47, 63, 1328, 6735] {
		let refused = pay(&with(prefix));
		assert_eq!(refused.code, 2, "{prefix}: {}", refused.messages);
		assert!(refused.messages.contains("OpenLedger"), "{prefix}: {}", refused.messages);
	}
	assert_eq!(balance(), 0);
	let insisted = format!("0x{}", bytes.map(|byte| format!("{byte:02x}")).concat());
	for to in [with(6736), with(42), insisted] {
		let paid = pay(&to);
		assert_eq!((paid.code, &paid.json["to"]), (0, &with(6736).into()), "{}", paid.messages);
	}
	assert_eq!(balance(), 3 * 10_u128.pow(18));
}

#[test]
fn contribution_should_be_refused_when_a_cell_is_no_number() {
	let shared = shared();
	let rows = "1,2,3,0\n4,five,6,1\n";
	let file = shared.scenario.write("malformed.csv", rows).unwrap();
	let command = ["contribute", &shared.datanet.to_string(), &file];
	let refused = shared.client.attempt("//Charlie", &command).unwrap();
	assert_eq!((refused.code, refused.error("kind")), (5, "bad_data"), "{}", refused.messages);
	assert!(refused.messages.contains('2'), "row and column are not named: {}", refused.messages);
}

#[test]
fn training_should_stop_when_a_contribution_was_altered_on_disk() {
	let shared = shared();
	let copy = shared.node.folder("altered").unwrap();
	let mut altered = String::new();
	for file in fs::read_dir(shared.node.blobs()).unwrap() {
		let file = file.unwrap();
		let mut bytes = fs::read(file.path()).unwrap();
		// Contributions are text, weights and indexes begin with a length.
		if bytes.iter().all(|byte| byte.is_ascii()) && bytes.len() > 20_000 {
			let digit = bytes.iter_mut().find(|byte| **byte == b'0').unwrap();
			*digit = b'1';
			altered = file.file_name().to_string_lossy().into_owned();
		}
		fs::write(copy.join(file.file_name()), bytes).unwrap();
	}
	assert!(!altered.is_empty());
	let out = copy.join("model").display().to_string();
	let client = shared.client.with_blobs(copy);
	let source = format!("{}:0", shared.datanet);
	let refused = client.attempt("//Bob", &["train", "--source", &source, "--out", &out]).unwrap();
	assert_eq!((refused.code, refused.error("kind")), (5, "bad_data"), "{}", refused.messages);
	assert!(refused.messages.contains(&altered[..16]), "{altered}: {}", refused.messages);
}

#[test]
fn client_should_say_so_when_the_chain_is_unreachable() {
	// The port was bound and released, so nobody listens there.
	let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
	let url = format!("ws://127.0.0.1:{port}");
	let client = Client::new(url.clone(), std::env::temp_dir()).unwrap();
	let command = ["account", "show", "--connect-timeout", "3"];
	let refused = client.attempt("//Alice", &command).unwrap();
	assert_eq!((refused.code, refused.error("kind")), (3, "unreachable"), "{}", refused.messages);
	assert!(refused.messages.contains(&url), "{}", refused.messages);
	let failed = refused.success::<serde_json::Value>();
	assert!(matches!(failed, Err(Error::Command { code: 3, .. })));
}

/// What an account paid for transactions in the blocks after `from`, up to `to`.
fn transaction_fees(
	chain: &openledger_tests::chain::Chain,
	account: &str,
	from: u64,
	to: u64,
) -> u128 {
	let until = |block| {
		let ledger = openledger_tests::ledger::Ledger::replay(chain, block).unwrap();
		ledger.transaction_fees.get(account).copied().unwrap_or_default()
	};
	until(to) - until(from)
}
