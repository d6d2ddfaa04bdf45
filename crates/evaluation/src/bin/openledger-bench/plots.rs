//! Results as charts.

use super::{
	chart::{document, label, line, Anchor, Axis, Frame, LineStyle, LINE},
	view::numbers,
};
use openledger_evaluation::{
	Detection, Estimate, EvaluationReport, Lds, LeaveOneOut, Mislabelled, Precision, Removal,
	RemovalPoint,
};
use openledger_output::markup::{element, Markup};

pub struct Plot {
	/// The name of the chart's file.
	pub name: String,
	pub svg: String,
}

/// All charts of one task.
pub fn draw(report: &EvaluationReport) -> Vec<Plot> {
	let task = &report.task;
	let mut plots = Vec::new();
	let mut add = |name: String, svg: String| plots.push(Plot { name: format!("{name}.svg"), svg });
	for lds in &report.lds {
		let unit = if lds.contribution_rows == 1 { "rows" } else { "contributions" };
		add(format!("lds-{task}-{unit}"), lds_bars(lds, task));
		add(format!("prediction-{task}-{unit}"), lds_scatter(lds, task));
	}
	if let Some(found) = &report.leave_one_out {
		add(format!("leave-one-out-{task}"), leave_one_out_scatter(found, task));
	}
	if let Some(found) = &report.mislabelled {
		let title = format!("Finding {} mislabelled rows by", found.count);
		let own = detection(found, &format!("{title} self-influence"), |r| &r.self_influence);
		add(format!("{task}-self-influence"), own);
		let harm =
			detection(found, &format!("{title} harm to held-out rows"), |r| &r.held_out_harm);
		add(format!("{task}-held-out-harm"), harm);
	}
	if let Some(found) = &report.removal {
		add(format!("removal-{task}-margin"), removal(found, false));
		add(format!("removal-{task}-answers"), removal(found, true));
	}
	plots
}

const WIDTH: f64 = 760.0;
/// Room for the names of methods.
const NAMES: f64 = 170.0;

/// A group of bars for each method, the best first, with intervals.
fn lds_bars(lds: &Lds, task: &str) -> String {
	const BAR: f64 = 11.0;
	let mut methods: Vec<(&str, Vec<(Precision, Estimate)>)> = Vec::new();
	for result in &lds.results {
		let (name, bar) =
			(result.measured.method.as_str(), (result.measured.precision, result.lds));
		match methods.iter_mut().find(|(other, _)| *other == name) {
			Some((_, bars)) => bars.push(bar),
			None => methods.push((name, vec![bar])),
		}
	}
	let best = |bars: &[(Precision, Estimate)]| bars.first().map_or(0.0, |bar| bar.1.value);
	methods.sort_by(|a, b| best(&b.1).total_cmp(&best(&a.1)));
	let bars = lds.results.len() as f64;
	let ends = lds.results.iter().flat_map(|r| [r.lds.low, r.lds.high]).chain(lds.ceiling);
	let mut x = Axis::around("linear datamodeling score, mean over test rows", ends, true);
	x.range = *x.range.start()..=x.range.end().min(1.0);
	let height = BAR * bars + 12.0 * methods.len() as f64 + 8.0;
	let (left, top, width) = (NAMES, 4.0 * LINE, WIDTH - NAMES - 80.0);
	let frame = Frame { left, top, width, height, x, y: Axis::new("", 0.0..=1.0) };
	let mut parts = vec![frame.axis_x(), legend_of_numbers(lds)];
	let mut y = top + 10.0;
	for (name, bars) in &methods {
		let middle = y + BAR * bars.len() as f64 / 2.0 + 4.0;
		parts.push(label((left - 8.0, middle), Anchor::End, name).into());
		for (precision, estimate) in bars {
			let (zero, _) = frame.at(0.0, 0.0);
			let [low, end, high] =
				[estimate.low, estimate.value, estimate.high].map(|x| frame.at(x, 0.0).0);
			parts.push(bar(zero.min(end), y, (end - zero).abs(), BAR - 2.0, *precision));
			let middle = y + (BAR - 2.0) / 2.0;
			parts.push(line((low, middle), (high, middle), "#000000"));
			for x in [low, high] {
				parts.push(line((x, middle - 3.0), (x, middle + 3.0), "#000000"));
			}
			let text = format!("{:.3}", estimate.value);
			let value = label((left + width + 8.0, middle + 4.0), Anchor::Start, &text);
			parts.push(value.set("font-size", "11").into());
			y += BAR;
		}
		y += 12.0;
	}
	if let Some(ceiling) = lds.ceiling {
		let (x, _) = frame.at(ceiling, 0.0);
		parts.push(LineStyle::reference().path(&[(x, top), (x, top + height)]));
		parts.push(label((x, top - 5.0), Anchor::Middle, "limit").set("font-size", "11").into());
	}
	let unit = match lds.contribution_rows {
		1 => "single rows".to_owned(),
		rows => format!("contributions of {rows} rows"),
	};
	let title = format!("How well scores predict retraining ({task}, {unit})");
	document(WIDTH, top + height + 4.0 * LINE, &title, parts)
}

fn bar(x: f64, y: f64, width: f64, height: f64, precision: Precision) -> Markup {
	let fill = match precision {
		Precision::Float => "#0072b2",
		Precision::Int16 => "#8fc1e0",
		Precision::Int8 => "#e3e3e3",
	};
	element("rect")
		.set("x", format!("{x:.1}"))
		.set("y", format!("{y:.1}"))
		.set("width", format!("{width:.1}"))
		.set("height", height)
		.set("fill", fill)
		.set("stroke", "#333333")
		.set("stroke-width", "0.6")
		.into()
}

fn legend_of_numbers(lds: &Lds) -> Markup {
	let used = [Precision::Float, Precision::Int16, Precision::Int8]
		.into_iter()
		.filter(|precision| lds.results.iter().any(|r| r.measured.precision == *precision));
	let entry = |(at, precision): (usize, Precision)| -> Markup {
		let (x, y) = (NAMES + 75.0 * at as f64, 2.2 * LINE);
		let text = label((x + 20.0, y + 9.0), Anchor::Start, numbers(precision));
		[bar(x, y, 14.0, 9.0, precision), text.set("font-size", "11").into()].into_iter().collect()
	};
	used.enumerate().map(entry).collect()
}

/// A line in a chart of lines.
struct Line {
	name: String,
	style: LineStyle,
	points: Vec<(f64, f64)>,
	/// Drawn at each point, if given.
	intervals: Vec<(f64, f64)>,
	marked: bool,
}

/// Lines with their names beside them.
fn lines(title: &str, x: Axis, y: Axis, lines: &[Line]) -> String {
	let (left, top, width, height) = (75.0, 2.5 * LINE, WIDTH - 75.0 - NAMES - 45.0, 340.0);
	let frame = Frame { left, top, width, height, x, y };
	let mut parts = vec![frame.axes()];
	for (at, line) in lines.iter().enumerate() {
		// Intervals at one place stand side by side.
		let aside =
			if line.marked { 7.0 * (at as f64 - (lines.len() - 1) as f64 / 2.0) } else { 0.0 };
		let place = |x: f64, y: f64| {
			let (left, y) = frame.at(x, y);
			(if x > 0.0 { left + aside } else { left }, y)
		};
		let points: Vec<(f64, f64)> = line.points.iter().map(|(x, y)| place(*x, *y)).collect();
		for ((x, _), (low, high)) in line.points.iter().zip(&line.intervals) {
			let ((x, low), (_, high)) = (place(*x, *low), place(*x, *high));
			parts.push(line.style.interval(x, low, high));
		}
		parts.push(line.style.path(&points));
		let (x, y) = (left + width + 16.0, top + 10.0 + 1.4 * LINE * at as f64);
		parts.push(line.style.path(&[(x, y), (x + 34.0, y)]));
		if line.marked {
			parts.extend(points.iter().map(|point| line.style.mark(*point, 3.6)));
			parts.push(line.style.mark((x + 17.0, y), 3.6));
		}
		parts.push(label((x + 42.0, y + 4.0), Anchor::Start, &line.name).into());
	}
	document(WIDTH, top + height + 3.5 * LINE, title, parts)
}

fn detection(
	found: &Mislabelled,
	title: &str,
	of: impl Fn(&openledger_evaluation::MislabelledResult) -> &Detection,
) -> String {
	// What comes later is seldom inspected.
	const SHOWN: f64 = 0.4;
	let points = |curve: &[f64]| -> Vec<(f64, f64)> {
		let points = curve.iter().enumerate().map(|(at, found)| (at as f64 / 100.0, *found));
		points.filter(|(part, _)| *part <= SHOWN).collect()
	};
	let plain = |name: &str, style, points| Line {
		name: name.to_owned(),
		style,
		points,
		intervals: Vec::new(),
		marked: false,
	};
	let float =
		|r: &&openledger_evaluation::MislabelledResult| r.measured.precision == Precision::Float;
	let mut all: Vec<Line> = found
		.results
		.iter()
		.filter(float)
		.enumerate()
		.map(|(at, r)| plain(&r.measured.method, LineStyle::numbered(at), points(&of(r).curve)))
		.collect();
	all.push(plain("loss", LineStyle::numbered(all.len()), points(&found.loss.curve)));
	all.push(plain("chance", LineStyle::reference(), vec![(0.0, 0.0), (SHOWN, SHOWN)]));
	let x = Axis::new("part of rows inspected, most suspect first", 0.0..=SHOWN).percent();
	let y = Axis::new("part of mislabelled rows found", 0.0..=1.0).percent();
	lines(title, x, y, &all)
}

fn removal(found: &Removal, answers: bool) -> String {
	let estimate = |point: &RemovalPoint| if answers { point.changed } else { point.drop };
	let of = |name: &str, style, points: &[RemovalPoint]| Line {
		name: name.to_owned(),
		style,
		// Removing nothing changes nothing.
		points: [(0.0, 0.0)]
			.into_iter()
			.chain(points.iter().map(|p| (p.removed as f64, estimate(p).value)))
			.collect(),
		intervals: [(0.0, 0.0)]
			.into_iter()
			.chain(points.iter().map(|p| (estimate(p).low, estimate(p).high)))
			.collect(),
		marked: true,
	};
	let mut all: Vec<Line> = found
		.results
		.iter()
		.enumerate()
		.map(|(at, result)| of(&result.measured.method, LineStyle::numbered(at), &result.points))
		.collect();
	all.push(of("chance", LineStyle::reference(), &found.random));
	let ends = || all.iter().flat_map(|line| line.intervals.iter().flat_map(|(a, b)| [*a, *b]));
	let counts = || all.iter().flat_map(|line| line.points.iter().map(|point| point.0));
	let most = counts().fold(1.0, f64::max);
	let x = Axis::new("most helpful rows removed", 0.0..=1.12 * most);
	let y = match answers {
		true => Axis::around("part of answers that change", ends(), true).percent(),
		false => Axis::around("mean fall of the margin, nats", ends(), true),
	};
	let what = if answers { "answers" } else { "margins" };
	let title =
		format!("Removing the rows that helped most: {what} of {} test rows", found.test_rows);
	lines(&title, x, y, &all)
}

/// One small chart of points for each method.
fn scatter(title: &str, labels: [&str; 2], panels: &[(String, &[(f64, f64)])]) -> String {
	const COLUMNS: usize = 3;
	let (width, height) = (180.0, 170.0);
	let (across, down) = (width + 85.0, height + 5.0 * LINE);
	let mut parts = Vec::new();
	for (at, (name, points)) in panels.iter().enumerate() {
		let left = 75.0 + across * (at % COLUMNS) as f64;
		let top = 3.5 * LINE + down * (at / COLUMNS) as f64;
		let frame = Frame {
			left,
			top,
			width,
			height,
			x: Axis::around(labels[0], points.iter().map(|point| point.0), false),
			y: Axis::around(labels[1], points.iter().map(|point| point.1), false),
		};
		parts.push(frame.axes());
		let dot = LineStyle::numbered(0);
		parts.extend(points.iter().map(|(x, y)| dot.mark(frame.at(*x, *y), 2.2)));
		parts.push(label((left + width / 2.0, top - 6.0), Anchor::Middle, name).into());
	}
	let rows = panels.len().div_ceil(COLUMNS) as f64;
	let columns = panels.len().clamp(1, COLUMNS) as f64;
	let page = (75.0 + across * columns).max(560.0);
	document(page, 2.0 * LINE + down * rows, title, parts)
}

fn lds_scatter(lds: &Lds, task: &str) -> String {
	let float = lds.results.iter().filter(|r| r.measured.precision == Precision::Float);
	let panels: Vec<_> = float.map(|r| (r.measured.method.clone(), r.example.as_slice())).collect();
	let title = format!("Predicted and actual margin of one test row, subset by subset ({task})");
	scatter(&title, ["sum of scores in the subset", "margin after retraining"], &panels)
}

fn leave_one_out_scatter(found: &LeaveOneOut, task: &str) -> String {
	let float = found.results.iter().filter(|r| r.measured.precision == Precision::Float);
	let panels: Vec<_> = float.map(|r| (r.measured.method.clone(), r.example.as_slice())).collect();
	let title = format!("Change of one test row's margin, row by row left out ({task})");
	scatter(&title, ["minus score", "change of the margin"], &panels)
}
