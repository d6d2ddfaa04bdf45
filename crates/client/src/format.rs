//! How bytes, amounts and the texts of others are written.

use crate::amount::Amount;

/// Writes units as `1.5 OPEN`, with all their decimals.
pub fn open(units: u128) -> String {
	format!("{} OPEN", Amount(units))
}

/// Writes bytes as `0x` and two digits for each.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// Cuts a text after so many characters, and marks the cut.
pub fn beginning(text: &str, characters: usize) -> String {
	match text.char_indices().nth(characters) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text.to_owned(),
	}
}

/// Reads text from the chain: what is not UTF-8 is replaced, and control characters are removed, so
/// that a name cannot steer the terminal.
pub fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect()
}

/// Writes the text of others in one line: control characters become spaces, so that it cannot steer the
/// terminal.
pub fn one_line(text: &str) -> String {
	text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_should_hold_no_control_characters_when_a_name_has_some() {
		assert_eq!(text(b"digits\x1b[2J\n\xff"), "digits[2J\u{fffd}");
	}

	#[test]
	fn one_line_should_hold_no_control_characters_when_a_text_has_some() {
		assert_eq!(one_line("good\nfilm\x1b[2J"), "good film [2J");
	}

	#[test]
	fn beginning_should_count_characters_when_text_is_not_ascii() {
		assert_eq!(beginning("äöüß", 2), "äö…");
		assert_eq!(beginning("äöüß", 4), "äöüß");
	}
}
