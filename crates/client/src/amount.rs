//! Amounts of OPEN, exact.

use std::fmt;

/// How many of the smallest unit one OPEN has: it has 18 decimals.
pub const UNITS_PER_OPEN: u128 = 1_000_000_000_000_000_000;
const DECIMALS: usize = 18;

/// An amount in the smallest unit of OPEN.
///
/// Reads `1.5`, `1_000` and `1.5 OPEN` as OPEN and `150u` as units; prints OPEN with exact decimals,
/// which reads back as the same amount.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Amount(pub u128);

impl fmt::Display for Amount {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (whole, fraction) = (self.0 / UNITS_PER_OPEN, self.0 % UNITS_PER_OPEN);
		if fraction == 0 {
			write!(f, "{whole}")
		} else {
			let digits = format!("{fraction:0DECIMALS$}");
			write!(f, "{whole}.{}", digits.trim_end_matches('0'))
		}
	}
}

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
	/// It is not a number.
	#[error(
		"'{0}' is not an amount: write 1.5 or \"1.5 OPEN\", or 150u for 150 of the smallest unit"
	)]
	Malformed(String),
	/// It has more than 18 decimals.
	#[error("'{0}' is finer than the smallest unit: OPEN has 18 decimals")]
	TooFine(String),
	/// It is more than 2^128 - 1 of the smallest unit.
	#[error("'{0}' is more than any account can hold")]
	TooLarge(String),
}

fn digits(text: &str) -> Option<String> {
	let kept: String = text.chars().filter(|&c| c != '_').collect();
	(!kept.is_empty() && kept.bytes().all(|b| b.is_ascii_digit())).then_some(kept)
}

impl std::str::FromStr for Amount {
	type Err = ParseAmountError;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let malformed = || ParseAmountError::Malformed(text.to_owned());
		let too_large = || ParseAmountError::TooLarge(text.to_owned());
		if let Some(units) = text.strip_suffix('u') {
			let units = digits(units).ok_or_else(malformed)?;
			return units.parse().map(Self).map_err(|_| too_large());
		}

		let open = text.strip_suffix("OPEN").map_or(text, str::trim_end);
		let (whole, fraction) = open.split_once('.').unwrap_or((open, "0"));
		let whole = digits(whole).ok_or_else(malformed)?;
		let fraction = digits(fraction).ok_or_else(malformed)?;
		if fraction.len() > DECIMALS {
			return Err(ParseAmountError::TooFine(text.to_owned()));
		}
		let whole: u128 = whole.parse().map_err(|_| too_large())?;
		let fraction: u128 = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| too_large())?;
		whole
			.checked_mul(UNITS_PER_OPEN)
			.and_then(|units| units.checked_add(fraction))
			.map(Self)
			.ok_or_else(too_large)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn parse_should_read_open_and_units_when_well_formed() {
		let parse = |text: &str| text.parse::<Amount>().map(|a| a.0);
		assert_eq!(parse("1.5"), Ok(1_500_000_000_000_000_000));
		assert_eq!(parse("1.5 OPEN"), parse("1.5"));
		assert_eq!(parse("2OPEN"), parse("2"));
		assert_eq!(parse("150u"), Ok(150));
		assert_eq!(parse("1_000"), Ok(1_000 * UNITS_PER_OPEN));
		assert_eq!(parse("0.000000000000000001"), Ok(1));
	}

	#[test]
	fn parse_should_refuse_when_malformed() {
		for text in [
			"", ".", "1.", ".5", "-1", "1e3", "1,5", "u", "1.5u", "1.2.3", "١", "_", "OPEN",
			"1 DOT",
		] {
			let error = text.parse::<Amount>();
			assert!(matches!(error, Err(ParseAmountError::Malformed(_))), "{text}: {error:?}");
		}
	}

	#[test]
	fn parse_should_name_the_limit_when_out_of_range() {
		let fine = "0.0000000000000000001".parse::<Amount>();
		assert!(matches!(fine, Err(ParseAmountError::TooFine(_))));
		for text in ["340282366920938463463374607431768211456u", "340282366920938463464"] {
			assert!(matches!(text.parse::<Amount>(), Err(ParseAmountError::TooLarge(_))), "{text}");
		}
	}

	proptest! {
		#[test]
		fn text_should_read_back_as_the_same_amount_when_printed(units: u128) {
			let amount = Amount(units);
			prop_assert_eq!(amount.to_string().parse(), Ok(amount));
			prop_assert_eq!(format!("{}u", amount.0).parse(), Ok(amount));
		}

		#[test]
		fn parse_should_not_panic_when_text_is_arbitrary(text in "[0-9._u-]{0,60}|.{0,20}") {
			let _ = text.parse::<Amount>();
		}
	}
}
