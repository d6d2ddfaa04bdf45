//! Datanets and their versions.

use crate::{
	chain::{
		events::VersionPublished,
		types::{Access, Datanet, DatanetStatus, Version},
	},
	keys::AccountId,
	output::{accounts, hex, text},
};
use serde_json::{json, Value};

pub fn datanet(id: u32, datanet: &Datanet) -> Value {
	let terms = &datanet.terms;
	json!({
		"datanet": id,
		"name": text(&terms.name),
		"licence": text(&terms.licence),
		"owner": datanet.owner.to_string(),
		"status": status(datanet.status),
		"curators": accounts(&terms.curators),
		"approvals": terms.approvals,
		"contribution_bond": terms.contribution_bond.to_string(),
		"max_rows": terms.max_rows,
		"max_bytes": terms.max_bytes,
		"access": access(terms.access),
		"accepted": datanet.accepted,
		"rows": datanet.rows,
		"manifest": hex(datanet.manifest),
		"versions": datanet.versions,
		"pending": datanet.pending,
		"deposit": datanet.deposit.to_string(),
	})
}

pub fn datanets(list: Vec<Value>) -> Value {
	json!({ "datanets": list })
}

pub fn details(
	id: u32,
	datanet: &Datanet,
	versions: &[((u32, u32), Version)],
	contributors: &[AccountId],
) -> Value {
	let mut document = self::datanet(id, datanet);
	let version_list: Vec<Value> = versions
		.iter()
		.map(|((_, number), v)| {
			json!({
				"version": number,
				"contributions": v.contributions,
				"rows": v.rows,
				"manifest": hex(v.manifest),
				"at": v.at,
			})
		})
		.collect();
	document["version_list"] = json!(version_list);
	document["contributors"] = json!(accounts(contributors));
	document
}

pub fn created(datanet: u32, owner: AccountId, deposit: u128, transactions: Value) -> Value {
	json!({
		"datanet": datanet,
		"owner": owner.to_string(),
		"deposit": deposit.to_string(),
		"transactions": transactions,
	})
}

pub fn changed(datanet: u32, transactions: Value) -> Value {
	json!({ "datanet": datanet, "transactions": transactions })
}

pub fn allowed(id: u32, account: AccountId, allowed: bool, transactions: Value) -> Value {
	json!({
		"datanet": id,
		"account": account.to_string(),
		"allowed": allowed,
		"transactions": transactions,
	})
}

pub fn published(id: u32, published: &VersionPublished, transactions: Value) -> Value {
	let VersionPublished { version, contributions, rows, manifest } = published;
	json!({
		"datanet": id,
		"version": version,
		"contributions": contributions,
		"rows": rows,
		"manifest": hex(manifest),
		"transactions": transactions,
	})
}

pub fn status(status: DatanetStatus) -> &'static str {
	match status {
		DatanetStatus::Open => "open",
		DatanetStatus::Closed => "closed",
	}
}

pub fn access(access: Access) -> &'static str {
	match access {
		Access::Open => "open",
		Access::Permissioned => "permissioned",
	}
}
