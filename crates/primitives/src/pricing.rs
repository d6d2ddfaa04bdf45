//! What an inference uses, and what it costs.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What one inference costs, before the platform fee.
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
	/// A flat price for each call.
	PerCall(Balance),
	/// Prices for 1,000 tokens of input and of output.
	PerThousandTokens {
		/// Price of 1,000 input tokens.
		input: Balance,
		/// Price of 1,000 output tokens.
		output: Balance,
	},
}

/// Tokens that one inference used. Models without tokens report zeros.
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
	/// Tokens read.
	pub input_tokens: u32,
	/// Tokens produced.
	pub output_tokens: u32,
}
