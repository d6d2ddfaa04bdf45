//! Accounts at the edge of what the chain keeps.

use crate::shared::shared;
use openledger_tests::chain::address;
use serde_json::Value;

#[test]
fn transfer_should_be_explained_when_an_account_would_hold_too_little_to_be_kept() {
	let client = &shared().client;
	let send = |from: &str, rest: &[&str]| {
		client.attempt(from, &[&["account", "transfer"], rest].concat()).unwrap()
	};
	let refused = send("//Charlie", &["//Newcomer", "0.0009 OPEN"]);
	assert_eq!((refused.code, refused.error("name")), (4, "BelowMinimum"), "{}", refused.messages);
	for words in ["does not exist", "0.0009 OPEN", "0.001 OPEN"] {
		assert!(refused.messages.contains(words), "no '{words}': {}", refused.messages);
	}

	shared().scenario.fund(&["//Leaver".into()], "0.5", &["//Charlie"]).unwrap();
	let refused = send("//Leaver", &["//Charlie", "0.4995"]);
	assert_eq!(refused.code, 4, "{}", refused.messages);
	for words in ["0.4995 OPEN", "0.001 OPEN", "deleted", "--all"] {
		assert!(refused.messages.contains(words), "no '{words}': {}", refused.messages);
	}

	let sent: Value = send("//Leaver", &["//Newcomer", "--all"]).success().unwrap();
	assert_eq!(sent["deleted"], true);
	let shown: Value = client.run("//Newcomer", &["account", "show"]).unwrap();
	assert_eq!(shown["free"], sent["amount"], "the receiver has all that was sent");
	let end = shared().node.chain().unwrap().snapshot().unwrap();
	assert!(!end.accounts.contains_key(&address("//Leaver").unwrap()));
}
