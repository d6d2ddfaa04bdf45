//! Measures what the runtime's check of an attribution costs per unit, in the wasm that a node runs.
//!
//! Calls the runtime API `AttributionApi_check_attribution` with indices of different size, and
//! solves for the cost of one call, one entry, one coordinate and one level of the tree. A signature check
//! is a host function, so it is measured natively. The weights of the pallets are built from these numbers.
//!
//! `cargo bench -p openledger-runtime --bench claim_cost [-- --json FILE]`

use codec::{Decode, Encode};
use openledger_proof::{
	merkle_proof, merkle_root, Attribution, ClaimError, Entry, IndexCommitment, Leaf, ProvenEntry,
	Sketch, Width, H256,
};
use polkadot_sdk::{
	sc_executor::WasmExecutor,
	sp_core::{
		sr25519,
		traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
		Pair,
	},
	sp_io::SubstrateHostFunctions,
	sp_state_machine::BasicExternalities,
};
use std::time::Instant;

/// Calls that warm the executor's cache of instances, and calls that are timed.
const WARM_UP: usize = 5;
const CALLS: usize = 31;

struct Sample {
	entries: u32,
	dimension: u32,
	depth: u32,
	picoseconds: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
	let wasm = openledger_runtime::WASM_BINARY
		.ok_or("the runtime was built without wasm: unset SKIP_WASM_BUILD and build again")?;
	let code = WrappedRuntimeCode(wasm.into());
	let runtime = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: b"measured".to_vec() };
	let executor: WasmExecutor<SubstrateHostFunctions> = WasmExecutor::builder().build();
	let measure = |entries, dimension, depth| {
		let call = encoded_call(entries, dimension, depth);
		let mut times = Vec::new();
		for round in 0..WARM_UP + CALLS {
			let mut ext = BasicExternalities::new_empty();
			let start = Instant::now();
			let (result, _) = executor.call(
				&mut ext,
				&runtime,
				"AttributionApi_check_attribution",
				&call,
				CallContext::Onchain,
			);
			let elapsed = start.elapsed();
			let answer = result.map_err(|e| e.to_string())?;
			let checked = <Result<Vec<Entry>, ClaimError>>::decode(&mut &answer[..])?;
			assert_eq!(checked.map(|c| c.len()), Ok(entries as usize));
			if round >= WARM_UP {
				times.push(elapsed.as_secs_f64() * 1e12);
			}
		}
		times.sort_by(f64::total_cmp);
		let picoseconds = times[times.len() / 2];
		println!("{entries:>8} {dimension:>10} {depth:>6} {:>12.1}", picoseconds / 1e6);
		Ok::<_, Box<dyn std::error::Error>>(Sample { entries, dimension, depth, picoseconds })
	};

	println!("{:>8} {:>10} {:>6} {:>12}", "entries", "dimension", "depth", "microseconds");
	let small = measure(1, 256, 4)?;
	let wide = measure(16, 16_384, 4)?;
	let narrow = measure(16, 256, 4)?;
	let deep = measure(16, 256, 16)?;

	// The query is decoded too, so a call holds one sketch more than entries.
	let coordinates = |s: &Sample| f64::from(s.entries + 1) * f64::from(s.dimension);
	let levels = |s: &Sample| f64::from(s.entries) * f64::from(s.depth);
	let per_coordinate =
		(wide.picoseconds - narrow.picoseconds) / (coordinates(&wide) - coordinates(&narrow));
	let per_level = (deep.picoseconds - narrow.picoseconds) / (levels(&deep) - levels(&narrow));
	let rest = |s: &Sample| {
		s.picoseconds - coordinates(s) * per_coordinate - levels(s) * per_level
	};
	let per_entry = (rest(&narrow) - rest(&small)) / f64::from(narrow.entries - small.entries);
	let per_call = rest(&small) - f64::from(small.entries) * per_entry;
	let signature = signature_check();

	let costs = [
		("call", per_call),
		("entry", per_entry),
		("coordinate", per_coordinate),
		("level", per_level),
		("signature", signature),
	];
	println!("\n{:>12} {:>16}", "unit", "picoseconds");
	for (unit, picoseconds) in costs {
		println!("{unit:>12} {picoseconds:>16.0}");
	}
	if let Some(file) = json_file() {
		let json: serde_json::Map<_, _> =
			costs.iter().map(|(unit, ps)| ((*unit).into(), ps.round().into())).collect();
		std::fs::write(&file, serde_json::to_string_pretty(&json)?)?;
		println!("\nwritten to {file}");
	}
	Ok(())
}

/// The file named after `--json`; cargo passes options of its own too.
fn json_file() -> Option<String> {
	std::env::args().skip_while(|a| a != "--json").nth(1)
}

/// An honest attribution of `entries` 16-bit leaves in a tree of the given depth, as the API's arguments.
fn encoded_call(entries: u32, dimension: u32, depth: u32) -> Vec<u8> {
	let ones = Sketch::Int16(vec![1; dimension as usize]);
	let leaves: Vec<Leaf> = (0..entries.into())
		.map(|contribution| Leaf { contribution, sketch: ones.clone() })
		.collect();
	assert!(entries <= 1 << depth, "a tree of that depth has fewer leaves");
	let leaf_count = 1usize << depth;
	let mut hashes: Vec<H256> = leaves.iter().take(leaf_count).map(Leaf::hash).collect();
	hashes.resize_with(leaf_count, H256::random);
	let index = IndexCommitment {
		root: merkle_root(&hashes),
		leaf_count: leaf_count as u32,
		dimension,
		width: Width::Int16,
	};
	let entries = (0..)
		.zip(leaves)
		.map(|(leaf_index, leaf)| ProvenEntry {
			score: dimension.into(),
			proof: merkle_proof(&hashes, leaf_index).unwrap_or_default(),
			leaf,
			leaf_index,
		})
		.collect();
	(index, Attribution { query: ones, entries }, u32::MAX).encode()
}

/// Median picoseconds of one sr25519 verification.
fn signature_check() -> f64 {
	let (pair, _) = sr25519::Pair::generate();
	let message = [7u8; 32];
	let signature = pair.sign(&message);
	let mut times: Vec<f64> = (0..CALLS)
		.map(|_| {
			let start = Instant::now();
			assert!(sr25519::Pair::verify(&signature, message, &pair.public()));
			start.elapsed().as_secs_f64() * 1e12
		})
		.collect();
	times.sort_by(f64::total_cmp);
	times[times.len() / 2]
}
