//! Reads tables and single rows of numbers.

use crate::{
	error::{Error, Place, Result},
	file::decompress,
	shorten, Dataset, Schema, MAX_LABEL,
};
use csv::{ReaderBuilder, StringRecord, Trim};

impl Dataset {
	/// Reads CSV, compressed with gzip or not: comma-separated numbers, the label in the last
	/// column.
	///
	/// A first row without any number is taken for a header and skipped. Spaces around values and
	/// empty lines are ignored.
	///
	/// # Errors
	/// [`Error::Decompress`], [`Error::TooLarge`], [`Error::NoRows`], and, with row and column,
	/// [`Error::Csv`], [`Error::TableWidth`], [`Error::NotANumber`], [`Error::TableLabel`].
	pub fn from_csv(bytes: &[u8], schema: &Schema) -> Result<Self> {
		Self::table(&decompress(bytes)?, schema)
	}

	/// Reads a table that is not compressed.
	pub(super) fn table(bytes: &[u8], schema: &Schema) -> Result<Self> {
		let mut reader = ReaderBuilder::new()
			.has_headers(false)
			// Rows of other widths come through: the check below says which row it is.
			.flexible(true)
			.trim(Trim::All)
			.from_reader(bytes);
		let mut expected = schema.columns.map(|columns| columns.saturating_add(1));
		let (mut features, mut labels) = (Vec::new(), Vec::new());
		let mut record = StringRecord::new();
		let mut first = true;
		while reader.read_record(&mut record).map_err(unreadable)? {
			let row = line_of(&record, bytes);
			let header = first && record.iter().all(|text| text.parse::<f64>().is_err());
			first = false;
			// It would be refused for its width, which does not tell what is wrong.
			if record.get(0).is_some_and(|cell| cell.starts_with('{')) {
				let reason = "a JSON object in a table: put rows of text into a file of their own";
				return Err(Error::Csv { row, reason: reason.to_owned() });
			}
			let expected = *expected.get_or_insert(record.len());
			if record.len() != expected || expected < 2 {
				let expected = expected.max(2);
				return Err(Error::TableWidth { row, found: record.len(), expected });
			}
			// Only now: a header must be as wide as the rows.
			if header {
				continue;
			}
			if schema.max_rows.is_some_and(|limit| labels.len() >= limit) {
				return Err(Error::TooLarge { limit: labels.len() as u64, unit: "rows" });
			}
			for (column, text) in (1..).zip(&record) {
				let place = Place { row: Some(row), column };
				if column == expected {
					labels.push(parse_label(text, place, largest_label(schema))?);
				} else {
					features.push(parse_feature(text, place)?);
				}
			}
		}
		Self::new(expected.unwrap_or(2).saturating_sub(1), features, labels)
	}
}

/// Reads the features of one row, `[columns]`, from a comma-separated line: the input of an
/// inference.
///
/// # Errors
/// [`Error::InputLength`], and [`Error::NotANumber`] with the column.
pub fn parse_input(text: &str, columns: usize) -> Result<Vec<f32>> {
	let found = text.split(',').count();
	if found != columns {
		return Err(Error::InputLength { found, expected: columns });
	}
	let values = (1..).zip(text.split(','));
	values.map(|(column, text)| parse_feature(text.trim(), Place { row: None, column })).collect()
}

fn largest_label(schema: &Schema) -> u32 {
	schema.classes.map_or(MAX_LABEL, |classes| classes.saturating_sub(1))
}

fn parse_feature(text: &str, place: Place) -> Result<f32> {
	match text.parse::<f32>() {
		// Adding zero turns -0 into 0.
		Ok(value) if value.is_finite() => Ok(value + 0.0),
		_ => Err(Error::NotANumber { place, text: shorten(text) }),
	}
}

fn parse_label(text: &str, place: Place, largest: u32) -> Result<u32> {
	match text.parse::<u32>() {
		Ok(label) if label <= largest => Ok(label),
		_ => Err(Error::TableLabel { place, text: shorten(text), largest }),
	}
}

/// The line of the file on which a record starts. The reader's own number would be that of the
/// empty lines before it.
fn line_of(record: &StringRecord, text: &[u8]) -> u64 {
	let Some(position) = record.position() else { return 0 };
	let start = usize::try_from(position.byte()).ok();
	let rest = start.and_then(|start| text.get(start..)).unwrap_or_default();
	let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
	position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

fn unreadable(error: csv::Error) -> Error {
	let row = error.position().map_or(0, |position| position.line());
	let reason = match error.kind() {
		csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
		_ => error.to_string(),
	};
	Error::Csv { row, reason }
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_testing::gzip;

	fn read(text: &str) -> Result<Dataset> {
		Dataset::from_csv(text.as_bytes(), &Schema::default())
	}

	fn message(text: &str) -> String {
		read(text).unwrap_err().to_string()
	}

	#[test]
	fn table_should_be_read_when_it_has_a_header_spaces_and_empty_lines() {
		let data = read("width, height, class\n1, 2.5, 0\n\n-3e1,4,12\r\n").unwrap();
		assert_eq!(data.columns(), 2);
		assert_eq!(data.features(), [1.0, 2.5, -30.0, 4.0]);
		assert_eq!(data.labels(), [0, 12]);
		assert_eq!(data.classes(), 13);
	}

	#[test]
	fn table_should_be_read_when_compressed() {
		let bytes = gzip(b"1,2,0\n3,4,1\n");
		assert_eq!(
			Dataset::from_csv(&bytes, &Schema::default()).unwrap(),
			read("1,2,0\n3,4,1\n").unwrap()
		);
		let cut = &bytes[..bytes.len() - 6];
		assert!(matches!(Dataset::from_csv(cut, &Schema::default()), Err(Error::Decompress(_))));
	}

	#[test]
	fn row_and_column_should_be_named_when_a_feature_is_no_number() {
		let mut text = "1,2,3,4,5,6,7,0\n".repeat(11);
		text += "1,2,3,4,5,6,abc,0\n";
		assert_eq!(
			message(&text),
			"row 12, column 7: 'abc' is not a number; features are decimal numbers, at most 3.4e38"
		);
		assert!(message("1,2,0\n1,nan,0\n").starts_with("row 2, column 2: 'nan' is not a number"));
		assert!(message("1,2,0\n1e39,2,0\n").starts_with("row 2, column 1: '1e39' is not a number"));
		assert!(message("1,2,0\n,2,0\n").starts_with("row 2, column 1: '' is not a number"));
		// Only a row without any number is a header.
		assert!(message("x,2,0\n").starts_with("row 1, column 1: 'x' is not a number"));
	}

	#[test]
	fn row_and_column_should_be_named_when_a_label_is_no_class() {
		for label in ["-1", "7.5", "seven", "", "70000"] {
			let text = message(&format!("1,2,0\n\n3,4,{label}\n"));
			assert!(
				text.starts_with(&format!("row 3, column 3: '{label}' is not a label")),
				"{text}"
			);
		}
		let schema = Schema { classes: Some(10), ..Default::default() };
		let error = Dataset::from_csv(b"1,2,10\n", &schema).unwrap_err();
		assert!(error
			.to_string()
			.contains("'10' is not a label; labels are whole numbers from 0 to 9"));
	}

	#[test]
	fn row_should_be_named_when_columns_are_missing_or_too_many() {
		assert_eq!(
			message("1,2,0\n1,2,3,0\n"),
			"row 2: 4 columns instead of 3 (2 features and the label)"
		);
		assert_eq!(
			message("1,2,0\n1\n"),
			"row 2: 1 columns instead of 3 (2 features and the label)"
		);
		assert_eq!(message("1\n2\n"), "row 1: 1 columns instead of 2 (1 features and the label)");
		let schema = Schema { columns: Some(64), ..Default::default() };
		let error = Dataset::from_csv(b"1,2,0\n", &schema).unwrap_err();
		assert_eq!(error.to_string(), "row 1: 3 columns instead of 65 (64 features and the label)");
	}

	#[test]
	fn table_should_be_refused_when_it_has_no_rows_or_too_many() {
		assert!(matches!(read(""), Err(Error::NoRows)));
		assert!(matches!(read("a,b,c\n"), Err(Error::NoRows)));
		let schema = Schema { max_rows: Some(2), ..Default::default() };
		assert!(Dataset::from_csv(b"1,0\n2,0\n", &schema).is_ok());
		let error = Dataset::from_csv(b"1,0\n2,0\n3,0\n", &schema).unwrap_err();
		assert_eq!(error.to_string(), "there are more than 2 rows: split the file");
	}

	#[test]
	fn row_should_be_named_when_text_is_not_utf8() {
		let error = Dataset::from_csv(b"1,2,0\n\xff,2,0\n", &Schema::default()).unwrap_err();
		assert_eq!(error.to_string(), "row 2: the text is not UTF-8");
	}

	#[test]
	fn input_should_be_parsed_when_it_has_the_features_of_one_row() {
		assert_eq!(parse_input("0, 5,13.5", 3).unwrap(), [0.0, 5.0, 13.5]);
		assert_eq!(parse_input("-0", 1).unwrap()[0].to_bits(), 0);
		let error = parse_input("0,5,abc", 3).unwrap_err();
		assert!(error.to_string().starts_with("column 3: 'abc' is not a number"));
		assert!(matches!(parse_input("0,5", 3), Err(Error::InputLength { found: 2, expected: 3 })));
		assert!(matches!(parse_input("", 3), Err(Error::InputLength { found: 1, .. })));
		assert!(parse_input("1,,3", 3).is_err());
	}

	#[test]
	fn message_should_stay_short_when_the_value_is_long() {
		let text = message(&format!("1,2,0\n{},2,0\n", "é".repeat(4000)));
		assert!(text.len() < 250);
	}
}
