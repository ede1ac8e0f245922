//! Files that tell clients of a lab, and go with it unless they were asked for by name.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::LabError;
use crate::journal;

/// A file of the lab.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    /// It goes with the lab.
    goes: bool,
}

impl Temporary {
    /// Writes `text` to `path`, or else to a file in the temporary directory with this extension.
    pub(crate) fn write(
        what: &'static str,
        path: Option<&Path>,
        extension: &str,
        text: &str,
    ) -> Result<Self, LabError> {
        let (path, goes) = match path {
            Some(path) => (path.to_owned(), false),
            None => {
                let name = format!("psbridge-lab-{}.{extension}", Uuid::new_v4().simple());
                (std::env::temp_dir().join(name), true)
            }
        };
        journal::create(&path, what)?
            .write_all(text.as_bytes())
            .map_err(|source| LabError::File {
                what,
                path: path.clone(),
                source,
            })?;
        Ok(Self { path, goes })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.goes
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::debug!(%error, path = %self.path.display(), "a file of the lab stays");
        }
    }
}
