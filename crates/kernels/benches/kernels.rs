//! Measures what the kernels reach on this machine, path by path, beside what the machine itself
//! can do: `cargo bench -p openledger-kernels [-- matmul|functions|scores]`.

use openledger_kernels::{
	available, erf_slice, exp_slice, force, matmul, matmul_nt, matmul_tn, scores_i16, scores_i8,
	sigmoid_slice, softmax, tanh_slice, Path,
};
use std::{
	hint::black_box,
	time::{Duration, Instant},
};

fn main() {
	let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
	let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
	for path in available() {
		force(Some(path)).expect("it is available");
		if wants("matmul") {
			products(path);
		}
		if wants("functions") {
			functions(path);
		}
		if wants("scores") {
			scores(path);
		}
	}
}

/// The time of the fastest of many runs, in seconds, after one to warm up.
fn seconds(mut run: impl FnMut()) -> f64 {
	run();
	let mut best = f64::INFINITY;
	let start = Instant::now();
	let mut runs = 0;
	while runs < 3 || start.elapsed() < Duration::from_millis(300) {
		let once = Instant::now();
		run();
		best = best.min(once.elapsed().as_secs_f64());
		runs += 1;
	}
	best
}

/// Pseudo-random values within ±1 (SplitMix64).
fn values(count: usize) -> Vec<f32> {
	let mut state = count as u64;
	(0..count).map(|_| (next(&mut state) as i32) as f32 / 2f32.powi(31)).collect()
}

fn next(state: &mut u64) -> u64 {
	*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
	let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	mixed ^ (mixed >> 31)
}

/// Floating-point operations per second of twelve independent chains of `mul_add` in registers, on
/// vectors as wide as the path's: what the core can multiply.
fn peak(path: Path) -> f64 {
	const STEPS: usize = 100_000;
	#[cfg(target_arch = "x86_64")]
	use std::arch::x86_64::*;
	#[cfg(target_arch = "x86_64")]
	#[target_feature(enable = "avx2,fma")]
	fn avx2() {
		let mut sums = [_mm256_setzero_ps(); 12];
		let factor = black_box(_mm256_set1_ps(0.999));
		for _ in 0..STEPS {
			for sum in &mut sums {
				*sum = _mm256_fmadd_ps(*sum, factor, factor);
			}
		}
		black_box(sums);
	}
	#[cfg(target_arch = "x86_64")]
	#[target_feature(enable = "avx512f")]
	fn avx512() {
		let mut sums = [_mm512_setzero_ps(); 12];
		let factor = black_box(_mm512_set1_ps(0.999));
		for _ in 0..STEPS {
			for sum in &mut sums {
				*sum = _mm512_fmadd_ps(*sum, factor, factor);
			}
		}
		black_box(sums);
	}
	fn plain() {
		let mut sums = [[0f32; 4]; 12];
		let factor = black_box(0.999f32);
		for _ in 0..STEPS {
			for sum in sums.as_flattened_mut() {
				*sum = sum.mul_add(factor, factor);
			}
		}
		black_box(sums);
	}
	let (lanes, time) = match path {
		// SAFETY: `available` has found these paths' instructions.
		#[cfg(target_arch = "x86_64")]
		Path::Avx2 => (8, seconds(|| unsafe { avx2() })),
		#[cfg(target_arch = "x86_64")]
		// SAFETY: as above.
		Path::Avx512 => (16, seconds(|| unsafe { avx512() })),
		_ => (4, seconds(plain)),
	};
	(STEPS * 12 * lanes * 2) as f64 / time
}

/// Rows, inner dimension and columns of a product, and where it is computed.
type Form = fn(&[f32], &[f32], &mut [f32], usize, usize, usize);

fn products(path: Path) {
	let peak = peak(path);
	println!("\n{path}: multiply-add peak {:.1} GFLOP/s", peak / 1e9);
	println!(
		"{:>16} {:>20} {:>20} {:>20}   (GFLOP/s, share of peak)",
		"m x k x n", "matmul", "_nt", "_tn"
	);
	let few = [1, 2, 3, 4, 6, 8, 12, 13, 15].map(|m| (m, 768, 768));
	let shapes = [(1, 2048, 2048), (2, 2048, 2048), (4, 2048, 2048), (15, 2048, 2048)]
		.into_iter()
		.chain(few)
		.chain([(32, 64, 32), (64, 384, 384), (512, 512, 512), (1024, 1024, 1024)]);
	for (m, k, n) in shapes {
		if path == Path::Portable && m * k * n > 10_000_000 {
			continue;
		}
		print!("{:>16}", format!("{m}x{k}x{n}"));
		for form in [matmul as Form, matmul_nt, matmul_tn] {
			let (a, b, mut out) = (values(m * k), values(k * n), vec![0.0; m * n]);
			let time = seconds(|| form(&a, &b, black_box(&mut out), m, k, n));
			let speed = (2 * m * k * n) as f64 / time;
			let text = format!("{:.1} ({:.0} %)", speed / 1e9, 100.0 * speed / peak);
			print!(" {text:>20}");
		}
		println!();
	}
}

fn functions(path: Path) {
	let input: Vec<f32> = values(4096).iter().map(|x| 5.0 * x).collect();
	println!("\n{path}: nanoseconds per value");
	type Function = fn(&mut [f32]);
	let functions: [(&str, Function); 5] = [
		("exp", exp_slice),
		("tanh", tanh_slice),
		("erf", erf_slice),
		("sigmoid", sigmoid_slice),
		("softmax", softmax),
	];
	for (name, function) in functions {
		let mut row = input.clone();
		let time = seconds(|| {
			row.copy_from_slice(&input);
			function(black_box(&mut row));
		});
		println!("{name:>16} {:.2}", time * 1e9 / input.len() as f64);
	}
}

/// Measures many queries against many rows.
fn scores(path: Path) {
	const QUERIES: usize = 64;
	const ROWS: usize = 128;
	const WIDTH: usize = 50_001;
	fn random<T>(count: usize, narrow: impl Fn(u64) -> T) -> Vec<T> {
		let mut state = count as u64;
		(0..count).map(|_| narrow(next(&mut state))).collect()
	}
	if path == Path::Portable {
		return;
	}
	let speed = |time| (QUERIES * ROWS * WIDTH) as f64 / time / 1e9;
	let mut out = vec![0; QUERIES * ROWS];
	let (queries, rows) = (random(QUERIES * WIDTH, |x| x as i8), random(ROWS * WIDTH, |x| x as i8));
	let queries: Vec<_> = queries.chunks(WIDTH).collect();
	let bytes = seconds(|| scores_i8(&queries, &rows, black_box(&mut out)));
	let (queries, rows) =
		(random(QUERIES * WIDTH, |x| x as i16), random(ROWS * WIDTH, |x| x as i16));
	let queries: Vec<_> = queries.chunks(WIDTH).collect();
	let shorts = seconds(|| scores_i16(&queries, &rows, black_box(&mut out)));
	println!("\n{path}: {:.1} thousand million products of i8 per second", speed(bytes));
	println!("{path}: {:.1} thousand million products of i16 per second", speed(shorts));
}
