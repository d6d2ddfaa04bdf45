//! Pages for people: one file each, with their style inside, that load nothing and run nothing.

pub mod picture;

use std::fmt::{self, Display, Write};

/// The style of every page.
const STYLE: &str = include_str!("style.css");

/// A piece of HTML. Text gets into it escaped or not at all, so data cannot bring markup of its
/// own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
	/// Text, as it is to be read.
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

/// Escapes what is written through it.
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

/// An element under construction.
#[derive(Clone, Debug)]
pub struct Element {
	name: &'static str,
	attributes: Markup,
	content: Markup,
}

/// An element without attributes or content.
pub fn element(name: &'static str) -> Element {
	Element { name, attributes: Markup::default(), content: Markup::default() }
}

impl Element {
	/// Sets an attribute.
	pub fn set(mut self, name: &'static str, value: impl Display) -> Self {
		// Writing to a string cannot fail.
		let _ = write!(self.attributes.0, " {name}=\"");
		self.attributes.escape(value);
		self.attributes.0.push('"');
		self
	}

	/// Sets its class.
	pub fn class(self, class: &'static str) -> Self {
		self.set("class", class)
	}

	/// Appends content; text is escaped.
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

/// A whole page. `content` is what stands below the heading.
pub fn page(title: &str, content: impl Into<Markup>) -> String {
	let head = Markup::from(element("title").with(title));
	let main = Markup::from(element("main").with(content));
	// The policy keeps the page from loading anything, whatever is in it.
	format!(
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
		 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
		 <meta name=\"color-scheme\" content=\"light dark\">\n\
		 <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
		 style-src 'unsafe-inline'\">\n\
		 {head}\n<style>\n{STYLE}</style>\n</head>\n<body>\n{main}\n</body>\n</html>\n"
	)
}

/// A part of a page with its heading.
pub fn section(heading: &str) -> Element {
	element("section").with(element("h2").with(heading))
}

/// A bar that fills `part` (0 to 1) of its width.
pub fn bar(part: f64) -> Markup {
	let filled = (100.0 * part.clamp(0.0, 1.0)).max(if part > 0.0 { 0.4 } else { 0.0 });
	let rectangle = element("rect").set("width", format!("{filled:.2}")).set("height", 1);
	element("svg")
		.class("bar")
		.set("viewBox", "0 0 100 1")
		.set("preserveAspectRatio", "none")
		.set("aria-hidden", "true")
		.with(rectangle)
		.into()
}

/// Names and values.
pub fn pairs<M: Into<Markup>>(pairs: impl IntoIterator<Item = (&'static str, M)>) -> Markup {
	let pair = |(name, value): (&'static str, M)| {
		element("div").with(element("dt").with(name)).with(element("dd").with(value))
	};
	element("dl").class("pairs").with_all(pairs.into_iter().map(pair)).into()
}

/// A table; on a narrow screen each row becomes a small list that names the columns. Columns whose
/// heading begins with `#` hold numbers.
pub fn table(headings: &[&'static str], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
	let name = |heading: &'static str| heading.strip_prefix('#').unwrap_or(heading);
	let class = |heading: &str| if heading.starts_with('#') { "number" } else { "words" };
	let head = headings.iter().map(|h| element("th").class(class(h)).with(name(h)));
	let row = |cells: Vec<Markup>| {
		element("tr").with_all(headings.iter().zip(cells).map(|(heading, cell)| {
			element("td").class(class(heading)).set("data-name", name(heading)).with(cell)
		}))
	};
	element("table")
		.with(element("thead").with(element("tr").with_all(head)))
		.with(element("tbody").with_all(rows.into_iter().map(row)))
		.into()
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
		assert!(!page(hostile, hostile).contains("<script"));
	}

	#[test]
	fn page_should_load_nothing() {
		let page = page("title", "text");
		for loading in ["http:", "https:", "src=", "href=", "url(", "@import", "<script"] {
			assert!(!page.contains(loading), "{loading}");
		}
		assert!(page.contains("default-src 'none'"));
	}

	#[test]
	fn bar_should_stay_in_its_frame_when_the_part_is_out_of_range() {
		assert!(bar(7.0).to_string().contains("width=\"100.00\""));
		assert!(bar(-1.0).to_string().contains("width=\"0.00\""));
		assert!(bar(f64::NAN).to_string().contains("<rect"));
		// A small share is still to be seen.
		assert!(bar(1e-9).to_string().contains("width=\"0.40\""));
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
