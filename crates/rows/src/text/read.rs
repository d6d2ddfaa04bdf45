//! Reads rows of text from JSON Lines and CSV.

use super::{check_text, label_number, TextDataset};
use crate::{
	error::{Error, Result},
	file::{decompress, without_mark},
	format,
	header::{label_name, same, text_column, text_label_column},
	number::{is_missing_name, label_hint},
	records::{lines, Records},
	shorten, shorten_message, Note, MAX_CLASSES, MAX_LABEL,
};
use openledger_primitives::RowLabel;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The length of the longest name of a class, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The most names of fields that are kept to be told.
const MOST_IGNORED: usize = 12;

/// The name of the column of texts that stands for all similar names.
const TEXT: &str = "text";

/// The name of the column of labels that stands for all similar names.
const LABEL: &str = "label";

/// What rows must look like. The default takes the texts from the column `text`, and labels from
/// the column `label` if there is one. Where there is none of that name, it takes the only one with
/// a similar name, such as `Review` and `sentiment`. Names are compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSchema {
	/// The name of the column that has the text.
	pub text_column: String,
	/// The name of the column that has the label; if `None`, labels are ignored.
	pub label_column: Option<String>,
	/// Whether every row must have a label, given that there is a column for it.
	pub labels_required: bool,
	/// The number of classes, where labels are numbers: labels are below it.
	pub classes: Option<u32>,
	/// The names of the classes in any order, where labels are names. If it is empty, the names
	/// found are the classes.
	pub class_names: Vec<String>,
	/// The largest number of rows that is accepted.
	pub max_rows: Option<usize>,
}

impl Default for TextSchema {
	fn default() -> Self {
		Self {
			text_column: TEXT.to_owned(),
			label_column: Some(LABEL.to_owned()),
			labels_required: false,
			classes: None,
			class_names: Vec::new(),
			max_rows: None,
		}
	}
}

pub(super) fn up_to(largest: u32) -> String {
	format!("whole numbers from 0 to {largest}")
}

pub(super) fn list_names<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
	let more = if names.len() > 10 { ", …" } else { "" };
	let names: Vec<String> = names.take(10).map(|name| shorten(name)).collect();
	format!("one of {}{more}", names.join(", "))
}

impl TextDataset {
	/// Reads rows, compressed with gzip or not.
	///
	/// Content that begins with a brace is JSON Lines, one object per line. There a label is a
	/// whole number or, in quotes, a name. All other content is CSV with a header. There labels are
	/// numbers if the first one is a number, unless the schema names the classes. Labels are all
	/// numbers or all names. Texts are taken as they stand, with their spaces, and empty lines are
	/// skipped.
	///
	/// # Errors
	/// An [`Error`] with row and column, where there are such.
	pub fn from_bytes(bytes: &[u8], schema: &TextSchema) -> Result<Self> {
		let bytes = decompress(bytes)?;
		let bytes = without_mark(&bytes);
		format::check(bytes)?;
		Self::plain(bytes, schema, &mut Vec::new())
	}

	/// Reads rows that are not compressed and have no mark in front.
	pub(crate) fn plain(bytes: &[u8], schema: &TextSchema, notes: &mut Vec<Note>) -> Result<Self> {
		let mut rows = RowCollector::new(schema);
		match bytes.trim_ascii_start().first() {
			Some(b'{' | b'[') => read_json_lines(bytes, &mut rows)?,
			_ => {
				format::check_separator(bytes)?;
				read_csv(bytes, &mut rows)?;
			},
		}
		rows.finish(notes)
	}
}

/// A label as it stands in a file.
#[derive(Clone, Debug)]
enum Label {
	Number(u32),
	Name(String),
}

/// Whether a label is written as a class is.
fn is_number(label: &Label) -> bool {
	match label {
		Label::Number(_) => true,
		Label::Name(name) => name.parse::<u32>().is_ok(),
	}
}

/// Rows read so far.
struct RowCollector<'a> {
	schema: &'a TextSchema,
	texts: Vec<String>,
	labels: Vec<Label>,
	names: BTreeSet<String>,
	/// The number of the first row without a label.
	unlabelled: Option<u64>,
	/// What the column of texts is called in the file.
	text_name: String,
	/// What the column of labels is called in the file; `None` if there is none.
	label_name: Option<String>,
	/// The names of columns that are not read.
	ignored: BTreeSet<String>,
	spans: Option<Note>,
}

impl<'a> RowCollector<'a> {
	fn new(schema: &'a TextSchema) -> Self {
		let names = schema.class_names.iter().cloned().collect();
		Self {
			schema,
			texts: Vec::new(),
			labels: Vec::new(),
			names,
			unlabelled: None,
			text_name: schema.text_column.clone(),
			label_name: None,
			ignored: BTreeSet::new(),
			spans: None,
		}
	}

	fn add(&mut self, row: u64, text: &str, label: Option<Label>) -> Result<()> {
		if self.schema.max_rows.is_some_and(|limit| self.texts.len() >= limit) {
			return Err(Error::TooLarge { limit: self.texts.len() as u64, unit: "rows" });
		}
		check_text(text, row, &self.text_name)?;
		match label {
			Some(label) => {
				self.check_label(row, &label)?;
				self.labels.push(label);
			},
			None => {
				self.unlabelled.get_or_insert(row);
			},
		}
		// Some rows with and some without is as wrong as none where one is needed.
		if let Some(row) = self.unlabelled {
			let required = self.schema.labels_required && self.schema.label_column.is_some();
			if required || !self.labels.is_empty() {
				return Err(Error::MissingLabel { row, column: self.label_column() });
			}
		}
		self.texts.push(text.to_owned());
		Ok(())
	}

	fn check_label(&mut self, row: u64, label: &Label) -> Result<()> {
		let schema = self.schema;
		// The first label decides what labels are, unless the schema says it.
		let numbers = match self.labels.first() {
			Some(first) => matches!(first, Label::Number(_)),
			None => schema.class_names.is_empty() && matches!(label, Label::Number(_)),
		};
		let numbers = numbers || schema.classes.is_some();
		let largest = schema.classes.map_or(MAX_LABEL, |n| n.saturating_sub(1).min(MAX_LABEL));
		let refusal = match label {
			Label::Number(number) if numbers => (*number > largest).then(|| up_to(largest)),
			Label::Name(name) if !numbers => {
				if !schema.class_names.is_empty() {
					(!self.names.contains(name)).then(|| list_names(self.names.iter()))
				} else if name.len() > MAX_NAME_BYTES {
					Some(format!("names of at most {MAX_NAME_BYTES} bytes"))
				} else {
					if !self.names.contains(name) {
						self.names.insert(name.clone());
					}
					if self.names.len() > MAX_CLASSES as usize {
						let limit = u64::from(MAX_CLASSES);
						return Err(Error::TooLarge { limit, unit: "names of classes" });
					}
					None
				}
			},
			_ if numbers => Some(up_to(largest)),
			_ if !schema.class_names.is_empty() => Some(list_names(self.names.iter())),
			_ => Some("names, as in the rows before".to_owned()),
		};
		match refusal {
			None => Ok(()),
			Some(expected) => {
				let (found, hint) = match label {
					Label::Number(number) => (number.to_string(), None),
					Label::Name(name) => (format!("'{}'", shorten(name)), label_hint(name)),
				};
				let hint = hint.filter(|_| numbers && !is_number(label)).unwrap_or_default();
				Err(self.not_a_label(row, found, expected + &hint))
			},
		}
	}

	fn not_a_label(&self, row: u64, found: String, expected: String) -> Error {
		Error::NotALabel { row, column: self.label_column(), found, expected }
	}

	/// What labels are, for a message about something that is neither number nor name.
	fn expected(&self) -> String {
		match (self.schema.classes, self.schema.class_names.is_empty()) {
			(Some(classes), _) => up_to(classes.saturating_sub(1)),
			(None, true) => format!("{} or names", up_to(MAX_LABEL)),
			(None, false) => list_names(self.names.iter()),
		}
	}

	fn label_column(&self) -> String {
		let wanted = self.label_name.as_ref().or(self.schema.label_column.as_ref());
		wanted.cloned().unwrap_or_default()
	}

	/// Finds the columns of texts and labels among the names of a header or of an object.
	fn find_columns(&mut self, row: u64, names: &[&str]) -> Result<(usize, Option<usize>)> {
		let schema = self.schema;
		let text = match schema.text_column.as_str() {
			TEXT => text_column(row, names)?,
			column => named(row, names, column)?,
		};
		let missing = |column: &str| Error::MissingColumn {
			row,
			column: column.to_owned(),
			found: list_columns(names.iter().copied()),
		};
		let text = text.ok_or_else(|| missing(&schema.text_column))?;
		// The column of texts may have a name that says label, as `target`.
		let label = match schema.label_column.as_deref() {
			None => None,
			Some(LABEL) => text_label_column(row, names)?.filter(|label| *label != text),
			Some(column) => named(row, names, column)?,
		};
		Ok((text, label))
	}

	/// What is worth knowing about the columns.
	fn notes(&mut self, notes: &mut Vec<Note>) {
		if self.text_name != self.schema.text_column {
			notes.push(Note::TextColumn { name: shorten(&self.text_name) });
		}
		let label = self.label_name.as_ref().filter(|_| !self.labels.is_empty());
		if let Some(name) = label.filter(|name| self.schema.label_column.as_ref() != Some(name)) {
			notes.push(Note::TextLabelColumn { name: shorten(name) });
		}
		if !self.ignored.is_empty() {
			let names = list_columns(self.ignored.iter().map(String::as_str));
			notes.push(Note::Ignored { names, labelled: !self.labels.is_empty() });
		}
		notes.extend(self.spans.take());
	}

	fn finish(mut self, notes: &mut Vec<Note>) -> Result<TextDataset> {
		if self.texts.is_empty() {
			return Err(Error::NoRows);
		}
		self.notes(notes);
		let named = matches!(self.labels.first(), Some(Label::Name(_)));
		let names: Vec<String> = if named { self.names.into_iter().collect() } else { Vec::new() };
		let number = |label: &Label| match label {
			Label::Number(number) => *number,
			Label::Name(name) => label_number(RowLabel::Name(name), &names),
		};
		let labels: Vec<u32> = self.labels.iter().map(number).collect();
		let labels = (!labels.is_empty()).then_some(labels);
		Ok(TextDataset { texts: self.texts, labels, class_names: names })
	}
}

/// The column of exactly this name, or else the only one that is the same but for case.
fn named(row: u64, names: &[&str], wanted: &str) -> Result<Option<usize>> {
	let exact = (0..names.len()).filter(|column| names.get(*column) == Some(&wanted));
	let alike =
		(0..names.len()).filter(|column| names.get(*column).is_some_and(|n| same(n, wanted)));
	let exact: Vec<usize> = exact.collect();
	let found = if exact.is_empty() { alike.collect() } else { exact };
	match found.as_slice() {
		[] => Ok(None),
		[column] => Ok(Some(*column)),
		_ => {
			let reason = format!("two columns are called '{}'", shorten(wanted));
			Err(Error::Csv { row, reason })
		},
	}
}

fn read_json_lines(bytes: &[u8], rows: &mut RowCollector) -> Result<()> {
	for (row, line) in lines(bytes) {
		let object = object(row, line)?;
		let value = find_text(row, &object, rows)?;
		let Value::String(text) = value else {
			let (column, found) = (rows.text_name.clone(), shorten(&value.to_string()));
			return Err(Error::NotText { row, column, found });
		};
		let label = match rows.label_name.as_ref().and_then(|column| object.get(column)) {
			None | Some(Value::Null) => None,
			// No label, as an empty cell of a table is none.
			Some(Value::String(name)) if name.trim().is_empty() => None,
			Some(Value::String(name)) => Some(Label::Name(name.trim().to_owned())),
			Some(other) => match other.as_u64().map(u32::try_from) {
				Some(Ok(number)) => Some(Label::Number(number)),
				_ => {
					let found = other.to_string();
					let hint = label_hint(&found).unwrap_or_default();
					return Err(rows.not_a_label(row, shorten(&found), rows.expected() + &hint));
				},
			},
		};
		rows.add(row, text, label)?;
	}
	Ok(())
}

fn object(row: u64, line: &[u8]) -> Result<Map<String, Value>> {
	let text = std::str::from_utf8(line)
		.map_err(|error| Error::NotUtf8 { row, column: error.valid_up_to().saturating_add(1) })?;
	serde_json::from_str(text).map_err(|error| {
		let message = error.to_string();
		// The library sees this line alone, so its number is always 1.
		let reason = message.split(" at line ").next().unwrap_or_default();
		let hint = match text.trim_start().starts_with('[') {
			true => "; write one object on each line, without brackets around all",
			false if error.is_eof() => "; a whole object must stand on one line",
			false => "",
		};
		Error::Json { row, column: error.column(), reason: shorten_message(&reason) + hint }
	})
}

/// The value that holds the text. The first row decides what its field is called, and the first that
/// has a label what that is called.
fn find_text<'a>(
	row: u64,
	object: &'a Map<String, Value>,
	rows: &mut RowCollector,
) -> Result<&'a Value> {
	let keys: Vec<&str> = object.keys().map(String::as_str).collect();
	let known = object.get(&rows.text_name).filter(|_| !rows.texts.is_empty());
	if known.is_none() || rows.label_name.is_none() && keys.iter().any(|key| is_label(key, rows)) {
		let (text, label) = rows.find_columns(row, &keys)?;
		let name = |column: usize| keys.get(column).map(|key| (*key).to_owned());
		if rows.texts.is_empty() {
			rows.text_name = name(text).unwrap_or_default();
		}
		if rows.label_name.is_none() {
			rows.label_name = label.and_then(name);
		}
	}
	for key in keys {
		let read = key == rows.text_name || rows.label_name.as_deref() == Some(key);
		if !read && !rows.ignored.contains(key) && rows.ignored.len() < MOST_IGNORED {
			rows.ignored.insert(key.to_owned());
		}
	}
	object.get(&rows.text_name).ok_or_else(|| Error::MissingColumn {
		row,
		column: rows.text_name.clone(),
		found: list_columns(object.keys().map(String::as_str)),
	})
}

/// Whether a field of an object may hold the label.
fn is_label(key: &str, rows: &RowCollector) -> bool {
	match rows.schema.label_column.as_deref() {
		None => false,
		Some(LABEL) => label_name(key).is_some(),
		Some(column) => same(key, column),
	}
}

fn read_csv(bytes: &[u8], rows: &mut RowCollector) -> Result<()> {
	let mut records = Records::new(bytes);
	let Some(first) = records.next()? else { return Ok(()) };
	let names = first.trimmed()?;
	let (text, label) = rows.find_columns(first.row, &names)?;
	if label.is_none() && rows.schema.labels_required {
		if let Some(column) = rows.schema.label_column.clone() {
			let found = list_columns(names.iter().copied());
			return Err(Error::MissingColumn { row: first.row, column, found });
		}
	}
	for (column, name) in names.iter().enumerate() {
		if column == text {
			rows.text_name = (*name).to_owned();
		} else if label == Some(column) {
			rows.label_name = Some((*name).to_owned());
		} else {
			let name = if name.is_empty() { "a column without a name" } else { name };
			rows.ignored.insert(name.to_owned());
		}
	}
	while let Some(record) = records.next()? {
		let (row, found) = (record.row, record.cells.len());
		if found != names.len() {
			return Err(Error::ColumnCount { row, found, expected: names.len() });
		}
		Note::span(&mut rows.spans, row, record.line_ends);
		let cell = label.map(|label| record.text(label)).transpose()?;
		let label = match cell.map(str::trim) {
			None | Some("") => None,
			Some(label) => Some(csv_label(row, label, rows)?),
		};
		rows.add(row, record.text(text)?, label)?;
	}
	Ok(())
}

/// What a cell says: a name where names are expected, otherwise whatever it looks like.
fn csv_label(row: u64, label: &str, rows: &RowCollector) -> Result<Label> {
	let known = rows.schema.class_names.iter().any(|name| name == label);
	let names =
		!rows.schema.class_names.is_empty() || matches!(rows.labels.first(), Some(Label::Name(_)));
	match label.parse::<u32>() {
		Ok(number) if !names => Ok(Label::Number(number)),
		// A number that is no class is no name either, nor is a mark of a missing value.
		Err(_) if !known && (label.parse::<f64>().is_ok() || is_missing_name(label)) => {
			let hint = label_hint(label).unwrap_or_default();
			Err(rows.not_a_label(row, format!("'{}'", shorten(label)), rows.expected() + &hint))
		},
		_ => Ok(Label::Name(label.to_owned())),
	}
}

fn list_columns<'a>(names: impl Iterator<Item = &'a str>) -> String {
	let mut names: Vec<String> =
		names.take(11).map(|name| format!("'{}'", shorten(name))).collect();
	if let Some(last) = names.get_mut(10) {
		*last = "…".to_owned();
	}
	match names.is_empty() {
		true => "none".to_owned(),
		false => names.join(", "),
	}
}
