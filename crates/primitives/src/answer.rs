//! What hosts and attesters must agree on about an answer.

/// The longest answer that the chain takes, in bytes.
pub const MAX_OUTPUT: u32 = 1_024;

/// The one right output where the model has no answer: the input is no row of its features, a text
/// without words, or the numbers leave the range. A host that gives it is paid, by the model's
/// held-out shares; any other output is wrong.
pub const NO_ANSWER: &str = "error: no answer to this input";

// An attester must be able to send it as the right output.
const _: () = assert!(NO_ANSWER.len() <= MAX_OUTPUT as usize);
