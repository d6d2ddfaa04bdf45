//! Values, and the paths to try them on.
#![allow(dead_code)]

use openledger_kernels::{available, force, Path};
use std::sync::{Mutex, PoisonError};

/// Runs on each path that this machine has. One at a time: the path is the whole process's.
pub fn on_every_path(mut run: impl FnMut(Path)) {
	static FORCING: Mutex<()> = Mutex::new(());
	let _guard = FORCING.lock().unwrap_or_else(PoisonError::into_inner);
	for path in available() {
		force(Some(path)).unwrap();
		run(path);
	}
	force(None).unwrap();
}

/// Pseudo-random bits (SplitMix64).
pub fn random(mut state: u64) -> impl FnMut() -> u64 {
	move || {
		state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}
}

/// Pseudo-random values within ±1.
pub fn values(seed: u64, count: usize) -> Vec<f32> {
	let mut next = random(seed);
	(0..count).map(|_| (next() as i32) as f32 / 2f32.powi(31)).collect()
}

/// Zeros, infinities, NaN of both signs, and the ends of the subnormal and normal ranges.
pub fn special_values() -> Vec<f32> {
	let positive = [
		0.0,
		f32::from_bits(1),
		f32::from_bits(0x007f_ffff),
		f32::MIN_POSITIVE,
		1.0,
		1.5,
		f32::MAX,
		f32::INFINITY,
		f32::from_bits(0x7fc0_0000),
		f32::from_bits(0x7f80_0001),
	];
	positive.iter().flat_map(|x| [*x, -*x]).collect()
}

pub fn bits(values: &[f32]) -> Vec<u32> {
	values.iter().map(|value| value.to_bits()).collect()
}
