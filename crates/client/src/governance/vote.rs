//! A vote in the shape that wallets use.

use scale_encode::EncodeAsType;

/// Which side to vote for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
	/// Counts for the majority and for the quorum.
	For,
	/// Counts for the majority.
	Against,
	/// Counts for the quorum.
	Abstain,
}

impl Choice {
	/// Names it in one word.
	pub fn name(self) -> &'static str {
		match self {
			Self::For => "for",
			Self::Against => "against",
			Self::Abstain => "abstain",
		}
	}
}

/// For or against in one byte: the highest bit is for, the others are a conviction, which counts for
/// nothing here.
#[derive(EncodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vote(pub u8);

/// A vote. The chain counts all votes of the voter, whatever the amounts.
#[derive(EncodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum AccountVote {
	Standard { vote: Vote, balance: u128 },
	SplitAbstain { aye: u128, nay: u128, abstain: u128 },
}

impl AccountVote {
	/// The vote of somebody who has so many votes, in the smallest unit of OPEN.
	pub fn new(choice: Choice, weight: u128) -> Self {
		match choice {
			Choice::For => Self::Standard { vote: Vote(0x80), balance: weight },
			Choice::Against => Self::Standard { vote: Vote(0), balance: weight },
			// All zero would be a vote for nothing.
			Choice::Abstain => Self::SplitAbstain { aye: 0, nay: 0, abstain: weight.max(1) },
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};

	mod runtime {
		use super::*;

		#[derive(Encode, TypeInfo)]
		pub struct Vote(pub u8);

		#[derive(Encode, TypeInfo)]
		#[allow(dead_code)]
		pub enum AccountVote {
			Standard { vote: Vote, balance: u128 },
			Split { aye: u128, nay: u128 },
			SplitAbstain { aye: u128, nay: u128, abstain: u128 },
		}
	}

	#[test]
	fn vote_should_be_the_runtimes_bytes_when_encoded() {
		use runtime::{AccountVote as Expected, Vote as Byte};
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<Expected>()).id;
		let types: PortableRegistry = registry.into();
		for (choice, weight, expected) in [
			(Choice::For, 7, Expected::Standard { vote: Byte(0x80), balance: 7 }),
			(Choice::Against, 7, Expected::Standard { vote: Byte(0), balance: 7 }),
			(Choice::Abstain, 7, Expected::SplitAbstain { aye: 0, nay: 0, abstain: 7 }),
			(Choice::Abstain, 0, Expected::SplitAbstain { aye: 0, nay: 0, abstain: 1 }),
		] {
			let bytes = AccountVote::new(choice, weight).encode_as_type(id, &types).unwrap();
			assert_eq!(bytes, expected.encode(), "{choice:?}");
		}
	}
}
