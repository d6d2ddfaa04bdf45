//! Single cells of tables: features and labels, and what is wrong with those that are neither.

use crate::{
	characters::invisible,
	error::{Error, Place, Result},
	shorten,
};

/// Whole numbers from here on are not all features of their own: 16,777,216.
const FIRST_INEXACT: f32 = 16_777_216.0;

/// What stands for a missing value in tables that programs write.
const MISSING: [&str; 12] =
	["na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "nat", "?", "-", "\\n"];

/// The same where a name of a class could stand, which may be `none` or `-`.
const MISSING_NAMES: [&str; 11] =
	["NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "\\N"];

const FLAGS: [&str; 8] = ["true", "false", "yes", "no", "t", "f", "on", "off"];

/// Whether a cell of a table holds no value.
pub(crate) fn is_missing(text: &str) -> bool {
	text.is_empty() || MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing))
}

/// Whether a cell of a label in a table of text says that there is none.
pub(crate) fn is_missing_name(text: &str) -> bool {
	MISSING_NAMES.contains(&text)
}

/// Whether a cell is neither a number nor a missing value nor a flag: a word.
pub(crate) fn is_word(text: &str) -> bool {
	text.parse::<f64>().is_err()
		&& !is_missing(text)
		&& !FLAGS.iter().any(|flag| text.eq_ignore_ascii_case(flag))
		&& text.contains(char::is_alphabetic)
}

/// A feature, and whether some of its digits are lost.
///
/// # Errors
/// [`Error::NotANumber`], and [`Error::DigitsLost`] for a number whose whole part is not kept.
pub(crate) fn parse_feature(text: &str, place: Place) -> Result<(f32, bool)> {
	let value = plain_feature(text, place)?;
	if !loses_digits(text, value) {
		return Ok((value, false));
	}
	if value.abs() >= FIRST_INEXACT {
		let kept = value.to_string();
		return Err(Error::DigitsLost { place, text: shorten(text), kept });
	}
	Ok((value, true))
}

/// A feature, whatever digits it loses.
///
/// # Errors
/// [`Error::NotANumber`].
pub(crate) fn plain_feature(text: &str, place: Place) -> Result<f32> {
	match text.parse::<f32>() {
		// Adding zero turns -0 into 0.
		Ok(value) if value.is_finite() => Ok(value + 0.0),
		_ => Err(Error::NotANumber { place, text: shorten(text), hint: hint(text) }),
	}
}

/// Whether `value`, which was read from `text`, is written with other digits than `text` is.
fn loses_digits(text: &str, value: f32) -> bool {
	let digits = text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E'));
	let digits = digits.filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
	// Six digits come back from any `f32` of full precision.
	if digits <= 6 && (digits == 0 || value.abs() >= f32::MIN_POSITIVE) {
		return false;
	}
	decimal(text) != decimal(&value.to_string())
}

/// The significant digits of a number, without zeros at either end, and the place of the point
/// relative to the first; equal for all spellings of a number.
fn decimal(text: &str) -> (bool, String, i64) {
	let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
	let exponent: i64 = exponent.parse().unwrap_or(0);
	let negative = mantissa.starts_with('-');
	let mantissa = mantissa.trim_start_matches(['-', '+']);
	let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
	let digits = format!("{whole}{part}");
	let significant = digits.trim_start_matches('0');
	let leading = i64::try_from(digits.len().saturating_sub(significant.len())).unwrap_or(i64::MAX);
	let whole = i64::try_from(whole.len()).unwrap_or(i64::MAX);
	let significant = significant.trim_end_matches('0');
	match significant.is_empty() {
		true => (false, String::new(), 0),
		false => {
			let point = whole.saturating_sub(leading).saturating_add(exponent);
			(negative, significant.to_owned(), point)
		},
	}
}

/// What to do about a cell that is no number.
fn hint(text: &str) -> String {
	let number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
	let lower = text.to_ascii_lowercase();
	let trimmed = text.trim_start_matches(['$', '€', '£']).trim_end_matches(['%', '$', '€', '£']);
	if let Some(c) = invisible(text) {
		return format!("; it holds the invisible character U+{:04X}: delete it", u32::from(c));
	}
	if text.is_empty() {
		return "; the cell is empty: fill in the missing value, or leave the row out".into();
	}
	if is_missing(text) {
		return "; it stands for a missing value: fill in a number, or leave the row out".into();
	}
	if FLAGS.contains(&lower.as_str()) {
		return "; write 1 for true and 0 for false".into();
	}
	if text.contains(',') && number(&text.replacen(',', ".", 1)) {
		return "; write decimals with a point".into();
	}
	if !number(text) && number(&text.replace([',', ' ', '\u{a0}', '\u{202f}', '\'', '_'], "")) {
		return "; write digits without anything between them".into();
	}
	if trimmed != text && number(trimmed.trim()) {
		return "; write the number alone, without its unit".into();
	}
	if lower.starts_with("0x") {
		return "; write it in decimal digits".into();
	}
	if number(text) || lower.contains("inf") {
		return "; it is beyond that".into();
	}
	String::new()
}

/// A label of a table. `in_column` says which column has the labels.
///
/// # Errors
/// [`Error::TableLabel`].
pub(crate) fn parse_label(text: &str, place: Place, largest: u32, in_column: &str) -> Result<u32> {
	match text.parse::<u32>() {
		Ok(label) if label <= largest => Ok(label),
		_ => {
			let names = "; number the classes from 0, and write the numbers";
			let names = is_word(text).then(|| names.to_owned());
			let hint = label_hint(text).or(names).unwrap_or_default();
			let hint = format!(", in {in_column}{hint}");
			Err(Error::TableLabel { place, text: shorten(text), largest, hint })
		},
	}
}

/// What to do about a label that is no whole number from 0.
pub(crate) fn label_hint(text: &str) -> Option<String> {
	let lower = text.to_ascii_lowercase();
	if let Some(c) = invisible(text) {
		return Some(format!(
			"; it holds the invisible character U+{:04X}: delete it",
			u32::from(c)
		));
	}
	if is_missing(text) {
		return Some("; this row has no label: give it one, or leave it out".into());
	}
	if FLAGS.contains(&lower.as_str()) {
		return Some("; write 1 for true and 0 for false".into());
	}
	match text.replacen(',', ".", 1).parse::<f64>() {
		Ok(value) if value >= 0.0 && value.fract() == 0.0 && text.parse::<u64>().is_err() => {
			Some("; write it without a decimal point or exponent (with pandas: astype(int))".into())
		},
		Ok(value) if value < 0.0 => Some("; count classes from 0".into()),
		Ok(value) if value.fract() != 0.0 => {
			Some("; a number that is measured is no class: part it into classes".into())
		},
		Ok(_) => Some("; number the classes from 0 without gaps".into()),
		Err(_) => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const HERE: Place = Place { row: Some(2), column: 3 };

	#[test]
	fn digits_should_count_as_lost_only_when_a_feature_reads_back_as_another_number() {
		for text in [
			"0",
			"-0",
			"0.0",
			"1",
			"0.1",
			"1e0",
			"3.4028235e38",
			"16777216",
			"1700000000",
			"1e30",
			"33554436",
			"0.25",
			"1.50000000000",
			"000000001.5",
			"1e-45",
			"-2.5E-3",
			".5",
			"5.",
		] {
			let read = parse_feature(text, HERE);
			assert!(matches!(read, Ok((_, false))), "{text}: {read:?}");
		}
		for text in
			["0.30000000000000004", "1.23456789", "123456.789", "1e-60", "0.10000000000000000001"]
		{
			let read = parse_feature(text, HERE);
			assert!(matches!(read, Ok((_, true))), "{text}: {read:?}");
		}
		for text in
			["1700000001", "1700000003", "-16777217", "1700000001.5", "20231105", "1.700000001e9"]
		{
			let read = parse_feature(text, HERE);
			assert!(matches!(read, Err(Error::DigitsLost { .. })), "{text}: {read:?}");
		}
		let message = parse_feature("1700000001", HERE).unwrap_err().to_string();
		for words in ["row 2, column 3", "'1700000001'", "1700000000", "subtract"] {
			assert!(message.contains(words), "'{message}' lacks '{words}'");
		}
	}

	#[test]
	fn message_should_say_what_to_do_when_a_cell_is_no_number() {
		for (text, words) in [
			("", "missing value"),
			("NA", "missing value"),
			("None", "missing value"),
			("nan", "missing value"),
			("TRUE", "write 1 for true"),
			("1,5", "with a point"),
			("1,234,567.5", "without anything between"),
			("50%", "without its unit"),
			("$3", "without its unit"),
			("0x1f", "decimal digits"),
			("1e39", "beyond"),
			("\u{feff}1", "U+FEFF"),
		] {
			let message = parse_feature(text, HERE).unwrap_err().to_string();
			assert!(message.contains(words), "'{message}' lacks '{words}'");
		}
	}

	#[test]
	fn message_should_say_what_to_do_when_a_cell_is_no_label() {
		for (text, words) in [
			("1.0", "without a decimal point"),
			("1e0", "without a decimal point"),
			("0.5", "measured"),
			("-1", "from 0"),
			("70000", "without gaps"),
			("TRUE", "write 1 for true"),
			("NA", "no label"),
			("", "no label"),
			("spam", "number the classes"),
		] {
			let message = parse_label(text, HERE, 9, "the last column").unwrap_err().to_string();
			assert!(message.contains(words), "'{message}' lacks '{words}'");
			assert!(message.contains("from 0 to 9, in the last column"), "{message}");
		}
	}
}
