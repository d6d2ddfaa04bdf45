//! blake2-256, the one hash of leaves, trees, rows and files.

pub use primitive_types::H256;

/// The blake2-256 hash of `data`.
#[cfg(all(feature = "host-functions", target_arch = "wasm32"))]
pub fn blake2_256(data: &[u8]) -> H256 {
	H256(sp_io::hashing::blake2_256(data))
}

/// The blake2-256 hash of `data`.
#[cfg(not(all(feature = "host-functions", target_arch = "wasm32")))]
pub fn blake2_256(data: &[u8]) -> H256 {
	let hash = blake2b_simd::Params::new().hash_length(H256::len_bytes()).hash(data);
	H256::from_slice(hash.as_bytes())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hash_should_be_unkeyed_blake2_256() {
		// RFC 7693 fixes the function; this is its value for the empty string at 32 bytes.
		let expected = "0x0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
		assert_eq!(alloc::format!("{:?}", blake2_256(b"")), expected);
	}
}
