//! Which instructions are used: detection, choice, and the functions of each path.

use crate::{dot, functions, matmul};
use std::{
	fmt,
	sync::{
		atomic::{AtomicU8, Ordering},
		OnceLock,
	},
};

/// A set of instructions that every function of this crate is compiled for. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
	/// Safe Rust for any machine. It defines the results.
	Portable,
	/// x86-64 with AVX2 and FMA.
	Avx2,
	/// x86-64 with AVX-512 F, BW, VL, DQ and VNNI.
	Avx512,
	/// 64-bit Arm, whose vector instructions every such processor has.
	Neon,
}

/// Every path, from the slowest to the fastest a machine can have.
const ALL: [Path; 4] = [Path::Portable, Path::Avx2, Path::Avx512, Path::Neon];

impl Path {
	/// The name by which `OPENLEDGER_KERNELS` chooses it: `portable`, `avx2`, `avx512` or `neon`.
	pub fn name(self) -> &'static str {
		match self {
			Self::Portable => "portable",
			Self::Avx2 => "avx2",
			Self::Avx512 => "avx512",
			Self::Neon => "neon",
		}
	}

	fn is_available(self) -> bool {
		match self {
			Self::Portable => true,
			#[cfg(target_arch = "x86_64")]
			Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
			#[cfg(target_arch = "x86_64")]
			Self::Avx512 => {
				Self::Avx2.is_available()
					&& is_x86_feature_detected!("avx512f")
					&& is_x86_feature_detected!("avx512bw")
					&& is_x86_feature_detected!("avx512vl")
					&& is_x86_feature_detected!("avx512dq")
					&& is_x86_feature_detected!("avx512vnni")
			},
			#[cfg(target_arch = "aarch64")]
			Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
			#[allow(unreachable_patterns)]
			_ => false,
		}
	}
}

impl fmt::Display for Path {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

/// The path that was asked for does not exist on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
	name: String,
}

impl fmt::Display for Unavailable {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let names: Vec<_> = available().iter().map(|path| path.name()).collect();
		write!(f, "this machine has no kernels '{}': choose from {}", self.name, names.join(", "))
	}
}

impl std::error::Error for Unavailable {}

/// The paths that this machine can run: [`Path::Portable`] first, the fastest last.
pub fn available() -> Vec<Path> {
	ALL.into_iter().filter(|path| path.is_available()).collect()
}

/// Zero if no path is forced, otherwise its place in [`ALL`] plus one.
static FORCED: AtomicU8 = AtomicU8::new(0);

/// The path in use: the forced one, else the one that the environment variable `OPENLEDGER_KERNELS`
/// names, else the fastest.
///
/// The variable is read once, at the first use. When it names what this machine does not have, a
/// warning is written to the standard error, and the fastest path taken: the results are the same.
pub fn active() -> Path {
	static CHOSEN: OnceLock<Path> = OnceLock::new();
	if let Some(path) = forced() {
		return path;
	}
	*CHOSEN.get_or_init(|| {
		let fastest = available().pop().unwrap_or(Path::Portable);
		let Some(name) = std::env::var_os("OPENLEDGER_KERNELS") else { return fastest };
		let name = name.to_string_lossy().into_owned();
		match available().into_iter().find(|path| path.name() == name) {
			Some(path) => path,
			None => {
				eprintln!("OPENLEDGER_KERNELS: {}; taking {fastest}", Unavailable { name });
				fastest
			},
		}
	})
}

fn forced() -> Option<Path> {
	let place = FORCED.load(Ordering::Relaxed).checked_sub(1)?;
	ALL.get(usize::from(place)).copied()
}

/// Makes the whole process use `path`, for tests and measurements; `None` goes back to choosing.
/// Calls that are under way finish on the path they began with.
///
/// # Errors
///
/// When this machine does not have `path`. The choice then stays as it was.
pub fn force(path: Option<Path>) -> Result<(), Unavailable> {
	let value = match path {
		None => 0,
		Some(path) if path.is_available() => path as u8 + 1,
		Some(path) => return Err(Unavailable { name: path.name().to_owned() }),
	};
	FORCED.store(value, Ordering::Relaxed);
	Ok(())
}

/// The functions of one path. Every one but those of [`Path::Portable`] executes instructions that
/// not all machines have: only [`kernels`] hands them out.
pub(crate) struct Kernels {
	pub(crate) multiply: fn(matmul::Product<'_>),
	pub(crate) exp: fn(&mut [f32]),
	pub(crate) tanh: fn(&mut [f32]),
	pub(crate) erf: fn(&mut [f32]),
	pub(crate) sigmoid: fn(&mut [f32]),
	pub(crate) softmax: fn(&mut [f32]),
	pub(crate) scan_i8: fn(&[i8], &[i8], &mut [i64]),
	pub(crate) scan_i16: fn(&[i16], &[i16], &mut [i64]),
	pub(crate) scores_i8: fn(&[&[i8]], &[i8], &mut [i64]),
	pub(crate) scores_i16: fn(&[&[i16]], &[i16], &mut [i64]),
}

static PORTABLE: Kernels = Kernels {
	multiply: matmul::portable::multiply,
	exp: functions::paths::portable::exp,
	tanh: functions::paths::portable::tanh,
	erf: functions::paths::portable::erf,
	sigmoid: functions::paths::portable::sigmoid,
	softmax: functions::paths::portable::softmax,
	scan_i8: dot::portable::scan_i8,
	scan_i16: dot::portable::scan_i16,
	scores_i8: dot::portable::scores_i8,
	scores_i16: dot::portable::scores_i16,
};

#[cfg(target_arch = "x86_64")]
static AVX2: Kernels = Kernels {
	multiply: matmul::avx2::multiply,
	exp: functions::paths::avx2::exp,
	tanh: functions::paths::avx2::tanh,
	erf: functions::paths::avx2::erf,
	sigmoid: functions::paths::avx2::sigmoid,
	softmax: functions::paths::avx2::softmax,
	scan_i8: dot::avx2::scan_i8,
	scan_i16: dot::avx2::scan_i16,
	scores_i8: dot::avx2::scores_i8,
	scores_i16: dot::avx2::scores_i16,
};

#[cfg(target_arch = "x86_64")]
static AVX512: Kernels = Kernels {
	multiply: matmul::avx512::multiply,
	exp: functions::paths::avx512::exp,
	tanh: functions::paths::avx512::tanh,
	erf: functions::paths::avx512::erf,
	sigmoid: functions::paths::avx512::sigmoid,
	softmax: functions::paths::avx512::softmax,
	scan_i8: dot::avx512::scan_i8,
	scan_i16: dot::avx512::scan_i16,
	scores_i8: dot::avx512::scores_i8,
	scores_i16: dot::avx512::scores_i16,
};

#[cfg(target_arch = "aarch64")]
static NEON: Kernels = Kernels {
	multiply: matmul::neon::multiply,
	exp: functions::paths::neon::exp,
	tanh: functions::paths::neon::tanh,
	erf: functions::paths::neon::erf,
	sigmoid: functions::paths::neon::sigmoid,
	softmax: functions::paths::neon::softmax,
	scan_i8: dot::neon::scan_i8,
	scan_i16: dot::neon::scan_i16,
	scores_i8: dot::neon::scores_i8,
	scores_i16: dot::neon::scores_i16,
};

/// The functions of the path in use.
pub(crate) fn kernels() -> &'static Kernels {
	match active() {
		#[cfg(target_arch = "x86_64")]
		Path::Avx2 => &AVX2,
		#[cfg(target_arch = "x86_64")]
		Path::Avx512 => &AVX512,
		#[cfg(target_arch = "aarch64")]
		Path::Neon => &NEON,
		_ => &PORTABLE,
	}
}
