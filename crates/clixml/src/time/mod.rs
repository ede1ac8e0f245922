//! Dates and spans in ticks of 100 ns, as .NET counts them.

mod date;
mod span;

pub(crate) use date::Fraction;
pub use date::{DateTime, DateTimeKind};
pub use span::TimeSpan;

/// Ticks of 100 ns in one second.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
