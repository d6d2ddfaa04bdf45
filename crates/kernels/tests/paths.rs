//! The choice of instructions. In a process of its own: the choice is the whole process's.

use openledger_kernels::{active, available, force, Path};

#[test]
fn the_forced_path_should_be_active_until_the_choice_is_free_again() {
	assert_eq!(available().first(), Some(&Path::Portable));
	let chosen = active();
	assert!(available().contains(&chosen));
	for path in available() {
		force(Some(path)).unwrap();
		assert_eq!(active(), path);
	}
	let missing =
		[Path::Avx2, Path::Avx512, Path::Neon].into_iter().find(|p| !available().contains(p));
	// No machine has the instructions of two architectures.
	let missing = missing.unwrap();
	force(Some(Path::Portable)).unwrap();
	let error = force(Some(missing)).unwrap_err().to_string();
	assert!(error.contains(missing.name()) && error.contains("portable"), "{error}");
	assert_eq!(active(), Path::Portable);
	force(None).unwrap();
	assert_eq!(active(), chosen);
}
