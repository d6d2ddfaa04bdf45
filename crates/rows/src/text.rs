//! Rows of text, each with a class label or none.

mod read;

pub use read::TextSchema;

use crate::{characters::is_blank, shorten, Error, Result, MAX_LABEL};
use openledger_primitives::{encode_text_row, RowLabel};
use serde_json::json;
use std::collections::BTreeSet;

/// The length of the longest text that is accepted, in bytes: 1 MiB.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// Rows of text in order. Either all of them have a label or none has.
///
/// No text is empty. Where labels were names, classes are numbered by their sorted names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextDataset {
	texts: Vec<String>,
	labels: Option<Vec<u32>>,
	class_names: Vec<String>,
}

impl TextDataset {
	/// Takes `texts` (`[rows]`), their `labels` (`[rows]`), and the names of classes, sorted, or none
	/// if classes have no names.
	///
	/// # Errors
	/// [`Error::NoRows`], [`Error::Empty`], [`Error::TooLong`], [`Error::NotALabel`],
	/// and [`Error::Mixed`] if the lengths differ or the names are not sorted.
	pub fn new(
		texts: Vec<String>,
		labels: Option<Vec<u32>>,
		class_names: Vec<String>,
	) -> Result<Self> {
		if texts.is_empty() {
			return Err(Error::NoRows);
		}
		for (row, text) in (1..).zip(&texts) {
			check_text(text, row, "text")?;
		}
		if labels.as_ref().is_some_and(|labels| labels.len() != texts.len()) {
			return Err(Error::Mixed("there are not as many labels as texts"));
		}
		if !class_names.is_sorted_by(|a, b| a < b) {
			return Err(Error::Mixed("the names of classes are not sorted, or not distinct"));
		}
		let largest = match class_names.len() {
			0 => MAX_LABEL,
			classes => u32::try_from(classes - 1).unwrap_or(u32::MAX),
		};
		for (row, label) in (1..).zip(labels.iter().flatten()) {
			if *label > largest {
				return Err(Error::NotALabel {
					row,
					column: "label".to_owned(),
					found: label.to_string(),
					expected: read::up_to(largest),
				});
			}
		}
		Ok(Self { texts, labels, class_names })
	}

	/// The number of rows, at least one.
	pub fn len(&self) -> usize {
		self.texts.len()
	}

	/// Whether there are no rows, which never happens.
	pub fn is_empty(&self) -> bool {
		self.texts.is_empty()
	}

	/// The texts of all rows, `[len]`.
	pub fn texts(&self) -> &[String] {
		&self.texts
	}

	/// The labels of all rows, `[len]`; `None` if they have none.
	pub fn labels(&self) -> Option<&[u32]> {
		self.labels.as_deref()
	}

	/// The names of the classes 0, 1, …; empty if they have none.
	pub fn class_names(&self) -> &[String] {
		&self.class_names
	}

	/// The number of classes: of names, or the largest label plus one; 0 without labels.
	pub fn classes(&self) -> u32 {
		match self.class_names.len() {
			0 => self.labels.iter().flatten().max().map_or(0, |label| label.saturating_add(1)),
			classes => u32::try_from(classes).unwrap_or(u32::MAX),
		}
	}

	/// The text and the label of each row, in order.
	pub fn rows(&self) -> impl Iterator<Item = (&str, Option<RowLabel<'_>>)> {
		(0..).zip(&self.texts).map(|(row, text)| (text.as_str(), self.row_label(row)))
	}

	fn row_label(&self, row: usize) -> Option<RowLabel<'_>> {
		let label = *self.labels.as_ref()?.get(row)?;
		match self.class_names.get(label as usize) {
			Some(name) => Some(RowLabel::Name(name)),
			None => Some(RowLabel::Number(label)),
		}
	}

	/// The content root that a contributor commits to, a curator checks and an attester recomputes.
	///
	/// Merkle root over blake2-256 of [`encode_text_row`] of each row, in order. Labels enter by
	/// name where they have one, so the root does not depend on which other classes there are.
	pub fn content_root(&self) -> [u8; 32] {
		let rows = self.rows().map(|(text, label)| encode_text_row(text, label));
		openledger_primitives::content_root(rows).0
	}

	/// Writes the rows as JSON Lines with the columns `text` and `label`. Reading it gives the same
	/// rows.
	pub fn to_json_lines(&self) -> Vec<u8> {
		let mut lines = Vec::new();
		for (text, label) in self.rows() {
			let line = match label {
				None => json!({ "text": text }),
				Some(RowLabel::Number(label)) => json!({ "label": label, "text": text }),
				Some(RowLabel::Name(label)) => json!({ "label": label, "text": text }),
			};
			lines.extend(line.to_string().into_bytes());
			lines.push(b'\n');
		}
		lines
	}

	/// The rows with these numbers, in the order given. Repeats are allowed. The classes stay the
	/// same.
	///
	/// # Errors
	/// [`Error::NoRows`] if `rows` is empty.
	///
	/// # Panics
	/// If there is no such row.
	pub fn select(&self, rows: &[usize]) -> Result<Self> {
		let texts = rows.iter().map(|&row| self.texts[row].clone()).collect();
		let select = |labels: &Vec<u32>| rows.iter().map(|&row| labels[row]).collect();
		Self::new(texts, self.labels.as_ref().map(select), self.class_names.clone())
	}

	/// All rows of `parts`, one part after the other. Named classes are numbered anew, by the
	/// sorted names of all parts.
	///
	/// # Errors
	/// [`Error::NoRows`] if there are none; [`Error::Mixed`] if some parts have labels and
	/// some have none, or some have names of classes and some have numbers.
	pub fn concat(parts: &[&Self]) -> Result<Self> {
		let first = parts.first().ok_or(Error::NoRows)?;
		if parts.iter().any(|part| part.labels.is_some() != first.labels.is_some()) {
			return Err(Error::Mixed("some of the rows have labels and some have none"));
		}
		if parts.iter().any(|part| part.class_names.is_empty() != first.class_names.is_empty()) {
			return Err(Error::Mixed("some of the labels are names and some are numbers"));
		}
		let names: BTreeSet<&String> = parts.iter().flat_map(|part| &part.class_names).collect();
		let names: Vec<String> = names.into_iter().cloned().collect();
		let texts = parts.iter().flat_map(|part| part.texts.iter().cloned()).collect();
		let labels = first.labels.as_ref().map(|_| {
			let rows = parts.iter().flat_map(|part| (0..part.len()).map(|row| part.row_label(row)));
			rows.flatten().map(|label| label_number(label, &names)).collect()
		});
		Self::new(texts, labels, names)
	}

	/// The same rows with classes numbered by `names`, which are sorted. If there are no names,
	/// labels are read as the numbers they are. Rows without labels stay as they are.
	///
	/// # Errors
	/// [`Error::NotALabel`] if a label is none of the names, or is one where there are none.
	pub fn with_classes(&self, names: &[String]) -> Result<Self> {
		let mut labels = Vec::with_capacity(self.len());
		for (row, (_, label)) in (1..).zip(self.rows()) {
			let (number, found) = match label {
				None => continue,
				Some(RowLabel::Number(label)) => {
					(names.is_empty().then_some(label), label.to_string())
				},
				Some(RowLabel::Name(name)) => {
					let place = names.binary_search_by(|known| known.as_str().cmp(name));
					let number = place.ok().and_then(|place| u32::try_from(place).ok());
					(number, format!("'{}'", shorten(name)))
				},
			};
			labels.push(number.ok_or_else(|| Error::NotALabel {
				row,
				column: "label".to_owned(),
				found,
				expected: match names.is_empty() {
					true => read::up_to(MAX_LABEL),
					false => read::list_names(names.iter()),
				},
			})?);
		}
		let labels = self.labels.as_ref().map(|_| labels);
		let names = if labels.is_some() { names.to_vec() } else { Vec::new() };
		Self::new(self.texts.clone(), labels, names)
	}

	/// Checks that the rows have labels below `classes`.
	///
	/// # Errors
	/// [`Error::MissingLabel`], [`Error::NotALabel`].
	pub fn check_classes(&self, classes: u32) -> Result<()> {
		let column = || "label".to_owned();
		let Some(labels) = &self.labels else {
			return Err(Error::MissingLabel { row: 1, column: column() });
		};
		match (1..).zip(labels).find(|(_, label)| **label >= classes) {
			None => Ok(()),
			Some((row, label)) => Err(Error::NotALabel {
				row,
				column: column(),
				found: label.to_string(),
				expected: read::up_to(classes.saturating_sub(1)),
			}),
		}
	}
}

/// The number of a label where classes are numbered by their sorted `names`.
fn label_number(label: RowLabel, names: &[String]) -> u32 {
	match label {
		RowLabel::Number(label) => label,
		RowLabel::Name(name) => {
			let place = names.binary_search_by(|known| known.as_str().cmp(name));
			place.ok().and_then(|place| u32::try_from(place).ok()).unwrap_or(u32::MAX)
		},
	}
}

fn check_text(text: &str, row: u64, column: &str) -> Result<()> {
	let column = || column.to_owned();
	if is_blank(text) {
		return Err(Error::Empty { row, column: column(), invisible: !text.trim().is_empty() });
	}
	if text.len() > MAX_TEXT_BYTES {
		return Err(Error::TooLong { row, column: column(), limit: MAX_TEXT_BYTES });
	}
	Ok(())
}

#[cfg(test)]
mod tests;
