//! What every request on a connection carries, whatever its body.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{ACCEPT_ENCODING, CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderValue, USER_AGENT};

use super::cookies::Cookies;
use crate::exchange::ExchangeError;

const AGENT: &str = concat!("psbridge/", env!("CARGO_PKG_VERSION"));

/// The head of a request.
pub(super) struct RequestHead<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) authority: &'a HeaderValue,
    pub(super) hints: &'a HeaderMap,
    pub(super) cookies: &'a Cookies,
    pub(super) https: bool,
}

impl RequestHead<'_> {
    pub(super) fn build(
        &self,
        body: Full<Bytes>,
        length: usize,
    ) -> Result<Request<Full<Bytes>>, ExchangeError> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .body(body)
            .map_err(|error| ExchangeError::Request(error.to_string()))?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.authority.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        // IIS compresses answers otherwise, and a sealed body gains nothing by it.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        headers.extend(self.hints.clone());
        if let Some(cookies) = self.cookies.header(self.path, self.https) {
            headers.insert(COOKIE, cookies);
        }
        Ok(request)
    }
}
