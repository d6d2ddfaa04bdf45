//! What commands print: one document for machines or tables for people on standard output, and
//! everything else on standard error.

use crate::{
	amount::Amount,
	error::{Error, Result},
	keys::AccountId,
};
use comfy_table::{presets::UTF8_BORDERS_ONLY, Cell, CellAlignment, Table};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use openledger_influence::{evaluate::resident, Progress};
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// The result of a command.
pub struct Report {
	/// The document for machines, an object.
	pub json: Value,
	/// The text for people.
	pub text: String,
	/// Set if the command has a result to show and failed all the same, such as a verification
	/// that found a fault.
	pub error: Option<Error>,
}

impl Report {
	/// A result without fault, its document one of the [`views`](crate::views).
	///
	/// # Errors
	/// [`Error::Failure`] if the view cannot be written as JSON, which is a mistake of this program.
	pub fn of(view: &impl Serialize, text: impl Into<String>) -> Result<Self> {
		let json = serde_json::to_value(view)
			.map_err(|error| Error::Failure(format!("cannot print the result as JSON: {error}")))?;
		Ok(Self::new(json, text))
	}

	/// A result without fault.
	pub fn new(json: Value, text: impl Into<String>) -> Self {
		Self { json, text: text.into(), error: None }
	}

	/// The same result with a fault, if there is one.
	pub fn with_error(self, error: Option<Error>) -> Self {
		Self { error, ..self }
	}
}

/// A column of a table, with its heading.
#[derive(Clone, Copy, Debug)]
pub enum Column {
	/// Words, left-aligned.
	Text(&'static str),
	/// Whole numbers, right-aligned.
	Number(&'static str),
	/// Amounts of OPEN, their decimal points one below the other.
	Open(&'static str),
	/// Votes, aligned as amounts are.
	Votes(&'static str),
}

/// A table; each row has as many cells as there are columns.
pub fn table(columns: &[Column], mut rows: Vec<Vec<String>>) -> String {
	let mut table = Table::new();
	table.load_preset(UTF8_BORDERS_ONLY).set_header(columns.iter().map(|column| match column {
		Column::Text(heading) | Column::Number(heading) | Column::Votes(heading) => {
			Cell::new(heading)
		},
		Column::Open(heading) => Cell::new(format!("{heading} (OPEN)")),
	}));
	for (at, column) in columns.iter().enumerate() {
		if let Column::Open(_) | Column::Votes(_) = column {
			align_points(rows.iter_mut().filter_map(|row| row.get_mut(at)).collect());
		}
	}
	for row in rows {
		table.add_row(row);
	}
	for (at, column) in columns.iter().enumerate() {
		let numbers = !matches!(column, Column::Text(_));
		if let (true, Some(cells)) = (numbers, table.column_mut(at)) {
			cells.set_cell_alignment(CellAlignment::Right);
		}
	}
	table.to_string()
}

/// Gives all amounts as many decimals as the one with the most; empty cells stay empty.
fn align_points(amounts: Vec<&mut String>) {
	let decimals = |amount: &str| amount.split_once('.').map_or(0, |(_, decimals)| decimals.len());
	let most = amounts.iter().map(|amount| decimals(amount)).max().unwrap_or(0);
	for amount in amounts.into_iter().filter(|amount| !amount.is_empty()) {
		let missing = most.saturating_sub(decimals(amount));
		if missing > 0 && !amount.contains('.') {
			amount.push('.');
		}
		amount.push_str(&"0".repeat(missing));
	}
}

/// Names and values, one pair a line, values aligned.
pub fn fields(pairs: &[(&str, String)]) -> String {
	let width = pairs.iter().map(|p| p.0.len()).max().unwrap_or(0);
	let lines: Vec<_> =
		pairs.iter().map(|(name, value)| format!("{name:<width$}  {value}")).collect();
	lines.join("\n")
}

/// An amount as people read it, such as `1.5 OPEN`.
pub fn open(units: u128) -> String {
	format!("{} OPEN", Amount(units))
}

/// Bytes as `0x` and hexadecimal digits.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// The beginning of a text of many characters.
pub fn beginning(text: &str, characters: usize) -> String {
	match text.char_indices().nth(characters) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text.to_owned(),
	}
}

/// The beginning and the end of an address or a hash.
pub fn short(text: &str) -> String {
	let count = text.chars().count();
	if count <= 16 {
		return text.to_owned();
	}
	let head: String = text.chars().take(8).collect();
	let tail: String = text.chars().skip(count.saturating_sub(5)).collect();
	format!("{head}…{tail}")
}

/// The addresses of accounts, in their order.
pub fn accounts(accounts: &[AccountId]) -> Vec<String> {
	accounts.iter().map(ToString::to_string).collect()
}

/// Text from the chain: what is not UTF-8 is replaced, control characters are removed so that a
/// name cannot steer the terminal.
pub fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect()
}

/// Text of others in one line: control characters become spaces, so that it cannot steer the terminal.
pub fn one_line(text: &str) -> String {
	text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A document stored as text: its JSON, or the text itself where it is none.
pub fn document(bytes: &[u8]) -> Value {
	serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(text(bytes)))
}

/// Where progress and notes go: standard error, or nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Console {
	/// Whether notes and progress are hidden.
	pub quiet: bool,
}

impl Console {
	/// Prints one line on standard error, unless notes are hidden.
	pub fn note(&self, line: impl AsRef<str>) {
		if !self.quiet {
			eprintln!("{}", line.as_ref());
		}
	}

	/// A bar of `total` steps; hidden where standard error is no terminal.
	pub fn bar(&self, total: u64, message: impl Into<String>) -> ProgressBar {
		let bar = ProgressBar::with_draw_target(Some(total), self.target());
		if let Ok(style) = ProgressStyle::with_template(
			"{msg:24} {bar:30} {pos}/{len} {per_sec} {elapsed} eta {eta}{memory}",
		) {
			bar.set_style(style.with_key("memory", write_memory));
		}
		bar.set_message(message.into());
		bar
	}

	/// A bar that follows the engine's progress reports, one stage after the other. Rate and
	/// remaining time are those of the stage.
	pub fn stages(&self) -> impl FnMut(Progress) {
		let mut stages = Stages { bar: self.bar(0, ""), current: None };
		move |progress| stages.report(progress)
	}

	fn target(&self) -> ProgressDrawTarget {
		if self.quiet {
			ProgressDrawTarget::hidden()
		} else {
			ProgressDrawTarget::stderr()
		}
	}
}

/// The process's resident memory, where the system tells.
fn write_memory(_: &ProgressState, out: &mut dyn fmt::Write) {
	if let Some(bytes) = resident() {
		// A bar that cannot be drawn is nothing to stop for.
		let _ = write!(out, " {}", HumanBytes(bytes));
	}
}

/// One bar for stages after each other.
struct Stages {
	bar: ProgressBar,
	/// The stage last reported, and how far it was.
	current: Option<(&'static str, u64)>,
}

impl Stages {
	fn report(&mut self, progress: Progress) {
		let Progress { stage, done, total, loss } = progress;
		// A stage that goes back has begun anew.
		if self.current.is_none_or(|(last, before)| last != stage || done < before) {
			self.bar.reset();
		}
		self.current = Some((stage, done));
		let message = match loss {
			Some(loss) => format!("{stage} (loss {loss:.4})"),
			None => stage.to_owned(),
		};
		if self.bar.message() != message {
			self.bar.set_message(message);
		}
		self.bar.set_length(total);
		self.bar.set_position(done);
	}
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
	fn short_should_keep_both_ends_when_text_is_long() {
		assert_eq!(short("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"), "5GrwvaEF…KutQY");
		assert_eq!(short("0x12"), "0x12");
	}

	#[test]
	fn beginning_should_count_characters_when_text_is_not_ascii() {
		assert_eq!(beginning("äöüß", 2), "äö…");
		assert_eq!(beginning("äöüß", 4), "äöüß");
	}

	#[test]
	fn amounts_should_stand_point_below_point_when_their_decimals_differ() {
		let cells = ["1", "0.0402", "", "12.5"].map(String::from);
		let rows = cells.map(|cell| vec![cell, "x".into()]).to_vec();
		let shown = table(&[Column::Open("fee"), Column::Text("for")], rows);
		let lines: Vec<_> = shown.lines().collect();
		assert!(lines[1].contains("fee (OPEN)"), "{shown}");
		let points: Vec<_> = lines.iter().filter_map(|line| line.find('.')).collect();
		assert_eq!(points.len(), 3, "{shown}");
		assert!(points.iter().all(|at| *at == points[0]), "{shown}");
		assert!(shown.contains("12.5000") && shown.contains(" 1.0000"), "{shown}");
	}

	#[test]
	fn document_should_be_text_when_it_is_not_json() {
		assert_eq!(document(b"{\"kind\":\"mlp\"}")["kind"], "mlp");
		assert_eq!(document(b"mlp"), "mlp");
	}

	#[test]
	fn bar_should_follow_the_stages() {
		let mut stages = Stages { bar: Console { quiet: true }.bar(0, ""), current: None };
		for (stage, done, total, loss, message) in [
			("training", 3, 10, Some(0.25), "training (loss 0.2500)"),
			("training", 10, 10, Some(0.125), "training (loss 0.1250)"),
			("influence", 1, 7, None, "influence"),
			("influence", 0, 7, None, "influence"),
		] {
			stages.report(Progress { stage, done, total, loss });
			let bar = &stages.bar;
			assert_eq!(bar.message(), message);
			assert_eq!((bar.position(), bar.length()), (done, Some(total)));
		}
	}
}
