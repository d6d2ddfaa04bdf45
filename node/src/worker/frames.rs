//! What goes through the pipes between the node and an engine's process: a length of four bytes in
//! little-endian order, and that many bytes of SCALE. Both sides bound what they read and write,
//! since a stranger's model is at work on one of them.

use codec::{Decode, DecodeAll, Encode};
use std::io::{self, ErrorKind, Read, Write};

/// The most bytes of a job: the chain bounds questions and answers to a few kilobytes.
pub const MOST_REQUEST: u32 = 1 << 20;
/// The most bytes of a reply. A claim of this size would fit into no block.
pub const MOST_REPLY: u32 = 1 << 24;

/// Why a frame cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
	/// The pipe failed, or was closed within the frame.
	#[error("the pipe failed: {0}")]
	Io(#[from] io::Error),
	/// The frame is longer than its reader takes.
	#[error("a frame of {length} bytes, where {most} are the most")]
	TooLong { length: usize, most: u32 },
	/// The bytes are not of the type that is expected.
	#[error("bytes that mean nothing: {0}")]
	Malformed(#[from] codec::Error),
}

/// Writes `value` as a frame of at most `most` bytes.
///
/// # Errors
/// [`FrameError::TooLong`], before anything is written, and [`FrameError::Io`].
pub fn write<T: Encode>(to: &mut impl Write, value: &T, most: u32) -> Result<(), FrameError> {
	let bytes = value.encode();
	let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= most);
	let length = length.ok_or(FrameError::TooLong { length: bytes.len(), most })?;
	to.write_all(&length.to_le_bytes())?;
	to.write_all(&bytes)?;
	to.flush()?;
	Ok(())
}

/// Reads a frame of at most `most` bytes; `None` if the pipe was closed before it. Memory is taken
/// for bytes that are there, not for those that the length promises.
///
/// # Errors
/// See [`FrameError`].
pub fn read<T: Decode>(from: &mut impl Read, most: u32) -> Result<Option<T>, FrameError> {
	let mut length = Vec::new();
	from.by_ref().take(4).read_to_end(&mut length)?;
	let length = match <[u8; 4]>::try_from(length.as_slice()) {
		Ok(length) => u32::from_le_bytes(length),
		Err(_) if length.is_empty() => return Ok(None),
		Err(_) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
	};
	if length > most {
		let length = usize::try_from(length).unwrap_or(usize::MAX);
		return Err(FrameError::TooLong { length, most });
	}
	let mut bytes = Vec::new();
	let read = from.by_ref().take(length.into()).read_to_end(&mut bytes)?;
	if u32::try_from(read).ok() != Some(length) {
		return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
	}
	Ok(Some(T::decode_all(&mut bytes.as_slice())?))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::{child::Reply, testing};
	use openledger_testing::mutations::attack;

	fn framed<T: Encode>(value: &T) -> Vec<u8> {
		let mut bytes = Vec::new();
		write(&mut bytes, value, MOST_REPLY).unwrap();
		bytes
	}

	fn reply() -> Reply {
		Reply::Done { result: Ok(testing::verdict()), loaded: vec![([1; 32], [2; 32])] }
	}

	#[test]
	fn frames_should_be_read_in_order_when_written_one_after_the_other() {
		let bytes =
			[framed(&testing::assignment(1, 0)), framed(&testing::assignment(2, 7))].concat();
		let from = &mut bytes.as_slice();
		for expected in [testing::assignment(1, 0), testing::assignment(2, 7)] {
			let read = read::<crate::worker::Assignment>(from, MOST_REQUEST).unwrap().unwrap();
			assert_eq!(read.encode(), expected.encode());
		}
		assert!(read::<crate::worker::Assignment>(from, MOST_REQUEST).unwrap().is_none());
	}

	#[test]
	fn frame_should_be_refused_when_longer_than_the_reader_takes() {
		let claims = [&u32::MAX.to_le_bytes()[..], &[0; 64]].concat();
		let error = read::<Reply>(&mut claims.as_slice(), MOST_REPLY).unwrap_err();
		assert!(matches!(error, FrameError::TooLong { .. }), "{error}");
		let error = write(&mut Vec::new(), &vec![0u8; 100], 50).unwrap_err();
		assert!(matches!(error, FrameError::TooLong { length: 102, most: 50 }), "{error}");
	}

	#[test]
	fn frame_should_be_refused_when_cut_or_followed_by_more() {
		let whole = framed(&reply());
		for cut in 1..whole.len() {
			let error = read::<Reply>(&mut &whole[..cut], MOST_REPLY).unwrap_err();
			assert!(matches!(error, FrameError::Io(_)), "{cut}: {error}");
		}
		let mut longer = whole.clone();
		longer.push(0);
		longer[..4].copy_from_slice(&(whole.len() as u32 - 3).to_le_bytes());
		let error = read::<Reply>(&mut longer.as_slice(), MOST_REPLY).unwrap_err();
		assert!(matches!(error, FrameError::Malformed(_)), "{error}");
	}

	#[test]
	fn frames_should_be_read_or_refused_when_damaged() {
		attack("reply", &framed(&reply()), |mut bytes| {
			matches!(read::<Reply>(&mut bytes, MOST_REPLY), Ok(Some(_)))
		});
		attack("request", &framed(&testing::assignment(1, 0)), |mut bytes| {
			let read = read::<crate::worker::Assignment>(&mut bytes, MOST_REQUEST);
			matches!(read, Ok(Some(_)))
		});
	}
}
