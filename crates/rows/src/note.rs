//! What is worth knowing about rows that were read.

use crate::error::Place;
use std::fmt;

/// Something that a reader recognised, left out or noticed. A person should see it, since it may
/// not be what they meant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
pub enum Note {
	/// The first row numbers the columns, and is taken for a header.
	NumberedHeader,
	/// The label is not in the last column.
	LabelColumn { name: String, column: usize },
	/// The header does not say which column has the label.
	LastIsLabel { name: String },
	/// The text is taken from a column that is not called `text`.
	TextColumn { name: String },
	/// Labels are taken from a column that is not called `label`.
	TextLabelColumn { name: String },
	/// Columns or fields are not read.
	Ignored { names: String, labelled: bool },
	/// A column without a name numbers the rows.
	IndexColumn,
	/// Features have more digits than are kept.
	DigitsLost { count: u64, place: Place, text: String, kept: String },
	/// Some rows take several lines of the file.
	SpansLines { rows: u64, first: u64, lines: u64 },
	/// The features differ much in size.
	Scale { large: usize, largest: f32, small: usize, smallest: f32 },
	/// All rows have the same label.
	OneClass { label: String },
	/// Most of the classes have no rows.
	Gaps { largest: u32, found: usize },
	/// Some texts look like missing values.
	MissingTexts { count: usize, row: usize, text: String },
}

impl Note {
	/// Counts a row that takes several lines of the file.
	pub(crate) fn span(note: &mut Option<Self>, row: u64, line_ends: u64) {
		match note {
			_ if line_ends == 0 => {},
			Some(Self::SpansLines { rows, .. }) => *rows = rows.saturating_add(1),
			_ => {
				let lines = line_ends.saturating_add(1);
				*note = Some(Self::SpansLines { rows: 1, first: row, lines });
			},
		}
	}
}

impl fmt::Display for Note {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::NumberedHeader => {
				f.write_str("the first row numbers the columns: it is taken for a header")
			},
			Self::LabelColumn { name, column } => {
				write!(
					f,
					"the label is taken from column {column}, which the header calls '{name}'"
				)
			},
			Self::LastIsLabel { name } => write!(
				f,
				"the header calls no column label: the last one, '{name}', is taken for it"
			),
			Self::TextColumn { name } => write!(f, "the text is taken from '{name}'"),
			Self::TextLabelColumn { name } => write!(f, "the label is taken from '{name}'"),
			Self::Ignored { names, labelled } => {
				write!(f, "not read: {names}")?;
				match labelled {
					true => Ok(()),
					false => f.write_str("; the rows have no labels (call their column 'label')"),
				}
			},
			Self::IndexColumn => {
				f.write_str("column 1 has no name and numbers the rows: it is left out")
			},
			Self::DigitsLost { count, place, text, kept } => write!(
				f,
				"{count} features have more digits than are kept, which are about seven; the first is \
				 '{text}' at {place}, kept as {kept}"
			),
			Self::SpansLines { rows, first, lines } => write!(
				f,
				"{rows} rows take several lines, since quotes hold line ends; the first begins at row \
				 {first} and takes {lines}"
			),
			Self::Scale { large, largest, small, smallest } => write!(
				f,
				"features differ much in size: feature {large} goes up to {largest}, feature {small} to \
				 {smallest}; a model that divides all by the largest loses the small ones, so train with \
				 --scaling standardise, or bring them to one size"
			),
			Self::OneClass { label } => {
				write!(
					f,
					"all rows have the label {label}: from these alone no classifier can learn"
				)
			},
			Self::Gaps { largest, found } => write!(
				f,
				"the largest label is {largest}, but only {found} classes have rows: a model has a class \
				 for every number up to it"
			),
			Self::MissingTexts { count, row, text } => write!(
				f,
				"{count} texts look like missing values; the first is '{text}', text {row} of the data"
			),
		}
	}
}
