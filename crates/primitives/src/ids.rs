//! Numbers that the chain gives out, each in order of creation and never again.

/// The number of a contribution, counted over all datanets.
pub type ContributionId = u64;
/// The number of a datanet.
pub type DatanetId = u32;
/// The number of a frozen version within its datanet, from 0.
pub type VersionNumber = u32;
/// The number of a registered model.
pub type ModelId = u32;
/// The number of an inference request.
pub type InferenceId = u64;
/// The number of an attribution job.
pub type JobId = u64;
