//! A lab that serves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::builder::LabBuilder;
use crate::error::LabError;
use crate::stats::{Counters, Stats};

/// A running endpoint. Dropping it stops it without waiting for the exchanges in flight.
#[derive(Debug)]
pub struct Lab {
    http: Option<String>,
    https: Option<String>,
    ca_pem: Option<String>,
    ca_file: Option<PathBuf>,
    counters: Arc<Counters>,
}

impl Lab {
    /// The options, to be started with [`LabBuilder::start`].
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }

    pub(crate) async fn start(builder: LabBuilder) -> Result<Self, LabError> {
        if builder.http.is_none() && builder.https.is_none() {
            return Err(LabError::NoListener);
        }
        Ok(Self {
            http: None,
            https: None,
            ca_pem: None,
            ca_file: None,
            counters: Arc::default(),
        })
    }

    /// The HTTP origin, like `http://127.0.0.1:5985`.
    #[must_use]
    pub fn http_origin(&self) -> Option<&str> {
        self.http.as_deref()
    }

    /// The HTTPS origin, like `https://127.0.0.1:5986`.
    #[must_use]
    pub fn https_origin(&self) -> Option<&str> {
        self.https.as_deref()
    }

    /// The certificate authority in PEM, when there is HTTPS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The file with the certificate authority, when there is HTTPS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// Stops accepting, ends idle connections, lets exchanges in flight finish (a waiting Receive is ended) and
    /// returns the final counts.
    pub async fn stop(self) -> Stats {
        self.counters.snapshot()
    }
}
