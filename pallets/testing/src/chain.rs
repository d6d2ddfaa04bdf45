//! A mock runtime as a chain: genesis, blocks, invariants, events.

use frame_support::traits::{OnFinalize, OnInitialize};
use frame_system::{pallet_prelude::BlockNumberFor, Pallet as System, RunToBlockHooks};
use polkadot_sdk::*;
use sp_io::TestExternalities;
use sp_runtime::{traits::One, BuildStorage};
use std::marker::PhantomData;

/// The runtime of a pallet's tests.
pub trait MockRuntime: frame_system::Config + Sized {
	/// The pallets whose hooks run in every block.
	type Pallets: OnInitialize<BlockNumberFor<Self>> + OnFinalize<BlockNumberFor<Self>>;

	/// Checks what must hold after every call: the pallet's `try_state`, and what the mock makes exact.
	///
	/// # Panics
	/// If something does not hold.
	fn check();
}

/// A chain at block 1, which checks after each use that all invariants hold.
pub struct Chain<T> {
	state: TestExternalities,
	runtime: PhantomData<T>,
}

impl<T: MockRuntime> Chain<T> {
	/// # Panics
	/// If the genesis cannot be built.
	pub fn new(genesis: impl BuildStorage) -> Self {
		let mut state: TestExternalities = match genesis.build_storage() {
			Ok(storage) => storage.into(),
			Err(error) => panic!("the genesis cannot be built: {error}"),
		};
		state.execute_with(|| System::<T>::set_block_number(One::one()));
		Self { state, runtime: PhantomData }
	}

	/// # Panics
	/// If `test` panics or leaves an invariant broken.
	pub fn execute_with<R>(&mut self, test: impl FnOnce() -> R) -> R {
		self.state.execute_with(|| {
			let result = test();
			T::check();
			result
		})
	}

	/// The state itself, of which nothing is checked.
	pub fn state(&mut self) -> &mut TestExternalities {
		&mut self.state
	}
}

/// Ends the running block and goes on to the start of `block`, through all blocks between. Checks all
/// invariants at the end and at the start of each.
pub fn run_to<T: MockRuntime>(block: BlockNumberFor<T>) {
	let hooks =
		RunToBlockHooks::default().before_finalize(|_| T::check()).after_initialize(|_| T::check());
	System::<T>::run_to_block_with::<T::Pallets>(block, hooks);
}

/// Whether an event was deposited in this block or, as blocks of a mock runtime keep events, before.
pub fn happened<T: frame_system::Config>(event: impl Into<T::RuntimeEvent>) -> bool {
	let event = event.into();
	System::<T>::events().into_iter().any(|record| record.event == event)
}
