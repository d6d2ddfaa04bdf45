//! What clients ask about a model's influence index, so that no rule has to be written a second time.

use alloc::vec::Vec;
use openledger_pallet_support::ModelId;
use openledger_primitives::ContributionId;
use polkadot_sdk::*;

sp_api::decl_runtime_apis! {
	/// Which contribution has which leaf in the index of a model.
	pub trait ModelRegistryApi {
		/// The number of leaves that the training sources of a model demand; `None` if there is no such
		/// model.
		fn leaf_count(model: ModelId) -> Option<u32>;

		/// The number of the leaf of each of `contributions`, in their order; `None` for what the model was
		/// not trained on. Leaves are numbered from 0 through the sources in order, and within each in the
		/// order of acceptance.
		fn leaf_indices(model: ModelId, contributions: Vec<ContributionId>) -> Vec<Option<u32>>;
	}
}
