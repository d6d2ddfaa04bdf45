//! Which contribution has which leaf.

use crate::{Config, Models, Pallet};
use alloc::vec::Vec;
use openledger_pallet_support::{Artifacts, IndexedModels, ModelId, TrainingData, TrainingSource};
use openledger_primitives::{ContributionId, IndexCommitment};

/// A source with the place of its leaves.
pub(crate) struct LeafSpan {
	source: TrainingSource,
	/// Number of its first leaf.
	first: u32,
	/// Number of its leaves.
	length: u32,
}

/// Where the leaves of a model's sources are. One database read for each source.
///
/// `None` if a source is not published, or there are more than `u32::MAX` leaves.
pub(crate) fn spans<T: Config>(sources: &[TrainingSource]) -> Option<Vec<LeafSpan>> {
	let mut first = 0u32;
	let mut spans = Vec::with_capacity(sources.len());
	for source in sources.iter().copied() {
		let length = T::TrainingData::contribution_count(source)?;
		spans.push(LeafSpan { source, first, length });
		first = first.checked_add(length)?;
	}
	Some(spans)
}

/// Number of leaves that the sources demand.
pub(crate) fn leaf_count(spans: &[LeafSpan]) -> u32 {
	spans.last().map_or(0, |span| span.first.saturating_add(span.length))
}

/// The number of the leaf that must hold `contribution`; `None` if it is in none of the sources. One
/// database read.
pub(crate) fn leaf_number<T: Config>(
	spans: &[LeafSpan],
	contribution: ContributionId,
) -> Option<u32> {
	let (datanet, position) = T::TrainingData::position(contribution)?;
	let span = spans.iter().find(|span| span.source.datanet == datanet)?;
	// A version is a prefix: later contributions of the datanet are not in it.
	(position < span.length).then(|| span.first.saturating_add(position))
}

impl<T: Config> Pallet<T> {
	/// The number of leaves that a model's training sources demand; `None` if there is no such model.
	pub fn leaf_count(model: ModelId) -> Option<u32> {
		Self::spans_of(model).as_deref().map(leaf_count)
	}

	/// As [`IndexedModels::leaf_index`] for many contributions, whose sources are read once.
	pub fn leaf_indices(model: ModelId, contributions: &[ContributionId]) -> Vec<Option<u32>> {
		let spans = Self::spans_of(model).unwrap_or_default();
		contributions.iter().map(|&contribution| leaf_number::<T>(&spans, contribution)).collect()
	}

	fn spans_of(model: ModelId) -> Option<Vec<LeafSpan>> {
		spans::<T>(&Models::<T>::get(model)?.registration.sources)
	}
}

impl<T: Config> IndexedModels for Pallet<T> {
	fn index(model: ModelId) -> Option<IndexCommitment> {
		let model = Models::<T>::get(model)?;
		model.was_activated().then_some(model.registration.index)
	}

	fn artifacts(model: ModelId) -> Option<Artifacts> {
		let registration = Models::<T>::get(model)?.registration;
		Some(Artifacts { weights: registration.weights, index: registration.index_file })
	}

	fn leaf_index(model: ModelId, contribution: ContributionId) -> Option<u32> {
		leaf_number::<T>(&Self::spans_of(model)?, contribution)
	}
}
