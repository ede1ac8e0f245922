//! What differs from system to system.

pub(crate) use own::{create_folders, problem, terminated};

#[cfg(unix)]
mod own {
    use std::fs::{DirBuilder, Metadata};
    use std::future::pending;
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    use std::path::Path;

    use tokio::signal::unix::{SignalKind, signal};

    use crate::private::Problem;

    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;

    pub(crate) fn problem(path: &Path, about: &Metadata) -> Option<Problem> {
        let own = rustix::process::geteuid().as_raw();
        let shown = path.display();
        if about.uid() != own && about.uid() != 0 {
            return Some(Problem {
                what: format!("{shown} belongs to another user"),
                advice: format!("sudo chown $(id -u) {shown}"),
            });
        }
        // In a sticky folder nobody can replace what others have put there.
        let replaceable = !(about.is_dir() && about.mode() & STICKY != 0);
        (replaceable && about.mode() & OTHERS_WRITE != 0).then(|| Problem {
            what: format!("others may write {shown}"),
            advice: format!("run: chmod go-w {shown}"),
        })
    }

    pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Waits until another process asks this one to end.
    pub(crate) async fn terminated() {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            // Without a handler the system's own ends the process, which is what was asked for.
            Err(_) => pending().await,
        }
    }
}

#[cfg(not(unix))]
mod own {
    use std::fs::Metadata;
    use std::io;
    use std::path::Path;

    use crate::private::Problem;

    pub(crate) fn problem(_: &Path, _: &Metadata) -> Option<Problem> {
        None
    }

    pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    /// Nobody asks in this way here.
    pub(crate) async fn terminated() {
        std::future::pending().await
    }
}
