//! The psbridge command line.

fn main() {}
