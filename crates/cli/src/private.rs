//! Files that nobody else may change or read.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::exit::{Exit, Failure};
use crate::system;

/// Refuses a file that somebody else could have written: it decides where passwords go and which programs run.
///
/// The file itself, its folder and those above it count, links followed. On systems without Unix permissions, where
/// folders of a user are his alone, everything passes.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let real = fs::canonicalize(path).map_err(|error| Failure::file(path, &error))?;
    for part in real.ancestors() {
        let about = fs::metadata(part).map_err(|error| Failure::file(part, &error))?;
        if let Some(problem) = system::problem(part, &about) {
            return Err(Failure::new(
                Exit::Usage,
                format!("{} is not used: {}", path.display(), problem.what),
            )
            .advice(problem.advice));
        }
    }
    Ok(())
}

/// Makes the folder of a file, and refuses it like [`check`] where somebody else could have made it.
pub(crate) fn folder_of(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    system::create_folders(folder).map_err(|error| Failure::file(folder, &error))?;
    check(folder)
}

/// Replaces the file in one step, readable by its owner only. Folders that are missing are made, likewise private.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // What a link points to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write(&path, bytes).map_err(|error| Failure::file(&path, &error))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    system::create_folders(&folder)?;
    // A temporary file is made with permissions for its owner only.
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Why a file is not trusted, and what mends that.
pub(crate) struct Problem {
    pub(crate) what: String,
    pub(crate) advice: String,
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_written_is_private_and_passes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/config.toml");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let made = fs::metadata(folder.path().join("a")).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        check(&path).unwrap();
    }

    #[test]
    fn what_others_may_write_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        let path = inner.join("config.toml");
        replace(&path, b"").unwrap();
        for (part, mode) in [(&path, 0o620), (&path, 0o602), (&inner, 0o770), (&inner, 0o707)] {
            let before = fs::metadata(part).unwrap().permissions().mode();
            chmod(part, mode);
            let refused = check(&path).unwrap_err();
            assert_eq!(refused.exit(), Exit::Usage);
            let advice = format!("chmod go-w {}", part.display());
            assert!(refused.to_string().contains(&advice), "{refused}");
            chmod(part, before);
            check(&path).unwrap();
        }
        chmod(&inner, 0o1777);
        check(&path).unwrap();
    }

    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.toml");
        let link = folder.path().join("link.toml");
        fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }
}
