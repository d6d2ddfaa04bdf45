//! Frozen versions, and what other pallets read of them.

use crate::{
	Config, Contribution, ContributionState, Contributions, Datanets, Error, Event, Pallet,
	Version, Versions,
};
use frame_support::{dispatch::DispatchResult, ensure};
use openledger_pallet_support::{ContributionOwners, DatanetId, TrainingData, TrainingSource};
use openledger_primitives::ContributionId;
use polkadot_sdk::*;
use sp_core::H256;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_publish_version(who: &T::AccountId, id: DatanetId) -> DispatchResult {
		let mut datanet = Datanets::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(
			datanet.owner == *who || datanet.terms.curators.contains(who),
			Error::<T>::NotOwnerOrCurator
		);
		// A version is a prefix: it is new if it is longer than the last one.
		let version = datanet.versions;
		let published = version
			.checked_sub(1)
			.and_then(|last| Versions::<T>::get(id, last))
			.map_or(0, |last| last.contributions);
		ensure!(datanet.accepted > published, Error::<T>::NothingNew);

		let (contributions, rows, manifest) = (datanet.accepted, datanet.rows, datanet.manifest);
		let at = frame_system::Pallet::<T>::block_number();
		datanet.versions = crate::terms::successor(version)?;
		Datanets::<T>::insert(id, datanet);
		Versions::<T>::insert(id, version, Version { contributions, rows, manifest, at });
		Self::deposit_event(Event::VersionPublished {
			datanet: id,
			version,
			contributions,
			rows,
			manifest,
		});
		Ok(())
	}
}

impl<T: Config> TrainingData for Pallet<T> {
	fn contribution_count(source: TrainingSource) -> Option<u32> {
		Some(Versions::<T>::get(source.datanet, source.version)?.contributions)
	}

	fn manifest(source: TrainingSource) -> Option<H256> {
		Some(Versions::<T>::get(source.datanet, source.version)?.manifest)
	}

	fn position(contribution: ContributionId) -> Option<(DatanetId, u32)> {
		match Contributions::<T>::get(contribution)? {
			Contribution {
				datanet, state: ContributionState::Accepted { position, .. }, ..
			} => Some((datanet, position)),
			_ => None,
		}
	}
}

impl<T: Config> ContributionOwners<T::AccountId> for Pallet<T> {
	fn contributor(contribution: ContributionId) -> Option<T::AccountId> {
		match Contributions::<T>::get(contribution)? {
			Contribution { contributor, state: ContributionState::Accepted { .. }, .. } => {
				Some(contributor)
			},
			_ => None,
		}
	}
}
