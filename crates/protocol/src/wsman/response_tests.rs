use std::borrow::Cow;

use super::fault::Fault;
use super::ns;
use super::response::*;
use crate::fragment::Reassembler;

#[test]
fn identify_is_answered_as_windows_does() {
    let told = IdentifyResponse::windows(Some("10.0.17763"));
    let response = Response::new(ResponseBody::Identify(told.clone()), "", None);
    let xml = response.to_xml();
    assert!(
        xml.contains("<wsmid:ProductVersion>OS: 10.0.17763 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"),
        "{xml}"
    );
    assert_eq!(Response::parse(&xml).unwrap().body, ResponseBody::Identify(told));
    let anonymous = IdentifyResponse::windows(None);
    assert_eq!(
        anonymous.product_version.as_deref(),
        Some("OS: 0.0.0 SP: 0.0 Stack: 3.0")
    );
}

#[test]
fn an_identity_in_another_namespace_is_taken() {
    let xml = format!(
        "<s:Envelope xmlns:s=\"{}\"><s:Body><s:IdentifyResponse/></s:Body></s:Envelope>",
        ns::SOAP
    );
    let response = Response::parse(&xml).unwrap();
    assert_eq!(response.body, ResponseBody::Identify(IdentifyResponse::default()));
}

#[test]
fn streams_stay_where_they_lie() {
    let xml = format!(
        "<s:Envelope xmlns:s=\"{}\" xmlns:r=\"{}\"><s:Body><r:ReceiveResponse><r:Stream Name=\"stdout\">\n QUJD </r:Stream>\
         <r:Stream Name='stdout' CommandId='C' End='TRUE'/></r:ReceiveResponse></s:Body></s:Envelope>",
        ns::SOAP,
        ns::SHELL
    );
    let Response {
        body: ResponseBody::Receive(receive),
        ..
    } = Response::parse(&xml).unwrap()
    else {
        panic!()
    };
    let [first, last] = &receive.streams[..] else {
        panic!()
    };
    assert!(matches!(first.text, Cow::Borrowed(_)));
    assert_eq!(
        (first.decode().unwrap().as_slice(), first.command_id.as_deref()),
        (&b"ABC"[..], None)
    );
    assert_eq!(
        (last.end, last.command_id.as_deref(), &*last.text),
        (true, Some("C"), "")
    );
    let mut stream = Reassembler::new(100);
    assert_eq!(first.decode_into(&mut stream).unwrap(), 3);
}

#[test]
fn negative_codes_are_their_unsigned_twins() {
    let fault = Response::new(
        ResponseBody::Fault(Box::new(Fault::windows(2_150_858_793, "h", ""))),
        "m",
        None,
    );
    let xml = fault
        .to_xml()
        .replace("Code=\"2150858793\"", "Code=\"-2144108503\"");
    let Response {
        body: ResponseBody::Fault(fault),
        ..
    } = Response::parse(&xml).unwrap()
    else {
        panic!()
    };
    assert_eq!(fault.wsman_code, Some(2_150_858_793));
    assert_eq!(fault.info().map(|info| info.name), Some("OPERATION_TIMEDOUT"));
    assert!(
        fault.to_string().ends_with("(OPERATION_TIMEDOUT, 2150858793)"),
        "{fault}"
    );
}

#[test]
fn redirections_name_their_target() {
    let text = "Redirect location reported: https://pod.example.com/powershell. ";
    let fault = Fault::windows(2_150_859_161, "h", text);
    assert_eq!(
        fault.redirect_location(),
        Some("https://pod.example.com/powershell")
    );
    assert_eq!(Fault::windows(5, "h", "").redirect_location(), None);
}
