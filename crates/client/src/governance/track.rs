//! What a proposal may do, and the origin its call is dispatched with.

use crate::chain::governance::{Kind, KindTerms, Parameters, Spending};
use subxt::dynamic::Value;

/// A kind of proposals, and the origin that their calls are dispatched with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Track {
	/// May do anything.
	Constitutional,
	/// May spend little from the treasury, and set the parameters of datanets and models.
	Treasury,
	/// May spend more from the treasury.
	MediumSpender,
	/// May spend most from the treasury.
	BigSpender,
	/// May remove a member of the security council.
	CouncilRemoval,
}

impl Track {
	/// All tracks: those that spend by how much.
	pub const ALL: [Self; 5] = [
		Self::Constitutional,
		Self::Treasury,
		Self::MediumSpender,
		Self::BigSpender,
		Self::CouncilRemoval,
	];

	/// Names it in one word.
	pub fn name(self) -> &'static str {
		match self {
			Self::Constitutional => "constitutional",
			Self::Treasury => "treasury",
			Self::MediumSpender => "medium-spender",
			Self::BigSpender => "big-spender",
			Self::CouncilRemoval => "council-removal",
		}
	}

	/// The kind by which the runtime calls it.
	pub fn kind(self) -> Kind {
		match self {
			Self::Constitutional => Kind::Constitutional,
			Self::Treasury => Kind::Treasury,
			Self::MediumSpender => Kind::MediumSpender,
			Self::BigSpender => Kind::BigSpender,
			Self::CouncilRemoval => Kind::CouncilRemoval,
		}
	}

	/// The origin as the runtime names it, for `Referenda.submit`.
	pub fn origin(self) -> Value {
		let (pallet, name) = match self {
			Self::Constitutional => ("system", "Root"),
			Self::Treasury => ("Origins", "Treasury"),
			Self::MediumSpender => ("Origins", "MediumSpender"),
			Self::BigSpender => ("Origins", "BigSpender"),
			Self::CouncilRemoval => ("Origins", "CouncilRemoval"),
		};
		Value::unnamed_variant(pallet, [Value::unnamed_variant(name, [])])
	}

	/// The rules of its proposals.
	pub fn terms(self, parameters: &Parameters) -> KindTerms {
		match self {
			Self::Constitutional => parameters.constitutional,
			Self::Treasury => parameters.treasury,
			Self::MediumSpender => parameters.medium_spender,
			Self::BigSpender => parameters.big_spender,
			Self::CouncilRemoval => parameters.removal,
		}
	}

	/// The most that one of its proposals can spend, in the smallest unit of OPEN; none if it may not spend at all,
	/// or has no limit.
	pub fn spend_limit(self, spending: &Spending) -> Option<u128> {
		match self {
			Self::Treasury => Some(spending.treasury),
			Self::MediumSpender => Some(spending.medium_spender),
			Self::BigSpender => Some(spending.big_spender),
			Self::Constitutional | Self::CouncilRemoval => None,
		}
	}

	/// The one with a limit that takes the fewest votes to spend so much; none if it is above all limits.
	pub fn for_spend(amount: u128, spending: &Spending) -> Option<Self> {
		Self::ALL
			.into_iter()
			.find(|track| track.spend_limit(spending).is_some_and(|limit| amount <= limit))
	}
}

impl From<Kind> for Track {
	fn from(kind: Kind) -> Self {
		match kind {
			Kind::Constitutional => Self::Constitutional,
			Kind::Treasury => Self::Treasury,
			Kind::MediumSpender => Self::MediumSpender,
			Kind::BigSpender => Self::BigSpender,
			Kind::CouncilRemoval => Self::CouncilRemoval,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use scale_encode::EncodeAsType;
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};

	#[derive(TypeInfo)]
	enum RawOrigin {
		#[allow(dead_code)]
		Root,
	}

	#[derive(TypeInfo)]
	enum Origin {
		#[allow(dead_code)]
		Treasury,
		#[allow(dead_code)]
		CouncilRemoval,
		#[allow(dead_code)]
		MediumSpender,
		#[allow(dead_code)]
		BigSpender,
	}

	#[derive(TypeInfo)]
	#[allow(non_camel_case_types, dead_code)]
	enum OriginCaller {
		system(RawOrigin),
		#[codec(index = 17)]
		Origins(Origin),
	}

	#[test]
	fn origin_should_be_the_runtimes_when_encoded() {
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<OriginCaller>()).id;
		let types: PortableRegistry = registry.into();
		for (track, bytes) in [
			(Track::Constitutional, [0, 0]),
			(Track::Treasury, [17, 0]),
			(Track::CouncilRemoval, [17, 1]),
			(Track::MediumSpender, [17, 2]),
			(Track::BigSpender, [17, 3]),
		] {
			assert_eq!(track.origin().encode_as_type(id, &types).unwrap(), bytes, "{track:?}");
			assert_eq!(Track::from(track.kind()), track);
		}
	}

	#[test]
	fn spend_should_be_of_the_first_track_whose_limit_covers_it() {
		let spending = Spending { period: 7, treasury: 10, medium_spender: 50, big_spender: 200 };
		for (amount, track) in [
			(0, Some(Track::Treasury)),
			(10, Some(Track::Treasury)),
			(11, Some(Track::MediumSpender)),
			(50, Some(Track::MediumSpender)),
			(51, Some(Track::BigSpender)),
			(200, Some(Track::BigSpender)),
			(201, None),
		] {
			assert_eq!(Track::for_spend(amount, &spending), track, "{amount}");
		}
	}
}
