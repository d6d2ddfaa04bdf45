//! Charts in SVG: axes, ticks, lines and markers that can be told apart without colour.

use openledger_output::markup::{element, Element, Markup};
use std::ops::RangeInclusive;

/// Height of a line of text.
pub const LINE: f64 = 16.0;

/// What one axis shows, and how.
#[derive(Clone, Debug)]
pub struct Axis {
	/// What is measured, and its unit.
	pub label: String,
	/// The least and the greatest value shown.
	pub range: RangeInclusive<f64>,
	/// Whether values are parts, shown in per cent.
	pub percent: bool,
}

impl Axis {
	pub fn new(label: impl Into<String>, range: RangeInclusive<f64>) -> Self {
		Self { label: label.into(), range, percent: false }
	}

	/// An axis that has room for all finite `values`, and zero if `zero`.
	pub fn around(
		label: impl Into<String>,
		values: impl IntoIterator<Item = f64>,
		zero: bool,
	) -> Self {
		let values = values.into_iter().filter(|x| x.is_finite()).chain(zero.then_some(0.0));
		let (low, high) = values
			.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
		let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
		let room = if high > low { 0.05 * (high - low) } else { 0.5 };
		let edge = |x: f64, room: f64| if zero && x == 0.0 { x } else { x + room };
		Self::new(label, edge(low, -room)..=edge(high, room))
	}

	/// The same, in per cent.
	pub fn percent(self) -> Self {
		Self { percent: true, ..self }
	}

	fn extent(&self) -> f64 {
		self.range.end() - self.range.start()
	}

	/// How far along the axis a value lies, 0 to 1.
	fn part(&self, value: f64) -> f64 {
		(value - self.range.start()) / self.extent()
	}

	/// The power of ten that values are shown in, 0 unless they are very large or small.
	fn power(&self) -> i32 {
		let largest = self.range.start().abs().max(self.range.end().abs());
		let power = largest.log10().floor() as i32;
		if self.percent || (-2..5).contains(&power) {
			0
		} else {
			power
		}
	}

	/// The label, with the power of ten.
	fn title(&self) -> String {
		let digit = |character| match character {
			'-' => '⁻',
			'1' => '¹',
			'2' => '²',
			'3' => '³',
			// The other superscript digits follow each other.
			other => other.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(other),
		};
		match self.power() {
			0 => self.label.clone(),
			power => {
				let power: String = power.to_string().chars().map(digit).collect();
				format!("{} (10{power})", self.label)
			},
		}
	}

	/// Round values within the range with their text, at most about `count`, but two at least.
	fn ticks(&self, count: usize) -> Vec<(f64, String)> {
		let ticks = |count: usize| self.ticks_apart(self.extent() * self.unit() / count as f64);
		// Steps of half the length have a tick in each range that had less than two by chance.
		(0..3)
			.map(|more| ticks(count.max(1) << more))
			.find(|ticks| ticks.len() > 1)
			.unwrap_or_default()
	}

	/// What values are multiplied by before they are shown.
	fn unit(&self) -> f64 {
		if self.percent {
			100.0
		} else {
			10f64.powi(-self.power())
		}
	}

	/// Multiples of the round step next to `step`, both in the unit shown.
	fn ticks_apart(&self, step: f64) -> Vec<(f64, String)> {
		let (unit, step) = (self.unit(), round_step(step));
		let (first, last) = (self.range.start() * unit / step, self.range.end() * unit / step);
		let decimals = (-step.log10()).ceil().clamp(0.0, 12.0) as usize;
		// A little beyond the ends, where rounding would lose the tick on them.
		let numbers = (first - 1e-9).ceil() as i64..=(last + 1e-9).floor() as i64;
		numbers
			.map(|number| {
				let value = number as f64 * step;
				let sign = if self.percent { " %" } else { "" };
				(value / unit, format!("{value:.decimals$}{sign}"))
			})
			.collect()
	}
}

/// The least of 1, 2 and 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
	let power = 10f64.powf(step.log10().floor());
	let factors = [1.0, 2.0, 5.0, 10.0];
	let factor = factors.into_iter().find(|factor| factor * power >= step * (1.0 - 1e-9));
	factor.unwrap_or(10.0) * power
}

/// A style that differs from the others also in print.
#[derive(Clone, Copy, Debug)]
pub struct LineStyle {
	colour: &'static str,
	dashes: &'static str,
	marker: Marker,
}

#[derive(Clone, Copy, Debug)]
enum Marker {
	Circle,
	Square,
	Diamond,
	Triangle,
	Cross,
}

/// The colours of Okabe and Ito (2008) that are dark enough for lines.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#007a5a", "#a6528a", "#222222", "#8a6d00"];
const DASHES: [&str; 4] = ["none", "7 3", "2 3", "9 3 2 3"];
const MARKERS: [Marker; 5] =
	[Marker::Circle, Marker::Square, Marker::Diamond, Marker::Triangle, Marker::Cross];

impl LineStyle {
	/// The `number`-th of 60.
	pub fn numbered(number: usize) -> Self {
		let colour = COLOURS[number % COLOURS.len()];
		let (dashes, marker) = (DASHES[number % DASHES.len()], MARKERS[number % MARKERS.len()]);
		Self { colour, dashes, marker }
	}

	/// For what others are compared with.
	pub fn reference() -> Self {
		Self { colour: "#777777", dashes: "2 3", marker: Marker::Cross }
	}

	/// A line through points of the page.
	pub fn path(&self, points: &[(f64, f64)]) -> Markup {
		let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
		element("polyline")
			.set("points", points.join(" "))
			.set("fill", "none")
			.set("stroke", self.colour)
			.set("stroke-width", "1.8")
			.set("stroke-dasharray", self.dashes)
			.into()
	}

	/// A mark at a point of the page.
	pub fn mark(&self, (x, y): (f64, f64), size: f64) -> Markup {
		let polygon = |corners: &[(f64, f64)]| {
			let corners: Vec<String> = corners
				.iter()
				.map(|(dx, dy)| format!("{:.1},{:.1}", x + size * dx, y + size * dy))
				.collect();
			element("polygon").set("points", corners.join(" "))
		};
		let shape = match self.marker {
			Marker::Circle => element("circle")
				.set("cx", format!("{x:.1}"))
				.set("cy", format!("{y:.1}"))
				.set("r", size),
			Marker::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
			Marker::Diamond => polygon(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
			Marker::Triangle => polygon(&[(0.0, -1.2), (1.2, 1.0), (-1.2, 1.0)]),
			Marker::Cross => {
				let arms = [(-1.0, -1.0), (1.0, 1.0), (0.0, 0.0), (1.0, -1.0), (-1.0, 1.0)];
				let cross = polygon(&[arms[0], arms[1], arms[2], arms[3], arms[4], arms[2]]);
				return cross.set("fill", "none").set("stroke", self.colour).into();
			},
		};
		shape.set("fill", self.colour).into()
	}

	/// A vertical interval with caps.
	pub fn interval(&self, x: f64, low: f64, high: f64) -> Markup {
		let cap = |y| line((x - 3.0, y), (x + 3.0, y), self.colour);
		[line((x, low), (x, high), self.colour), cap(low), cap(high)].into_iter().collect()
	}
}

/// A thin line between points of the page.
pub fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str) -> Markup {
	element("line")
		.set("x1", format!("{x1:.1}"))
		.set("y1", format!("{y1:.1}"))
		.set("x2", format!("{x2:.1}"))
		.set("y2", format!("{y2:.1}"))
		.set("stroke", colour)
		.into()
}

/// Where a text ends or begins.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
	/// It begins at its point.
	Start,
	/// Its point is its middle.
	Middle,
	/// It ends at its point.
	End,
}

/// A text whose baseline is at a point of the page.
pub fn label((x, y): (f64, f64), anchor: Anchor, text: &str) -> Element {
	let anchor = match anchor {
		Anchor::Start => "start",
		Anchor::Middle => "middle",
		Anchor::End => "end",
	};
	element("text")
		.set("x", format!("{x:.1}"))
		.set("y", format!("{y:.1}"))
		.set("text-anchor", anchor)
		.with(text)
}

/// A rectangle of the page with two axes.
#[derive(Clone, Debug)]
pub struct Frame {
	pub left: f64,
	pub top: f64,
	pub width: f64,
	pub height: f64,
	/// From left to right.
	pub x: Axis,
	/// From bottom to top.
	pub y: Axis,
}

impl Frame {
	/// Where a pair of values lies on the page.
	pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
		let (x, y) = (self.x.part(x), self.y.part(y));
		(self.left + self.width * x, self.top + self.height * (1.0 - y))
	}

	/// Border, grid, ticks and labels of both axes.
	pub fn axes(&self) -> Markup {
		let mut parts = self.grid_x();
		for (value, text) in self.y.ticks((self.height / 45.0) as usize) {
			let (_, y) = self.at(*self.x.range.start(), value);
			parts.push(line((self.left, y), (self.left + self.width, y), GRID));
			parts.push(label((self.left - 6.0, y + 4.0), Anchor::End, &text).into());
		}
		let (x, y) = (self.left - 52.0, self.top + self.height / 2.0);
		let turned = label((x, y), Anchor::Middle, &self.y.title())
			.set("transform", format!("rotate(-90 {x:.1} {y:.1})"));
		parts.push(turned.into());
		parts.push(self.border());
		parts.into_iter().collect()
	}

	/// Border, and grid, ticks and label of the axis from left to right.
	pub fn axis_x(&self) -> Markup {
		self.grid_x().into_iter().chain([self.border()]).collect()
	}

	fn grid_x(&self) -> Vec<Markup> {
		let bottom = self.top + self.height;
		let mut parts = Vec::new();
		for (value, text) in self.x.ticks((self.width / 60.0) as usize) {
			let (x, _) = self.at(value, *self.y.range.start());
			parts.push(line((x, self.top), (x, bottom), GRID));
			parts.push(label((x, bottom + LINE), Anchor::Middle, &text).into());
		}
		let middle = self.left + self.width / 2.0;
		parts.push(label((middle, bottom + 2.4 * LINE), Anchor::Middle, &self.x.title()).into());
		parts
	}

	fn border(&self) -> Markup {
		element("rect")
			.set("x", format!("{:.1}", self.left))
			.set("y", format!("{:.1}", self.top))
			.set("width", format!("{:.1}", self.width))
			.set("height", format!("{:.1}", self.height))
			.set("fill", "none")
			.set("stroke", "#222222")
			.into()
	}
}

const GRID: &str = "#dddddd";

/// A whole file. It names no font but the reader's own.
pub fn document(
	width: f64,
	height: f64,
	title: &str,
	parts: impl IntoIterator<Item = Markup>,
) -> String {
	let background =
		element("rect").set("width", "100%").set("height", "100%").set("fill", "white");
	let heading =
		label((width / 2.0, 1.4 * LINE), Anchor::Middle, title).set("font-weight", "bold");
	let svg: Markup = element("svg")
		.set("xmlns", "http://www.w3.org/2000/svg")
		.set("viewBox", format!("0 0 {width:.0} {height:.0}"))
		.set("width", format!("{width:.0}"))
		.set("height", format!("{height:.0}"))
		.set("font-family", "sans-serif")
		.set("font-size", "13")
		.set("fill", "#222222")
		.set("role", "img")
		.set("aria-label", title)
		.with(background)
		.with(heading)
		.with_all(parts)
		.into();
	format!("{svg}\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn texts(axis: &Axis, count: usize) -> Vec<String> {
		axis.ticks(count).into_iter().map(|tick| tick.1).collect()
	}

	#[test]
	fn ticks_should_be_round_and_within_the_range() {
		assert_eq!(texts(&Axis::new("", 0.0..=1.0), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
		assert_eq!(texts(&Axis::new("", -3.2..=11.0), 3), ["0", "5", "10"]);
		assert_eq!(texts(&Axis::new("", 0.0..=0.5).percent(), 2), ["0 %", "50 %"]);
		// Two of them where steps of the length wanted would have one.
		assert_eq!(texts(&Axis::new("", 0.12..=0.19), 1), ["0.12", "0.14", "0.16", "0.18"]);
	}

	#[test]
	fn power_should_stand_in_the_label_when_values_are_very_large_or_small() {
		let large = Axis::new("score", -1e5..=3e5);
		assert_eq!(texts(&large, 4), ["-1", "0", "1", "2", "3"]);
		assert_eq!(large.title(), "score (10⁵)");
		let small = Axis::new("score", 0.0..=4.5e-12);
		assert_eq!(texts(&small, 3), ["0", "2", "4"]);
		assert_eq!(small.title(), "score (10⁻¹²)");
		assert_eq!(Axis::new("score", 0.0..=0.05).title(), "score");
	}

	#[test]
	fn axis_should_have_room_for_all_values_when_some_are_equal_or_not_finite() {
		let wide = Axis::around("", [1.0, 3.0, f64::NAN], false).range;
		assert!(*wide.start() < 1.0 && *wide.end() > 3.0);
		let from_zero = Axis::around("", [1.0, 3.0], true).range;
		assert_eq!(*from_zero.start(), 0.0);
		let single = Axis::around("", [2.0], false).range;
		assert!(*single.start() < 2.0 && *single.end() > 2.0);
		let none = Axis::around("", [], false).range;
		assert!(none.start() < none.end());
	}

	#[test]
	fn values_should_lie_in_the_frame() {
		let (x, y) = (Axis::new("", 0.0..=10.0), Axis::new("", -1.0..=1.0));
		let frame = Frame { left: 50.0, top: 20.0, width: 100.0, height: 40.0, x, y };
		assert_eq!(frame.at(0.0, -1.0), (50.0, 60.0));
		assert_eq!(frame.at(10.0, 1.0), (150.0, 20.0));
		assert_eq!(frame.at(5.0, 0.0), (100.0, 40.0));
	}

	#[test]
	fn document_should_escape_its_title() {
		let text = document(10.0, 10.0, "<a> & b", []);
		assert!(text.contains("&lt;a&gt; &amp; b") && !text.contains("<a>"), "{text}");
		assert!(text.starts_with("<svg xmlns="));
	}
}
