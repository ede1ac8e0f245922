//! The `psbridge` binary as its users meet it: what it prints, where, and with which exit code.

mod cli_behaviour {
    mod captures;
    mod demo;
    mod endpoints;
    mod failures;
    mod formats;
    mod input;
    mod options;
    mod profiles;
    mod sign_in;
    mod streaming;
    mod support;
    mod syntax;
}
