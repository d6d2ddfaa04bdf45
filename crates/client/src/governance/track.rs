//! What a proposal may do, and the origin its call is dispatched with.

use crate::chain::governance::Kind;
use subxt::dynamic::Value;

/// A kind of proposals, and the origin that their calls are dispatched with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Track {
	/// May do anything.
	Constitutional,
	/// May spend from the treasury, and set the parameters of datanets and models.
	Treasury,
	/// May remove a member of the security council.
	CouncilRemoval,
}

impl Track {
	/// Names it in one word.
	pub fn name(self) -> &'static str {
		match self {
			Self::Constitutional => "constitutional",
			Self::Treasury => "treasury",
			Self::CouncilRemoval => "council-removal",
		}
	}

	/// The origin as the runtime names it, for `Referenda.submit`.
	pub fn origin(self) -> Value {
		let (pallet, name) = match self {
			Self::Constitutional => ("system", "Root"),
			Self::Treasury => ("Origins", "Treasury"),
			Self::CouncilRemoval => ("Origins", "CouncilRemoval"),
		};
		Value::unnamed_variant(pallet, [Value::unnamed_variant(name, [])])
	}
}

impl From<Kind> for Track {
	fn from(kind: Kind) -> Self {
		match kind {
			Kind::Constitutional => Self::Constitutional,
			Kind::Treasury => Self::Treasury,
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
		] {
			assert_eq!(track.origin().encode_as_type(id, &types).unwrap(), bytes, "{track:?}");
		}
	}
}
