//! Content-addressed blobs: one small trait, and a local directory store.
//!
//! A blob is a file named by the blake2-256 hash of its bytes: a contribution's rows, a model's
//! weights, an influence index. The chain holds the hashes, a [`BlobStore`] holds the bytes, and
//! what comes out of a store is checked against its hash, so a store need not be trusted.
//!
//! | module | subject |
//! | --- | --- |
//! | this one | hashes, and what every store can do |
//! | `directory` | a store of files in a local directory |
//! | `error` | what can go wrong with a blob |
//!
//! ```
//! use openledger_blobs::{blob_hash, BlobStore, DirectoryStore};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path();
//! let store = DirectoryStore::open(path)?;
//! let hash = store.put(b"x,y,class\n1,2,0\n")?;
//! assert_eq!(hash, blob_hash(b"x,y,class\n1,2,0\n"));
//! assert_eq!(store.get(&hash)?, b"x,y,class\n1,2,0\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod directory;
mod error;

pub use directory::DirectoryStore;
pub use error::BlobError;

use blake2b_simd::{Params, State};

/// The blake2-256 hash of a blob's bytes, which is its name everywhere.
pub type BlobHash = [u8; LENGTH];

/// The number of bytes in a hash.
const LENGTH: usize = 32;

/// The blake2-256 hash of `bytes`, under which a store keeps them.
pub fn blob_hash(bytes: &[u8]) -> BlobHash {
	let mut hasher = BlobHasher::default();
	hasher.update(bytes);
	hasher.finish()
}

/// Computes [`blob_hash`] of bytes that come in pieces, such as a file too large for memory.
#[derive(Clone)]
pub struct BlobHasher(State);

impl Default for BlobHasher {
	fn default() -> Self {
		Self(Params::new().hash_length(LENGTH).to_state())
	}
}

impl BlobHasher {
	/// Takes the next piece.
	pub fn update(&mut self, bytes: &[u8]) {
		self.0.update(bytes);
	}

	/// The hash of all pieces, one after the other.
	pub fn finish(self) -> BlobHash {
		let mut hash = [0; LENGTH];
		// All of it: the state was made for this length.
		hash.copy_from_slice(self.0.finalize().as_bytes());
		hash
	}
}

/// A place where blobs are kept. Who reads from it need not trust it.
pub trait BlobStore: Send + Sync {
	/// Returns the blob whose hash is `hash`. Its bytes have been checked against it.
	///
	/// # Errors
	/// [`BlobError::NotFound`] if the store does not have them, [`BlobError::Mismatch`] if what it
	/// has is damaged, [`BlobError::Io`] if it cannot be read.
	fn get(&self, hash: &BlobHash) -> Result<Vec<u8>, BlobError>;

	/// Keeps `bytes` and returns their hash. To put the same bytes again changes nothing, but
	/// replaces a damaged copy.
	///
	/// # Errors
	/// [`BlobError::Io`] if they cannot be written.
	fn put(&self, bytes: &[u8]) -> Result<BlobHash, BlobError>;

	/// Whether the store has a blob of that hash. Its bytes are not checked, so it may be damaged.
	///
	/// # Errors
	/// [`BlobError::Io`] if the store cannot be asked.
	fn contains(&self, hash: &BlobHash) -> Result<bool, BlobError>;
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hash_should_be_unkeyed_blake2_256() {
		// RFC 7693 fixes the function; this is its value for the empty string at 32 bytes.
		let expected = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
		assert_eq!(hex::encode(blob_hash(b"")), expected);
	}

	#[test]
	fn hash_should_be_that_of_the_whole_when_pieces_are_hashed() {
		let bytes: Vec<u8> = (0..1000u32).map(|x| x as u8).collect();
		let mut hasher = BlobHasher::default();
		bytes.chunks(77).for_each(|piece| hasher.update(piece));
		assert_eq!(hasher.finish(), blob_hash(&bytes));
	}
}
