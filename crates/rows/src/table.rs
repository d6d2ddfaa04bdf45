//! Reads tables and single rows of numbers.

use crate::{
	error::{Error, Place, Result},
	file::{decompress, without_mark},
	format,
	header::{
		is_header, is_index_name, is_unnamed, label_name, may_number_columns, numbers_columns,
		numbers_rows, table_label_column, LabelName,
	},
	number::{is_missing, parse_feature, parse_label, plain_feature},
	records::{Record, Records},
	shorten, Dataset, Note, Schema, MAX_LABEL,
};

impl Dataset {
	/// Reads CSV, compressed with gzip or not: comma-separated numbers, the label in the last
	/// column, or in that which the header calls `label`, `class`, `target` or `y`, in any case.
	///
	/// A first row is a header if it has words and no number, or names the label; then it is no row.
	/// Spaces around values and empty lines are ignored. A first column without a name that numbers
	/// the rows is left out. What may be a header or the numbers of rows, and may as well be data,
	/// is refused.
	///
	/// # Errors
	/// [`Error::Decompress`], [`Error::TooLarge`], [`Error::Format`], [`Error::NoRows`], and, with row
	/// and column, those of records, headers, features and labels.
	pub fn from_csv(bytes: &[u8], schema: &Schema) -> Result<Self> {
		let bytes = decompress(bytes)?;
		let bytes = without_mark(&bytes);
		format::check(bytes)?;
		format::check_separator(bytes)?;
		Self::table(bytes, schema, &mut Vec::new())
	}

	/// Reads a table that is not compressed and has no mark in front.
	pub(super) fn table(bytes: &[u8], schema: &Schema, notes: &mut Vec<Note>) -> Result<Self> {
		let mut records = Records::new(bytes);
		let Some(first) = records.next()? else { return Err(Error::NoRows) };
		let layout = Layout::of(&first, schema.columns, true)?;
		let mut table = Table::new(&layout, schema);
		if !layout.header {
			table.add(&first)?;
		}
		while let Some(record) = records.next()? {
			table.add(&record)?;
		}
		table.finish(&first, notes)
	}
}

/// Which columns of a table hold what.
struct Layout {
	/// The names in the header, or none.
	names: Vec<String>,
	header: bool,
	/// The header only numbers the columns.
	numbered: bool,
	width: usize,
	/// The column with the label; `None` if there is none.
	label: Option<usize>,
	/// Whether the header calls it so.
	label_is_named: bool,
	/// Whether the first column may number the rows.
	index: bool,
}

impl Layout {
	/// Of the first record. `features` is how many features are wanted, if that is known.
	fn of(first: &Record, features: Option<usize>, labelled: bool) -> Result<Self> {
		let cells = first.trimmed()?;
		refuse_object(first)?;
		let header = is_header(&cells);
		let row = first.row;
		let index =
			header && cells.len() > 1 && cells.first().is_some_and(|name| is_index_name(name));
		let (width, wanted) = (cells.len(), usize::from(labelled));
		let expected = features.map_or(wanted.saturating_add(1), |n| n.saturating_add(wanted));
		// Whether the first column counts is not known before the rows are.
		let fits = match features {
			None => width >= expected,
			Some(_) => width == expected || index && width == expected.saturating_add(1),
		};
		if !fits {
			return Err(Error::TableWidth { row, found: width, expected });
		}
		let names: Vec<&str> = if header { cells } else { Vec::new() };
		let unnamed = |column: &usize| names.get(*column).is_some_and(|name| is_unnamed(name));
		if let Some(column) = (1..width).find(unnamed) {
			return Err(Error::Unnamed { row, column: column.saturating_add(1) });
		}
		let named = if labelled { table_label_column(row, &names)? } else { None };
		let last = width.saturating_sub(1);
		Ok(Self {
			header,
			numbered: header && names.iter().all(|name| is_unnamed(name) || is_number(name)),
			width,
			label: labelled.then_some(named.unwrap_or(last)),
			label_is_named: named.is_some(),
			index,
			names: names.into_iter().map(str::to_owned).collect(),
		})
	}

	fn name(&self, column: usize) -> &str {
		self.names.get(column).map_or("", String::as_str)
	}

	/// Whether a column may be left out: the first, if it has no name.
	fn is_unnamed_index(&self) -> bool {
		self.index && is_unnamed(self.name(0))
	}

	/// Says in a message which column has the labels.
	fn label_place(&self) -> String {
		match (self.label, self.label_is_named) {
			(Some(column), true) => format!("the column '{}'", shorten(self.name(column))),
			_ => "the last column".to_owned(),
		}
	}

	/// What the header made of the columns.
	fn notes(&self) -> Vec<Note> {
		let mut notes = Vec::new();
		if self.numbered {
			notes.push(Note::NumberedHeader);
		}
		let Some(label) = self.label.filter(|_| self.header) else { return notes };
		let (name, column) = (shorten(self.name(label)), label.saturating_add(1));
		match (self.label_is_named, column == self.width) {
			(true, false) => notes.push(Note::LabelColumn { name, column }),
			(false, _) if !self.numbered => notes.push(Note::LastIsLabel { name }),
			_ => {},
		}
		notes
	}
}

fn is_number(cell: &str) -> bool {
	cell.parse::<f64>().is_ok()
}

/// An object would be refused for its width, which does not tell what is wrong.
fn refuse_object(record: &Record) -> Result<()> {
	match record.text(0)?.trim_start().starts_with('{') {
		false => Ok(()),
		true => {
			let reason = "a JSON object in a table: put rows of text into a file of their own";
			Err(Error::Csv { row: record.row, reason: reason.to_owned() })
		},
	}
}

/// Rows read so far.
struct Table<'a> {
	layout: &'a Layout,
	largest: u32,
	/// The number of features that is wanted, if that is known.
	wanted: Option<usize>,
	max_rows: Option<usize>,
	/// The features of all columns but the first, where that may number the rows.
	features: Vec<f32>,
	/// The first column's features, where it may number the rows.
	index: Vec<f64>,
	/// What is wrong with the first column if it is a feature.
	index_fault: Option<Error>,
	labels: Vec<u32>,
	lost: Option<Note>,
	spans: Option<Note>,
}

impl<'a> Table<'a> {
	fn new(layout: &'a Layout, schema: &Schema) -> Self {
		Self {
			layout,
			largest: schema.classes.map_or(MAX_LABEL, |n| n.saturating_sub(1).min(MAX_LABEL)),
			wanted: schema.columns,
			max_rows: schema.max_rows,
			features: Vec::new(),
			index: Vec::new(),
			index_fault: None,
			labels: Vec::new(),
			lost: None,
			spans: None,
		}
	}

	fn add(&mut self, record: &Record) -> Result<()> {
		let (row, layout) = (record.row, self.layout);
		refuse_object(record)?;
		if record.cells.len() != layout.width {
			return Err(Error::TableWidth {
				row,
				found: record.cells.len(),
				expected: layout.width,
			});
		}
		if self.max_rows.is_some_and(|limit| self.labels.len() >= limit) {
			return Err(Error::TooLarge { limit: self.labels.len() as u64, unit: "rows" });
		}
		Note::span(&mut self.spans, record.row, record.line_ends);
		for (column, text) in record.trimmed()?.into_iter().enumerate() {
			let place = Place { row: Some(row), column: column.saturating_add(1) };
			if layout.label == Some(column) {
				let place_name = layout.label_place();
				self.labels.push(parse_label(text, place, self.largest, &place_name)?);
			} else if column == 0 && layout.index {
				self.index.push(self.index_cell(text, place)?);
				if let (None, Err(fault)) = (&self.index_fault, parse_feature(text, place)) {
					self.index_fault = Some(fault);
				}
			} else {
				let value = self.feature(text, place)?;
				self.features.push(value);
			}
		}
		Ok(())
	}

	fn feature(&mut self, text: &str, place: Place) -> Result<f32> {
		let (value, lost) = parse_feature(text, place)?;
		if lost {
			note_digits(&mut self.lost, text, place, value);
		}
		Ok(value)
	}

	/// A cell of a first column that may number the rows.
	fn index_cell(&self, text: &str, place: Place) -> Result<f64> {
		let whole = text.parse::<f64>().ok().filter(|x| x.is_finite());
		whole.ok_or_else(|| match self.layout.is_unnamed_index() {
			true => Error::Unnamed { row: place.row.unwrap_or(1), column: 1 },
			false if is_missing(text) => plain_feature(text, place).err().unwrap_or(Error::NoRows),
			false => Error::NumberedRows { name: quoted(self.layout.name(0)) },
		})
	}

	fn finish(self, first: &Record, notes: &mut Vec<Note>) -> Result<Dataset> {
		let Self { layout, mut features, index, labels, .. } = self;
		if labels.is_empty() {
			return Err(Error::NoRows);
		}
		let mut columns = layout.width.saturating_sub(1);
		if layout.index {
			let numbers_rows = are_distinct(&index);
			match (numbers_rows, layout.is_unnamed_index()) {
				(true, true) if columns > 1 => {
					columns = columns.saturating_sub(1);
					notes.push(Note::IndexColumn);
				},
				(_, true) => return Err(Error::Unnamed { row: first.row, column: 1 }),
				(true, false) if columns > 1 => {
					return Err(Error::NumberedRows { name: quoted(layout.name(0)) });
				},
				(_, false) => {
					if let Some(fault) = self.index_fault {
						return Err(fault);
					}
					features = with_first(&index, &features, columns);
				},
			}
		} else if !layout.header {
			refuse_numbered(first, columns, &features, &labels)?;
		}
		notes.extend(layout.notes());
		notes.extend(self.spans);
		notes.extend(self.lost);
		if let Some(expected) = self.wanted.filter(|wanted| *wanted != columns) {
			let (found, expected) = (columns.saturating_add(1), expected.saturating_add(1));
			return Err(Error::TableWidth { row: first.row, found, expected });
		}
		Dataset::new(columns, features, labels)
	}
}

fn quoted(name: &str) -> String {
	format!(", '{}',", shorten(name))
}

/// Whether all numbers are whole and no two are the same.
fn are_distinct(numbers: &[f64]) -> bool {
	let mut sorted = numbers.to_vec();
	sorted.sort_by(f64::total_cmp);
	sorted.iter().all(|x| x.fract() == 0.0)
		&& sorted.windows(2).all(|pair| matches!(pair, [a, b] if a != b))
}

/// Rows with one feature more, in front. `columns` counts it.
fn with_first(first: &[f64], features: &[f32], columns: usize) -> Vec<f32> {
	let rest = columns.saturating_sub(1);
	let mut all = Vec::with_capacity(features.len().saturating_add(first.len()));
	for (row, value) in first.iter().enumerate() {
		// Adding zero turns -0 into 0.
		all.push(*value as f32 + 0.0);
		let start = row.saturating_mul(rest);
		all.extend_from_slice(features.get(start..start.saturating_add(rest)).unwrap_or_default());
	}
	all
}

/// Refuses rows without a header whose first may be one, or whose first column may number them.
fn refuse_numbered(first: &Record, columns: usize, features: &[f32], labels: &[u32]) -> Result<()> {
	if numbers_columns(columns, features, labels) {
		let cells = first.trimmed()?;
		let cell = |cell: Option<&&str>| cell.map_or(String::new(), |cell| shorten(cell));
		let (from, to) = (cell(cells.first()), cell(cells.last()));
		return Err(Error::NumberedHeader { row: first.row, from, to });
	}
	match numbers_rows(columns, features) {
		true => Err(Error::NumberedRows { name: String::new() }),
		false => Ok(()),
	}
}

fn note_digits(note: &mut Option<Note>, text: &str, place: Place, value: f32) {
	match note {
		Some(Note::DigitsLost { count, .. }) => *count = count.saturating_add(1),
		_ => {
			let (text, kept) = (shorten(text), value.to_string());
			*note = Some(Note::DigitsLost { count: 1, place, text, kept });
		},
	}
}

/// The input of an inference, from a file of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
	/// The line of the file on which it stands, from 1.
	pub row: u64,
	/// The features of one row, comma-separated.
	pub text: String,
}

/// Reads the inputs of inferences: CSV, compressed with gzip or not, with the features of each row
/// and no label; and what is worth knowing about them. `columns` is the number of features, if it
/// is known. Headers and numbers of rows are as in [`Dataset::from_csv`].
///
/// # Errors
/// Those of [`Dataset::from_csv`].
pub fn read_inputs(bytes: &[u8], columns: Option<usize>) -> Result<(Vec<Input>, Vec<Note>)> {
	let bytes = decompress(bytes)?;
	let bytes = without_mark(&bytes);
	format::check(bytes)?;
	format::check_separator(bytes)?;
	let mut records = Records::new(bytes);
	let Some(first) = records.next()? else { return Err(Error::NoRows) };
	let layout = Layout::of(&first, None, false)?;
	let labelled = layout
		.names
		.iter()
		.position(|name| label_name(name).is_some_and(|name| name < LabelName::Loose));
	let too_many = columns.is_some_and(|columns| layout.width > columns);
	if let Some(column) = labelled.filter(|_| too_many) {
		let name = shorten(layout.name(column));
		return Err(Error::LabelInInput { row: first.row, name });
	}
	let drops = layout.is_unnamed_index();
	let (mut inputs, mut notes, mut lost, mut first_column) =
		(Vec::new(), layout.notes(), None, Vec::new());
	let mut next = if layout.header { records.next()? } else { Some(first) };
	while let Some(record) = next {
		let cells = record.trimmed()?;
		first_column.extend(cells.first().and_then(|cell| cell.parse::<f64>().ok()));
		let skipped = usize::from(drops);
		let cells = cells.get(skipped..).unwrap_or_default();
		if let Some(expected) = columns.filter(|columns| *columns != cells.len()) {
			let (row, found) = (record.row, cells.len());
			return Err(Error::InputWidth { row, found, expected });
		}
		for (column, text) in (1..).zip(cells) {
			let place = Place { row: Some(record.row), column: column + skipped };
			let (value, is_lost) = parse_feature(text, place)?;
			if is_lost {
				note_digits(&mut lost, text, place, value);
			}
		}
		inputs.push(Input { row: record.row, text: cells.join(",") });
		next = records.next()?;
	}
	if drops {
		if first_column.len() != inputs.len() || !are_distinct(&first_column) {
			return Err(Error::Unnamed { row: 1, column: 1 });
		}
		notes.push(Note::IndexColumn);
	} else if !layout.header {
		let first: Vec<f64> = inputs.first().map_or_else(Vec::new, |input| {
			input.text.split(',').filter_map(|cell| cell.parse().ok()).collect()
		});
		if inputs.len() > 1 && may_number_columns(&first) {
			let cell = |cell: Option<&f64>| cell.map_or(String::new(), f64::to_string);
			let (from, to) = (cell(first.first()), cell(first.last()));
			return Err(Error::NumberedHeader {
				row: inputs.first().map_or(1, |i| i.row),
				from,
				to,
			});
		}
	}
	notes.extend(lost);
	Ok((inputs, notes))
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
	values.map(|(column, text)| plain_feature(text.trim(), Place { row: None, column })).collect()
}

/// Checks the input of an inference before it is paid for. Beyond [`parse_input`] it refuses numbers
/// that would be read as others, and tells of digits that are not kept.
///
/// # Errors
/// Those of [`parse_input`], and [`Error::DigitsLost`].
pub fn check_input(text: &str, columns: usize) -> Result<Option<Note>> {
	parse_input(text, columns)?;
	let mut lost = None;
	for (column, text) in (1..).zip(text.split(',').map(str::trim)) {
		let place = Place { row: None, column };
		let (value, is_lost) = parse_feature(text, place)?;
		if is_lost {
			note_digits(&mut lost, text, place, value);
		}
	}
	Ok(lost)
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
		assert!(error.to_string().starts_with("row 2, column 1: the text is not UTF-8: save"));
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

	fn noted(text: &str) -> (Dataset, String) {
		let mut notes = Vec::new();
		let rows = Dataset::table(text.as_bytes(), &Schema::default(), &mut notes).unwrap();
		let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
		(rows, notes.join("; "))
	}

	#[test]
	fn header_should_be_no_row_when_it_numbers_the_columns() {
		for (text, told) in [
			("0,1,2,3,label\n5,1,4,2,0\n", ""),
			("label,0,1,2,3\n0,5,1,4,2\n", "column 1, which the header calls 'label'"),
			(",0,1,2,3,4\n0,5,1,4,2,0\n", "is left out"),
			(",0,1,2,3,target\n0,5,1,4,2,0\n", "is left out"),
		] {
			let (rows, notes) = noted(text);
			assert_eq!(
				(rows.row(0), rows.labels()),
				(&[5.0, 1.0, 4.0, 2.0][..], &[0][..]),
				"{text}"
			);
			assert!(notes.contains(told), "'{notes}' lacks '{told}'");
		}
		for text in ["0,1,2,3,4\n5,1,4,2,0\n", "1,2\n5,0\n", "0,1\n3,1\n", "7,8,9,10\n5,1,4,2\n"] {
			assert!(message(text).contains("it may be a header"), "{}", message(text));
		}
		// What is wrong elsewhere comes first.
		assert!(message("0,1,2\n0,one,2\n").starts_with("row 2, column 2"));
		// A header of its own tells such a row from a header.
		assert_eq!(read("a,b,c\n0,1,2\n").unwrap().row(0), [0.0, 1.0]);
	}

	#[test]
	fn label_should_be_taken_from_the_column_that_the_header_calls_so() {
		let (rows, notes) = noted("label,1x1,1x2\n3,0,255\n");
		assert_eq!((rows.row(0), rows.label(0)), (&[0.0, 255.0][..], 3));
		assert!(notes.contains("column 1, which the header calls 'label'"), "{notes}");
		for header in ["a,TARGET,b", "a,Class,b", "a,y,b", "a, Label ,b"] {
			let (rows, notes) = noted(&format!("{header}\n1,3,2\n"));
			assert_eq!((rows.row(0), rows.label(0)), (&[1.0, 2.0][..], 3), "{header}");
			assert!(notes.contains("column 2"), "{notes}");
		}
		assert!(noted("a,b,c\n1,3,2\n").1.contains("the last one, 'c'"));
		assert_eq!(noted("a,b,label\n1,3,2\n").1, "");
		assert!(message("label,a,class\n1,3,2\n").contains("may each be the label"));
		let error = message("label,a\nspam,3\n");
		assert!(
			error.contains("row 2, column 1: 'spam'") && error.contains("in the column 'label'"),
			"{error}"
		);
	}

	#[test]
	fn column_that_numbers_the_rows_should_be_left_out_or_refused() {
		for header in [",a,b,label", "Unnamed: 0,a,b,label"] {
			// Shuffled rows keep their numbers.
			let (rows, notes) = noted(&format!("{header}\n7,1,2,0\n3,3,4,1\n"));
			assert_eq!(rows.features(), [1.0, 2.0, 3.0, 4.0]);
			assert!(notes.contains("numbers the rows: it is left out"), "{notes}");
		}
		for text in
			["id,a,label\n0,5,0\n1,6,1\n", "0,5,0\n1,6,1\n2,9,0\n", "Index,a,y\n4,5,0\n9,6,1\n"]
		{
			assert!(message(text).contains("numbers the rows"), "{}", message(text));
		}
		assert!(message(",a,label\n0.5,5,0\n1,6,1\n").contains("column 1 has no name"));
		assert!(message("a,b,\n1,2,0\n").contains("column 3 has no name"));
		let schema = Schema { columns: Some(2), ..Default::default() };
		let rows = Dataset::from_csv(b",a,b,label\n0,1,2,0\n1,3,4,1\n", &schema).unwrap();
		assert_eq!(rows.columns(), 2);
		assert_eq!(read("time,a,label\n0,5,0\n1,6,1\n2,7,1\n").unwrap().columns(), 2);
	}

	#[test]
	fn files_should_differ_in_root_or_be_refused_when_their_digits_differ() {
		for text in ["1700000001,1,0\n", "1700000003,1,0\n"] {
			assert!(
				message(text).contains("row 1, column 1") && message(text).contains("subtract")
			);
		}
		let (_, notes) = noted("0.30000000000000004,1,0\n0.123456789,2,1\n");
		assert!(
			notes.contains("2 features have more digits") && notes.contains("kept as 0.3"),
			"{notes}"
		);
		assert_eq!(noted("0.3,1,0\n").1, "");
	}

	#[test]
	fn rows_should_have_the_numbers_of_their_lines_when_carriage_returns_end_them() {
		assert!(message("a,b,label\r1,2,0\r\r1,x,0\r").starts_with("row 4, column 2"));
	}

	#[test]
	fn inputs_should_be_read_as_tables_are_without_a_label() {
		let read = |text: &str| read_inputs(text.as_bytes(), Some(2));
		let rows = |text: &str| -> Vec<(u64, String)> {
			read(text).unwrap().0.into_iter().map(|input| (input.row, input.text)).collect()
		};
		let expected = [(2, "1,2".to_owned()), (4, "3,4.5".to_owned())];
		assert_eq!(rows("\u{feff}a,b\n1, 2\n\n\"3\",4.5\n"), expected);
		assert_eq!(rows(",a,b\r0,1,2\r\r1,3,4.5\r"), expected);
		for (text, words) in [
			("a;b\n1;2\n", "semicolons"),
			("1,2,3\n", "row 1: 3 values instead of 2"),
			("a,b,label\n1,2,0\n", "--labelled"),
			("a,b\n1,x\n", "row 2, column 2"),
			("1700000001,2\n", "subtract"),
			("0,1\n5,6\n", "may be a header"),
		] {
			let error = read(text).unwrap_err().to_string();
			assert!(error.contains(words), "'{error}' lacks '{words}'");
		}
		assert!(check_input("0.123456789,1", 2).unwrap().is_some());
		assert!(check_input("1700000001,1", 2).is_err());
	}

	#[test]
	fn message_should_stay_short_when_the_value_is_long() {
		let text = message(&format!("1,2,0\n{},2,0\n", "é".repeat(4000)));
		assert!(text.len() < 250);
	}
}
