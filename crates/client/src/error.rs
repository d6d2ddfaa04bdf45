//! What can go wrong between a program and the chain.

use crate::amount::ParseAmountError;
use openledger_primitives::{NETWORK, SS58_PREFIX};
use std::path::PathBuf;
use subxt::error::DispatchError;

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the chain refused a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
	/// What was refused, and why, in words.
	pub message: String,
	/// The pallet whose error it is; none if the error is not a pallet's.
	pub pallet: Option<String>,
	/// The error's name in the runtime, such as `AlreadyVoted`.
	pub name: Option<String>,
}

impl Refusal {
	/// What `pallet` would refuse with its error `name`.
	pub fn foreseen(pallet: &str, name: &str, message: String) -> Self {
		Self { message, pallet: Some(pallet.into()), name: Some(name.into()) }
	}
}

/// What can go wrong. Each message says what was wanted and what was found.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
pub enum Error {
	/// The address of the node cannot be connected to, because it is not a WebSocket address.
	#[error("'{0}' is no WebSocket address: give one such as ws://127.0.0.1:9944")]
	BadAddress(String),
	/// Nobody answers at the node's address, or the connection broke and did not come back in time.
	#[error("cannot reach the chain at {url}: {reason}")]
	Unreachable {
		url: String,
		/// What the connection said, or what was lost with it.
		reason: String,
	},
	/// The node answers, but it does not have what was asked for, or what it has does not fit the
	/// metadata of its runtime.
	#[error("{0}")]
	Unreadable(String),
	/// The chain has nothing of that kind under this number.
	#[error("there is no {what} {id} on this chain")]
	NotFound { what: &'static str, id: u64 },
	/// The chain has no proposal with this number.
	#[error("there is no proposal {0} on this chain")]
	NoProposal(u32),
	/// The datanet has no version with this number.
	#[error("datanet {datanet} has no version {version}")]
	NoVersion { datanet: u32, version: u32 },
	/// The node does not have it, and has not all blocks of the chain yet.
	#[error(
		"{missing} as far as this node knows, which still catches up with the network: its newest block is \
		 {block}; wait until it has caught up, or ask another node"
	)]
	Syncing {
		/// The error of a node that has all blocks.
		missing: Box<Error>,
		/// The number of the node's newest block.
		block: u64,
	},
	/// The call or its arguments do not fit the runtime of the connected chain.
	#[error("{call} does not fit this chain's runtime ({reason}): use the client of the chain's version")]
	Mismatch { call: String, reason: String },
	/// The chain refused a transaction, or would refuse it. Where that can be found out, it is
	/// found out before the transaction is sent and paid for.
	#[error("{}", .0.message)]
	Refused(Refusal),
	/// Something is longer than the chain takes. The chain would refuse it, and its fee would be
	/// paid all the same.
	#[error("{what} is too long: {length} {unit}, this chain takes at most {limit}")]
	TooLong {
		what: String,
		length: usize,
		/// What is counted, such as `bytes`.
		unit: &'static str,
		/// The chain's limit, in the same unit.
		limit: u32,
	},
	/// The node did not make session keys.
	#[error(
		"the node made no session keys ({0}): they are made by the node that will use them, reached on the \
		 machine it runs on"
	)]
	NoSessionKeys(String),
	/// The text is not a secret key. The message never repeats it.
	#[error(
		"the key is neither a file nor a secret URI ({0}): give //Alice, a mnemonic, a 0x seed, or \
		 the path of a file that holds one"
	)]
	BadKey(&'static str),
	/// The file that should hold a secret key cannot be used.
	#[error("{0}")]
	BadKeyFile(String),
	/// The text does not name an account.
	#[error(
		"'{text}' is not an account ({reason}): give an address of {NETWORK}, 0x and 64 hexadecimal digits, \
		 or //Name"
	)]
	BadAccount { text: String, reason: String },
	/// The address is one of another network, where somebody may have the account who does not have it here.
	#[error(
		"'{text}' is an address of {network}, not of {NETWORK} (prefix {SS58_PREFIX}): ask whoever gave it \
		 to you for their address on {NETWORK}; if you are sure that they hold its key here as well, give \
		 the account as {account}"
	)]
	ForeignAddress {
		text: String,
		/// The other network's name and prefix.
		network: String,
		/// The account as `0x` and its hexadecimal digits.
		account: String,
	},
	/// The text is not an amount of OPEN.
	#[error(transparent)]
	BadAmount(#[from] ParseAmountError),
	/// A call or its arguments in JSON do not fit the types of the runtime.
	#[error("{0}")]
	BadArguments(String),
	/// The bytes are not a call of the runtime.
	#[error("{0} is no call of this chain's runtime")]
	UnknownCall(String),
	/// The document is not a signed delegation.
	#[error("a signed delegation is a JSON object: {0}")]
	NoDelegation(String),
	/// A field of a signed delegation is missing or malformed.
	#[error("'{field}' is not {expected}")]
	BadDelegation { field: &'static str, expected: String },
	/// The document is not a signed acceptance of a seat.
	#[error("a signed acceptance is a JSON object: {0}")]
	NoAcceptance(String),
	/// A field of a signed acceptance is missing or malformed.
	#[error("'{field}' is not {expected}")]
	BadAcceptance { field: &'static str, expected: String },
	/// The inference was neither answered and settled nor refunded yet, so that nobody was paid.
	#[error("inference {inference} is {state}, not settled yet: look again in a few blocks")]
	Unsettled {
		/// The number of the inference on the chain.
		inference: u64,
		/// Where it stands, in one word.
		state: &'static str,
	},
	/// The inference was refunded, so that nobody was paid.
	#[error("inference {inference} was refunded ({}): nobody was paid", .reason.replace('_', " "))]
	Refunded {
		/// The number of the inference on the chain.
		inference: u64,
		/// Why it was refunded, in lower case and words joined by `_`.
		reason: &'static str,
	},
	/// The claim in the block is not the one that the chain recorded.
	#[error("{0}")]
	BadClaim(String),
	/// A file or folder cannot be used.
	#[error("cannot {action} {}: {source}", path.display())]
	Io {
		/// What was attempted, such as `create`.
		action: &'static str,
		/// The file or folder.
		path: PathBuf,
		/// The system's answer.
		source: std::io::Error,
	},
}

/// Describes why the runtime refused `what`: pallet, error name and its documentation from the chain's
/// metadata.
pub(crate) fn refusal(what: &str, error: &DispatchError) -> Refusal {
	use subxt::error::{DispatchError as D, TokenError as T};
	let plain = |reason: String, name: &str| Refusal {
		message: format!("{what} was refused: {reason}"),
		pallet: None,
		name: Some(name.to_owned()),
	};
	match error {
		D::Module(module) => match module.details() {
			Ok(details) => {
				let docs = details.variant.docs.join(" ");
				let docs = docs.trim();
				let separator = if docs.is_empty() { "" } else { ": " };
				let (pallet, name) = (details.pallet.name(), &details.variant.name);
				Refusal::foreseen(
					pallet,
					name,
					format!("{what} was refused by {pallet}.{name}{separator}{docs}"),
				)
			},
			Err(_) => plain(format!("{module}"), "Module"),
		},
		D::Token(T::FundsUnavailable) => plain(
			"insufficient balance: the account has not enough free OPEN".into(),
			"FundsUnavailable",
		),
		D::Token(T::BelowMinimum) => plain(
			"the receiving account would hold less than the existential deposit: send more".into(),
			"BelowMinimum",
		),
		D::Token(T::NotExpendable | T::OnlyProvider) => plain(
			"insufficient balance: the account would hold less than the existential deposit".into(),
			"NotExpendable",
		),
		D::Token(T::Frozen) => plain("part of the balance is frozen".into(), "Frozen"),
		D::BadOrigin => plain("this account may not do that".into(), "BadOrigin"),
		other => plain(other.to_string(), "Other"),
	}
}
