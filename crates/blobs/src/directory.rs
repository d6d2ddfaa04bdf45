//! Blobs as files of one local directory.

use crate::{blob_hash, BlobError, BlobHash, BlobHasher, BlobStore};
use std::{
	fs,
	io::{self, Read, Write},
	path::{Path, PathBuf},
	process,
	sync::atomic::{AtomicU64, Ordering},
};

/// Makes the names of this process's temporary files differ.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// A directory with one file per blob, named by the hash in lower-case hexadecimal digits.
///
/// A blob is written to a temporary file first and then renamed, so a reader never sees half of
/// one, and any number of processes may share the directory.
#[derive(Clone, Debug)]
pub struct DirectoryStore {
	directory: PathBuf,
}

impl DirectoryStore {
	/// Opens `directory`, which is created if it does not exist.
	///
	/// # Errors
	/// [`BlobError::Io`] if it cannot be created.
	pub fn open(directory: impl Into<PathBuf>) -> Result<Self, BlobError> {
		let directory = directory.into();
		fs::create_dir_all(&directory).map_err(failed("create", &directory))?;
		Ok(Self { directory })
	}

	/// The directory that was opened.
	pub fn directory(&self) -> &Path {
		&self.directory
	}

	/// The file that holds the blob, or would hold it: whether it exists is not checked.
	pub fn path(&self, hash: &BlobHash) -> PathBuf {
		self.directory.join(hex::encode(hash))
	}

	/// Whether the blob is there and undamaged. It is read piece by piece, however large it is.
	fn holds(&self, hash: &BlobHash) -> bool {
		let (mut hasher, mut piece) = (BlobHasher::default(), vec![0; 1 << 16]);
		let Ok(mut file) = fs::File::open(self.path(hash)) else { return false };
		loop {
			match file.read(&mut piece) {
				Ok(0) => return hasher.finish() == *hash,
				Ok(count) => hasher.update(&piece[..count]),
				Err(error) if error.kind() == io::ErrorKind::Interrupted => {},
				Err(_) => return false,
			}
		}
	}

	fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), BlobError> {
		let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
		let temporary = self.directory.join(format!(".{}-{number}.tmp", process::id()));
		let written = fs::File::create(&temporary)
			.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
			.and_then(|()| fs::rename(&temporary, path));
		if written.is_err() {
			// The first error is the one worth telling.
			let _ = fs::remove_file(&temporary);
		}
		written.map_err(failed("write", path))
	}
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> BlobError + 'a {
	move |source| BlobError::Io { action, path: path.to_owned(), source }
}

impl BlobStore for DirectoryStore {
	fn get(&self, hash: &BlobHash) -> Result<Vec<u8>, BlobError> {
		let path = self.path(hash);
		let bytes = fs::read(&path).map_err(|source| match source.kind() {
			io::ErrorKind::NotFound => {
				BlobError::NotFound { hash: *hash, directory: self.directory.clone() }
			},
			_ => failed("read", &path)(source),
		})?;
		match blob_hash(&bytes) {
			found if found == *hash => Ok(bytes),
			found => Err(BlobError::Mismatch { expected: *hash, found, path }),
		}
	}

	fn put(&self, bytes: &[u8]) -> Result<BlobHash, BlobError> {
		let hash = blob_hash(bytes);
		if !self.holds(&hash) {
			self.write(&self.path(&hash), bytes)?;
		}
		Ok(hash)
	}

	fn contains(&self, hash: &BlobHash) -> Result<bool, BlobError> {
		let path = self.path(hash);
		path.try_exists().map_err(failed("look up", &path))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn store() -> (tempfile::TempDir, DirectoryStore) {
		let directory = tempfile::tempdir().unwrap();
		let store = DirectoryStore::open(directory.path().join("nested/blobs")).unwrap();
		(directory, store)
	}

	#[test]
	fn blob_should_come_back_when_put() {
		let (_guard, store) = store();
		let hash = store.put(b"seven").unwrap();
		assert_eq!(hash, blob_hash(b"seven"));
		assert!(store.contains(&hash).unwrap());
		assert_eq!(store.get(&hash).unwrap(), b"seven");
	}

	#[test]
	fn put_should_leave_one_file_when_repeated() {
		let (_guard, store) = store();
		for _ in 0..3 {
			store.put(b"again").unwrap();
		}
		let names: Vec<_> =
			fs::read_dir(store.directory()).unwrap().map(|e| e.unwrap().file_name()).collect();
		assert_eq!(names, [hex::encode(blob_hash(b"again")).as_str()]);
	}

	#[test]
	fn get_should_name_hash_and_directory_when_blob_is_missing() {
		let (_guard, store) = store();
		let hash = blob_hash(b"never put");
		assert!(!store.contains(&hash).unwrap());
		let error = store.get(&hash).unwrap_err();
		assert!(matches!(error, BlobError::NotFound { .. }));
		let text = error.to_string();
		assert!(text.contains(&hex::encode(hash)));
		assert!(text.contains(&store.directory().display().to_string()));
	}

	#[test]
	fn get_should_name_both_hashes_when_blob_is_damaged() {
		let (_guard, store) = store();
		let hash = store.put(b"whole").unwrap();
		fs::write(store.path(&hash), b"hole").unwrap();
		let error = store.get(&hash).unwrap_err();
		assert!(matches!(error, BlobError::Mismatch { .. }));
		let text = error.to_string();
		assert!(text.contains(&hex::encode(hash)));
		assert!(text.contains(&hex::encode(blob_hash(b"hole"))));
	}

	#[test]
	fn put_should_repair_when_copy_is_damaged() {
		let (_guard, store) = store();
		let hash = store.put(b"whole").unwrap();
		fs::write(store.path(&hash), b"hole").unwrap();
		store.put(b"whole").unwrap();
		assert_eq!(store.get(&hash).unwrap(), b"whole");
	}

	#[test]
	fn open_should_fail_when_a_file_is_in_the_way() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("file");
		fs::write(&path, b"").unwrap();
		let error = DirectoryStore::open(&path).unwrap_err();
		assert!(matches!(error, BlobError::Io { action: "create", .. }));
	}

	#[test]
	fn blob_should_be_whole_when_many_threads_put_it() {
		let (_guard, store) = store();
		let bytes = vec![7u8; 1 << 16];
		let hash = blob_hash(&bytes);
		std::thread::scope(|scope| {
			for _ in 0..4 {
				scope.spawn(|| {
					store.put(&bytes).unwrap();
					assert_eq!(store.get(&hash).unwrap(), bytes);
				});
			}
		});
	}
}
