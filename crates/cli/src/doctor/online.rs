//! The walk to Exchange Online, where remote PowerShell is gone: token, claims, one call of the REST interface
//! (exchange.md 2).

use std::sync::Arc;

use psbridge::sign_in::{AccessToken, TokenSource};
use psbridge::web::WebRequest;
use psbridge::{Cloud, HttpExchange, HttpOptions, Pipeline, Value};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::DoctorArgs;
use super::finding::{Finding, count};
use super::report::StepName;
use super::steps::{network, token};
use super::walk::{Halt, Seen, Walk};
use crate::args::{CloudArgs, NetworkArgs};
use crate::connect::{self, Proof, Target};
use crate::exit::Failure;

/// What every role may read.
const NOOP: &str = "Get-OrganizationConfig";
/// The mailbox whose server answers for applications (exchange.md 2.1).
const ANCHOR: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

/// What is examined, and as whom.
pub(super) struct Examined<'a> {
    pub(super) tokens: Arc<dyn TokenSource>,
    pub(super) cloud: Cloud,
    pub(super) network: &'a NetworkArgs,
    pub(super) cloud_args: &'a CloudArgs,
}

/// The target of a call without TARGET that names an organisation or cloud.
pub(super) fn meant(args: &DoctorArgs) -> Result<Option<Target>, Failure> {
    let named = &args.target.cloud;
    let says_online =
        named.organization.is_some() || named.cloud.is_some() || named.managed_identity.is_some();
    if args.endpoint.is_some() || args.target.uri.is_some() || !says_online {
        return Ok(None);
    }
    let cloud = connect::cloud(named.cloud.as_deref())?;
    connect::check(&args.target, Some(&address(&cloud, named))).map(Some)
}

/// The cloud whose REST interface is examined; `None` for targets of remote PowerShell.
pub(super) fn at(target: &Target) -> Result<Option<Cloud>, Failure> {
    if !matches!(target.way.proof, Proof::Grant(_) | Proof::Token) {
        return Ok(None);
    }
    let host = target.endpoint.host();
    let cloud = match &target.args.cloud.cloud {
        Some(name) => Some(connect::cloud(Some(name))?).filter(|cloud| cloud.owns_host(host)),
        None => Cloud::for_host(host),
    };
    let powershell = target
        .endpoint
        .path()
        .to_ascii_lowercase()
        .starts_with("/powershell");
    Ok(cloud.filter(|_| !powershell))
}

fn address(cloud: &Cloud, named: &CloudArgs) -> String {
    let tenant = named
        .tenant
        .as_deref()
        .or(named.organization.as_deref())
        .unwrap_or("organizations");
    format!("{}/adminapi/beta/{tenant}/InvokeCommand", cloud.exchange())
}

/// The steps that every such walk takes, unless one fails.
pub(super) fn planned(certificate: bool, probe: bool, proxied: bool) -> Vec<StepName> {
    use StepName::*;
    let steps = [
        (Target, true),
        (Certificate, certificate),
        (Token, true),
        (Dns, !proxied),
        (Tcp, !proxied),
        (Proxy, proxied),
        (Tls, true),
        (Rest, true),
        (Probe, probe),
    ];
    steps
        .into_iter()
        .filter_map(|(name, taken)| taken.then_some(name))
        .collect()
}

/// Takes all steps.
pub(super) async fn examine(
    walk: &mut Walk,
    examined: &Examined<'_>,
    probe: Option<Pipeline>,
) -> Result<(), Halt> {
    let expected = token::expected(&walk.facts, examined.cloud.audience());
    let token = walk
        .step(
            StepName::Token,
            token::get(Arc::clone(&examined.tokens), expected),
        )
        .await?;
    let host = walk.facts.endpoint.host().to_owned();
    let stranger = match examined.stranger(walk) {
        Ok(stranger) => stranger,
        Err(finding) => return walk.note(StepName::Tls, None, Err(finding)),
    };
    if stranger.is_proxied() {
        walk.step(StepName::Proxy, network::proxy(&stranger)).await?;
    } else {
        let addresses = walk.step(StepName::Dns, network::dns(&stranger, &host)).await?;
        walk.step(StepName::Tcp, network::tcp(&addresses)).await?;
    }
    walk.step(StepName::Tls, network::tls(&stranger)).await?;
    let noop = examined.call(&token, NOOP, Map::new());
    walk.step(StepName::Rest, noop).await?;
    match probe {
        Some(pipeline) => {
            walk.step(StepName::Probe, async {
                let (name, parameters) = command(&pipeline)?;
                examined.call(&token, &name, parameters).await
            })
            .await
        }
        None => Ok(()),
    }
}

impl Examined<'_> {
    /// Whether the options name a proxy. Whether it is used for this host shows later.
    pub(super) fn is_proxied(&self) -> bool {
        self.network.proxy.is_some()
    }

    fn stranger(&self, walk: &Walk) -> Result<HttpExchange, Finding> {
        let wrong = |failure: Failure| Finding::Missing {
            what: failure.to_string(),
        };
        let mut options = HttpOptions::new(walk.facts.endpoint.clone());
        options.tls = connect::authorities(self.network).map_err(wrong)?;
        options.proxy = connect::proxy(self.network).map_err(wrong)?;
        HttpExchange::new(&options).map_err(|error| Finding::of_exchange(&error))
    }

    /// One cmdlet by REST.
    async fn call(
        &self,
        token: &AccessToken,
        name: &str,
        parameters: Map<String, Json>,
    ) -> Result<Seen<()>, Finding> {
        let web = connect::web_client(self.network).map_err(|failure| Finding::Missing {
            what: failure.to_string(),
        })?;
        let named = self.cloud_args;
        let anchor = match (&named.anchor_mailbox, &named.organization) {
            (Some(mailbox), _) => Some(format!("UPN:{mailbox}")),
            (None, Some(organization)) => Some(format!("APP:{ANCHOR}@{organization}")),
            (None, None) => None,
        };
        let body = json!({"CmdletInput": {"CmdletName": name, "Parameters": parameters}});
        let mut request = WebRequest::json("POST", address(&self.cloud, named), &body)
            .bearer(token.secret())
            .header("Accept", "application/json")
            .header("X-CmdletName", name)
            .header("X-ResponseFormat", "json")
            .header("client-request-id", Uuid::new_v4().to_string());
        if let Some(anchor) = anchor {
            request = request.header("X-AnchorMailbox", anchor);
        }
        let answer = web.send(request).await.map_err(|error| match error.exchange() {
            Some(error) => Finding::of_exchange(error),
            None => Finding::Other {
                text: error.to_string(),
                advice: None,
            },
        })?;
        match answer.status {
            200..=299 => Ok(Seen::new(
                (),
                answered(name, &answer.json::<Json>().unwrap_or_default()),
            )),
            401 => Err(Finding::RestRefused),
            403 => Err(Finding::RestForbidden),
            status @ (408 | 425 | 429 | 502..=504) => {
                Err(Finding::of_status(status, None, answer.header("retry-after")))
            }
            status => Err(Finding::RestFailed {
                status,
                text: said(&answer.json::<Json>().unwrap_or_default()),
            }),
        }
    }
}

fn answered(name: &str, answer: &Json) -> String {
    let objects = answer.get("value").and_then(Json::as_array).map_or(0, Vec::len);
    let first = answer
        .pointer("/value/0")
        .and_then(|object| {
            ["Name", "DisplayName", "Identity"]
                .iter()
                .find_map(|key| object.get(key))
        })
        .and_then(Json::as_str);
    let objects = count(i64::try_from(objects).unwrap_or(i64::MAX), "object");
    match first {
        Some(first) => format!("{name} returned {objects}: {first}"),
        None => format!("{name} returned {objects}"),
    }
}

/// The text of an error: the third part of `id|type|text`, else what there is (exchange.md 2.4).
fn said(answer: &Json) -> String {
    let detail = answer.pointer("/error/details/0/message").and_then(Json::as_str);
    let text = detail.map(|text| text.splitn(3, '|').last().unwrap_or(text));
    let message = answer.pointer("/error/message").and_then(Json::as_str);
    text.or(message).unwrap_or("no reason was given").to_owned()
}

/// The one command of a probe, as the REST interface takes it.
fn command(pipeline: &Pipeline) -> Result<(String, Map<String, Json>), Finding> {
    let wrong = |what: &str| Finding::Missing {
        what: what.to_owned(),
    };
    let [statement] = pipeline.statements() else {
        return Err(wrong("the REST interface takes one command at a time"));
    };
    let [command] = statement.as_slice() else {
        return Err(wrong("the REST interface takes one command, and no pipeline"));
    };
    let mut parameters = Map::new();
    for argument in &command.arguments {
        let value = match &argument.value {
            // A switch.
            Value::Nil => Json::Bool(true),
            value => psbridge_clixml::json::plain(&psbridge::Document::default(), value),
        };
        let name = argument.name.as_deref().unwrap_or("Identity");
        parameters.insert(name.trim_end_matches(':').to_owned(), value);
    }
    Ok((command.name.clone(), parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_becomes_a_call() {
        let parse = |text: &str| Pipeline::from(psbridge::syntax::parse(text).unwrap());
        let (name, parameters) = command(&parse("Get-User reader -ResultSize 5 -SortBy Name")).unwrap();
        assert_eq!(name, "Get-User");
        let expected = json!({"Identity": "reader", "ResultSize": 5, "SortBy": "Name"});
        assert_eq!(Json::Object(parameters), expected);
        assert!(command(&parse("Get-User | Select-Object Name")).is_err());
    }

    #[test]
    fn errors_are_read_by_their_third_part() {
        let answer = json!({"error": {"message": "m", "details": [{"message": "Ex6F9304|Some.Exception|not found | really"}]}});
        assert_eq!(said(&answer), "not found | really");
        assert_eq!(said(&json!({"error": {"message": "m"}})), "m");
    }
}
