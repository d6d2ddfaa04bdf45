//! The records of CSV: commas between cells, quotes around those that hold commas, quotes or line
//! ends. Strict about quotes, since one that is never closed would swallow the rows below it.

use crate::{
	error::{Error, Result},
	shorten,
};
use std::borrow::Cow;

/// A line of a table, or several where line ends stand within quotes.
pub(crate) struct Record<'a> {
	/// The line of the file on which it starts, from 1.
	pub row: u64,
	/// The line ends within its cells.
	pub line_ends: u64,
	/// The content of each cell, without its quotes.
	pub cells: Vec<Cow<'a, [u8]>>,
}

impl Record<'_> {
	/// The cells as text, without spaces around them.
	///
	/// # Errors
	/// [`Error::NotUtf8`].
	pub fn trimmed(&self) -> Result<Vec<&str>> {
		(0..self.cells.len()).map(|cell| self.text(cell).map(str::trim)).collect()
	}

	/// One cell as text, as it stands; empty if there is none.
	///
	/// # Errors
	/// [`Error::NotUtf8`].
	pub fn text(&self, cell: usize) -> Result<&str> {
		let bytes = self.cells.get(cell).map(Cow::as_ref).unwrap_or_default();
		let refused = |_| Error::NotUtf8 { row: self.row, column: cell.saturating_add(1) };
		std::str::from_utf8(bytes).map_err(refused)
	}
}

/// Reads records one after the other. Empty lines are skipped. A line ends with a line feed, a
/// carriage return, or both.
pub(crate) struct Records<'a> {
	rest: &'a [u8],
	row: u64,
}

impl<'a> Records<'a> {
	/// At the beginning of `bytes`.
	pub fn new(bytes: &'a [u8]) -> Self {
		Self { rest: bytes, row: 1 }
	}

	/// The next record; `None` after the last.
	///
	/// # Errors
	/// [`Error::OpenQuote`], [`Error::StrayQuote`].
	pub fn next(&mut self) -> Result<Option<Record<'a>>> {
		while self.line_end() {}
		if self.rest.is_empty() {
			return Ok(None);
		}
		let row = self.row;
		let mut cells = Vec::new();
		loop {
			cells.push(self.cell(cells.len().saturating_add(1))?);
			match self.rest.split_first() {
				Some((b',', rest)) => self.rest = rest,
				_ => break,
			}
		}
		let line_ends = self.row.saturating_sub(row);
		self.line_end();
		Ok(Some(Record { row, line_ends, cells }))
	}

	fn line_end(&mut self) -> bool {
		let rest = match self.rest {
			[b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => rest,
			_ => return false,
		};
		(self.rest, self.row) = (rest, self.row.saturating_add(1));
		true
	}

	fn cell(&mut self, column: usize) -> Result<Cow<'a, [u8]>> {
		let Some(quoted) = self.rest.strip_prefix(b"\"") else {
			return Ok(self.until_separator().into());
		};
		let row = self.row;
		let mut content: Cow<'a, [u8]> = Cow::Borrowed(&[]);
		self.rest = quoted;
		loop {
			let Some(end) = self.rest.iter().position(|byte| *byte == b'"') else {
				return Err(Error::OpenQuote { row, column });
			};
			let (inside, rest) = self.rest.split_at(end);
			self.row = self.row.saturating_add(line_ends(inside));
			append(&mut content, inside);
			self.rest = rest.get(1..).unwrap_or_default();
			// Two quotes in a row are one of the text.
			match self.rest.strip_prefix(b"\"") {
				Some(rest) => {
					append(&mut content, b"\"");
					self.rest = rest;
				},
				None => break,
			}
		}
		let after = self.until_separator();
		if !after.trim_ascii().is_empty() {
			let found = shorten(String::from_utf8_lossy(after).trim());
			return Err(Error::StrayQuote { row: self.row, column, found });
		}
		append(&mut content, after);
		Ok(content)
	}

	fn until_separator(&mut self) -> &'a [u8] {
		let end = self.rest.iter().position(|byte| matches!(byte, b',' | b'\r' | b'\n'));
		let (cell, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
		self.rest = rest;
		cell
	}
}

/// Borrows as long as there is one piece only.
fn append<'a>(content: &mut Cow<'a, [u8]>, piece: &'a [u8]) {
	match content.is_empty() {
		true => *content = Cow::Borrowed(piece),
		false => content.to_mut().extend_from_slice(piece),
	}
}

/// The number of line ends: line feeds, and carriage returns without one.
fn line_ends(bytes: &[u8]) -> u64 {
	let next = bytes.iter().skip(1).map(Some).chain([None]);
	let ends = bytes.iter().zip(next).filter(|(byte, next)| match byte {
		b'\n' => true,
		b'\r' => *next != Some(&b'\n'),
		_ => false,
	});
	ends.count() as u64
}

/// The lines of a file that are not blank, with their numbers from 1.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
	let mut records = Records::new(bytes);
	std::iter::from_fn(move || loop {
		while records.line_end() {}
		if records.rest.is_empty() {
			return None;
		}
		let end = records.rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
		let (line, rest) = records.rest.split_at(end.unwrap_or(records.rest.len()));
		records.rest = rest;
		if !line.trim_ascii().is_empty() {
			return Some((records.row, line));
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn read(text: &str) -> Result<Vec<(u64, u64, Vec<String>)>> {
		let (mut records, mut all) = (Records::new(text.as_bytes()), Vec::new());
		while let Some(record) = records.next()? {
			let cells = (0..record.cells.len()).map(|i| record.text(i).unwrap().to_owned());
			all.push((record.row, record.line_ends, cells.collect()));
		}
		Ok(all)
	}

	#[test]
	fn records_should_have_the_lines_they_start_on_whatever_ends_a_line() {
		for end in ["\n", "\r\n", "\r"] {
			let text = "a,\"b, \"\"c\"\"\n\nd\" \n\n,\ne".replace('\n', end);
			let all = read(&text).unwrap();
			let quoted = format!("b, \"c\"{end}{end}d ");
			assert_eq!(
				all,
				[
					(1, 2, vec!["a".to_owned(), quoted]),
					(5, 0, vec![String::new(), String::new()]),
					(6, 0, vec!["e".to_owned()]),
				]
			);
			let rows: Vec<u64> = lines(text.as_bytes()).map(|(row, _)| row).collect();
			assert_eq!(rows, [1, 3, 5, 6]);
		}
	}

	proptest! {
		/// A line of one empty cell is a blank line, which is no record.
		#[test]
		fn records_should_have_the_cells_that_were_written_when_quotes_are_sound(
			cells in prop::collection::vec(prop::collection::vec("[a, \"\n\r]{0,4}", 1..4), 0..6),
			end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
		) {
			let quoted = |cell: &String| match cell.contains(['"', ',', '\n', '\r']) {
				true => format!("\"{}\"", cell.replace('"', "\"\"")),
				false => cell.clone(),
			};
			let line = |cells: &Vec<String>| cells.iter().map(quoted).collect::<Vec<_>>().join(",");
			let text: Vec<String> = cells.iter().map(line).collect();
			let written: Vec<Vec<String>> =
				cells.into_iter().filter(|cells| *cells != [String::new()]).collect();
			let found = read(&text.join(end)).unwrap();
			let found: Vec<Vec<String>> = found.into_iter().map(|row| row.2).collect();
			prop_assert_eq!(found, written);
		}
	}

	#[test]
	fn quote_should_be_refused_with_its_line_when_it_never_closes_or_closes_within_a_cell() {
		let open = read("a\n1,\"good\n2,bad\n").unwrap_err();
		assert!(matches!(open, Error::OpenQuote { row: 2, column: 2 }), "{open}");
		let stray = read("a\r1,\"good\" film\r").unwrap_err();
		assert!(matches!(stray, Error::StrayQuote { row: 2, column: 2, .. }), "{stray}");
		// A quote that opens nothing stands for itself.
		assert_eq!(read("a 5\" disk,b\n").unwrap()[0].2, ["a 5\" disk", "b"]);
	}
}
