//! Calls, and the signed transactions that they are sent as.

use super::{
	connection::{AtBlock, Chain, Config},
	Hash, Snapshot,
};
use crate::{
	error::{Error, Result},
	keys::Key,
};
use scale_encode::{EncodeAsFields, EncodeAsType};
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::substrate::SubstrateExtrinsicParamsBuilder,
	error::ExtrinsicError,
	ext::scale_type_resolver::TypeResolver,
	transactions::{Payload, SubmittableTransaction},
};

/// Blocks after which a transaction that no block took is void.
const MORTALITY: u64 = 64;

pub(super) type Transaction = SubmittableTransaction<Config, OnlineClientAtBlockImpl<Config>>;
type CallEncoder = dyn Fn(&AtBlock) -> std::result::Result<Vec<u8>, ExtrinsicError> + Send + Sync;

/// A call with its arguments.
pub struct Call {
	pallet: &'static str,
	name: &'static str,
	encode: Box<CallEncoder>,
}

/// The call `pallet.name` with `arguments` in the order of its declaration.
pub fn call<A>(pallet: &'static str, name: &'static str, arguments: A) -> Call
where
	A: EncodeAsFields + Send + Sync + 'static,
{
	let payload = subxt::dynamic::transaction(pallet, name, arguments);
	Call { pallet, name, encode: Box::new(move |at| at.tx().call_data(&payload)) }
}

impl Call {
	/// Names the call as `Pallet.call`.
	pub fn label(&self) -> String {
		format!("{}.{}", self.pallet, self.name)
	}

	/// Its bytes for the runtime of a block.
	///
	/// # Errors
	/// [`Error::Mismatch`] if it does not fit that runtime.
	pub fn encode(&self, at: &Snapshot) -> Result<EncodedArgument> {
		(self.encode)(&at.at_block()).map(EncodedArgument).map_err(|error| mismatch(self, error))
	}
}

/// An argument that is encoded already, such as a call within another call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EncodedArgument(pub Vec<u8>);

impl EncodeAsType for EncodedArgument {
	fn encode_as_type_to<R: TypeResolver>(
		&self,
		_type: R::TypeId,
		_types: &R,
		out: &mut Vec<u8>,
	) -> std::result::Result<(), scale_encode::Error> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

/// A call that is encoded already.
struct EncodedPayload<'a> {
	call: &'a Call,
	arguments: EncodedArguments,
}

struct EncodedArguments(Vec<u8>);

impl EncodeAsFields for EncodedArguments {
	fn encode_as_fields_to<R: TypeResolver>(
		&self,
		_fields: &mut dyn scale_encode::FieldIter<'_, R::TypeId>,
		_types: &R,
		out: &mut Vec<u8>,
	) -> std::result::Result<(), scale_encode::Error> {
		out.extend_from_slice(&self.0);
		Ok(())
	}
}

impl Payload for EncodedPayload<'_> {
	type CallData = EncodedArguments;

	fn pallet_name(&self) -> &str {
		self.call.pallet
	}

	fn call_name(&self) -> &str {
		self.call.name
	}

	fn call_data(&self) -> &EncodedArguments {
		&self.arguments
	}
}

fn mismatch(call: &Call, error: ExtrinsicError) -> Error {
	Error::Mismatch { call: call.label(), reason: error.to_string() }
}

/// The number and the hash of the block from which on transactions live. They are signed for this block, so
/// a block of a losing fork would make them invalid, and the last finalized block may be too old where
/// finality stands still.
pub(super) async fn birth(chain: &Chain, best: &Snapshot) -> Result<(u64, Hash)> {
	let finalized = chain.finalized().await?;
	let recent = best.number().saturating_sub(finalized.number()) < MORTALITY / 2;
	let block = if recent { &finalized } else { best };
	Ok((block.number(), block.hash()))
}

/// The account's next nonce, which counts what is in the pool already, so that several clients of one key
/// do not collide.
pub(super) async fn next_nonce(chain: &Chain, key: &Key) -> Result<u64> {
	let account = subxt::utils::AccountId32(key.account.0);
	chain
		.read("the account's nonce", |connection| async move {
			Ok(connection.rpc.system_account_next_index(&account).await?)
		})
		.await
}

/// The transaction that a call would be in the block after this one.
pub(super) async fn sign(
	chain: &Chain,
	key: &Key,
	call: &Call,
	best: &Snapshot,
) -> Result<Transaction> {
	let (nonce, birth) = (next_nonce(chain, key).await?, birth(chain, best).await?);
	sign_as(key, &best.at_block(), call, nonce, birth)
}

/// The transaction of this nonce, which lives from the block `birth` on.
pub(super) fn sign_as(
	key: &Key,
	at: &AtBlock,
	call: &Call,
	nonce: u64,
	birth: (u64, Hash),
) -> Result<Transaction> {
	let mismatch = |error: ExtrinsicError| mismatch(call, error);
	let bytes = (call.encode)(at).map_err(mismatch)?;
	// Pallet and call number come first; the payload adds them again.
	let arguments = EncodedArguments(bytes.get(2..).unwrap_or_default().to_vec());
	let payload = EncodedPayload { call, arguments };
	let parameters = SubstrateExtrinsicParamsBuilder::<Config>::new()
		.nonce(nonce)
		.mortal_from_unchecked(MORTALITY, birth.0, birth.1)
		.build();
	let mut signable = at.tx().create_signable_offline(&payload, parameters).map_err(mismatch)?;
	signable.sign(&key.pair).map_err(mismatch)
}
