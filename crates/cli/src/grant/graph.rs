//! Calls to Microsoft Graph v1.0.

use std::sync::Arc;
use std::time::Duration;

use psbridge::sign_in::{TokenError, TokenSource};
use psbridge::web::{WebClient, WebError, WebRequest, WebResponse};
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::terminal::safe;

/// How often a call is made that the service puts off.
const ATTEMPTS: u32 = 5;
/// The longest wait that the service may ask for.
const LONGEST: Duration = Duration::from_secs(60);
/// Pages of a list that are read; a list that goes on after them is not believed.
const PAGES: usize = 200;

/// Why a call did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GraphError {
    /// No token.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// No answer.
    #[error("{0}")]
    Web(#[from] WebError),
    /// A refusal.
    #[error("{operation}: Graph answered {status} {code}: {message}")]
    Refused {
        /// What was attempted.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// Graph's own code, such as `Authorization_RequestDenied`.
        code: String,
        /// Graph's words.
        message: String,
    },
    /// A success that does not say what it must.
    #[error("{operation}: the answer of Graph has no {missing}")]
    Incomplete {
        /// What was attempted.
        operation: &'static str,
        /// The member that is not there.
        missing: &'static str,
    },
    /// A list whose next page lies elsewhere.
    #[error("{operation}: the list goes on at another host, which gets no token")]
    Elsewhere {
        /// What was attempted.
        operation: &'static str,
    },
}

impl GraphError {
    /// What was to be made is there already.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Refused { status: 409, .. } => true,
            Self::Refused {
                status: 400, message, ..
            } => message.contains("already exist") || message.contains("conflicting object"),
            _ => false,
        }
    }

    /// What is referred to is not there, or not yet everywhere.
    fn is_absent(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
            || matches!(self, Self::Refused { status: 400, message, .. } if message.contains("does not exist"))
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let text = format!("could not set it up: {}", safe(&error.to_string()));
        match error {
            GraphError::Token(error) => crate::connect::token_failure(&error),
            GraphError::Web(_) => Failure::new(Exit::Connection, text)
                .advice("check the network, the proxy, --ca and the cloud that was chosen"),
            GraphError::Refused { status: 401, .. } => Failure::new(Exit::Authentication, text)
                .advice("sign in to the tenant of the app, and check --cloud"),
            GraphError::Refused { status: 403, .. } => Failure::new(Exit::Authentication, text).advice(
                "sign in as a Global Administrator, or as Application Administrator and Privileged Role Administrator; \
                 an app needs Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All and \
                 RoleManagement.ReadWrite.Directory",
            ),
            GraphError::Refused { status: 429 | 503, .. } => {
                Failure::new(Exit::Protocol, text).advice("wait some minutes and run it again: it goes on where it ended")
            }
            GraphError::Refused { .. } | GraphError::Incomplete { .. } | GraphError::Elsewhere { .. } => {
                Failure::new(Exit::Protocol, text).advice("run it again with -vv to see the calls")
            }
        }
    }
}

/// Graph, as somebody.
pub(crate) struct Graph {
    web: WebClient,
    origin: String,
    audience: String,
    tokens: Arc<dyn TokenSource>,
}

impl Graph {
    pub(crate) fn new(web: WebClient, cloud: &psbridge::Cloud, tokens: Arc<dyn TokenSource>) -> Self {
        Self {
            web,
            origin: cloud.graph().to_owned(),
            audience: cloud.graph_audience().to_owned(),
            tokens,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1.0/{path}", self.origin)
    }

    /// One object.
    pub(super) async fn get(&self, operation: &'static str, path: &str) -> Result<Value, GraphError> {
        self.call(operation, "GET", &self.url(path), None).await
    }

    /// One object, if it is there.
    pub(super) async fn find(
        &self,
        operation: &'static str,
        path: &str,
    ) -> Result<Option<Value>, GraphError> {
        match self.get(operation, path).await {
            Ok(value) => Ok(Some(value)),
            Err(GraphError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All entries of a list.
    pub(super) async fn list(&self, operation: &'static str, path: &str) -> Result<Vec<Value>, GraphError> {
        let mut entries = Vec::new();
        let mut url = self.url(path);
        for _ in 0..PAGES {
            let mut page = self.call(operation, "GET", &url, None).await?;
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(more)) => entries.extend(more),
                _ => {
                    return Err(GraphError::Incomplete {
                        operation,
                        missing: "value",
                    });
                }
            }
            match page.get("@odata.nextLink").and_then(Value::as_str) {
                None => return Ok(entries),
                // The token goes to Graph and nowhere else.
                Some(next)
                    if next
                        .strip_prefix(&self.origin)
                        .is_some_and(|rest| rest.starts_with('/')) =>
                {
                    url = next.to_owned();
                }
                Some(_) => return Err(GraphError::Elsewhere { operation }),
            }
        }
        Err(GraphError::Incomplete {
            operation,
            missing: "end",
        })
    }

    /// Makes something. An object that was made a moment ago may not be known everywhere yet: with `fresh` that is
    /// waited for.
    pub(super) async fn post(
        &self,
        operation: &'static str,
        path: &str,
        body: &Value,
        fresh: bool,
    ) -> Result<Value, GraphError> {
        let mut left = if fresh { ATTEMPTS } else { 1 };
        loop {
            left -= 1;
            match self.call(operation, "POST", &self.url(path), Some(body)).await {
                Err(error) if left > 0 && error.is_absent() => {
                    tokio::time::sleep(Duration::from_secs(3)).await
                }
                answer => return answer,
            }
        }
    }

    /// Changes something.
    pub(super) async fn patch(
        &self,
        operation: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<(), GraphError> {
        self.call(operation, "PATCH", &self.url(path), Some(body))
            .await
            .map(drop)
    }

    async fn call(
        &self,
        operation: &'static str,
        method: &'static str,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Value, GraphError> {
        let mut attempt = 1;
        let mut renewed = false;
        loop {
            let token = self.tokens.token(&self.audience).await?;
            let request = match body {
                Some(body) => WebRequest::json(method, url, body),
                None => WebRequest::new(method, url),
            };
            let response = self.web.send(request.bearer(token.secret())).await?;
            if response.is_success() {
                return read(operation, &response);
            }
            if response.status == 401 && !renewed {
                // It may have ended on the way.
                renewed = true;
                self.tokens.invalidate();
                continue;
            }
            let asked = response.retry_after(std::time::SystemTime::now());
            let wait = asked.unwrap_or(Duration::from_secs(1 << attempt));
            if matches!(response.status, 429 | 503 | 504) && attempt < ATTEMPTS && wait <= LONGEST {
                tracing::info!(
                    status = response.status,
                    seconds = wait.as_secs(),
                    "Graph is busy"
                );
                tokio::time::sleep(wait).await;
                attempt += 1;
                continue;
            }
            return Err(refused(operation, &response));
        }
    }
}

fn read(operation: &'static str, response: &WebResponse) -> Result<Value, GraphError> {
    if response.body.is_empty() {
        return Ok(Value::Null);
    }
    response.json().map_err(|_| GraphError::Incomplete {
        operation,
        missing: "JSON",
    })
}

fn refused(operation: &'static str, response: &WebResponse) -> GraphError {
    let body: Value = response.json().unwrap_or_default();
    let text = |name: &str| {
        body.pointer(&format!("/error/{name}"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .chars()
            .take(500)
            .collect()
    };
    GraphError::Refused {
        operation,
        status: response.status,
        code: text("code"),
        message: text("message"),
    }
}

/// A value within a filter, ready for a URL.
pub(super) fn quoted(value: &str) -> String {
    let text = format!("'{}'", value.replace('\'', "''"));
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
