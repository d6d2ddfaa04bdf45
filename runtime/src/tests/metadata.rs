use super::*;
use frame_support::traits::PalletsInfoAccess;

#[test]
fn pallets_should_have_the_documented_names_when_listed() {
	let names: Vec<_> =
		crate::AllPalletsWithSystem::infos().into_iter().map(|info| info.name).collect();
	assert_eq!(
		names,
		[
			"System",
			"Timestamp",
			"Babe",
			"Authorship",
			"Balances",
			"TransactionPayment",
			"Session",
			"Grandpa",
			"Utility",
			"Parameters",
			"Preimage",
			"Scheduler",
			"Referenda",
			"ConvictionVoting",
			"TechnicalCommittee",
			"SecurityCouncil",
			"Treasury",
			"Origins",
			"Datanets",
			"ModelRegistry",
			"Attribution",
			"InferenceMarket",
		]
	);
}

#[test]
fn metadata_should_come_in_the_versions_clients_ask_for() {
	chain(crate::genesis::DEV).execute_with(|| {
		let versions = Runtime::metadata_versions();
		for version in [14, 15] {
			assert!(versions.contains(&version), "{version} in {versions:?}");
			assert!(Runtime::metadata_at_version(version).is_some());
		}
	});
}

#[test]
fn extensions_should_need_no_data_of_unknown_shape_when_signing() {
	use sp_runtime::traits::TransactionExtension;
	let identifiers: Vec<_> = <crate::TxExtension as TransactionExtension<RuntimeCall>>::metadata()
		.into_iter()
		.map(|extension| extension.identifier)
		.collect();
	assert_eq!(
		identifiers,
		[
			"AuthorizeCall",
			"CheckNonZeroSender",
			"CheckSpecVersion",
			"CheckTxVersion",
			"CheckGenesis",
			"CheckMortality",
			"CheckNonce",
			"CheckWeight",
			"ChargeTransactionPayment",
			"CheckMetadataHash",
			"WeightReclaim",
		]
	);
}
