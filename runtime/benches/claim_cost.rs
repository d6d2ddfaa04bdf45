//! Measures what the runtime's check of an attribution costs per unit, in the wasm that a node runs.
//!
//! Calls the runtime API `AttributionApi_check_attribution` with attributions of different size, and
//! solves for the units of `openledger_pallet_support::cost`, from which the weights of the pallets are built. A
//! signature check is a host function, so it is measured natively.
//!
//! `cargo bench -p openledger-runtime --bench claim_cost [-- --json FILE]`

use codec::{Decode, Encode};
use openledger_pallet_support::cost;
use openledger_primitives::{
	merkle_root, Attribution, ClaimError, Entry, IndexCommitment, Leaf, MerkleTree, ProvenEntry,
	Sketch, Width, H256,
};
use polkadot_sdk::{
	sc_executor::WasmExecutor,
	sp_core::{
		sr25519,
		traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
		Pair,
	},
	sp_io::{SubstrateHostFunctions, TestExternalities},
};
use std::time::Instant;

/// Calls that warm the executor's cache of instances, and calls that are timed.
const WARM_UP: usize = 5;
const CALLS: usize = 31;

/// The size of an attribution.
#[derive(Clone, Copy)]
struct Size {
	entries: u32,
	dimension: u32,
	depth: u32,
	width: Width,
}

impl Size {
	fn products(self) -> f64 {
		f64::from(self.entries) * f64::from(self.dimension)
	}

	/// The query is as long as a leaf.
	fn bytes(self) -> f64 {
		f64::from(self.entries + 1) * f64::from(self.dimension) * f64::from(self.width.bytes())
	}

	fn nodes(self) -> f64 {
		f64::from(self.entries) * f64::from(self.depth)
	}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
	let wasm = openledger_runtime::WASM_BINARY
		.ok_or("the runtime was built without wasm: unset SKIP_WASM_BUILD and build again")?;
	let code = WrappedRuntimeCode(wasm.into());
	let runtime = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: b"measured".to_vec() };
	let executor: WasmExecutor<SubstrateHostFunctions> = WasmExecutor::builder().build();

	// Picoseconds of one call, the median.
	let measure = |size: Size| -> Result<f64, Box<dyn std::error::Error>> {
		let arguments = arguments(size);
		let mut times = Vec::new();
		for round in 0..WARM_UP + CALLS {
			let mut state = TestExternalities::default();
			let mut ext = state.ext();
			let start = Instant::now();
			let (result, _) = executor.call(
				&mut ext,
				&runtime,
				"AttributionApi_check_attribution",
				&arguments,
				CallContext::Onchain { import: true },
			);
			let elapsed = start.elapsed();
			let answer = result.map_err(|e| e.to_string())?;
			let checked = <Result<Vec<Entry>, ClaimError>>::decode(&mut &answer[..])?;
			assert_eq!(checked.map(|c| c.len()), Ok(size.entries as usize));
			if round >= WARM_UP {
				times.push(elapsed.as_secs_f64() * 1e12);
			}
		}
		let time = median(times);
		let Size { entries, dimension, depth, width } = size;
		println!("{entries:>8} {dimension:>10} {width:>6?} {depth:>6} {:>13.1}", time / 1e6);
		Ok(time)
	};

	println!(
		"{:>8} {:>10} {:>6} {:>6} {:>13}",
		"entries", "dimension", "width", "depth", "microseconds"
	);
	let one = Size { entries: 1, dimension: 256, depth: 4, width: Width::Int8 };
	let narrow = Size { entries: 16, ..one };
	let deep = Size { depth: 16, ..narrow };
	let wide = Size { dimension: 16_384, ..narrow };
	let wider = Size { width: Width::Int16, ..wide };
	let (t_one, t_narrow, t_deep) = (measure(one)?, measure(narrow)?, measure(deep)?);
	let (t_wide, t_wider) = (measure(wide)?, measure(wider)?);

	let byte = (t_wider - t_wide) / (wider.bytes() - wide.bytes());
	let product = (t_wide - t_narrow - byte * (wide.bytes() - narrow.bytes()))
		/ (wide.products() - narrow.products());
	let node = (t_deep - t_narrow) / (deep.nodes() - narrow.nodes());
	let rest = |size: Size, time: f64| {
		time - size.bytes() * byte - size.products() * product - size.nodes() * node
	};
	let entry =
		(rest(narrow, t_narrow) - rest(one, t_one)) / f64::from(narrow.entries - one.entries);
	let call = rest(one, t_one) - entry;

	let costs = [
		("CALL", call, cost::CALL),
		("PRODUCT", product, cost::PRODUCT),
		("KIB", byte * 1024.0, cost::KIB),
		("NODE", node, cost::NODE),
		("ENTRY", entry, cost::ENTRY),
		("SIGNATURE", signature_check(), cost::SIGNATURE),
	];
	println!("\n{:>10} {:>14} {:>14}", "unit", "measured (ps)", "charged (ps)");
	for (unit, measured, charged) in costs {
		println!("{unit:>10} {measured:>14.0} {charged:>14}");
	}
	if let Some(file) = json_file() {
		let json: serde_json::Map<_, _> = costs
			.iter()
			.map(|(unit, measured, charged)| {
				let value = serde_json::json!({ "measured": measured.round(), "charged": charged });
				((*unit).into(), value)
			})
			.collect();
		std::fs::write(&file, serde_json::to_string_pretty(&json)?)?;
		println!("\nwritten to {file}");
	}
	Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
	times.sort_by(f64::total_cmp);
	times[times.len() / 2]
}

/// The file named after `--json`; cargo passes options of its own too.
fn json_file() -> Option<String> {
	std::env::args().skip_while(|a| a != "--json").nth(1)
}

/// An honest attribution of that size, as the API's arguments.
fn arguments(size: Size) -> Vec<u8> {
	let Size { entries, dimension, depth, width } = size;
	let ones = match width {
		Width::Int8 => Sketch::Int8(vec![1; dimension as usize]),
		Width::Int16 => Sketch::Int16(vec![1; dimension as usize]),
	};
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
		width,
	};
	let tree = MerkleTree::new(hashes);
	let entries = (0u32..)
		.zip(leaves)
		.map(|(leaf_index, leaf)| ProvenEntry {
			score: dimension.into(),
			proof: tree.proof(leaf_index as usize).unwrap_or_default(),
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
	let times = (0..CALLS)
		.map(|_| {
			let start = Instant::now();
			assert!(sr25519::Pair::verify(&signature, message, &pair.public()));
			start.elapsed().as_secs_f64() * 1e12
		})
		.collect();
	median(times)
}
