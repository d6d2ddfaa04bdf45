//! Files that are not what they should be: other formats, other encodings, other separators.

use crate::error::{Error, Result};

/// Refuses content that is another format than CSV or JSON Lines in UTF-8.
///
/// # Errors
/// [`Error::Format`], which says what was found and what to do.
pub(crate) fn check(bytes: &[u8]) -> Result<()> {
	match foreign(bytes) {
		Some((found, advice)) => Err(Error::Format { found, advice }),
		None => Ok(()),
	}
}

const AS_CSV: &str = "save it as CSV (in a spreadsheet: Save as, CSV UTF-8)";
const FROM_PYTHON: &str = "write it as CSV, with pandas for example: to_csv(FILE, index=False)";
const AS_UTF8: &str = "save it as UTF-8 (in a spreadsheet: CSV UTF-8; elsewhere: iconv -t UTF-8)";
const UNPACK: &str = "unpack it and give the table that is in it, plain or compressed with gzip";
const NO_TABLE: &str = "give a table, CSV or JSON Lines";

/// Formats by their first bytes.
const MAGIC: [(&[u8], &str, &str); 27] = [
	(b"PAR1", "a Parquet file", FROM_PYTHON),
	(b"ARROW1", "an Arrow file", FROM_PYTHON),
	(b"FEA1", "a Feather file", FROM_PYTHON),
	(b"Obj\x01", "an Avro file", FROM_PYTHON),
	(b"\x89HDF", "an HDF5 file", FROM_PYTHON),
	(b"\x93NUMPY", "a NumPy array", FROM_PYTHON),
	(b"\x80\x02", "a Python pickle", FROM_PYTHON),
	(b"\x80\x03", "a Python pickle", FROM_PYTHON),
	(b"\x80\x04", "a Python pickle", FROM_PYTHON),
	(b"\x80\x05", "a Python pickle", FROM_PYTHON),
	(b"SQLite format 3", "an SQLite database", "export the table as CSV"),
	(b"\xd0\xcf\x11\xe0", "an old Excel workbook", AS_CSV),
	(b"\xff\xfe\0\0", "text in UTF-32", AS_UTF8),
	(b"\0\0\xfe\xff", "text in UTF-32", AS_UTF8),
	(b"\xff\xfe", "text in UTF-16", AS_UTF8),
	(b"\xfe\xff", "text in UTF-16", AS_UTF8),
	(b"BZh91AY", "compressed with bzip2", UNPACK),
	(b"\xfd7zXZ", "compressed with xz", UNPACK),
	(b"\x28\xb5\x2f\xfd", "compressed with zstd", UNPACK),
	(b"7z\xbc\xaf", "a 7z archive", UNPACK),
	(b"Rar!", "a RAR archive", UNPACK),
	(b"\x1f\x8b", "compressed with gzip twice", "unpack it once"),
	(b"%PDF", "a PDF document", NO_TABLE),
	(b"\x89PNG", "a picture", NO_TABLE),
	(b"\xff\xd8\xff", "a picture", NO_TABLE),
	(
		b"version https://git-lfs",
		"a Git LFS pointer, which only names the file",
		"fetch the file itself with `git lfs pull`",
	),
	(b"@relation", "an ARFF file", "delete its header and keep the rows as CSV"),
];

fn foreign(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
	let begins = |magic: &[u8]| {
		let (start, next) = (bytes.get(..magic.len()), bytes.get(magic.len()));
		match magic.len() {
			// A column may have such a name; a file has no separator behind it.
			4..=6 if magic.is_ascii() => {
				let separates =
					|byte: &u8| matches!(byte, b',' | b';' | b'\t' | b'\r' | b'\n' | b'"');
				start == Some(magic) && !next.is_some_and(separates)
			},
			9.. => start.is_some_and(|start| start.eq_ignore_ascii_case(magic)),
			_ => start == Some(magic),
		}
	};
	if let Some((_, found, advice)) = MAGIC.iter().find(|(magic, ..)| begins(magic)) {
		return Some((found, advice));
	}
	let start = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
	if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
		return Some(match has(start, b"[Content_Types].xml") || has(start, b"xl/") {
			true => ("an Excel workbook (xlsx)", AS_CSV),
			false if has(start, b"opendocument") => ("an OpenDocument spreadsheet", AS_CSV),
			false => ("a zip archive", UNPACK),
		});
	}
	if bytes.get(257..262) == Some(b"ustar") {
		return Some(("a tar archive", UNPACK));
	}
	if start.trim_ascii_start().starts_with(b"<") {
		let page = start.to_ascii_lowercase();
		return Some(match has(&page, b"<html") || has(&page, b"<!doctype") {
			true => (
				"an HTML page",
				"fetch the file itself: the address led to a page about it, or to a refusal",
			),
			false => ("XML", NO_TABLE),
		});
	}
	if start.contains(&0) {
		let (even, odd) = zeros(start);
		return Some(
			match even.max(odd) * 4 >= start.len() && even.min(odd) * 8 <= even.max(odd) {
				true => ("text in UTF-16", AS_UTF8),
				false => ("no text: it has bytes that are zero", NO_TABLE),
			},
		);
	}
	None
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
	bytes.windows(part.len()).any(|window| window == part)
}

/// The zero bytes at even and at odd places.
fn zeros(bytes: &[u8]) -> (usize, usize) {
	let count =
		|first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
	(count(0), count(1))
}

/// Refuses a table whose first line shows that something else than commas parts its columns.
///
/// # Errors
/// [`Error::Format`].
pub(crate) fn check_separator(bytes: &[u8]) -> Result<()> {
	let Some((_, line)) = crate::records::lines(bytes).next() else { return Ok(()) };
	let line = String::from_utf8_lossy(line);
	let line = line.trim();
	let refused = |found, advice| Err(Error::Format { found, advice });
	let instruction = line.trim_matches('"').get(..4);
	if instruction.is_some_and(|start| start.eq_ignore_ascii_case("sep=")) {
		return refused(
			"a table for a spreadsheet, whose first line says what parts its columns",
			"delete that line, and part the columns with commas",
		);
	}
	let bare = outside_quotes(line);
	let commas = bare.contains(',');
	for (separator, found) in [
		(';', "a table with semicolons between its columns"),
		('\t', "a table with tabs between its columns"),
		('|', "a table with bars between its columns"),
	] {
		if !bare.contains(separator) {
			continue;
		}
		if !commas {
			return refused(
				found,
				"part the columns with commas, and write decimals with a point (with pandas: \
				 read_csv(FILE, sep=None, engine='python').to_csv(FILE, index=False))",
			);
		}
		if bare
			.split(separator)
			.all(|cell| cell.trim().replacen(',', ".", 1).parse::<f64>().is_ok())
		{
			return refused(
				"a table with decimal commas",
				"write decimals with a point and part the columns with commas (with pandas: \
				 read_csv(FILE, sep=';', decimal=',').to_csv(FILE, index=False))",
			);
		}
	}
	let mut words = bare.split_whitespace();
	if !commas && words.clone().count() > 1 && words.clone().all(|word| word.parse::<f64>().is_ok())
	{
		return refused("a table with spaces between its columns", "part the columns with commas");
	}
	let first = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
	let pair = |word: &str| {
		word.split_once(':').is_some_and(|(index, value)| {
			index.parse::<u64>().is_ok() && value.parse::<f64>().is_ok()
		})
	};
	if !commas && first && words.clone().count() > 0 && words.all(pair) {
		return refused(
			"a LIBSVM file",
			"write every feature of every row as CSV, with the label in the last column",
		);
	}
	Ok(())
}

fn outside_quotes(line: &str) -> String {
	let mut quoted = false;
	let outside = |c: &char| {
		quoted ^= *c == '"';
		!quoted && *c != '"'
	};
	line.chars().filter(outside).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn found(bytes: &[u8]) -> String {
		match check(bytes).and_then(|()| check_separator(bytes)) {
			Ok(()) => String::new(),
			Err(error) => error.to_string(),
		}
	}

	#[test]
	fn file_should_be_called_by_its_name_when_it_is_of_another_format() {
		let utf16 =
			|text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
		let cases: [(&[u8], &str); 15] = [
			(b"PAR1\x15\x04", "Parquet"),
			(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", "xlsx"),
			(b"PK\x03\x04\x14\0\0\0rows.csv", "zip archive"),
			(b"\xff\xfe1\0,\x000\0", "UTF-16"),
			(&utf16("text,label\ngood,1\n"), "UTF-16"),
			(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
			(b"\n<!DOCTYPE html><html><body>Not found</body></html>", "HTML page"),
			(b"<?xml version=\"1.0\"?><rows/>", "XML"),
			(b"1\x002\x00\x00\x00\x00\x00\x00", "bytes that are zero"),
			(b"sep=;\n1;2;0\n", "first line"),
			(b"a;b;label\n1;2;0\n", "semicolons"),
			(b"1\t2\t0\n", "tabs"),
			(b"1,5;2,5;0\n", "decimal commas"),
			(b"1 2 0\n", "spaces between"),
			(b"1 1:0.5 7:2\n", "LIBSVM"),
		];
		for (bytes, words) in cases {
			let message = found(bytes);
			assert!(message.contains(words), "'{message}' lacks '{words}'");
		}
	}

	#[test]
	fn table_should_pass_when_commas_part_its_columns() {
		for table in ["text\na; b\n", "a b,c;d,label\n", "\"a;b\",c\n", "text\n", "1,2,0\n", ""] {
			assert_eq!(found(table.as_bytes()), "", "{table}");
		}
	}
}
