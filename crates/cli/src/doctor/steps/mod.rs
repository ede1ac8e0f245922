//! The steps themselves, each an observation that ends in what was seen or in a finding.

pub(super) mod http;
pub(super) mod network;
pub(super) mod session;
pub(super) mod token;
