//! Computing time of the units of work that weights are built from, in picoseconds.
//!
//! Measured in the wasm runtime by `scripts/bench weights`, and rounded up by about half, so that a
//! slower machine keeps up.

const MICROS: u64 = 1_000_000;

/// Entering the runtime, decoding and encoding a small call, its checks and events.
pub const CALL: u64 = 45 * MICROS;
/// One product of two coordinates, added to a score.
pub const PRODUCT: u64 = 2_000;
/// Decoding, encoding and hashing one KiB.
pub const KIB: u64 = 3_600_000;
/// One step of a Merkle proof: hashing two nodes to one.
pub const NODE: u64 = 600_000;
/// One entry of an attribution whatever its size: order, distinctness, share.
pub const ENTRY: u64 = 2 * MICROS;
/// Verifying one sr25519 signature.
pub const SIGNATURE: u64 = 60 * MICROS;

/// Decoding, encoding and hashing `bytes`.
pub const fn bytes(bytes: u64) -> u64 {
	bytes.saturating_mul(KIB).div_ceil(1024)
}
