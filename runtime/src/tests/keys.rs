use super::*;
use crate::{configs::SessionKeyOwners, genesis::LOCAL, Session, SessionKeys};
use pallet_attribution::{AttesterKeys, ATTESTER_KEY_TYPE};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use std::sync::Arc;
use Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve};

#[test]
fn attester_should_have_its_session_key_when_keys_are_set() {
	chain(LOCAL).execute_with(|| {
		for validator in [Alice, Bob, Charlie, Dave] {
			let key = SessionKeyOwners::key_of(&account(validator)).unwrap();
			assert_eq!(key, validator.public().into());
			assert_eq!(SessionKeyOwners::account_of(&key), Some(account(validator)));
		}
		assert_eq!(SessionKeyOwners::key_of(&account(Eve)), None);
		assert_eq!(SessionKeyOwners::account_of(&Eve.public().into()), None);
	});
}

#[test]
fn node_should_hold_the_keys_of_genesis_when_started_with_a_development_seed() {
	let keystore = Arc::new(MemoryKeystore::new());
	let mut state = chain(LOCAL);
	state.register_extension(KeystoreExt(keystore.clone()));
	state.execute_with(|| {
		for validator in [Alice, Bob, Charlie, Dave] {
			let seed = validator.to_seed().into_bytes();
			let generated = SessionKeys::generate(&[], Some(seed)).keys;
			assert_eq!(Session::load_keys(&account(validator)), Some(generated));
		}
	});
	assert_eq!(keystore.sr25519_public_keys(ATTESTER_KEY_TYPE).len(), 4);
}
