use super::{decode, encode, named, Amounts, DEEPEST};
use codec::{Compact, CompactAs, Encode};
use proptest::prelude::*;
use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
use serde_json::{json, Value};

#[derive(Encode, TypeInfo, Clone, Debug)]
struct AccountId32([u8; 32]);

#[derive(Encode, TypeInfo, Clone, Debug)]
enum MultiAddress {
	Id(AccountId32),
	Index(#[codec(compact)] u32),
}

#[derive(Encode, CompactAs, TypeInfo, Clone, Debug)]
struct Permill(u32);

#[derive(Encode, TypeInfo, Clone, Debug)]
struct Terms {
	name: Vec<u8>,
	share: Permill,
	deposit: u128,
	limit: Option<u32>,
	by: Vec<MultiAddress>,
}

#[derive(Encode, TypeInfo, Clone, Debug)]
enum Call {
	Nothing,
	Set {
		terms: Terms,
		hash: [u8; 4],
	},
	Pay {
		to: MultiAddress,
		#[codec(compact)]
		amount: u128,
		tip: i16,
	},
	Both(Box<Call>, Vec<Call>),
	Cut {
		#[codec(compact)]
		by: Permill,
	},
}

#[derive(Encode, TypeInfo, Clone, Debug)]
enum RuntimeCall {
	#[codec(index = 7)]
	Market(Call),
}

fn registry<T: TypeInfo + 'static>() -> (u32, PortableRegistry) {
	let mut registry = Registry::new();
	let id = registry.register_type(&MetaType::new::<T>()).id;
	(id, registry.into())
}

fn encoded<T: TypeInfo + 'static>(json: &Value) -> Result<Vec<u8>, String> {
	let (id, types) = registry::<T>();
	let mut bytes = Vec::new();
	encode::value(json, id, &types, &mut bytes).map(|()| bytes)
}

fn decoded<T: TypeInfo + 'static>(bytes: &[u8]) -> Option<Value> {
	let (id, types) = registry::<T>();
	decode::value(bytes, id, &types, Amounts::Units)
}

const BOB: &str = "e3KPtxcPbN1wpxQjb5L4r4WGVbkzY7z6rB8eWG7tT5FQsZj2H";

fn bob() -> AccountId32 {
	AccountId32(crate::keys::parse_account("//Bob").unwrap().0)
}

#[test]
fn call_should_be_encoded_as_the_runtime_does_when_arguments_are_named() {
	let set = json!({ "Set": {
		"terms": {
			"name": "digits",
			"share": "25 %",
			"deposit": "1.5 OPEN",
			"limit": null,
			"by": ["//Bob", { "Index": 7 }],
		},
		"hash": "0x01020304",
	}});
	let terms = Terms {
		name: b"digits".to_vec(),
		share: Permill(250_000),
		deposit: 1_500_000_000_000_000_000,
		limit: None,
		by: vec![MultiAddress::Id(bob()), MultiAddress::Index(7)],
	};
	let call = Call::Set { terms, hash: [1, 2, 3, 4] };
	assert_eq!(encoded::<Call>(&set), Ok(call.encode()));

	let pay = json!({ "Pay": [BOB, "1_000", -3] });
	let call = Call::Pay { to: MultiAddress::Id(bob()), amount: 1_000, tip: -3 };
	assert_eq!(encoded::<Call>(&pay), Ok(call.encode()));

	let both = json!({ "Market": { "Both": ["Nothing", ["Nothing", pay]] } });
	let call = Call::Both(Box::new(Call::Nothing), vec![Call::Nothing, call]);
	for share in [json!("0.5 %"), json!(5_000)] {
		let cut = Call::Cut { by: Permill(5_000) };
		assert_eq!(encoded::<Call>(&json!({ "Cut": { "by": share } })), Ok(cut.encode()));
	}
	assert_eq!(encoded::<RuntimeCall>(&both), Ok(RuntimeCall::Market(call).encode()));
}

#[test]
fn account_should_be_refused_when_its_address_is_of_another_network() {
	const KUSAMA: &str = "FoQJpPyadYccjavVdTWxpxU7rUEaYhfLCPwXgkfD6Zat9QP";
	for pay in [json!({ "Pay": [KUSAMA, 1, 0] }), json!({ "Pay": [{ "Id": KUSAMA }, 1, 0] })] {
		let wrong = encoded::<Call>(&pay).unwrap_err();
		assert!(wrong.contains("kusama (prefix 2), not of OpenLedger (prefix 6736)"), "{wrong}");
	}
}

#[test]
fn bytes_should_be_taken_as_hexadecimal_digits_or_text_when_they_are_bytes() {
	for (json, bytes) in [
		(json!("0x0aff"), vec![0x0a, 0xff]),
		(json!("zwölf"), "zwölf".as_bytes().to_vec()),
		(json!([1, 2]), vec![1, 2]),
		(json!(""), vec![]),
	] {
		assert_eq!(encoded::<Vec<u8>>(&json), Ok(bytes.encode()), "{json}");
	}
	assert!(encoded::<Vec<u8>>(&json!("0x0af")).is_err());
	assert!(encoded::<[u8; 2]>(&json!("ab")).is_err());
	assert!(encoded::<[u8; 2]>(&json!("0x0a")).is_err());
}

#[test]
fn argument_should_be_named_with_what_is_expected_when_it_does_not_fit() {
	let terms = json!({ "name": "", "share": 0, "deposit": 0, "limit": 1, "by": [] });
	let with = |field: &str, value: Value| {
		let mut terms = terms.clone();
		terms[field] = value;
		terms
	};
	let mut short = terms.clone();
	short.as_object_mut().unwrap().remove("limit");
	assert!(encoded::<Terms>(&terms).is_ok());
	for (json, words) in [
		(with("deposit", json!("lots OPEN")), &["'deposit'", "not an amount"][..]),
		(with("deposit", json!(-1)), &["'deposit'", "1.5 OPEN", "found -1"]),
		(with("deposit", json!(1.5)), &["'deposit'", "whole number", "found 1.5"]),
		(with("limit", json!(4_294_967_296_u64)), &["'limit'", "from 0 to 4294967295"]),
		(with("share", json!(true)), &["'share'", "found true"]),
		(with("share", json!("12.34567 %")), &["'share'", "1000000ths"]),
		(with("limit", json!("1 %")), &["'limit'", "whole number"]),
		(with("by", json!(["//Bob", "Bob"])), &["'by.1'", "not an account"]),
		(with("by", json!([{ "Name": 1 }])), &["'by.0'", "no 'Name'", "Id, Index"]),
		(with("licence", json!("MIT")), &["no field 'licence'", "name, share, deposit, limit, by"]),
		(short, &["'limit' is missing"]),
		(json!("terms"), &["an object with name, share"]),
	] {
		let error = encoded::<Terms>(&json).unwrap_err();
		for word in words {
			assert!(error.contains(word), "{json}: '{error}' lacks '{word}'");
		}
	}
}

#[test]
fn call_should_be_told_by_pallet_and_name_when_decoded() {
	let pay = Call::Pay { to: MultiAddress::Id(bob()), amount: 2_500_000_000_000_000_000, tip: 0 };
	let (id, types) = registry::<RuntimeCall>();
	let bytes = RuntimeCall::Market(pay).encode();
	let told = |amounts| named(decode::value(&bytes, id, &types, amounts).unwrap()).unwrap();
	let units = told(Amounts::Units);
	assert_eq!((units.pallet.as_str(), units.name.as_str()), ("Market", "Pay"));
	let arguments = json!({ "to": BOB, "amount": "2500000000000000000", "tip": 0 });
	assert_eq!(units.arguments, arguments);
	let text = told(Amounts::Open).text();
	assert!(text.starts_with("Market.Pay\n"), "{text}");
	assert!(text.contains("amount: 2.5 OPEN") && text.contains(BOB), "{text}");

	let nothing = RuntimeCall::Market(Call::Nothing).encode();
	let nothing = named(decode::value(&nothing, id, &types, Amounts::Units).unwrap()).unwrap();
	assert_eq!(
		(nothing.label().as_str(), nothing.text().as_str()),
		("Market.Nothing", "Market.Nothing")
	);
}

#[test]
fn long_bytes_should_be_cut_off_when_shown_to_people() {
	let arguments = json!({ "code": format!("0x{}", "ab".repeat(1_000)) });
	let call = super::Decoded { pallet: "System".into(), name: "set_code".into(), arguments };
	let text = call.text();
	assert!(text.len() < 280 && text.contains("(1000 bytes, blake2-256 0x"), "{text}");
}

#[test]
fn arguments_within_others_should_be_indented_when_shown_to_people() {
	let arguments =
		json!({ "terms": { "quorum": [{ "share": "40 %" }, null], "by": [] }, "at": 7 });
	let call = super::Decoded { pallet: "Market".into(), name: "set".into(), arguments };
	let expected = [
		"Market.set",
		"  at: 7",
		"  terms:",
		"    by: none",
		"    quorum:",
		"      0:",
		"        share: 40 %",
		"      1: none",
	];
	assert_eq!(call.text(), expected.join("\n"));
}

#[test]
fn bytes_should_be_refused_when_they_are_no_whole_call() {
	let call = RuntimeCall::Market(Call::Both(Box::new(Call::Nothing), vec![])).encode();
	assert!(decoded::<RuntimeCall>(&call).is_some());
	let longer = [call.as_slice(), &[0]].concat();
	assert_eq!(decoded::<RuntimeCall>(&longer), None);
	assert_eq!(decoded::<RuntimeCall>(&call[..call.len() - 1]), None);
	assert_eq!(decoded::<RuntimeCall>(&[0, 0]), None, "no pallet 0");
	// A length that would need four gigabytes.
	assert_eq!(decoded::<Vec<u64>>(&Compact(u32::MAX).encode()), None);
	assert_eq!(decoded::<Compact<u8>>(&Compact(256u32).encode()), None);
}

#[test]
fn bytes_should_be_refused_when_calls_are_nested_without_end() {
	// Each `Both` begins with another.
	let nested = [vec![3; 100_000], vec![0]].concat();
	assert_eq!(decoded::<Call>(&nested), None);
	let mut call = json!("Nothing");
	for _ in 0..DEEPEST {
		call = json!({ "Both": [call, []] });
	}
	assert!(encoded::<Call>(&call).unwrap_err().contains("deep"));
}

fn address() -> impl Strategy<Value = MultiAddress> {
	prop_oneof![
		any::<[u8; 32]>().prop_map(|id| MultiAddress::Id(AccountId32(id))),
		any::<u32>().prop_map(MultiAddress::Index),
	]
}

fn call() -> impl Strategy<Value = Call> {
	let terms = (
		any::<Vec<u8>>(),
		0..=1_000_000u32,
		any::<u128>(),
		any::<Option<u32>>(),
		prop::collection::vec(address(), 0..4),
	);
	let leaf = prop_oneof![
		Just(Call::Nothing),
		(terms, any::<[u8; 4]>()).prop_map(|((name, share, deposit, limit, by), hash)| {
			Call::Set { terms: Terms { name, share: Permill(share), deposit, limit, by }, hash }
		}),
		(address(), any::<u128>(), any::<i16>()).prop_map(|(to, amount, tip)| Call::Pay {
			to,
			amount,
			tip
		}),
		(0..=1_000_000u32).prop_map(|parts| Call::Cut { by: Permill(parts) }),
	];
	leaf.prop_recursive(4, 16, 4, |inner| {
		(inner.clone(), prop::collection::vec(inner, 0..4))
			.prop_map(|(first, rest)| Call::Both(Box::new(first), rest))
	})
}

proptest! {
	#[test]
	fn call_should_be_the_same_bytes_when_decoded_and_encoded_again(call in call()) {
		let bytes = RuntimeCall::Market(call).encode();
		let (id, types) = registry::<RuntimeCall>();
		for amounts in [Amounts::Units, Amounts::Open] {
			let json = decode::value(&bytes, id, &types, amounts).unwrap();
			prop_assert_eq!(encoded::<RuntimeCall>(&json), Ok(bytes.clone()));
		}
	}

	#[test]
	fn decoding_should_not_panic_when_bytes_are_arbitrary(bytes: Vec<u8>) {
		let _ = decoded::<RuntimeCall>(&bytes);
		let call = [&[7, 1][..], &bytes].concat();
		let _ = decoded::<RuntimeCall>(&call);
	}
}
