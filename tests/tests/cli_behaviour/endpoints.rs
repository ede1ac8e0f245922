//! Endpoints that are not what they should be.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use super::support::{assert_failure, invoke};

/// Answers every request with this status and page.
fn serve_page(status: &str, page: &str) -> String {
    let length = page.len();
    serve(format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{page}"
    ))
}

/// Answers every request with the same bytes; ends with the process.
fn serve(answer: impl Into<String>) -> String {
    let answer: Arc<str> = answer.into().into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer_all(&stream, &answer));
        }
    });
    origin
}

/// Answers until the client goes away.
fn answer_all(stream: &TcpStream, answer: &str) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
        let mut out = stream;
        out.write_all(answer.as_bytes()).ok()?;
    }
}

#[test]
fn a_web_page_is_not_winrm() {
    let target = format!(
        "{}/wsman",
        serve_page("200 OK", "<html><body>It \u{1b}[31mworks!</body></html>\n")
    );
    let finished = invoke(&target, "Get-User", &[]);
    assert_failure(&finished, 3, &[&target]);
    assert!(!finished.stderr.contains('\u{1b}'), "{:?}", finished.stderr);
}

#[test]
fn an_empty_500_is_not_winrm() {
    let target = format!("{}/wsman", serve_page("500 Internal Server Error", ""));
    assert_failure(&invoke(&target, "Get-User", &[]), 3, &[&target, "500"]);
}

#[test]
fn a_404_is_not_winrm_and_the_path_is_suspected() {
    let target = format!(
        "{}/elsewhere",
        serve_page("404 Not Found", "<html>not here</html>")
    );
    assert_failure(&invoke(&target, "Get-User", &[]), 3, &[&target, "404", "/wsman"]);
}

#[test]
fn something_that_is_not_http_is_told_apart() {
    let target = format!("{}/wsman", serve("220 mail.example.com ESMTP\r\n"));
    assert_failure(&invoke(&target, "Get-User", &[]), 3, &[&target]);
}

#[test]
fn nobody_listens() {
    // The port was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let target = format!("http://127.0.0.1:{port}/wsman");
    assert_failure(
        &invoke(&target, "Get-User", &[]),
        3,
        &[&target, "refused", "port"],
    );
}

#[test]
fn a_host_that_does_not_exist() {
    let target = "http://no-such-host.invalid:5985/wsman";
    assert_failure(&invoke(target, "Get-User", &[]), 3, &[target]);
}
