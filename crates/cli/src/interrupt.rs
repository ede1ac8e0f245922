//! Ctrl-C and the request to terminate.

use crate::exit::Exit;

/// Waits for Ctrl-C.
pub(crate) async fn pressed() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system's own ends the process, which is what was asked for.
        std::future::pending::<()>().await;
    }
}

/// Waits until the process is asked to end: by Ctrl-C, or by another process.
pub(crate) async fn ended() -> Exit {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                () = pressed() => Exit::Interrupted,
                _ = terminate.recv() => Exit::Done,
            };
        }
    }
    pressed().await;
    Exit::Interrupted
}
