//! Walks over recorded text and fragments that change them where they lie.

pub(crate) mod envelope;
pub(crate) mod fragments;
pub(crate) mod xml;
