//! Activation: every check on the index that needs no data.

use crate::{
	leaves::{leaf_count, leaf_number, spans, LeafSpan},
	types::count,
	Config, Error, Event, HeldOutShares, Models, Pallet, Registration, Status, WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure, traits::Get, weights::Weight, BoundedVec};
use openledger_pallet_support::{ModelId, TrainingData};
use openledger_primitives::{shares, training_manifest, Attribution, ClaimError, Share};
use polkadot_sdk::*;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_activate(
		who: &T::AccountId,
		id: ModelId,
		held_out: Attribution,
	) -> DispatchResult {
		let mut model = Self::owned(who, id)?;
		ensure!(!model.was_activated(), Error::<T>::AlreadyActivated);
		let spans = Self::check_training(&model.registration)?;
		let shares = Self::check_held_out(&model.registration, &spans, &held_out)?;
		HeldOutShares::<T>::insert(id, shares);
		model.status = Status::Active;
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::Activated { model: id });
		Ok(())
	}

	/// Whether leaf count and manifest are those of the sources. Returns where their leaves are.
	pub(crate) fn check_training(
		registration: &Registration<T>,
	) -> Result<Vec<LeafSpan>, Error<T>> {
		let sources = &registration.sources;
		let spans = spans::<T>(sources).ok_or(Error::<T>::SourceNotPublished)?;
		ensure!(leaf_count(&spans) == registration.index.leaf_count, Error::<T>::LeafCountMismatch);
		let manifests = sources
			.iter()
			.map(|source| T::TrainingData::manifest(*source))
			.collect::<Option<Vec<_>>>()
			.ok_or(Error::<T>::SourceNotPublished)?;
		ensure!(
			training_manifest(&manifests) == registration.manifest,
			Error::<T>::ManifestMismatch
		);
		Ok(spans)
	}

	/// Whether an attribution is that of the registered held-out sketch, and holds. Returns its shares.
	/// Cheap checks come first.
	fn check_held_out(
		registration: &Registration<T>,
		spans: &[LeafSpan],
		held_out: &Attribution,
	) -> Result<BoundedVec<Share, T::MaxEntries>, Error<T>> {
		ensure!(!held_out.entries.is_empty(), Error::<T>::NoEntries);
		let limit = T::MaxEntries::get();
		ensure!(count(held_out.entries.len()) <= limit, Error::<T>::TooManyEntries);
		ensure!(held_out.query.hash() == registration.held_out, Error::<T>::HeldOutMismatch);
		// A proof shows that a leaf is in the tree; only the sources say which contribution it has to be of.
		for entry in &held_out.entries {
			let number =
				leaf_number::<T>(spans, entry.leaf.contribution).ok_or(Error::<T>::NotInModel)?;
			ensure!(number == entry.leaf_index, Error::<T>::WrongLeafNumber);
		}
		let entries = held_out.check(&registration.index, limit).map_err(Error::<T>::from)?;
		shares(&entries).try_into().map_err(|_| Error::<T>::TooManyEntries)
	}

	pub(crate) fn weight_of_activate(held_out: &Attribution) -> Weight {
		let entries = &held_out.entries;
		let dimension = entries
			.iter()
			.map(|entry| entry.leaf.sketch.dimension())
			.fold(held_out.query.dimension(), usize::max);
		let depth = entries.iter().map(|entry| entry.proof.len()).max().unwrap_or(0);
		T::WeightInfo::activate(
			T::MaxSources::get(),
			count(entries.len()),
			count(dimension),
			count(depth),
		)
	}
}

impl<T> From<ClaimError> for Error<T> {
	fn from(error: ClaimError) -> Self {
		match error {
			ClaimError::TooManyEntries => Self::TooManyEntries,
			ClaimError::QueryDimension => Self::QueryDimension,
			ClaimError::LeafDimension { .. } => Self::LeafDimension,
			ClaimError::LeafWidth { .. } => Self::LeafWidth,
			ClaimError::NoSuchLeaf { .. } => Self::NoSuchLeaf,
			ClaimError::Repeated { .. } => Self::Repeated,
			ClaimError::Unsorted { .. } => Self::Unsorted,
			ClaimError::NotPositive { .. } => Self::NotPositive,
			ClaimError::WrongScore { .. } => Self::WrongScore,
			ClaimError::WrongProof { .. } => Self::WrongProof,
		}
	}
}
