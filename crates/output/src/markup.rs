//! HTML and SVG, in which data cannot bring markup of its own.

use std::fmt::{self, Display, Write};

/// A piece of HTML. Text comes into it escaped, so data cannot bring markup of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
	/// Takes text as it is to be read, and escapes it.
	pub fn text(text: impl Display) -> Self {
		let mut markup = Self::default();
		markup.escape(text);
		markup
	}

	fn escape(&mut self, text: impl Display) {
		// Writing to a string cannot fail.
		let _ = write!(Escape(&mut self.0), "{text}");
	}
}

impl Display for Markup {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0)
	}
}

impl From<&str> for Markup {
	fn from(text: &str) -> Self {
		Self::text(text)
	}
}

impl From<String> for Markup {
	fn from(text: String) -> Self {
		Self::text(text)
	}
}

impl<M: Into<Markup>> FromIterator<M> for Markup {
	fn from_iter<I: IntoIterator<Item = M>>(parts: I) -> Self {
		Self(parts.into_iter().map(|part| part.into().0).collect())
	}
}

/// A writer that escapes what goes through it.
struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
	fn write_str(&mut self, text: &str) -> fmt::Result {
		for character in text.chars() {
			match character {
				'&' => self.0.push_str("&amp;"),
				'<' => self.0.push_str("&lt;"),
				'>' => self.0.push_str("&gt;"),
				'"' => self.0.push_str("&quot;"),
				'\'' => self.0.push_str("&#39;"),
				hidden if is_hidden(hidden) => self.0.push('\u{fffd}'),
				other => self.0.push(other),
			}
		}
		Ok(())
	}
}

/// Control characters, which HTML forbids, and those that make a reader see another order of
/// letters than there is.
fn is_hidden(character: char) -> bool {
	let control = character.is_control() && !matches!(character, '\n' | '\t');
	control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An element that is being put together; `Markup::from` closes it.
#[derive(Clone, Debug)]
pub struct Element {
	name: &'static str,
	attributes: Markup,
	content: Markup,
}

/// Begins an element without attributes or content.
pub fn element(name: &'static str) -> Element {
	Element { name, attributes: Markup::default(), content: Markup::default() }
}

impl Element {
	/// Sets an attribute. Its value is escaped.
	pub fn set(mut self, name: &'static str, value: impl Display) -> Self {
		// Writing to a string cannot fail.
		let _ = write!(self.attributes.0, " {name}=\"");
		self.attributes.escape(value);
		self.attributes.0.push('"');
		self
	}

	/// Sets the attribute `class`.
	pub fn class(self, class: &'static str) -> Self {
		self.set("class", class)
	}

	/// Appends content. Text is escaped, and markup is taken as it is.
	pub fn with(mut self, content: impl Into<Markup>) -> Self {
		self.content.0.push_str(&content.into().0);
		self
	}

	/// Appends several pieces of content.
	pub fn with_all<M: Into<Markup>>(self, content: impl IntoIterator<Item = M>) -> Self {
		self.with(content.into_iter().collect::<Markup>())
	}
}

impl From<Element> for Markup {
	fn from(Element { name, attributes, content }: Element) -> Self {
		Self(format!("<{name}{attributes}>{content}</{name}>"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn text_should_be_escaped_wherever_it_goes() {
		let hostile = "</p><script>alert('x')</script>\" onload=\"y\" & \u{202e}evil\u{0}";
		let element = element("p").set("title", hostile).with(hostile);
		let html = Markup::from(element).to_string();
		let escaped = "&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; \
		               onload=&quot;y&quot; &amp; \u{fffd}evil\u{fffd}";
		assert_eq!(html, format!("<p title=\"{escaped}\">{escaped}</p>"));
	}

	proptest! {
		#[test]
		fn text_should_bring_no_markup(text in any::<String>()) {
			let html = Markup::text(&text).to_string();
			prop_assert!(!html.contains(['<', '>', '"', '\'']));
			// Every ampersand is of an escape.
			let escapes = ["amp;", "lt;", "gt;", "quot;", "#39;"];
			let escaped = |rest: &str| escapes.iter().any(|name| rest.starts_with(name));
			prop_assert!(html.split('&').skip(1).all(escaped));
		}
	}
}
