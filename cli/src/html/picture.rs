//! How a row is shown: text as text, features as a picture where they are one and as numbers
//! otherwise.

use super::{element, Markup};
use crate::output::beginning;
use openledger_rows::Dataset;
use std::fmt::{self, Display, Write};

/// Smaller squares are taken for tables: four measurements are not a picture of 2 by 2.
const LEAST_SIDE: usize = 5;

/// Shades of a picture.
const SHADES: u32 = 15;

/// The most features of a row that are shown as numbers.
const NUMBERS: usize = 12;

/// The most characters of a text that are shown.
const CHARACTERS: usize = 400;

/// What stands in one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
	/// The features of a row of numbers, in the order of its columns.
	Numbers(Vec<f32>),
	/// The text of a row, without its label.
	Text(String),
}

impl Row {
	/// Row `row` of `data`.
	///
	/// # Panics
	/// If there is no such row.
	pub fn of(data: &Dataset, row: usize) -> Self {
		match data.text(row) {
			Some(text) => Self::Text(text.to_owned()),
			None => Self::Numbers(data.row(row).to_vec()),
		}
	}
}

impl Display for Row {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Text(text) => f.write_str(text),
			Self::Numbers(numbers) => {
				let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
				f.write_str(&numbers.join(","))
			},
		}
	}
}

/// How the features of one data set are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
	/// A square picture, row by row from the top left.
	Picture {
		/// Pixels of a side.
		side: usize,
		/// The value of blank paper.
		lowest: f32,
		/// The value of full ink.
		highest: f32,
	},
	/// A table of numbers.
	Numbers,
}

impl Look {
	/// Decides how these rows, which are all of one width, are shown. They are pictures if the number of
	/// their features is a square of at least 5 by 5, and all features share a range of pixels: within 0 to
	/// 255 or within -1 to 1. Where there are rows enough to see it, most features must also use half of
	/// that range.
	pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
		let mut ranges: Vec<(f32, f32)> = Vec::new();
		let mut count = 0;
		for row in rows {
			let Row::Numbers(row) = row else { continue };
			ranges.resize(row.len(), (f32::INFINITY, f32::NEG_INFINITY));
			for ((low, high), value) in ranges.iter_mut().zip(row) {
				(*low, *high) = (low.min(*value), high.max(*value));
			}
			count += 1;
		}
		let side = ranges.len().isqrt();
		let lowest = ranges.iter().fold(f32::INFINITY, |low, range| low.min(range.0));
		let highest = ranges.iter().fold(f32::NEG_INFINITY, |high, range| high.max(range.1));
		let of_pixels = (lowest >= 0.0 && highest <= 255.0) || (lowest >= -1.0 && highest <= 1.0);
		let half = (highest - lowest) / 2.0;
		let wide = ranges.iter().filter(|(low, high)| high - low >= half).count();
		let shared = count < 32 || 2 * wide >= ranges.len();
		if side >= LEAST_SIDE
			&& side * side == ranges.len()
			&& of_pixels
			&& shared && lowest < highest
		{
			Self::Picture { side, lowest: lowest.min(0.0), highest }
		} else {
			Self::Numbers
		}
	}

	/// Shows one row. `name` says what the row is to those who do not see it.
	pub fn show(&self, row: &Row, name: &str) -> Markup {
		match (row, *self) {
			(Row::Text(text), _) => {
				element("p").class("text").with(beginning(text, CHARACTERS)).into()
			},
			(Row::Numbers(row), Self::Picture { side, lowest, highest }) => {
				picture(row, side, lowest, highest, name)
			},
			(Row::Numbers(row), Self::Numbers) => numbers(row, name),
		}
	}
}

/// Draws a picture. All pixels of one shade are one path, which keeps the file small.
fn picture(row: &[f32], side: usize, lowest: f32, highest: f32, name: &str) -> Markup {
	let shade = |value: f32| {
		let part = ((value - lowest) / (highest - lowest)).clamp(0.0, 1.0);
		(part * SHADES as f32).round() as u32
	};
	let mut paths = vec![String::new(); SHADES as usize + 1];
	for (y, line) in row.chunks(side.max(1)).enumerate() {
		let mut x = 0;
		for run in line.chunk_by(|a, b| shade(*a) == shade(*b)) {
			let path = run.first().and_then(|value| paths.get_mut(shade(*value) as usize));
			if let Some(path) = path {
				// Writing to a string cannot fail.
				let _ = write!(path, "M{x} {y}h{0}v1h-{0}z", run.len());
			}
			x += run.len();
		}
	}
	let inked = (0u32..).zip(paths).skip(1).filter(|(_, path)| !path.is_empty());
	let paths = inked.map(|(shade, path)| {
		let opacity = f64::from(shade) / f64::from(SHADES);
		element("path").set("fill-opacity", format!("{opacity:.2}")).set("d", path)
	});
	element("svg")
		.class("picture")
		.set("viewBox", format!("0 0 {side} {side}"))
		.set("role", "img")
		.set("aria-label", name)
		.with_all(paths)
		.into()
}

fn numbers(row: &[f32], name: &str) -> Markup {
	let cell =
		|(at, value): (usize, &f32)| element("li").set("value", at + 1).with(format!("{value}"));
	let list = element("ol")
		.class("numbers")
		.set("aria-label", name)
		.with_all(row.iter().enumerate().take(NUMBERS).map(cell));
	let more = row.len().saturating_sub(NUMBERS);
	let more = (more > 0).then(|| element("p").class("more").with(format!("and {more} more")));
	element("div").with(list).with_all(more).into()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn rows(width: usize, count: usize, value: impl Fn(usize, usize) -> f32) -> Vec<Vec<f32>> {
		(0..count).map(|r| (0..width).map(|c| value(r, c)).collect()).collect()
	}

	fn look(rows: &[Vec<f32>]) -> Look {
		Look::of(&rows.iter().cloned().map(Row::Numbers).collect::<Vec<_>>())
	}

	fn show(look: Look, row: &[f32], name: &str) -> String {
		look.show(&Row::Numbers(row.to_vec()), name).to_string()
	}

	#[test]
	fn rows_should_be_pictures_when_square_and_of_one_range() {
		let pixels = |r: usize, c: usize| ((r * 7 + c) % 17) as f32;
		let expected = Look::Picture { side: 8, lowest: 0.0, highest: 16.0 };
		assert_eq!(look(&rows(64, 50, pixels)), expected);
		// One row alone is enough.
		assert_eq!(look(&rows(64, 1, pixels)), expected);
		let signed = rows(25, 50, |r, c| pixels(r, c) / 8.0 - 1.0);
		assert_eq!(look(&signed), Look::Picture { side: 5, lowest: -1.0, highest: 1.0 });
	}

	#[test]
	fn rows_should_be_numbers_when_they_cannot_be_pictures() {
		let pixels = |r: usize, c: usize| ((r * 7 + c) % 17) as f32;
		for (why, rows) in [
			("not square", rows(63, 50, pixels)),
			("too small", rows(16, 50, pixels)),
			("beyond pixels", rows(64, 50, |r, c| pixels(r, c) * 100.0)),
			("negative", rows(64, 50, |r, c| pixels(r, c) - 3.0)),
			("blank", rows(64, 50, |_, _| 0.0)),
			("ranges of their own", rows(64, 50, |r, c| pixels(r, c) / (1 + c) as f32)),
			("none", vec![]),
		] {
			assert_eq!(look(&rows), Look::Numbers, "{why}");
		}
	}

	#[test]
	fn picture_should_draw_runs_of_equal_shade_when_shown() {
		let look = Look::Picture { side: 2, lowest: 0.0, highest: 16.0 };
		let html = show(look, &[16.0, 16.0, 0.0, 8.0], "a \"2\"");
		assert!(html.contains("d=\"M0 0h2v1h-2z\""), "{html}");
		assert!(html.contains("fill-opacity=\"0.53\" d=\"M1 1h1v1h-1z\""), "{html}");
		assert_eq!(html.matches("<path").count(), 2, "blank paper is not drawn: {html}");
		assert!(html.contains("aria-label=\"a &quot;2&quot;\""));
		// Values out of range are cut off, and a row too long or too short is no reason to panic.
		show(look, &[1e30, -1e30, f32::NAN, 1.0, 1.0, 1.0, 1.0], "");
		show(look, &[], "");
	}

	#[test]
	fn numbers_should_say_how_many_are_left_out() {
		let row: Vec<f32> = (0..20).map(|x| x as f32 / 2.0).collect();
		let html = show(Look::Numbers, &row, "row 3");
		assert!(html.contains("<li value=\"2\">0.5</li>"), "{html}");
		assert!(html.contains("and 8 more"), "{html}");
		assert!(!show(Look::Numbers, &row[..3], "row 3").contains("more"));
	}

	#[test]
	fn text_should_be_shown_as_text_and_escaped() {
		let row = Row::Text("<b>bold".repeat(100));
		let html = Look::of([&row]).show(&row, "row 3").to_string();
		assert!(html.starts_with("<p class=\"text\">&lt;b&gt;bold"), "{html}");
		assert!(!html.contains("<b>") && html.ends_with("…</p>"), "{html}");
	}
}
