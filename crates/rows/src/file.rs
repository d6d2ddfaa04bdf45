//! The bytes of a file: read, decompressed, bounded.

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::{borrow::Cow, fs, io::Read, path::Path};

/// The size of the largest file that is read, after decompression, in bytes: 1 GiB.
const MAX_BYTES: u64 = 1 << 30;

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Content without the mark that some programs put in front of text.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
	bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The bytes of a file. One that is too large is read just beyond the limit, for [`decompress`] to
/// refuse.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>> {
	let failed = |source| Error::Io { path: path.to_owned(), source };
	let mut bytes = Vec::new();
	let file = fs::File::open(path).map_err(failed)?;
	file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
	Ok(bytes)
}

/// The content, decompressed where it is a gzip stream.
pub(crate) fn decompress(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
	let too_large = Error::TooLarge { limit: MAX_BYTES, unit: "bytes" };
	if !bytes.starts_with(&[0x1f, 0x8b]) {
		return if bytes.len() as u64 > MAX_BYTES { Err(too_large) } else { Ok(bytes.into()) };
	}
	let mut text = Vec::new();
	// One byte more than allowed tells a table that is too large from one that just fits.
	let mut reader = MultiGzDecoder::new(bytes).take(MAX_BYTES + 1);
	reader.read_to_end(&mut text).map_err(Error::Decompress)?;
	if text.len() as u64 > MAX_BYTES {
		return Err(too_large);
	}
	Ok(text.into())
}
