//! What an inference uses, and what it costs.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What one inference costs, before the platform fee. The user pays it in OPEN.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
pub enum Pricing<Balance> {
	/// The same price for each call.
	PerCall(Balance),
	/// Prices for 1,000 tokens of input and of output each.
	PerThousandTokens {
		/// The price of 1,000 input tokens.
		input: Balance,
		/// The price of 1,000 output tokens.
		output: Balance,
	},
}

/// How many tokens one inference used. Models without tokens report zeros.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
)]
pub struct Usage {
	/// The number of tokens of the input, those around the text included.
	pub input_tokens: u32,
	/// The number of tokens that the model produced.
	pub output_tokens: u32,
}
