//! Rows of text as tokens, kept on disk between runs.
//!
//! A file is eight bytes that name the format, the key, the number of rows (`u64`), per row the
//! number of its tokens (`u32`), all token ids (`u32`), and blake2-256 of everything before; numbers
//! are little-endian.

use super::{create_directory, read, write, Encoding, FileError, Hash, TextDataset, Tokenizer};
use openledger_blobs::blob_hash;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

const FORMAT: &[u8; 8] = b"OLTOKEN1";

/// A directory of tokenised datasets, any number of processes may share.
#[derive(Clone, Debug)]
pub struct TokenCache {
	directory: PathBuf,
}

impl TokenCache {
	/// Opens `directory`, which is created if it does not exist.
	///
	/// # Errors
	/// [`FileError::Io`] if it cannot be created.
	pub fn open(directory: impl Into<PathBuf>) -> Result<Self, FileError> {
		let directory = directory.into();
		create_directory(&directory)?;
		Ok(Self { directory })
	}

	/// The tokens of every row, at most `maximum` each. They are made once for a content root, a
	/// tokenizer and a maximum; a file that is damaged is made again.
	///
	/// # Errors
	/// Those of [`Tokenizer::encode`]; [`FileError::Io`] if the file cannot be written.
	pub fn tokens(
		&self,
		data: &TextDataset,
		tokenizer: &Tokenizer,
		maximum: usize,
	) -> Result<Vec<Encoding>, FileError> {
		let key = key(data, tokenizer, maximum);
		let path = self.path(&key);
		if let Some(rows) = load(&path, &key, data.len(), maximum) {
			return Ok(rows);
		}
		let rows: Vec<Encoding> = data
			.texts()
			.par_iter()
			.map(|text| tokenizer.encode(text, maximum))
			.collect::<Result<_, _>>()?;
		write(&path, &encode(&key, &rows))?;
		Ok(rows)
	}

	fn path(&self, key: &Hash) -> PathBuf {
		self.directory.join(format!("{}.tokens", hex::encode(key)))
	}
}

fn key(data: &TextDataset, tokenizer: &Tokenizer, maximum: usize) -> Hash {
	let maximum = (maximum as u64).to_le_bytes();
	blob_hash(&[&FORMAT[..], &data.content_root(), &tokenizer.hash(), &maximum].concat())
}

fn encode(key: &Hash, rows: &[Encoding]) -> Vec<u8> {
	let mut bytes = [&FORMAT[..], key, &(rows.len() as u64).to_le_bytes()].concat();
	bytes.extend(rows.iter().flat_map(|row| (row.ids.len() as u32).to_le_bytes()));
	bytes.extend(rows.iter().flat_map(|row| &row.ids).flat_map(|id| id.to_le_bytes()));
	let hash = blob_hash(&bytes);
	bytes.extend(hash);
	bytes
}

/// The rows of a file; `None` if there is none or it is damaged.
fn load(path: &Path, key: &Hash, rows: usize, maximum: usize) -> Option<Vec<Encoding>> {
	let header = FORMAT.len() + key.len() + size_of::<u64>();
	let body = (rows as u64).saturating_mul((maximum as u64).saturating_add(1)).saturating_mul(4);
	let bytes = read(path, body.saturating_add((header + key.len()) as u64)).ok()?;
	let (content, hash) = bytes.split_last_chunk::<32>()?;
	if blob_hash(content) != *hash {
		return None;
	}
	let content = content.strip_prefix(FORMAT)?.strip_prefix(key)?;
	let (count, content) = content.split_first_chunk::<8>()?;
	if u64::from_le_bytes(*count) != rows as u64 {
		return None;
	}
	let (lengths, ids) = content.split_at_checked(rows.checked_mul(4)?)?;
	let (ids, []) = ids.as_chunks::<4>() else { return None };
	let mut ids = ids.iter().map(|id| u32::from_le_bytes(*id));
	let read = lengths.as_chunks::<4>().0.iter().map(|length| {
		let length = u32::from_le_bytes(*length) as usize;
		let ids: Vec<u32> = ids.by_ref().take(length).collect();
		(ids.len() == length).then_some(Encoding { ids })
	});
	let encodings = read.collect::<Option<Vec<_>>>()?;
	ids.next().is_none().then_some(encodings)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::files::tiny::{self, TinyConfig};
	use std::fs;

	fn setup() -> (tempfile::TempDir, TokenCache, TextDataset, Tokenizer) {
		let directory = tempfile::tempdir().unwrap();
		let texts = ["a good film", "a bad film", "good, or bad? a film"].map(str::to_owned);
		tiny::bert(directory.path(), &texts, &TinyConfig::default()).unwrap();
		let cache = TokenCache::open(directory.path().join("cache")).unwrap();
		let tokenizer = Tokenizer::open(directory.path()).unwrap();
		let data = TextDataset::new(texts.to_vec(), Some(vec![1, 0, 1]), vec![]).unwrap();
		(directory, cache, data, tokenizer)
	}

	#[test]
	fn tokens_should_be_those_of_the_tokenizer_when_made_and_when_kept() {
		let (_directory, cache, data, tokenizer) = setup();
		let expected: Vec<_> =
			data.texts().iter().map(|text| tokenizer.encode(text, 6).unwrap()).collect();
		for _ in 0..2 {
			assert_eq!(cache.tokens(&data, &tokenizer, 6).unwrap(), expected);
		}
		// The second time they came from the file.
		let key = key(&data, &tokenizer, 6);
		let other = vec![Encoding { ids: vec![1, 2] }; 3];
		fs::write(cache.path(&key), encode(&key, &other)).unwrap();
		assert_eq!(cache.tokens(&data, &tokenizer, 6).unwrap(), other);
	}

	#[test]
	fn file_should_be_another_when_rows_tokenizer_or_maximum_differ() {
		let (_directory, cache, data, tokenizer) = setup();
		let path = cache.directory.join("tokenizer.json");
		let other = tempfile::tempdir().unwrap();
		tiny::bert(other.path(), &["other words"], &TinyConfig::default()).unwrap();
		let other = Tokenizer::open(other.path()).unwrap();
		let fewer = data.select(&[0, 1]).unwrap();
		let keys = [
			key(&data, &tokenizer, 6),
			key(&data, &tokenizer, 7),
			key(&data, &other, 6),
			key(&fewer, &tokenizer, 6),
		];
		for (i, a) in keys.iter().enumerate() {
			assert!(keys[..i].iter().all(|b| a != b));
		}
		assert!(!path.exists());
	}

	#[test]
	fn file_should_be_made_again_when_damaged_anywhere() {
		let (_directory, cache, data, tokenizer) = setup();
		let expected = cache.tokens(&data, &tokenizer, 6).unwrap();
		let path = cache.path(&key(&data, &tokenizer, 6));
		let whole = fs::read(&path).unwrap();
		for place in 0..whole.len() {
			let mut damaged = whole.clone();
			damaged[place] ^= 1 << (place % 8);
			for bytes in [&damaged[..], &whole[..place]] {
				fs::write(&path, bytes).unwrap();
				assert_eq!(cache.tokens(&data, &tokenizer, 6).unwrap(), expected);
				assert_eq!(fs::read(&path).unwrap(), whole);
			}
		}
	}

	#[test]
	fn file_should_not_be_taken_when_its_counts_are_wrong_but_its_hash_is_right() {
		let (_directory, cache, data, tokenizer) = setup();
		let key = key(&data, &tokenizer, 6);
		let path = cache.path(&key);
		let expected = cache.tokens(&data, &tokenizer, 6).unwrap();
		let rows = |lengths: &[usize]| -> Vec<Encoding> {
			lengths.iter().map(|length| Encoding { ids: vec![7; *length] }).collect()
		};
		let rehash = |change: &dyn Fn(&mut Vec<u8>)| {
			let mut bytes = encode(&key, &rows(&[2, 2, 2]));
			bytes.truncate(bytes.len() - 32);
			change(&mut bytes);
			let hash = blob_hash(&bytes);
			[bytes, hash.to_vec()].concat()
		};
		for bytes in [
			encode(&key, &rows(&[2, 2])),
			encode(&[0; 32], &rows(&[2, 2, 2])),
			rehash(&|bytes| bytes[48] = 3),
			rehash(&|bytes| bytes[48] = 1),
			rehash(&|bytes| bytes[51] = 255),
			rehash(&|bytes| bytes.truncate(50)),
			rehash(&|bytes| bytes.push(0)),
		] {
			fs::write(&path, bytes).unwrap();
			assert_eq!(cache.tokens(&data, &tokenizer, 6).unwrap(), expected);
		}
	}
}
