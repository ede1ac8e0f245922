//! Azure Arc: the agent asks for the content of a file that only its own group may read.

use std::path::{Component, Path};

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use crate::sign_in::TokenError;
use crate::system::ARC_FOLDER;
use crate::web::WebResponse;

const MAX_KEY: u64 = 4096;

/// `Basic` and the content of the file that the challenge names. Only files of the agent's own folder are read: who
/// stands in its place must not learn others.
pub(super) async fn answer(challenge: &WebResponse) -> Result<Zeroizing<String>, TokenError> {
    answer_in(challenge, Path::new(ARC_FOLDER)).await
}

pub(super) async fn answer_in(
    challenge: &WebResponse,
    folder: &Path,
) -> Result<Zeroizing<String>, TokenError> {
    let failed = |reason: String| TokenError::ManagedIdentity {
        status: challenge.status,
        error: "challenge".to_owned(),
        message: reason,
    };
    let path = challenge
        .header("www-authenticate")
        .and_then(|value| value.strip_prefix("Basic realm="))
        .map(|path| Path::new(path.trim_matches('"')))
        .ok_or_else(|| failed("the agent of Azure Arc named no key file".into()))?;
    let inside = path.parent() == Some(folder)
        && path.extension().is_some_and(|end| end == "key")
        && path
            .components()
            .all(|part| !matches!(part, Component::ParentDir));
    if !inside {
        return Err(failed(
            "the agent of Azure Arc named a file outside of its folder".into(),
        ));
    }
    let unread = |error: std::io::Error| {
        failed(format!(
            "{}: {error}; is this user in the group himds?",
            path.display()
        ))
    };
    let file = tokio::fs::File::open(path).await.map_err(unread)?;
    let mut key = Zeroizing::new(String::new());
    file.take(MAX_KEY + 1)
        .read_to_string(&mut key)
        .await
        .map_err(unread)?;
    if key.len() as u64 > MAX_KEY {
        return Err(failed(format!(
            "{} is larger than {MAX_KEY} bytes",
            path.display()
        )));
    }
    Ok(Zeroizing::new(format!("Basic {}", key.trim())))
}
