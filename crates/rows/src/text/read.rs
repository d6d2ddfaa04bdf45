//! Reads rows of text from JSON Lines and CSV.

use super::{check_text, label_number, TextDataset};
use crate::{
	error::{Error, Result},
	file::{decompress, BYTE_ORDER_MARK},
	shorten, shorten_message, MAX_LABEL,
};
use csv::{ByteRecord, ReaderBuilder};
use openledger_primitives::RowLabel;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The length of the longest name of a class, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// What rows must look like. The default takes the texts from the column `text`, and labels from
/// the column `label` if there is one.
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
			text_column: "text".to_owned(),
			label_column: Some("label".to_owned()),
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
		let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
		let mut rows = RowCollector::new(schema);
		match bytes.trim_ascii_start().first() {
			Some(b'{' | b'[') => read_json_lines(bytes, &mut rows)?,
			_ => read_csv(bytes, &mut rows)?,
		}
		rows.finish()
	}
}

/// A label as it stands in a file.
#[derive(Clone, Debug)]
enum Label {
	Number(u32),
	Name(String),
}

/// Rows read so far.
struct RowCollector<'a> {
	schema: &'a TextSchema,
	texts: Vec<String>,
	labels: Vec<Label>,
	names: BTreeSet<String>,
	/// The number of the first row without a label.
	unlabelled: Option<u64>,
}

impl<'a> RowCollector<'a> {
	fn new(schema: &'a TextSchema) -> Self {
		let names = schema.class_names.iter().cloned().collect();
		Self { schema, texts: Vec::new(), labels: Vec::new(), names, unlabelled: None }
	}

	fn add(&mut self, row: u64, text: &str, label: Option<Label>) -> Result<()> {
		if self.schema.max_rows.is_some_and(|limit| self.texts.len() >= limit) {
			return Err(Error::TooLarge { limit: self.texts.len() as u64, unit: "rows" });
		}
		check_text(text, row, &self.schema.text_column)?;
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
		let largest = schema.classes.map_or(MAX_LABEL, |classes| classes.saturating_sub(1));
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
					if self.names.len() > MAX_LABEL as usize {
						let limit = u64::from(MAX_LABEL);
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
				let found = match label {
					Label::Number(number) => number.to_string(),
					Label::Name(name) => format!("'{}'", shorten(name)),
				};
				Err(self.not_a_label(row, found, expected))
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
		self.schema.label_column.clone().unwrap_or_default()
	}

	fn finish(self) -> Result<TextDataset> {
		if self.texts.is_empty() {
			return Err(Error::NoRows);
		}
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

fn read_json_lines(bytes: &[u8], rows: &mut RowCollector) -> Result<()> {
	for (row, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
		if line.trim_ascii().is_empty() {
			continue;
		}
		let text = std::str::from_utf8(line).map_err(|error| Error::NotUtf8 {
			row,
			column: error.valid_up_to().saturating_add(1),
		})?;
		let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
			let message = error.to_string();
			// The library sees this line alone, so its number is always 1.
			let reason = message.split(" at line ").next().unwrap_or_default();
			Error::Json { row, column: error.column(), reason: shorten_message(&reason) }
		})?;
		let column = &rows.schema.text_column;
		let text = match object.get(column) {
			Some(Value::String(text)) => text,
			Some(other) => {
				let (column, found) = (column.clone(), shorten(&other.to_string()));
				return Err(Error::NotText { row, column, found });
			},
			None => {
				let column = column.clone();
				let found = list_columns(object.keys().map(String::as_str));
				return Err(Error::MissingColumn { row, column, found });
			},
		};
		let label = rows.schema.label_column.as_ref().and_then(|column| object.get(column));
		let label = match label {
			None | Some(Value::Null) => None,
			// No label, as an empty cell of a table is none.
			Some(Value::String(name)) if name.trim().is_empty() => None,
			Some(Value::String(name)) => Some(Label::Name(name.trim().to_owned())),
			Some(other) => match other.as_u64().map(u32::try_from) {
				Some(Ok(number)) => Some(Label::Number(number)),
				_ => {
					return Err(rows.not_a_label(row, shorten(&other.to_string()), rows.expected()))
				},
			},
		};
		rows.add(row, text, label)?;
	}
	Ok(())
}

fn read_csv(bytes: &[u8], rows: &mut RowCollector) -> Result<()> {
	let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
	let mut record = ByteRecord::new();
	let mut header: Option<(usize, usize, Option<usize>)> = None;
	while reader.read_byte_record(&mut record).map_err(unreadable)? {
		let row = line_of(&record, bytes);
		let Some((columns, text, label)) = header else {
			header = Some(read_header(&record, row, rows.schema)?);
			continue;
		};
		if record.len() != columns {
			return Err(Error::ColumnCount { row, found: record.len(), expected: columns });
		}
		let cell = |column: usize| {
			let bytes = record.get(column).unwrap_or_default();
			let refused = |_| Error::NotUtf8 { row, column: column.saturating_add(1) };
			std::str::from_utf8(bytes).map_err(refused)
		};
		let text = cell(text)?;
		let label = match label.map(cell).transpose()?.map(str::trim) {
			None | Some("") => None,
			Some(label) => Some(csv_label(label, rows)),
		};
		rows.add(row, text, label)?;
	}
	Ok(())
}

/// What a cell says: a name where names are expected, otherwise whatever it looks like.
fn csv_label(label: &str, rows: &RowCollector) -> Label {
	let names =
		!rows.schema.class_names.is_empty() || matches!(rows.labels.first(), Some(Label::Name(_)));
	match label.parse::<u32>() {
		Ok(number) if !names => Label::Number(number),
		_ => Label::Name(label.to_owned()),
	}
}

/// The number of columns, and which of them hold text and label.
fn read_header(
	record: &ByteRecord,
	row: u64,
	schema: &TextSchema,
) -> Result<(usize, usize, Option<usize>)> {
	let name = |(column, cell)| {
		let refused = |_| Error::NotUtf8 { row, column };
		std::str::from_utf8(cell).map(str::trim).map_err(refused)
	};
	let names: Vec<&str> = (1..).zip(record).map(name).collect::<Result<_>>()?;
	let find = |wanted: &str| {
		let mut places = (0..).zip(&names).filter(|(_, name)| **name == wanted);
		match (places.next(), places.next()) {
			(Some(_), Some(_)) => {
				let reason = format!("two columns are called '{}'", shorten(wanted));
				Err(Error::Csv { row, reason })
			},
			(place, _) => Ok(place.map(|(column, _)| column)),
		}
	};
	let missing = |column: &str| Error::MissingColumn {
		row,
		column: column.to_owned(),
		found: list_columns(names.iter().copied()),
	};
	let text = find(&schema.text_column)?.ok_or_else(|| missing(&schema.text_column))?;
	let label = match &schema.label_column {
		None => None,
		Some(column) => match find(column)? {
			None if schema.labels_required => return Err(missing(column)),
			place => place,
		},
	};
	Ok((names.len(), text, label))
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

/// The line of the file on which a record starts. The reader's own number would be that of the
/// empty lines before it.
fn line_of(record: &ByteRecord, text: &[u8]) -> u64 {
	let Some(position) = record.position() else { return 0 };
	let start = usize::try_from(position.byte()).ok();
	let rest = start.and_then(|start| text.get(start..)).unwrap_or_default();
	let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
	position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

fn unreadable(error: csv::Error) -> Error {
	let row = error.position().map_or(0, |position| position.line());
	Error::Csv { row, reason: shorten_message(&error) }
}
