//! A WinRM endpoint for tests: PSRP over HTTP with a simulated Exchange directory.
