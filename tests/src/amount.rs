//! Amounts of OPEN in the smallest unit, as decimal strings in JSON and as OPEN for people.

use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};

/// Smallest units in one OPEN.
pub const OPEN: u128 = 1_000_000_000_000_000_000;

/// An amount in the smallest unit; a decimal string in JSON, where numbers would lose digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub u128);

impl Serialize for Amount {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

impl<'de> Deserialize<'de> for Amount {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		text.parse().map(Self).map_err(|_| D::Error::custom(format!("{text:?} is not an amount")))
	}
}

/// An amount in OPEN with four decimals, rounded down.
///
/// ```
/// use openledger_tests::amount::{in_open, OPEN};
/// assert_eq!(in_open(3 * OPEN / 2), "1.5000");
/// assert_eq!(in_open(1), "0.0000");
/// ```
pub fn in_open(units: u128) -> String {
	format!("{}.{:04}", units / OPEN, units % OPEN / (OPEN / 10_000))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amount_should_survive_json_when_beyond_what_a_float_holds() {
		let amount = Amount(1_000_000_000 * OPEN + 1);
		let text = serde_json::to_string(&amount).unwrap();
		assert_eq!(text, "\"1000000000000000000000000001\"");
		assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), amount);
	}

	#[test]
	fn amount_should_be_refused_when_it_is_not_a_whole_number() {
		assert!(serde_json::from_str::<Amount>("\"1.5\"").is_err());
		assert!(serde_json::from_str::<Amount>("15").is_err());
	}
}
