//! What can be wrong with rows, and where.

use std::{fmt, io, path::PathBuf};

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A place in a table or in one line of values; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
	/// The line of the file; `None` for a single line of values.
	pub row: Option<u64>,
	/// The number of the column.
	pub column: usize,
}

impl fmt::Display for Place {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.row {
			Some(row) => write!(f, "row {row}, column {}", self.column),
			None => write!(f, "column {}", self.column),
		}
	}
}

/// Why rows cannot be read or do not fit. Each message says where, what was found and what was
/// wanted. Rows are lines of the file and count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
pub enum Error {
	/// A file cannot be read.
	#[error("cannot read {}: {source}", .path.display())]
	Io { path: PathBuf, source: io::Error },
	/// The gzip stream is damaged.
	#[error("cannot decompress the rows: {0}; send them uncompressed or compress them again")]
	Decompress(io::Error),
	/// There is more than this crate reads, or than a schema allows.
	#[error("there are more than {limit} {unit}: split the file")]
	TooLarge { limit: u64, unit: &'static str },
	/// There are no rows.
	#[error("there are no rows")]
	NoRows,
	/// The content is not CSV.
	#[error("row {row}: {reason}")]
	Csv { row: u64, reason: String },
	/// A line is not a JSON object; the column is a byte of the line, from 1.
	#[error("row {row}, column {column}: not a JSON object: {reason}")]
	Json { row: u64, column: usize, reason: String },
	/// A row is not UTF-8; the column is a byte of the line for JSON Lines, from 1.
	#[error(
		"row {row}, column {column}: the text is not UTF-8: save the file as UTF-8 (in a spreadsheet: CSV \
		 UTF-8; elsewhere: iconv -t UTF-8)"
	)]
	NotUtf8 { row: u64, column: usize },
	/// A row of numbers has too many or too few columns; the label is counted.
	#[error("row {row}: {found} columns instead of {expected} ({} features and the label)", .expected.saturating_sub(1))]
	TableWidth { row: u64, found: usize, expected: usize },
	/// A row of text has not as many columns as the header.
	#[error("row {row}: {found} columns instead of {expected}")]
	ColumnCount { row: u64, found: usize, expected: usize },
	/// A file is of another format.
	#[error("this is {found}; wanted is CSV or JSON Lines in UTF-8: {advice}")]
	Format { found: &'static str, advice: &'static str },
	/// A quote opens a cell and none closes it.
	#[error(
		"row {row}, column {column}: a quote opens here and is never closed, which would make one cell \
		 of all that follows: close it, or write a quote that belongs to the text as \"\"\" and \"\" within"
	)]
	OpenQuote { row: u64, column: usize },
	/// Something stands between the quote that closes a cell and the next comma.
	#[error(
		"row {row}, column {column}: a quote closes the cell here, but '{found}' follows: put a comma \
		 between cells, and double each quote that stands within a quoted cell"
	)]
	StrayQuote { row: u64, column: usize, found: String },
	/// A first row may be a header as well as a row.
	#[error(
		"row {row} counts from {from} to {to}: it may be a header that numbers the columns, or a row; if \
		 it is a header, delete it, and if it is a row, put a header above it, such as x1,x2,label"
	)]
	NumberedHeader { row: u64, from: String, to: String },
	/// A first column may be the numbers of the rows.
	#[error(
		"column 1{name} numbers the rows, from which a model would learn to tell them apart: delete it; \
		 if it is a feature, give it another name in the header"
	)]
	NumberedRows { name: String },
	/// A column has no name.
	#[error(
		"column {column} has no name in the header of row {row}: delete the column, or name it if it is a \
		 feature"
	)]
	Unnamed { row: u64, column: usize },
	/// Several columns may be meant.
	#[error(
		"row {row}: {found} may each be {what}: call the right one 'label' or 'text', and delete or \
		 rename the other"
	)]
	TwoColumns { row: u64, what: &'static str, found: String },
	/// The whole part of a number has more digits than are kept.
	#[error(
		"{place}: '{text}' has more digits than a feature keeps: it would be read as {kept}, and others \
		 near it as the same; subtract a starting point or divide, so that all stay below 16777216"
	)]
	DigitsLost { place: Place, text: String, kept: String },
	/// A feature is not a finite number.
	#[error(
		"{place}: '{text}' is not a number; features are decimal numbers, at most 3.4e38{hint}"
	)]
	NotANumber { place: Place, text: String, hint: String },
	/// What stands where a number should is a word, and the file does not say that it holds text.
	#[error(
		"{place}: '{text}' is not a number, and this is no file of text: rows of text are JSON Lines \
		 with a field 'text', or CSV with a header that has a column 'text'"
	)]
	NeitherKind { place: Place, text: String },
	/// The label of a row of numbers is not a class.
	#[error(
		"{place}: '{text}' is not a label; labels are whole numbers from 0 to {largest}{hint}"
	)]
	TableLabel { place: Place, text: String, largest: u32, hint: String },
	/// The label of a row of text is none of those expected.
	#[error("row {row}, column '{column}': {found} is not a label; labels are {expected}")]
	NotALabel { row: u64, column: String, found: String, expected: String },
	/// A row of text has no label where one is needed.
	#[error("row {row}, column '{column}': there is no label")]
	MissingLabel { row: u64, column: String },
	/// There is no such column.
	#[error("row {row}: there is no column '{column}'; there are {found}")]
	MissingColumn { row: u64, column: String, found: String },
	/// A value is not a text.
	#[error("row {row}, column '{column}': {found} is not a text")]
	NotText { row: u64, column: String, found: String },
	/// A text is empty, or no character of it shows.
	#[error("row {row}, column '{column}': the text is empty{}", if *.invisible { ": it has invisible characters only; leave the row out" } else { "" })]
	Empty { row: u64, column: String, invisible: bool },
	/// A text is longer than this crate reads.
	#[error("row {row}, column '{column}': the text has more than {limit} bytes: split it")]
	TooLong { row: u64, column: String, limit: usize },
	/// An inference's input has too many or too few values.
	#[error("the input has {found} values instead of {expected}: give the features of one row, comma-separated, without a label")]
	InputLength { found: usize, expected: usize },
	/// A row of a file of inputs has too many or too few values.
	#[error("row {row}: {found} values instead of {expected}: give the features of each row, comma-separated, without a label")]
	InputWidth { row: u64, found: usize, expected: usize },
	/// A file of inputs has labels.
	#[error("row {row}: the column '{name}' has labels, which are not asked about: delete it, or compare with it by --labelled")]
	LabelInInput { row: u64, name: String },
	/// Data sets, or a data set and a model, do not fit together.
	#[error("the rows have {found} features where {expected} are needed")]
	FeatureCount { found: usize, expected: usize },
	/// A label is beyond the classes.
	#[error("label {label} is not one of the {classes} classes, 0 to {}", .classes.saturating_sub(1))]
	ClassCount { label: u32, classes: usize },
	/// Rows of text where numbers are needed, or the other way round.
	#[error("the rows are of {found}, not of {expected}")]
	WrongKind { found: &'static str, expected: &'static str },
	/// A classifier needs labels.
	#[error("the rows have no labels, which a classifier needs: give each row a label")]
	Unlabelled,
	/// A classifier needs two classes.
	#[error(
		"all rows have the label {label}, and a classifier needs two classes at least: add rows of \
		 another, or say with --classes how many there are"
	)]
	OneClass { label: String },
	/// Parts that do not fit together.
	#[error("{0}")]
	Mixed(&'static str),
	/// A number is not finite.
	#[error("{0} is not finite")]
	NotFinite(&'static str),
}

impl Error {
	/// Whether the input of an inference is to blame, on every machine alike: a model has no answer to
	/// it.
	pub fn is_of_input(&self) -> bool {
		matches!(
			self,
			Self::InputLength { .. }
				| Self::NotANumber { .. }
				| Self::NotFinite(_)
				| Self::Empty { .. }
				| Self::TooLong { .. }
				| Self::NotALabel { .. }
		)
	}
}
