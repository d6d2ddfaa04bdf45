//! The network's name, and the number by which its addresses are told from those of others.

/// The name of the network, as people are told it.
pub const NETWORK: &str = "OpenLedger";

/// The prefix of the network's addresses in SS58, which spells OPEN on the keys of a telephone. It takes
/// two bytes, so that every address begins with `e3`.
pub const SS58_PREFIX: u16 = 6736;
