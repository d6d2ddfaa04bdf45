//! Characters that nobody sees.

/// Whether text shows nothing: it is empty, or all of it is spaces, control characters and such as
/// are drawn without a mark.
pub fn is_blank(text: &str) -> bool {
	text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// The first character that shows nothing and is no space.
pub(crate) fn invisible(text: &str) -> Option<char> {
	text.chars().find(|c| !c.is_whitespace() && is_invisible(*c))
}

/// Control characters, those that Unicode lets programs ignore (`Default_Ignorable_Code_Point`),
/// marks of direction and annotation, and blanks that do not count as spaces.
fn is_invisible(c: char) -> bool {
	c.is_control()
		|| matches!(c,
			'\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
			| '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
			| '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
			| '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
			| '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn text_should_be_blank_when_no_character_of_it_shows() {
		for text in ["", " \t\u{a0}", "\u{200b}", "\u{ad}\u{feff} ", "\u{2060}\u{0}\u{e0020}"] {
			assert!(is_blank(text), "{text:?}");
		}
		for text in ["a", "\u{200b}a", "\u{e9}", "\u{1f600}", "\u{4e2d}", "."] {
			assert!(!is_blank(text), "{text:?}");
		}
		assert_eq!(invisible("1\u{feff}2"), Some('\u{feff}'));
		assert_eq!(invisible("1 2"), None);
	}
}
