use uuid::Uuid;

use super::request::*;
use crate::wsman::duration;

fn request(body: RequestBody) -> Request {
    let mut header = RequestHeader::new(
        "https://host:5986/wsman",
        "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
        Uuid::from_u128(0xAB),
    );
    header.session_id = Some(uuid_text(Uuid::from_u128(0xCD)));
    header.max_envelope_size = Some(153_600);
    header.operation_timeout = Some(std::time::Duration::from_secs(20));
    header.selectors.push(("ShellId".to_owned(), "0F".to_owned()));
    header.options.push(WsmanOption::keep_alive());
    Request::new(header, body)
}

#[test]
fn receive_is_written_as_a_native_client_writes_it() {
    let body = RequestBody::Receive {
        command_id: None,
        streams: "stdout".to_owned(),
    };
    let expected = concat!(
        r#"<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" "#,
        r#"xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" "#,
        r#"xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" "#,
        r#"xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" "#,
        r#"xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>"#,
        r#"<a:To>https://host:5986/wsman</a:To>"#,
        r#"<w:ResourceURI s:mustUnderstand="true">http://schemas.microsoft.com/powershell/Microsoft.PowerShell"#,
        r#"</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">"#,
        r#"http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"#,
        r#"<a:Action s:mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive"#,
        r#"</a:Action><w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>"#,
        r#"<a:MessageID>uuid:00000000-0000-0000-0000-0000000000AB</a:MessageID>"#,
        r#"<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>"#,
        r#"<p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>"#,
        r#"<p:SessionId s:mustUnderstand="false">uuid:00000000-0000-0000-0000-0000000000CD</p:SessionId>"#,
        r#"<w:SelectorSet><w:Selector Name="ShellId">0F</w:Selector></w:SelectorSet>"#,
        r#"<w:OptionSet s:mustUnderstand="true">"#,
        r#"<w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">TRUE</w:Option></w:OptionSet>"#,
        r#"<w:OperationTimeout>PT20.000S</w:OperationTimeout></s:Header>"#,
        r#"<s:Body><rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive></s:Body></s:Envelope>"#,
    );
    assert_eq!(request(body).to_xml(), expected);
}

#[test]
fn identify_has_no_headers() {
    let xml = request(RequestBody::Identify).to_xml();
    assert!(
        xml.contains("<s:Header/><s:Body><wsmid:Identify/></s:Body>"),
        "{xml}"
    );
    assert_eq!(Request::parse(&xml).unwrap().body, RequestBody::Identify);
}

#[test]
fn signals_are_told_apart_exactly() {
    assert_eq!(
        SignalCode::from_text("powershell/signal/crtl_c"),
        SignalCode::Stop
    );
    let terminate = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/Terminate";
    assert_eq!(SignalCode::from_text(terminate), SignalCode::Terminate);
    for other in ["powershell/signal/ctrl_c", "powershell/signal/CRTL_C"] {
        assert_eq!(SignalCode::from_text(other), SignalCode::Other(other.to_owned()));
    }
}

#[test]
fn bad_timeouts_keep_the_id_for_the_answer() {
    let body = RequestBody::Receive {
        command_id: None,
        streams: "stdout".to_owned(),
    };
    let xml = request(body).to_xml().replace("PT20.000S", "PT-1S");
    let Err(crate::wsman::Error::Header {
        header,
        value,
        message_id,
    }) = Request::parse(&xml)
    else {
        panic!()
    };
    assert_eq!((header, value.as_str()), ("OperationTimeout", "PT-1S"));
    assert_eq!(
        message_id.as_deref(),
        Some("uuid:00000000-0000-0000-0000-0000000000AB")
    );
    assert_eq!(duration::parse("PT-1S"), None);
}

#[test]
fn headers_that_must_be_understood_are_told() {
    let xml = request(RequestBody::Delete).to_xml();
    let odd = xml
        .replace(
            "<w:Locale xml:lang=\"en-US\" s:mustUnderstand=\"false\"",
            "<w:Locale s:mustUnderstand=\"true\"",
        )
        .replace(
            "</s:Header>",
            "<p:New s:mustUnderstand=\"1\"/><p:Old s:mustUnderstand=\"false\"/></s:Header>",
        );
    let request = Request::parse(&odd).unwrap();
    assert!(request.locale_must_understand);
    assert_eq!(request.not_understood, ["New"]);
}

#[test]
fn what_is_missing_is_named() {
    let xml = request(RequestBody::Delete).to_xml();
    let cases = [
        (xml.replace("transfer/Delete", "transfer/Create"), "Shell"),
        (
            xml.replace("ws/2004/09/transfer/Delete\"", "x")
                .replace("<a:Action", "<a:Reaction")
                .replace("a:Action>", "a:Reaction>"),
            "Action",
        ),
    ];
    for (xml, missing) in cases {
        let Err(crate::wsman::Error::Missing { element, .. }) = Request::parse(&xml) else {
            panic!("{xml}")
        };
        assert_eq!(element, missing);
    }
    for (text, found) in [
        ("", "an empty body"),
        ("<html><body/></html>", "an HTML page"),
        ("Not Found", "plain text"),
        ("<a/>", "an XML document of <a>"),
    ] {
        let Err(crate::wsman::Error::NotSoap { found: told }) = Request::parse(text) else {
            panic!("{text}")
        };
        assert_eq!(told, found);
    }
}

#[test]
fn commands_of_powershell_have_one_argument() {
    let RequestBody::Command(command) = RequestBody::powershell_command(Uuid::from_u128(0xEF), b"abc") else {
        panic!()
    };
    assert_eq!(
        command.command_id.as_deref(),
        Some("00000000-0000-0000-0000-0000000000EF")
    );
    assert_eq!(command.fragment().unwrap(), b"abc");
    let two = CommandRequest {
        arguments: vec![String::new(); 2],
        ..command
    };
    assert!(two.fragment().is_err());
}
