//! CLIXML: what can be read can be shown, can be written, and means the same when it is read again.

use psbridge_clixml::{
    Document, Error, Interner, Limits, Value, json, read_document, read_document_partial, read_message,
    write_document, write_message,
};

/// Small limits, so that a fuzzer reaches them.
fn limits() -> Limits {
    Limits {
        max_message_size: 64 * 1024,
        max_objects_per_message: 2_000,
        ..Limits::default()
    }
}

/// The bytes of what the writer gives; nothing where it may refuse.
fn written(result: Result<Vec<u8>, Error>) -> Option<Vec<u8>> {
    match result {
        Ok(bytes) => Some(bytes),
        // What a stranger sends may be a null key or a reference that nothing precedes.
        Err(Error::Unwritable { .. }) => None,
        Err(error) => panic!("the writer reads nothing, and yet: {error}"),
    }
}

fn show(document: &Document, value: &Value, limits: &Limits) {
    let plain = json::plain_within(document, value, limits).to_string();
    assert!(plain.len() < 64 << 20, "references do not multiply without bound");
    let typed = json::typed(value).to_string();
    assert!(serde_json::from_str::<serde_json::Value>(&typed).is_ok());
}

pub(super) fn check(input: &[u8]) {
    let limits = limits();
    if let Ok(document) = read_message(input, &limits, &mut Interner::new()) {
        // The table of names is a matter of speed alone.
        let mut warm = Interner::new();
        for _ in 0..2 {
            let again = read_message(input, &limits, &mut warm).expect("it was read before");
            assert_eq!(format!("{document:?}"), format!("{again:?}"));
        }
        for value in document.roots() {
            show(&document, value, &limits);
            let Some(once) = written(write_message(value)) else {
                continue;
            };
            let again = read_message(&once, &Limits::default(), &mut Interner::new())
                .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&once)));
            let root = again.root().expect("one value was written");
            let twice = written(write_message(root)).expect("our own form can be written");
            assert_eq!(
                String::from_utf8_lossy(&once),
                String::from_utf8_lossy(&twice),
                "writing is a fixed point"
            );
        }
    }
    let whole = read_document(input, &limits);
    let (partial, problem) = read_document_partial(input, &limits);
    match &whole {
        Ok(document) => {
            assert!(
                problem.is_none(),
                "what reads as a whole reads in part: {problem:?}"
            );
            assert_eq!(document.roots().len(), partial.roots().len());
            // A secret of a session stands in no file: there a SecureString is the text of a user's store.
            let secret = input.windows(3).any(|window| window == b"<SS");
            if let Some(bytes) = written(write_document(document)).filter(|_| !secret) {
                let again = read_document(&bytes, &Limits::default())
                    .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&bytes)));
                assert_eq!(document.roots().len(), again.roots().len());
            }
        }
        Err(_) => assert!(problem.is_some(), "what is refused as a whole is refused in part"),
    }
}

/// One document with every form of the language, and small ones with each oddity.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let everything = concat!(
        "<Obj RefId=\"0\"><TN RefId=\"0\"><T>Fuzz.Everything</T><T>System.Object</T></TN><ToString>all</ToString><Props>",
        "<S N=\"S\">a_x000A_b_x005F_x &amp; &#x41;</S><C N=\"C\">97</C><B N=\"B\">true</B>",
        "<DT N=\"DT\">2026-11-21T03:04:05.6789012-05:00</DT><TS N=\"TS\">-P1DT2H3M4.0000001S</TS>",
        "<By N=\"By\">255</By><SB N=\"SB\">-128</SB><U16 N=\"U16\">65535</U16><I16 N=\"I16\">-32768</I16>",
        "<U32 N=\"U32\">4294967295</U32><I32 N=\"I32\">-2147483648</I32><U64 N=\"U64\">18446744073709551615</U64>",
        "<I64 N=\"I64\">-9223372036854775808</I64><Sg N=\"Sg\">1.1</Sg><Db N=\"Db\">NaN</Db><D N=\"D\">1.50</D>",
        "<BA N=\"BA\">AAEC</BA><G N=\"G\">01020304-0506-0708-090a-0b0c0d0e0f10</G><URI N=\"URI\">http://a/ b</URI>",
        "<Nil N=\"Nil\" /><Version N=\"Version\">1.2.3.4</Version><XD N=\"XD\">&lt;a /&gt;</XD><SBK N=\"SBK\">$_</SBK>",
        "<SS N=\"SS\">AAECAwQFBgcICQoLDA0ODw==</SS></Props><MS>",
        "<Obj N=\"Enum\" RefId=\"1\"><TN RefId=\"1\"><T>System.ConsoleColor</T><T>System.Enum</T></TN>",
        "<ToString>Red</ToString><I32>12</I32></Obj>",
        "<Obj N=\"List\" RefId=\"2\"><TN RefId=\"2\"><T>System.Object[]</T></TN><LST><I32>1</I32><Nil /></LST></Obj>",
        "<Obj N=\"Stack\" RefId=\"3\"><STK><S>top</S></STK></Obj><Obj N=\"Queue\" RefId=\"4\"><QUE /></Obj>",
        "<Obj N=\"Some\" RefId=\"5\"><TNRef RefId=\"2\" /><IE><S>x</S></IE></Obj>",
        "<Obj N=\"Table\" RefId=\"6\"><DCT><En><S N=\"Key\">k</S><I32 N=\"Value\">1</I32></En></DCT></Obj>",
        "<Ref N=\"Cycle\" RefId=\"0\" /><Ref N=\"Twice\" RefId=\"2\" />",
        "<MS N=\"PSStandardMembers\"><S N=\"inner\">x</S></MS></MS></Obj>",
    );
    let document = |values: &str| {
        format!(
            "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">{values}</Objs>"
        )
    };
    let progress = concat!(
        "<Obj S=\"progress\" RefId=\"0\"><MS><I64 N=\"SourceId\">1</I64><PR N=\"Record\"><AV>a</AV><AI>0</AI><Nil />",
        "<PI>-1</PI><PC>-1</PC><T>Processing</T><SR>-1</SR><SD> </SD></PR></MS></Obj>",
    );
    let utf16: Vec<u8> = format!("\u{FEFF}{}", document("<S>ü</S>"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    vec![
        ("everything".into(), everything.into()),
        (
            "document".into(),
            document("<S S=\"Error\">x</S><I32>1</I32>").into(),
        ),
        (
            "header".into(),
            format!("#< CLIXML\r\n{}", document(progress)).into(),
        ),
        ("utf16".into(), utf16),
        ("bom".into(), "\u{FEFF}<S>x</S>".into()),
        (
            "surrogates".into(),
            "<S>_xD83D__xDE00_ _xD83D_ &#xD800; &#xFFFE;</S>".into(),
        ),
        ("nested".into(), "<Obj><LST>".repeat(30).into()),
        (
            "doctype".into(),
            "<!DOCTYPE a [<!ENTITY b \"c\">]><S>&b;</S>".into(),
        ),
        ("null".into(), Vec::new()),
    ]
}
