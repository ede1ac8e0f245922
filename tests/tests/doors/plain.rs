//! Small things that several of these tests need.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What a Python peer answers to GET, as JSON.
pub(crate) fn get_json(origin: &str, path: &str) -> Value {
    let address = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the peer listens");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("the peer reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the peer answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {body}"))
}

/// The first object of a PEM file.
pub(crate) fn der_of_pem(pem: &str) -> Vec<u8> {
    let text: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    STANDARD.decode(text).expect("base64")
}
