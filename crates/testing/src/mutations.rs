//! Gives readers of files damaged copies of valid ones. A reader may refuse or read, and nothing
//! else.
//!
//! Bits are flipped, ends cut, parts moved, doubled or overwritten, lengths replaced, JSON keys
//! removed and values exchanged, also in the JSON header of a safetensors file and in documents within
//! it.

use rand::{seq::IndexedRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{json, Value};
use std::{
	alloc::{GlobalAlloc, Layout, System},
	panic::{catch_unwind, AssertUnwindSafe},
	sync::atomic::{AtomicUsize, Ordering},
};

/// The largest single request for memory so far, in bytes.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// Valid files have at most some hundred kilobytes; libraries may keep lists of all they ever loaded.
const MOST_MEMORY: usize = 64 << 20;

/// The system's allocator, watched: [`attack`] fails when a reader asks for much at once. Name it as
/// `#[global_allocator]`.
#[derive(Debug)]
pub struct Watched;

// SAFETY: all requests go to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
		// SAFETY: passed on as it came.
		unsafe { System.alloc(layout) }
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
		// SAFETY: passed on as it came.
		unsafe { System.alloc_zeroed(layout) }
	}

	unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		LARGEST.fetch_max(size, Ordering::Relaxed);
		// SAFETY: passed on as it came.
		unsafe { System.realloc(old, layout, size) }
	}

	unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
		// SAFETY: passed on as it came.
		unsafe { System.dealloc(old, layout) }
	}
}

/// Checks that nobody has asked [`Watched`] for much at once so far.
///
/// # Panics
/// If a single request for memory was beyond 64 MiB; `what` says what was read last.
pub fn check_memory(what: &str) {
	let largest = LARGEST.load(Ordering::Relaxed);
	assert!(largest <= MOST_MEMORY, "{what}: {largest} bytes at once");
}

/// Gives `read` damaged copies of `valid`; it says whether it read one. The valid one must be read.
///
/// The environment variable `OPENLEDGER_MUTATIONS` is the number of copies, 400 if not set. Copies
/// are the same each time.
///
/// # Panics
/// If `read` does, with the number of the copy; if it refuses the valid file; if a single request for
/// memory is beyond 64 MiB.
pub fn attack(name: &str, valid: &[u8], mut read: impl FnMut(&[u8]) -> bool) {
	let count = std::env::var("OPENLEDGER_MUTATIONS").ok().and_then(|text| text.parse().ok());
	let count: u64 = count.unwrap_or(400);
	assert!(read(valid), "{name}: the valid file is refused");
	let mut taken = 0u64;
	for seed in 0..count {
		let bytes = mutate(valid, &mut ChaCha8Rng::seed_from_u64(seed));
		match catch_unwind(AssertUnwindSafe(|| read(&bytes))) {
			Ok(read) => taken += u64::from(read),
			Err(_) => panic!("{name}: mutation {seed} panics"),
		}
		check_memory(&format!("{name}, mutation {seed}"));
	}
	println!("{name}: {count} mutations, {taken} read, {} refused", count - taken);
}

/// The same file of tensors with `from` replaced in the document among its metadata.
///
/// # Panics
/// If it is no file of tensors, or `from` is not there.
pub fn with_metadata(file: &[u8], from: &str, to: &str) -> Vec<u8> {
	let (length, rest) = file.split_first_chunk::<8>().unwrap();
	let (header, tensors) = rest.split_at(u64::from_le_bytes(*length) as usize);
	let quoted = |text: &str| text.replace('"', "\\\"");
	let header = std::str::from_utf8(header).unwrap();
	assert!(header.contains(&quoted(from)), "{header}");
	let header = header.replace(&quoted(from), &quoted(to));
	[&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat()
}

fn mutate(valid: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
	let mut bytes = valid.to_vec();
	for _ in 0..rng.random_range(1..=3) {
		if bytes.is_empty() {
			break;
		}
		let (i, j) = (rng.random_range(0..bytes.len()), rng.random_range(0..bytes.len()));
		let (from, to) = (i.min(j), i.max(j));
		match rng.random_range(0..16) {
			0 => bytes[i] ^= 1 << rng.random_range(0..8),
			1 => (0..8).for_each(|_| {
				let place = rng.random_range(0..bytes.len());
				bytes[place] = rng.random();
			}),
			2 => bytes.truncate(i),
			3 => drop(bytes.drain(from..to.min(from + 64))),
			4 => {
				let part = bytes[from..to.min(from + 64)].to_vec();
				bytes.splice(j..j, part);
			},
			5 => change_length(&mut bytes, rng),
			6 => change_number(&mut bytes, rng),
			_ => bytes = change_json(&bytes, rng),
		}
	}
	bytes
}

/// Overwrites the first eight bytes, or eight elsewhere, with a number near a boundary.
fn change_length(bytes: &mut [u8], rng: &mut ChaCha8Rng) {
	let near = [0, 8, 1 << 31, 1 << 32, 1 << 63, u64::MAX, bytes.len() as u64];
	let number = near.choose(rng).unwrap().wrapping_add(rng.random_range(0..3)).wrapping_sub(1);
	let start = if rng.random() { 0 } else { rng.random_range(0..bytes.len()) };
	let rest = &mut bytes[start..];
	let length = rest.len().min(8);
	rest[..length].copy_from_slice(&number.to_le_bytes()[..length]);
}

/// Replaces a digit of the text, or makes a number longer.
fn change_number(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
	let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
	if let Some(place) = digits.choose(rng).copied() {
		let with: &[u8] =
			[&b"0"[..], b"9", b"-", b"99999999999", b"1e999", b"0.5"].choose(rng).unwrap();
		bytes.splice(place..place + 1, with.iter().copied());
	}
}

/// Changes one value of the JSON document, or of the JSON header of a file of tensors, or of one
/// line.
fn change_json(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
	if let Ok(mut value) = serde_json::from_slice::<Value>(bytes) {
		change_value(&mut value, rng);
		return value.to_string().into_bytes();
	}
	if let Some((length, rest)) = bytes.split_first_chunk::<8>() {
		let length = u64::from_le_bytes(*length) as usize;
		if let Some((header, data)) = rest.split_at_checked(length) {
			let header = change_json(header, rng);
			return [&(header.len() as u64).to_le_bytes(), &header[..], data].concat();
		}
	}
	let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
	let line = rng.random_range(0..lines.len());
	if let Ok(mut value) = serde_json::from_slice::<Value>(&lines[line]) {
		change_value(&mut value, rng);
		lines[line] = value.to_string().into_bytes();
	}
	lines.join(&b'\n')
}

fn change_value(value: &mut Value, rng: &mut ChaCha8Rng) {
	match value {
		Value::Object(fields) if !fields.is_empty() && rng.random_bool(0.9) => {
			let keys: Vec<String> = fields.keys().cloned().collect();
			let key = keys.choose(rng).unwrap();
			match rng.random_range(0..4) {
				0 => drop(fields.remove(key)),
				1 => {
					let moved = fields.remove(key).unwrap();
					fields.insert(keys.choose(rng).unwrap().clone() + "x", moved);
				},
				_ => change_value(&mut fields[key], rng),
			}
		},
		Value::Array(values) if !values.is_empty() && rng.random_bool(0.9) => {
			let place = rng.random_range(0..values.len());
			match rng.random_range(0..4) {
				0 => drop(values.remove(place)),
				1 => values.push(values[place].clone()),
				_ => change_value(&mut values[place], rng),
			}
		},
		// A document within a document, as files of tensors keep it in their metadata.
		Value::String(text) if text.starts_with('{') && rng.random_bool(0.9) => {
			*text = String::from_utf8_lossy(&change_json(text.as_bytes(), rng)).into_owned();
		},
		other => {
			let values = [
				Value::Null,
				json!(true),
				json!(false),
				json!(0),
				json!(-1),
				json!(7),
				json!(1u64 << 32),
				json!(1_000_000_000_000u64),
				json!(u64::MAX),
				json!(1e300),
				json!(""),
				json!("F16"),
				json!("\u{10ffff}\u{0}"),
				json!([]),
				json!([[], {}]),
				json!({}),
			];
			*other = values.choose(rng).unwrap().clone();
		},
	}
}
