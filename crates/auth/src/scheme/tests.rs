//! Headers as servers write them, and as nobody should.

use proptest::prelude::*;

use super::*;

fn names(values: &[&str]) -> String {
    AuthenticateHeader::parse(values.iter().copied()).unwrap().names()
}

#[test]
fn offers_are_read_from_several_and_from_joined_headers() {
    for values in [
        &["Negotiate", "Basic realm=\"WSMAN\"", "CredSSP"][..],
        &["negotiate, basic realm=\"WSMAN\", CREDSSP"],
        &[" NEGOTIATE ,Basic  realm = WSMAN,, credssp "],
    ] {
        assert_eq!(names(values), "Negotiate, Basic, CredSSP", "{values:?}");
        let header = AuthenticateHeader::parse(values.iter().copied()).unwrap();
        assert_eq!(header.challenges()[1].realm.as_deref(), Some("WSMAN"));
        assert!(header.offers(&Scheme::CredSsp) && !header.offers(&Scheme::Kerberos));
        assert_eq!(header.token(&Scheme::Negotiate), None);
    }
    assert_eq!(names(&[]), "");
    assert_eq!(
        names(&[
            "Kerberos",
            "NTLM",
            "Bearer error=\"x, y\", scope=a",
            "Digest qop=\"auth\""
        ]),
        "Kerberos, NTLM, Bearer, Digest"
    );
}

#[test]
fn tokens_are_decoded_whatever_their_padding() {
    for (text, token) in [("YWJj", "abc"), ("YWI=", "ab"), ("YQ==", "a")] {
        let value = format!("Negotiate {text}, Basic realm=\"a \\\" b, c\"");
        let header = AuthenticateHeader::parse([value.as_str()]).unwrap();
        assert_eq!(header.token(&Scheme::Negotiate), Some(token.as_bytes()));
        assert_eq!(header.challenges()[1].realm.as_deref(), Some("a \" b, c"));
    }
    let header = AuthenticateHeader::parse(["Negotiate", "Negotiate YWJj"]).unwrap();
    assert_eq!(header.token(&Scheme::Negotiate), Some(b"abc".as_slice()));
}

#[test]
fn what_is_no_header_is_refused() {
    let long = "x".repeat(MAX_HEADER + 1);
    for value in [
        "Negotiate Y",
        "Negotiate Y?==",
        "realm=x",
        "Basic realm=\"open",
        "<html>",
        "Nego(tiate",
        long.as_str(),
    ] {
        assert!(AuthenticateHeader::parse([value]).is_err(), "{:.20}", value);
    }
    // Parameters do not run over from one header to the next.
    assert!(AuthenticateHeader::parse(["Basic", "realm=x"]).is_err());
}

#[test]
fn basic_is_written_and_read() {
    // RFC 7617 section 2 and 2.1.
    assert_eq!(
        basic("Aladdin", "open sesame").unwrap().as_str(),
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
    assert_eq!(basic("test", "123£").unwrap().as_str(), "Basic dGVzdDoxMjPCow==");
    match Authorization::parse(&basic("CORP\\alice", "a:b").unwrap()) {
        Ok(Authorization::Basic { name, password }) => {
            assert_eq!(
                (name.to_string().as_str(), password.as_str()),
                ("CORP\\alice", "a:b")
            );
        }
        _ => panic!("not basic"),
    }
    assert!(matches!(basic("a:b", "c"), Err(Error::Credential { .. })));
    assert!(matches!(basic("a", "b\r\n"), Err(Error::Credential { .. })));
    let credential = crate::Credential::new("CORP\\alice", "a:b");
    assert_eq!(
        credential.basic_authorization().unwrap(),
        basic("CORP\\alice", "a:b").unwrap()
    );
}

#[test]
fn bearer_is_written_and_read() {
    assert_eq!(
        bearer("mF_9.B5f-4.1JqM==").unwrap().as_str(),
        "Bearer mF_9.B5f-4.1JqM=="
    );
    for token in ["", "==", "a b", "a\r\nX: y", "a=b", "ä"] {
        assert!(matches!(bearer(token), Err(Error::Credential { .. })), "{token}");
    }
    assert!(
        matches!(Authorization::parse("bearer abc"), Ok(Authorization::Bearer(token)) if token.as_str() == "abc")
    );
}

#[test]
fn authorizations_are_told_apart() {
    let value = token_header(&Scheme::Negotiate, b"abc");
    assert_eq!(value, "Negotiate YWJj");
    match Authorization::parse(&value.to_lowercase().replace("ywjj", "YWJj")) {
        Ok(Authorization::Token {
            scheme: Scheme::Negotiate,
            token,
        }) => assert_eq!(token, b"abc"),
        _ => panic!("not a token"),
    }
    assert!(matches!(
        Authorization::parse(CERTIFICATE_AUTHORIZATION),
        Ok(Authorization::Certificate)
    ));
    assert!(matches!(
        Authorization::parse("Digest username=\"x\""),
        Ok(Authorization::Other(Scheme::Other(_)))
    ));
    for value in [
        "",
        "Negotiate",
        "Negotiate ?",
        "Basic",
        "Basic YQ==",
        "Basic /w==",
        "Bearer",
        "a/b c",
    ] {
        assert!(Authorization::parse(value).is_err(), "{value}");
    }
}

proptest! {
    #[test]
    fn no_header_does_harm(value in "[ -~\t]{0,60}") {
        drop(AuthenticateHeader::parse([value.as_str()]));
        drop(Authorization::parse(&value));
    }

    #[test]
    fn tokens_come_back(token in prop::collection::vec(any::<u8>(), 1..200)) {
        let value = token_header(&Scheme::Ntlm, &token);
        let header = AuthenticateHeader::parse([value.as_str()]).unwrap();
        prop_assert_eq!(header.token(&Scheme::Ntlm), Some(token.as_slice()));
        let read = Authorization::parse(&value);
        prop_assert!(matches!(read, Ok(Authorization::Token { token: read, .. }) if read == token), "authorization");
    }
}
