//! What an HTTP response is, before anybody reads its body as XML.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::exchange::{ExchangeError, PlainResponse, RedirectRefusal};

/// Lets SOAP through and makes an error of everything else.
pub(super) fn expect_soap(operation: &'static str, response: &PlainResponse) -> Result<(), Error> {
    let status = response.status;
    let content_type = response
        .header("content-type")
        .map(|text| text.split(';').next().unwrap_or(text).trim());
    let soap = match content_type {
        Some(text) => {
            text.eq_ignore_ascii_case("application/soap+xml") || text.eq_ignore_ascii_case("text/xml")
        }
        // Recordings without headers; the parser says what else it may be.
        None => {
            response.body.trim_ascii_start().starts_with(b"<") || response.body.starts_with(b"\xEF\xBB\xBF")
        }
    };
    if soap && !response.body.is_empty() {
        return Ok(());
    }
    if (300..400).contains(&status) {
        let location = response.header("location").map(str::to_owned);
        return Err(Error::from_exchange(
            operation,
            ExchangeError::Redirected {
                status,
                location,
                refusal: RedirectRefusal::NotAllowed,
            },
        ));
    }
    let what: Cow<'static, str> = match (content_type, response.body.is_empty()) {
        (_, true) => "an empty answer".into(),
        (Some(text), false) if text.eq_ignore_ascii_case("text/html") => "a web page".into(),
        (Some(text), false) => format!("content of type {text}").into(),
        (None, false) => "content without a type".into(),
    };
    let (kind, advice): (ErrorKind, &'static str) = match status {
        400 => (
            ErrorKind::NotWinRm,
            "check that the endpoint is WinRM and that its listener accepts this sign-in",
        ),
        403 => (
            ErrorKind::AccessDenied,
            "check that the account may use the endpoint, and that it serves this host name",
        ),
        404 | 405 | 410 | 501 => (
            ErrorKind::NotWinRm,
            "check the path: WinRM answers at /wsman, Exchange at /PowerShell/",
        ),
        407 => (
            ErrorKind::Connect,
            "a proxy on the way wants a sign-in; go around it",
        ),
        413 => (ErrorKind::Protocol, "lower max_envelope_size"),
        408 | 425 | 429 | 502..=504 => (
            ErrorKind::Connect,
            "the service is starting or overloaded; try again later",
        ),
        500 => (
            ErrorKind::NotWinRm,
            "look into the endpoint's event log; check that it is WinRM",
        ),
        _ => (
            ErrorKind::NotWinRm,
            "check host, port and path; WinRM answers at /wsman, Exchange at /PowerShell/",
        ),
    };
    let not_soap = ExchangeError::NotSoap {
        status,
        content_type: content_type
            .filter(|_| !response.body.is_empty())
            .map(str::to_owned),
        retry_after: response.header("retry-after").map(str::to_owned),
    };
    Err(Error::new(
        kind,
        operation,
        format!("{what} with status {status} is not what WinRM says"),
    )
    .advise(advice)
    .caused_by(not_soap))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &'static str) -> PlainResponse {
        PlainResponse {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Bytes::from_static(body.as_bytes()),
            connection: 1,
            timing: Default::default(),
            wire: Default::default(),
        }
    }

    fn kind(status: u16, headers: &[(&str, &str)], body: &'static str) -> ErrorKind {
        expect_soap("test", &response(status, headers, body))
            .unwrap_err()
            .kind()
    }

    #[test]
    fn soap_passes_whatever_its_status() {
        let soap = [("Content-Type", "application/soap+xml; charset=UTF-8")];
        assert!(expect_soap("test", &response(200, &soap, "<x/>")).is_ok());
        assert!(expect_soap("test", &response(500, &soap, "<x/>")).is_ok());
        assert!(expect_soap("test", &response(200, &[], " <x/>")).is_ok());
    }

    #[test]
    fn everything_else_is_classified_by_status_and_type() {
        let html = [("content-type", "text/html")];
        assert_eq!(kind(200, &html, "<html>"), ErrorKind::NotWinRm);
        assert_eq!(kind(404, &html, "<html>"), ErrorKind::NotWinRm);
        assert_eq!(kind(500, &[], ""), ErrorKind::NotWinRm);
        assert_eq!(kind(400, &[], ""), ErrorKind::NotWinRm);
        assert_eq!(kind(403, &html, "<html>"), ErrorKind::AccessDenied);
        assert_eq!(kind(503, &html, "busy"), ErrorKind::Connect);
        assert_eq!(kind(413, &[], ""), ErrorKind::Protocol);
        assert_eq!(kind(200, &[], "not xml"), ErrorKind::NotWinRm);
    }

    #[test]
    fn a_redirect_names_its_location_and_is_not_followed() {
        let headers = [("Location", "https://else.example/PowerShell\u{1b}[2J")];
        let error = expect_soap("open the shell", &response(302, &headers, "")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirected);
        assert!(
            error
                .to_string()
                .contains("https://else.example/PowerShell\\u{1b}[2J"),
            "{error}"
        );
    }
}
