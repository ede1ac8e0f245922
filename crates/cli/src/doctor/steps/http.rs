//! What the endpoint answers to a stranger.

use std::time::{Duration, SystemTime};

use psbridge::exchange::{ExchangeError, PlainResponse};
use psbridge::{Authentication, Endpoint, HttpExchange, HttpOptions};
use psbridge_auth::AuthenticateHeader;

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, span};
use crate::doctor::walk::Seen;

/// Kerberos takes no more (RFC 4120, by convention 5 minutes).
const SKEW: i64 = 300;

/// Asks without a body and without a credential.
pub(crate) async fn ask(
    exchange: &HttpExchange,
    options: &HttpOptions,
    facts: &Facts,
) -> Result<Seen<PlainResponse>, Finding> {
    let answer = match exchange.ask_as_a_stranger(facts.endpoint.path()).await {
        Ok(answer) => answer,
        Err(ExchangeError::NotHttp { .. }) => {
            return Err(Finding::NotHttp {
                tls: speaks_tls(options).await,
            });
        }
        Err(error) => return Err(Finding::of_exchange(&error)),
    };
    let server = answer.header("server").map(|server| format!(" from {server}"));
    let detail = format!("status {}{}", answer.status, server.unwrap_or_default());
    let content_type = answer.header("content-type");
    let soap = content_type.is_some_and(|text| text.to_ascii_lowercase().contains("xml"));
    let page = content_type.is_some_and(|text| text.to_ascii_lowercase().starts_with("text/html"));
    match answer.status {
        401 | 300..=399 => Ok(Seen::new(answer, detail)),
        // An endpoint that asks nobody who he is complains about the empty request in its own words, or in none.
        status if soap || (status / 100 != 4 && !page && is_open(facts, status)) => {
            Ok(Seen::new(answer, detail))
        }
        400 | 411 if !page && facts.authentication == Authentication::Certificate => {
            Ok(Seen::new(answer, detail))
        }
        status => Err(Finding::of_status(
            status,
            content_type,
            answer.header("retry-after"),
        )),
    }
}

/// Whether the port of a plain http endpoint speaks TLS, whatever its certificate.
async fn speaks_tls(options: &HttpOptions) -> bool {
    let https = options.endpoint.url().replacen("http:", "https:", 1);
    let Ok(endpoint) = Endpoint::parse(&https, Some(options.endpoint.configuration())) else {
        return false;
    };
    let options = HttpOptions {
        endpoint,
        ..options.clone()
    };
    let Ok(exchange) = HttpExchange::new(&options) else {
        return false;
    };
    match exchange.look_at_tls().await {
        Ok(seen) => seen.is_some(),
        Err(refused) => !refused.chain.is_empty(),
    }
}

fn is_open(facts: &Facts, status: u16) -> bool {
    matches!(
        facts.authentication,
        Authentication::None | Authentication::Certificate
    ) && !matches!(status, 502..=504)
}

/// Where the answer sends us.
pub(crate) fn redirect(answer: &PlainResponse) -> Option<String> {
    (300..400)
        .contains(&answer.status)
        .then(|| answer.header("location").unwrap_or_default().to_owned())
}

/// What the answer offers, as names.
pub(crate) fn offers(answer: &PlainResponse) -> Vec<String> {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
        .map(|(_, value)| value.as_str());
    let mut names: Vec<String> = Vec::new();
    if let Ok(offers) = AuthenticateHeader::parse(headers) {
        for challenge in offers.challenges() {
            let name = challenge.scheme.name();
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Whether what is offered fits the way of signing in that was asked for.
pub(crate) fn fits(facts: &Facts, status: u16) -> Result<Seen<()>, Finding> {
    let offered = &facts.offered;
    if status != 401 {
        return Ok(Seen::new((), "it asks nobody who he is"));
    }
    let list = if offered.is_empty() {
        "nothing".to_owned()
    } else {
        offered.join(", ")
    };
    let wanted: &[&str] = match facts.authentication {
        Authentication::Negotiate => &["Negotiate", "Kerberos", "NTLM"],
        Authentication::Ntlm => &["Negotiate", "NTLM"],
        Authentication::Kerberos => &["Negotiate", "Kerberos"],
        Authentication::Basic | Authentication::BasicBearer => &["Basic"],
        Authentication::Bearer => &["Bearer"],
        Authentication::Credssp => &["CredSSP"],
        // The certificate came with TLS; services that know tokens do not always say so.
        Authentication::Certificate => return Ok(Seen::new((), list)),
        _ => {
            return Err(Finding::NotOffered {
                wanted: "sessions without a sign-in".into(),
            });
        }
    };
    let found = |name: &&str| offered.iter().any(|offer| offer.eq_ignore_ascii_case(name));
    // Raw NTLM and Kerberos alone are not each other's substitute.
    if wanted.iter().any(found) {
        return Ok(Seen::new((), list));
    }
    let readable = matches!(
        facts.authentication,
        Authentication::Basic | Authentication::BasicBearer
    ) && !facts.endpoint.is_https()
        && !facts.endpoint.is_exchange()
        && offered
            .iter()
            .any(|offer| offer.eq_ignore_ascii_case("Negotiate"));
    Err(match readable {
        true => Finding::EncryptionDemanded,
        false => Finding::NotOffered {
            wanted: facts.authentication.name().to_owned(),
        },
    })
}

/// Compares the clocks.
pub(crate) fn clock(answer: &PlainResponse, now: SystemTime) -> (Option<i64>, Seen<()>) {
    let date = answer
        .header("date")
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(date) = date else {
        return (None, Seen::new((), "the endpoint does not say what time it is"));
    };
    let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let ahead = match date.duration_since(now) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    };
    let seen = if ahead.abs() > SKEW {
        let warning = Finding::ClockOff { seconds: ahead };
        Seen::new((), warning.detail()).warn(Some(warning))
    } else if ahead.abs() <= 2 {
        Seen::new((), "the clocks agree")
    } else {
        let direction = if ahead < 0 { "behind" } else { "ahead" };
        Seen::new((), format!("{} {direction} of ours", span(ahead)))
    };
    (Some(ahead), seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;

    fn answer(headers: &[(&str, &str)]) -> PlainResponse {
        PlainResponse {
            status: 401,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Default::default(),
            connection: 1,
            timing: Default::default(),
            wire: Default::default(),
        }
    }

    #[test]
    fn offers_are_named_once() {
        let answer = answer(&[
            ("WWW-Authenticate", "Negotiate, NTLM"),
            ("www-authenticate", "Basic realm=\"x\""),
            ("WWW-Authenticate", "negotiate"),
        ]);
        assert_eq!(offers(&answer), ["Negotiate", "NTLM", "Basic"]);
    }

    #[test]
    fn offers_must_fit() {
        let fit = |authentication, offered: &[&str]| {
            let mut facts = facts("http://h:5985/wsman", authentication);
            facts.offered = offered.iter().map(|one| (*one).to_owned()).collect();
            fits(&facts, 401).map(|_| ()).map_err(|finding| finding.name())
        };
        assert_eq!(fit(Authentication::Negotiate, &["Negotiate"]), Ok(()));
        assert_eq!(fit(Authentication::Ntlm, &["Kerberos"]), Err("not-offered"));
        assert_eq!(
            fit(Authentication::Basic, &["Negotiate"]),
            Err("encryption-demanded")
        );
        assert_eq!(fit(Authentication::Basic, &[]), Err("not-offered"));
        assert_eq!(fit(Authentication::None, &["Negotiate"]), Err("not-offered"));
    }

    #[test]
    fn clocks_are_compared() {
        let answer = answer(&[("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        let there = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let ahead = |now| clock(&answer, now).0;
        assert_eq!(ahead(there), Some(0));
        assert_eq!(ahead(there + Duration::from_secs(600)), Some(-600));
        assert_eq!(ahead(there - Duration::from_secs(600)), Some(600));
    }
}
