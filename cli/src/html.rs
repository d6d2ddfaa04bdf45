//! Pages for people: one file each, with their style inside, that load nothing and run nothing.

pub mod picture;

pub use openledger_output::markup::{element, Element, Markup};

/// The style of every page.
const STYLE: &str = include_str!("html/style.css");

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

/// A list of names, each with its value.
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

	#[test]
	fn page_should_hold_no_script_when_text_brings_one() {
		let hostile = "</p><script>alert('x')</script>";
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
}
