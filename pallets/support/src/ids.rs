//! Identifiers shared by pallets, node and client.

/// Number of a datanet, in order of creation.
pub type DatanetId = u32;
/// Number of a frozen version within its datanet, from 0.
pub type VersionNumber = u32;
/// Number of a registered model, in order of registration.
pub type ModelId = u32;
/// Number of an inference request, in order of request.
pub type InferenceId = u64;
/// Number of an attribution job, in order of opening.
pub type JobId = u64;
