//! The typed calls, against what is known of Exchange.

mod objects;
mod psrp;
mod tables;
