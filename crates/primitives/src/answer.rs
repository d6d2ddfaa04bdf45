//! What hosts and attesters must agree on about an answer.

/// The length of the longest answer that the chain takes, in bytes.
pub const MAX_OUTPUT: u32 = 1_024;

/// The one right output where a model has no answer: where the input is not a row of its features,
/// is a text without words, or makes the numbers leave their range. A host that gives it is paid,
/// and contributors are paid by the model's held-out shares. Any other output is wrong.
pub const NO_ANSWER: &str = "error: no answer to this input";

// An attester must be able to send it as the right output.
const _: () = assert!(NO_ANSWER.len() <= MAX_OUTPUT as usize);
