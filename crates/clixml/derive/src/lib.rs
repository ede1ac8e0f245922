//! The `FromClixml` derive.
