//! Reading rows of any kind: what a file holds is decided by its content alone, so that everybody who
//! has the file comes to the same rows.

use crate::{
	error::{Error, Result},
	file::{decompress, file, without_mark},
	format,
	header::text_column,
	number::is_word,
	records::Records,
	Dataset, Note, TextDataset, TextSchema,
};
use std::path::Path;

/// What rows must look like. The default asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schema {
	/// The number of features of each row, without the label. If it is `None`, the first row
	/// decides; if not, rows of text are refused.
	pub columns: Option<usize>,
	/// The number of classes: labels are numbers below it.
	pub classes: Option<u32>,
	/// The largest number of rows that is accepted.
	pub max_rows: Option<usize>,
}

impl Dataset {
	/// Reads a file of rows. See [`Dataset::from_bytes`].
	///
	/// # Errors
	/// [`Error::Io`] and those of [`Dataset::from_bytes`].
	pub fn read(path: &Path, schema: &Schema) -> Result<Self> {
		Self::from_bytes(&file(path)?, schema)
	}

	/// Reads rows, compressed with gzip or not.
	///
	/// | content begins with | rows are |
	/// | --- | --- |
	/// | a brace | of text: JSON Lines, one object per line with `text` and, if rows have labels, `label` |
	/// | a CSV header with a column `text` | of text, with the labels of the column `label`, if there is one |
	/// | anything else | of numbers: see [`Dataset::from_csv`] |
	///
	/// Names are compared without case, and similar ones (`review`, `sentiment`) are taken where those
	/// are missing; a column of such a name that has numbers alone makes no rows of text. Labels of
	/// text are numbers or names; see [`TextDataset`].
	///
	/// # Errors
	/// Those of [`TextDataset::from_bytes`] for rows of text, [`Error::WrongKind`] if there are such where
	/// the schema asks for features, [`Error::NeitherKind`] where a word stands for a number, and those of
	/// [`Dataset::from_csv`].
	pub fn from_bytes(bytes: &[u8], schema: &Schema) -> Result<Self> {
		Ok(Reading::of(bytes, schema)?.rows)
	}
}

/// Rows that were read, and what is worth knowing about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
	/// Those that models learn from, without what the notes say was left out.
	pub rows: Dataset,
	/// What a reader recognised, left out or noticed, for a person to see.
	pub notes: Vec<Note>,
}

impl Reading {
	/// Reads a file of rows as [`Dataset::read`] does.
	///
	/// # Errors
	/// Those of [`Dataset::read`].
	pub fn open(path: &Path, schema: &Schema) -> Result<Self> {
		Self::of(&file(path)?, schema)
	}

	/// Reads rows as [`Dataset::from_bytes`] does.
	///
	/// # Errors
	/// Those of [`Dataset::from_bytes`].
	pub fn of(bytes: &[u8], schema: &Schema) -> Result<Self> {
		let bytes = decompress(bytes)?;
		let bytes = without_mark(&bytes);
		format::check(bytes)?;
		let mut notes = Vec::new();
		let rows = read(bytes, schema, &mut notes)?;
		notes.extend(rows.notes());
		Ok(Self { rows, notes })
	}
}

fn read(bytes: &[u8], schema: &Schema, notes: &mut Vec<Note>) -> Result<Dataset> {
	if !is_text(bytes)? {
		return Dataset::table(bytes, schema, notes).map_err(|error| match error {
			Error::NotANumber { place, text, hint } if hint.is_empty() && is_word(&text) => {
				Error::NeitherKind { place, text }
			},
			error => error,
		});
	}
	if schema.columns.is_some() {
		return Err(Error::WrongKind { found: "text", expected: "numbers" });
	}
	let &Schema { classes, max_rows, .. } = schema;
	let schema = TextSchema { classes, max_rows, ..TextSchema::default() };
	Ok(Dataset::from_text(TextDataset::plain(bytes, &schema, notes)?))
}

/// Whether content says by its beginning that it is rows of text.
///
/// # Errors
/// Those of [`format::check_separator`].
fn is_text(bytes: &[u8]) -> Result<bool> {
	if let Some(b'{' | b'[') = bytes.trim_ascii_start().first() {
		return Ok(true);
	}
	format::check_separator(bytes)?;
	let mut records = Records::new(bytes);
	// Whoever reads the table says what is wrong with its first line.
	let Ok(Some(header)) = records.next() else { return Ok(false) };
	let Ok(names) = header.trimmed() else { return Ok(has_text(&header.cells)) };
	if names.iter().any(|name| name.eq_ignore_ascii_case("text")) {
		return Ok(true);
	}
	let Some(column) = text_column(header.row, &names)? else { return Ok(false) };
	// Such a column may count something, as `reviews` may.
	while let Ok(Some(record)) = records.next() {
		match record.text(column).map(str::trim) {
			Ok(cell) if cell.is_empty() || cell.parse::<f64>().is_ok() => {},
			_ => return Ok(true),
		}
	}
	Ok(false)
}

/// The same where the header is not UTF-8, which whoever reads the text says.
fn has_text(cells: &[std::borrow::Cow<[u8]>]) -> bool {
	cells.iter().any(|cell| cell.trim_ascii().eq_ignore_ascii_case(b"text"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_testing::gzip;
	use proptest::prelude::*;

	fn read(text: &str) -> Result<Dataset> {
		Dataset::from_bytes(text.as_bytes(), &Schema::default())
	}

	fn texts(text: &str) -> Vec<String> {
		read(text).unwrap().texts().unwrap().texts().to_vec()
	}

	#[test]
	fn rows_should_be_of_text_when_content_says_so() {
		let rows = ["good film", "bad, bad film"];
		let lines = "{\"text\":\"good film\"}\n{\"text\":\"bad, bad film\"}\n";
		assert_eq!(texts(lines), rows);
		assert_eq!(texts(&format!("\u{feff}\n {lines}")), rows);
		assert_eq!(texts("text\ngood film\n\"bad, bad film\"\n"), rows);
		assert_eq!(texts("id, text ,label\n1,good film,0\n2,\"bad, bad film\",1\n"), rows);
		// A header decides, whatever stands below it.
		assert_eq!(texts("label,text\n0,12\n"), ["12"]);
	}

	#[test]
	fn rows_should_be_of_numbers_when_no_column_is_called_text() {
		for table in ["1,2,0\n3,4,1\n", "a,b,label\n1,2,0\n3,4,1\n", "\u{feff}1,2,0\n3,4,1\n"] {
			let rows = read(table).unwrap();
			assert_eq!((rows.kind(), rows.columns(), rows.len()), ("numbers", 2, 2));
			let other = Dataset::from_csv(b"1,2,0\n3,4,1\n", &Schema::default()).unwrap();
			assert_eq!(rows.content_root(), other.content_root());
		}
	}

	#[test]
	fn root_should_be_the_same_when_rows_come_as_csv_json_lines_or_compressed() {
		let csv = read("text,label\ngood film,good\nbad film,bad\n").unwrap();
		let lines = csv.to_bytes();
		for bytes in [&lines, &gzip(&lines)] {
			let read = Dataset::from_bytes(bytes, &Schema::default()).unwrap();
			assert_eq!(read, csv);
			assert_eq!(read.content_root(), csv.content_root());
		}
	}

	#[test]
	fn message_should_say_what_to_do_when_kinds_are_mixed_or_unknown() {
		for (text, words) in [
			("1,2,0\n{\"text\":\"good\"}\n", &["row 2", "a file of their own"][..]),
			("{\"text\":\"good\"}\n1,2,0\n", &["row 2", "not a JSON object"]),
			("{\"text\":\"good\"}\n{\"txt\":\"bad\"}\n", &["row 2", "'text'", "'txt'"]),
			("{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\"}\n", &["row 2", "no label"]),
			("[{\"text\":\"good\"}]\n", &["row 1", "not a JSON object"]),
			("opinion,label\ngood film,1\n", &["row 2, column 1", "'good film'", "column 'text'"]),
			("text,label\n", &["no rows"]),
		] {
			let message = read(text).unwrap_err().to_string();
			for word in words {
				assert!(message.contains(word), "'{message}' lacks '{word}'");
			}
		}
		let numbers = Schema { columns: Some(2), ..Schema::default() };
		let error = Dataset::from_bytes(b"text\ngood\n", &numbers).unwrap_err();
		assert!(matches!(error, Error::WrongKind { found: "text", .. }), "{error}");
		let few = Schema { classes: Some(2), max_rows: Some(1), ..Schema::default() };
		let read = |text: &str| Dataset::from_bytes(text.as_bytes(), &few);
		assert!(read("text,label\ngood,1\n").is_ok());
		assert!(read("text,label\ngood,2\n").is_err());
		assert!(read("text,label\ngood,1\nbad,0\n").is_err());
	}

	#[test]
	fn column_of_a_similar_name_should_make_text_only_when_it_holds_words() {
		assert_eq!(texts("review,label\n12,0\ngood film,1\n"), ["12", "good film"]);
		let rows = read("reviews,price,label\n12,3.5,0\n4,2,1\n").unwrap();
		assert_eq!((rows.kind(), rows.columns()), ("numbers", 2));
	}

	#[test]
	fn rows_should_be_noted_when_their_sizes_or_classes_are_unusual() {
		let notes = |text: &str| {
			let notes = Reading::of(text.as_bytes(), &Schema::default()).unwrap().notes;
			notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
		};
		assert!(notes("1700000000,1,0\n1600000000,2,1\n").contains("--scaling standardise"));
		assert!(notes("5,1,1\n6,2,1\n").contains("all rows have the label 1"));
		assert!(notes("5,1,1\n6,2,0\n7,4,900\n").contains("only 3 classes have rows"));
		assert!(notes("text\nNaN\ngood\n").contains("1 texts look like missing values"));
		assert_eq!(notes("5,1,1\n6,2,0\n"), "");
	}

	#[test]
	fn file_should_be_refused_by_its_format_whatever_is_asked_of_it() {
		let html = b"<!DOCTYPE html><html></html>";
		for bytes in [&html[..], &gzip(html), b"\xef\xbb\xbf<!DOCTYPE html>"] {
			let error = Dataset::from_bytes(bytes, &Schema::default()).unwrap_err().to_string();
			assert!(error.contains("HTML page"), "{error}");
		}
		assert!(read("text;label\ngood;1\n").unwrap_err().to_string().contains("semicolons"));
	}

	#[test]
	fn file_should_be_named_when_it_cannot_be_read() {
		let error = Dataset::read(Path::new("no/such/file.csv"), &Schema::default()).unwrap_err();
		assert!(error.to_string().starts_with("cannot read no/such/file.csv"));
	}

	proptest! {
		#[test]
		fn text_should_read_back_the_same_when_written(
			rows in prop::collection::vec(("\\PC{0,20}[a-z\\n,\"{]", 0usize..3), 1..8),
			named in any::<bool>(),
		) {
			let labels = rows.iter().map(|(_, label)| *label as u32).collect();
			let names = ["1", "bad", "good"].map(str::to_owned).to_vec();
			let names = if named { names } else { Vec::new() };
			let texts: Vec<String> = rows.into_iter().map(|(text, _)| text).collect();
			prop_assume!(texts.iter().all(|text| !text.trim().is_empty()));
			let data = Dataset::from_text(TextDataset::new(texts, Some(labels), names).unwrap());
			let read = Dataset::from_bytes(&data.to_bytes(), &Schema::default()).unwrap();
			prop_assert_eq!(read.content_root(), data.content_root());
			prop_assert_eq!(read.texts().unwrap().texts(), data.texts().unwrap().texts());
		}

		#[test]
		fn any_content_should_be_read_or_refused_without_panic(
			bytes in prop::collection::vec(any::<u8>(), 0..60),
			start in prop::sample::select(vec!["", "{", "text,label\n", "text\n\"", "1,2,0\n"]),
		) {
			let content = [start.as_bytes(), &bytes].concat();
			if let Ok(read) = Dataset::from_bytes(&content, &Schema::default()) {
				let again = Dataset::from_bytes(&read.to_bytes(), &Schema::default()).unwrap();
				prop_assert_eq!(again.content_root(), read.content_root());
			}
		}
	}
}
