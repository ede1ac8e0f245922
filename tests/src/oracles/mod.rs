//! What must hold for any bytes at all: the bodies of the fuzz targets, which an ordinary test also runs on the committed
//! corpus and on everything that ever crashed.
//!
//! Each takes bytes as the network could send them. None may panic, hang or take memory out of proportion; what else
//! must hold is asserted.

mod clixml;
mod credssp;
mod encrypted_body;
mod fragments;
mod handshake;
mod kerberos;
mod keytab;
mod messages;
mod ntlm;
mod soap;

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Oracle {
    /// The name of the target and of its folders under `tests/fuzz/corpus` and `tests/fuzz/crashes`.
    pub name: &'static str,
    /// Checks one input.
    ///
    /// # Panics
    /// When something that must hold does not.
    pub check: fn(&[u8]),
    /// Inputs to begin with, by name: what our own writers make. `scripts/fuzz-seeds` writes them to the corpus.
    pub seeds: fn() -> Vec<(String, Vec<u8>)>,
}

/// All of them.
pub const ORACLES: [Oracle; 9] = [
    Oracle {
        name: "clixml",
        check: clixml::check,
        seeds: clixml::seeds,
    },
    Oracle {
        name: "credssp",
        check: credssp::check,
        seeds: credssp::seeds,
    },
    Oracle {
        name: "encrypted_body",
        check: encrypted_body::check,
        seeds: encrypted_body::seeds,
    },
    Oracle {
        name: "fragments",
        check: fragments::check,
        seeds: fragments::seeds,
    },
    Oracle {
        name: "kerberos",
        check: kerberos::check,
        seeds: kerberos::seeds,
    },
    Oracle {
        name: "keytab",
        check: keytab::check,
        seeds: keytab::seeds,
    },
    Oracle {
        name: "messages",
        check: messages::check,
        seeds: messages::seeds,
    },
    Oracle {
        name: "ntlm",
        check: ntlm::check,
        seeds: ntlm::seeds,
    },
    Oracle {
        name: "soap",
        check: soap::check,
        seeds: soap::seeds,
    },
];

/// Checks one input of the target `name`.
///
/// # Panics
/// When there is no such target, or something that must hold does not.
pub fn check(name: &str, input: &[u8]) {
    let oracle = ORACLES.iter().find(|oracle| oracle.name == name);
    (oracle.expect("a known target").check)(input);
}
