//! Ctrl-C and the request to terminate.

use crate::exit::Exit;
use crate::system;

/// Waits for Ctrl-C.
pub(crate) async fn pressed() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system's own ends the process, which is what was asked for.
        std::future::pending::<()>().await;
    }
}

/// Waits until the process is asked to end: by Ctrl-C, or by another process.
pub(crate) async fn ended() -> Exit {
    tokio::select! {
        () = pressed() => Exit::Interrupted,
        () = system::terminated() => Exit::Done,
    }
}
