//! Tests of the runtime as a whole.

mod dry_run;
mod fees;
mod genesis;
mod keys;
mod limits;
mod metadata;
mod migrations;
mod motions;
mod parameters;
mod treasury;

use crate::{
	constants::time::SLOT_MILLIS, genesis::get_preset, transaction::immortal_extension, AccountId,
	Executive, Hash, Header, Nonce, Runtime, RuntimeCall, RuntimeGenesisConfig, System,
	UncheckedExtrinsic,
};
use codec::Encode;
use polkadot_sdk::*;

use frame_support::genesis_builder_helper::build_state;
use serde_json::Value;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::SignedPayload, traits::Header as _, ApplyExtrinsicResult, Digest, DigestItem,
};

/// Any slot: the first one of a chain only has to be positive.
const FIRST_SLOT: u64 = 1_000_000;

/// The state after genesis of a preset.
fn chain(preset: &str) -> TestExternalities {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let patch = get_preset(&preset.into()).expect("preset exists");
	merge(&mut config, serde_json::from_slice(&patch).unwrap());
	let mut state = TestExternalities::new_empty();
	state.execute_with(|| build_state::<RuntimeGenesisConfig>(config.to_string().into())).unwrap();
	state
}

/// RFC 7396, as nodes apply it.
fn merge(into: &mut Value, patch: Value) {
	match patch {
		Value::Object(patch) => {
			if !into.is_object() {
				*into = Value::Object(Default::default());
			}
			for (key, value) in patch {
				merge(into.as_object_mut().unwrap().entry(key).or_insert(Value::Null), value);
			}
		},
		patch => *into = patch,
	}
}

/// Starts block 1, made by the validator of that index, with its timestamp.
fn start_block(authority_index: u32) {
	let slot = FIRST_SLOT.into();
	let pre_digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest { authority_index, slot });
	let digest = Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, pre_digest.encode())] };
	let header = Header::new(1, Hash::zero(), Hash::zero(), System::block_hash(0), digest);
	Executive::initialize_block(&header);
	let now = pallet_timestamp::Call::<Runtime>::set { now: FIRST_SLOT * SLOT_MILLIS };
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(now.into())).unwrap().unwrap();
}

/// Sends a transaction of a development account.
fn send(from: Sr25519Keyring, nonce: Nonce, tip: u128, call: RuntimeCall) -> ApplyExtrinsicResult {
	let mut extension = immortal_extension(nonce);
	extension.8 = pallet_transaction_payment::ChargeTransactionPayment::from(tip);
	let payload = SignedPayload::new(call, extension).unwrap();
	let signature = payload.using_encoded(|bytes| from.sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	Executive::apply_extrinsic(UncheckedExtrinsic::new_signed(
		call,
		from.to_account_id().into(),
		signature.into(),
		extension,
	))
}

fn account(key: Sr25519Keyring) -> AccountId {
	key.to_account_id()
}
