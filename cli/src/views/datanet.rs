//! Datanets and their versions.

use super::{addresses, Address, Hex, Transaction, Units};
use crate::output::text;
use openledger_client::{
	chain::{events::VersionPublished, types},
	keys::AccountId,
};
use serde::Serialize;

/// A datanet as the chain has it.
#[derive(Serialize, Debug)]
pub struct Datanet {
	pub datanet: u32,
	/// The owner chose it. Control characters are removed.
	pub name: String,
	/// The licence of the data, usually an SPDX identifier. Control characters are removed.
	pub licence: String,
	pub owner: Address,
	/// It is `open`, or `closed` if the datanet takes no more contributions.
	pub status: &'static str,
	/// These accounts may accept and reject contributions.
	pub curators: Vec<Address>,
	/// The number of curators that must approve a contribution before it is accepted, at least 1.
	pub approvals: u32,
	/// The amount held from the contributor of each contribution, until some time after it is
	/// accepted.
	pub contribution_bond: Units,
	/// The most rows that one contribution may have.
	pub max_rows: u32,
	/// The most bytes that the file of one contribution may have.
	pub max_bytes: u64,
	/// With `open` everybody may contribute, with `permissioned` only the accounts that the owner
	/// allowed.
	pub access: &'static str,
	/// The number of contributions that were accepted so far.
	pub accepted: u32,
	/// The number of rows that the accepted contributions have together.
	pub rows: u64,
	/// This hash chain fixes the accepted contributions and their order.
	pub manifest: Hex,
	/// The number of versions that were published so far. They are numbered from 0.
	pub versions: u32,
	/// The number of contributions that wait for a decision.
	pub pending: u32,
	/// The part of the owner's deposit for the datanet that is still held.
	pub deposit: Units,
}

impl Datanet {
	pub fn new(id: u32, datanet: &types::Datanet) -> Self {
		let terms = &datanet.terms;
		Self {
			datanet: id,
			name: text(&terms.name),
			licence: text(&terms.licence),
			owner: datanet.owner.into(),
			status: status(datanet.status),
			curators: addresses(&terms.curators),
			approvals: terms.approvals,
			contribution_bond: terms.contribution_bond.into(),
			max_rows: terms.max_rows,
			max_bytes: terms.max_bytes,
			access: access(terms.access),
			accepted: datanet.accepted,
			rows: datanet.rows,
			manifest: datanet.manifest.into(),
			versions: datanet.versions,
			pending: datanet.pending,
			deposit: datanet.deposit.into(),
		}
	}
}

/// `datanet list` prints all datanets, by number.
#[derive(Serialize, Debug)]
pub struct List {
	pub datanets: Vec<Datanet>,
}

/// `datanet show` prints a datanet with its versions.
#[derive(Serialize, Debug)]
pub struct Details {
	#[serde(flatten)]
	pub datanet: Datanet,
	/// The published versions are in the order of their numbers.
	pub version_list: Vec<Version>,
	/// These accounts may contribute if `access` is `permissioned`.
	pub contributors: Vec<Address>,
}

impl Details {
	pub fn new(
		id: u32,
		datanet: &types::Datanet,
		versions: &[((u32, u32), types::Version)],
		contributors: &[AccountId],
	) -> Self {
		let version = |((_, number), version): &_| Version::new(*number, version);
		Self {
			datanet: Datanet::new(id, datanet),
			version_list: versions.iter().map(version).collect(),
			contributors: addresses(contributors),
		}
	}
}

/// A published version is a frozen list of accepted contributions.
#[derive(Serialize, Debug)]
pub struct Version {
	/// Versions are numbered from 0 within their datanet.
	pub version: u32,
	/// The number of contributions of the version: those that were accepted first.
	pub contributions: u32,
	/// The number of rows that these contributions have together.
	pub rows: u64,
	/// This hash chain fixes these contributions and their order.
	pub manifest: Hex,
	/// The version was published in this block.
	pub at: u32,
}

impl Version {
	pub fn new(number: u32, version: &types::Version) -> Self {
		Self {
			version: number,
			contributions: version.contributions,
			rows: version.rows,
			manifest: version.manifest.into(),
			at: version.at,
		}
	}
}

/// `datanet create` prints the new datanet.
#[derive(Serialize, Debug)]
pub struct Created {
	pub datanet: u32,
	pub owner: Address,
	/// The amount held from the owner for the datanet.
	pub deposit: Units,
	pub transactions: Vec<Transaction>,
}

/// `datanet update` and `datanet close` print which datanet was changed.
#[derive(Serialize, Debug)]
pub struct Changed {
	pub datanet: u32,
	pub transactions: Vec<Transaction>,
}

/// `datanet allow` prints who may contribute now, or no longer.
#[derive(Serialize, Debug)]
pub struct Allowed {
	pub datanet: u32,
	pub account: Address,
	/// Whether the account is now one of those that may contribute.
	pub allowed: bool,
	pub transactions: Vec<Transaction>,
}

/// `datanet publish` prints the new version.
#[derive(Serialize, Debug)]
pub struct Published {
	pub datanet: u32,
	pub version: u32,
	/// The number of contributions of the version: those that were accepted first.
	pub contributions: u32,
	/// The number of rows that these contributions have together.
	pub rows: u64,
	/// This hash chain fixes these contributions and their order.
	pub manifest: Hex,
	pub transactions: Vec<Transaction>,
}

impl Published {
	pub fn new(id: u32, published: &VersionPublished, transactions: Vec<Transaction>) -> Self {
		let &VersionPublished { version, contributions, rows, manifest } = published;
		Self { datanet: id, version, contributions, rows, manifest: manifest.into(), transactions }
	}
}

pub fn status(status: types::DatanetStatus) -> &'static str {
	match status {
		types::DatanetStatus::Open => "open",
		types::DatanetStatus::Closed => "closed",
	}
}

pub fn access(access: types::Access) -> &'static str {
	match access {
		types::Access::Open => "open",
		types::Access::Permissioned => "permissioned",
	}
}
