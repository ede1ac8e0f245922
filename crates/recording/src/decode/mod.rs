//! Captured bytes to messages, faults and objects.

mod input;
mod streams;
