//! Headers of tables: the names by which columns are known, and first rows that may be headers.

use crate::{
	error::{Error, Result},
	number::{is_missing, is_word},
	shorten,
};

/// Columns that hold the text, by their names in lower case without anything but letters and digits.
const TEXT_NAMES: [&str; 24] = [
	"text",
	"texts",
	"sentence",
	"sentences",
	"review",
	"reviews",
	"reviewtext",
	"comment",
	"comments",
	"commenttext",
	"tweet",
	"tweets",
	"tweettext",
	"message",
	"messages",
	"content",
	"body",
	"document",
	"utterance",
	"headline",
	"article",
	"post",
	"sms",
	"description",
];

/// Columns that hold the label, in the same form.
const LABEL_NAMES: [&str; 14] = [
	"labels",
	"class",
	"classes",
	"target",
	"targets",
	"labelid",
	"labelname",
	"classid",
	"classname",
	"classlabel",
	"targetclass",
	"targetlabel",
	"ylabel",
	"ytrue",
];

/// Columns that may hold the label, and in a table of numbers may as well be features.
const LOOSE_LABEL_NAMES: [&str; 12] = [
	"y",
	"sentiment",
	"sentiments",
	"category",
	"categories",
	"polarity",
	"emotion",
	"intent",
	"topic",
	"species",
	"outcome",
	"diagnosis",
];

/// Columns that number the rows.
const INDEX_NAMES: [&str; 9] =
	["id", "index", "idx", "row", "rowid", "rowindex", "rownumber", "rownames", "rn"];

/// How surely a column holds the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LabelName {
	/// It is called `label`.
	Exact,
	/// It has another name that says so, such as `class` and `target`.
	Strong,
	/// It has a name that may say so, such as `y`.
	Loose,
}

/// A name as names are compared: without case, spaces and marks.
fn plain(name: &str) -> String {
	name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether two names of columns are the same but for case and spaces around them.
pub(crate) fn same(a: &str, b: &str) -> bool {
	a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Whether a column's name says that it holds the label.
pub(crate) fn label_name(name: &str) -> Option<LabelName> {
	match plain(name).as_str() {
		"label" => Some(LabelName::Exact),
		name if LABEL_NAMES.contains(&name) => Some(LabelName::Strong),
		name if LOOSE_LABEL_NAMES.contains(&name) => Some(LabelName::Loose),
		_ => None,
	}
}

/// Whether a column's name says that it holds the text.
pub(crate) fn is_text_name(name: &str) -> bool {
	TEXT_NAMES.contains(&plain(name).as_str())
}

/// Whether a column has no name, or one that stands for none.
pub(crate) fn is_unnamed(name: &str) -> bool {
	let plain = plain(name);
	plain.is_empty()
		|| plain
			.strip_prefix("unnamed")
			.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a column's name says that it numbers the rows.
pub(crate) fn is_index_name(name: &str) -> bool {
	is_unnamed(name) || INDEX_NAMES.contains(&plain(name).as_str())
}

/// The column that holds the text: the one called `text`, or else the only one with a similar name.
///
/// # Errors
/// [`Error::TwoColumns`] if there are several.
pub(crate) fn text_column(row: u64, names: &[&str]) -> Result<Option<usize>> {
	match only(row, "the text", names, |name| same(name, "text"))? {
		Some(column) => Ok(Some(column)),
		None => only(row, "the text", names, is_text_name),
	}
}

/// The column that holds the label of a text: the one called `label`, or else the only one with a
/// similar name.
///
/// # Errors
/// [`Error::TwoColumns`] if there are several.
pub(crate) fn text_label_column(row: u64, names: &[&str]) -> Result<Option<usize>> {
	for wanted in [LabelName::Exact, LabelName::Strong, LabelName::Loose] {
		let found = only(row, "the label", names, |name| label_name(name) == Some(wanted))?;
		if found.is_some() {
			return Ok(found);
		}
	}
	Ok(None)
}

/// The column of a table of numbers that the header calls the label.
///
/// # Errors
/// [`Error::TwoColumns`] if several are, or if one that may be the label is not the last.
pub(crate) fn table_label_column(row: u64, names: &[&str]) -> Result<Option<usize>> {
	let sure = |name: &str| label_name(name).is_some_and(|name| name < LabelName::Loose);
	if let Some(column) = only(row, "the label", names, sure)? {
		return Ok(Some(column));
	}
	let last = names.len().saturating_sub(1);
	let loose = |column: &usize| {
		names.get(*column).is_some_and(|name| label_name(name) == Some(LabelName::Loose))
	};
	if loose(&last) {
		return Ok(Some(last));
	}
	match (0..names.len()).find(loose) {
		None => Ok(None),
		// The usual name in tables of features, unless it is a coordinate.
		Some(column)
			if named(names, column, "y")
				&& !(names.iter().any(|name| same(name, "x")) && names.len() > 2) =>
		{
			Ok(Some(column))
		},
		Some(column) => Err(two_columns(row, "the label", names, &[column, last])),
	}
}

fn named(names: &[&str], column: usize, name: &str) -> bool {
	names.get(column).is_some_and(|found| same(found, name))
}

fn only(
	row: u64,
	what: &'static str,
	names: &[&str],
	fits: impl Fn(&str) -> bool,
) -> Result<Option<usize>> {
	let fitting =
		(0..names.len()).filter(|column| names.get(*column).is_some_and(|name| fits(name)));
	let fitting: Vec<usize> = fitting.collect();
	match fitting.as_slice() {
		[] => Ok(None),
		[column] => Ok(Some(*column)),
		several => Err(two_columns(row, what, names, several)),
	}
}

fn two_columns(row: u64, what: &'static str, names: &[&str], columns: &[usize]) -> Error {
	let name = |column: &usize| {
		let name = names.get(*column).copied().unwrap_or_default();
		format!("'{}' (column {})", shorten(name), column.saturating_add(1))
	};
	let found: Vec<String> = columns.iter().map(name).collect();
	Error::TwoColumns { row, what, found: found.join(" and ") }
}

/// Whether a first row is the header of a table: it has words and no number, or a name of the label
/// among whatever else, or it numbers the columns, but for a first that has no name.
pub(crate) fn is_header(cells: &[&str]) -> bool {
	let numbers: Vec<f64> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
	if numbers.is_empty() {
		return cells.iter().any(|cell| is_word(cell) || !(is_missing(cell) || is_flag(cell)));
	}
	let label = |wanted: &dyn Fn(LabelName) -> bool| {
		cells.iter().filter_map(|cell| label_name(cell)).any(wanted)
	};
	if label(&|name| name < LabelName::Loose) {
		return true;
	}
	let others = cells.iter().filter(|cell| cell.parse::<f64>().is_err());
	let known = others.clone().all(|cell| is_index_name(cell) || label_name(cell).is_some());
	let words = others.count();
	let unnamed = cells.first().is_some_and(|cell| is_unnamed(cell));
	known && words > 0 && counts_up(&numbers) && (unnamed || label(&|_| true))
}

fn is_flag(cell: &str) -> bool {
	!is_word(cell) && cell.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether numbers are whole and each is one more than that before.
fn counts_up(numbers: &[f64]) -> bool {
	numbers.iter().all(|x| x.fract() == 0.0 && x.abs() < 9e15 && *x >= 0.0)
		&& numbers.windows(2).all(|pair| matches!(pair, [a, b] if *b == a + 1.0))
}

/// Whether the numbers of a first row may be those of its columns.
pub(crate) fn may_number_columns(cells: &[f64]) -> bool {
	let from_start = matches!(cells.first(), Some(first) if *first <= 1.0);
	counts_up(cells) && (from_start && cells.len() > 1 || cells.len() > 3)
}

/// Whether the numbers of a first column may be those of its rows.
fn may_number_rows(cells: &[f64]) -> bool {
	let from_start = matches!(cells.first(), Some(first) if *first <= 1.0);
	counts_up(cells) && (from_start && cells.len() > 2 || cells.len() > 7)
}

/// Whether the first row may be taken for a header that numbers the columns.
pub(crate) fn numbers_columns(columns: usize, features: &[f32], labels: &[u32]) -> bool {
	let first = features.iter().take(columns).map(|x| f64::from(*x));
	let first: Vec<f64> = first.chain(labels.first().map(|label| f64::from(*label))).collect();
	may_number_columns(&first)
}

/// Whether the first of several columns may be taken for the numbers of the rows.
pub(crate) fn numbers_rows(columns: usize, features: &[f32]) -> bool {
	let column = features.iter().step_by(columns.max(1)).map(|x| f64::from(*x));
	columns > 1 && may_number_rows(&column.collect::<Vec<_>>())
}

/// Whether rows can only be told from a header, or from numbered rows, by a header of their own.
pub(crate) fn needs_header(columns: usize, features: &[f32], labels: &[u32]) -> bool {
	numbers_columns(columns, features, labels) || numbers_rows(columns, features)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn first_row_should_be_a_header_only_when_it_names_or_numbers_columns() {
		for cells in [
			&["x", "y", "class"][..],
			&["label", "1x1", "1x2"],
			&["0", "1", "2", "label"],
			&["label", "0", "1"],
			&["", "0", "1", "2"],
			&["400", "402.5", "Target"],
			&["", "x", "label"],
			&["0", "1", "y"],
		] {
			assert!(is_header(cells), "{cells:?}");
		}
		for cells in [
			&["x", "2", "0"][..],
			&["NA", "1", "2"],
			&["NA", "NA", "NA"],
			&["TRUE", "FALSE", "TRUE"],
			&["", "", ""],
			&["0", "1", "2"],
			&["", "5", "2"],
			&["1.5", "y"],
		] {
			assert!(!is_header(cells), "{cells:?}");
		}
	}

	#[test]
	fn label_should_be_found_by_its_name_whatever_its_case_and_place() {
		let find = |names: &[&str]| table_label_column(1, names);
		for (names, place) in [
			(&["label", "1x1", "1x2"][..], Some(0)),
			(&["a", "Class", "b"], Some(1)),
			(&["TARGET", "a"], Some(0)),
			(&["x", "y", "class"], Some(2)),
			(&["y", "x1", "x2"], Some(0)),
			(&["x", "y"], Some(1)),
			(&["a", "b", "c"], None),
			(&["a", "b", "species"], Some(2)),
		] {
			assert_eq!(find(names).unwrap(), place, "{names:?}");
		}
		for names in [&["label", "a", "class"][..], &["x", "y", "z"], &["category", "a", "b"]] {
			let error = find(names).unwrap_err();
			assert!(matches!(error, Error::TwoColumns { .. }), "{error}");
		}
	}
}
