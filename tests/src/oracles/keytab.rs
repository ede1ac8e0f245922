//! Files that somebody else has written: keytabs.

use psbridge_auth::kerberos::{Client, Keytab};

/// One entry: the principal, its key and the number of its encryption type.
fn entry(parts: &[&str], number: u16, key: &[u8]) -> Vec<u8> {
    let counted = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).expect("a short text");
        [&length.to_be_bytes(), bytes].concat()
    };
    let count = u16::try_from(parts.len()).expect("few parts");
    let mut content = count.to_be_bytes().to_vec();
    content.extend(counted(b"CORP.EXAMPLE"));
    parts
        .iter()
        .for_each(|part| content.extend(counted(part.as_bytes())));
    content.extend([0, 0, 0, 1, 0x65, 0, 0, 0, 3]);
    content.extend(number.to_be_bytes());
    content.extend(counted(key));
    content.extend(3_u32.to_be_bytes());
    let length = i32::try_from(content.len()).expect("a short entry");
    [length.to_be_bytes().to_vec(), content].concat()
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let file = |entries: &[Vec<u8>]| [vec![5, 2], entries.concat()].concat();
    let aes = entry(&["reader"], 18, &[7; 32]);
    let rc4 = entry(&["HTTP", "mail.corp.example"], 23, &[8; 16]);
    let hole = [(-4_i32).to_be_bytes().to_vec(), vec![0; 4]].concat();
    vec![
        ("empty".into(), file(&[])),
        ("one".into(), file(std::slice::from_ref(&aes))),
        ("several".into(), file(&[rc4, hole, aes])),
    ]
}

pub(super) fn check(input: &[u8]) {
    let Ok(keytab) = Keytab::parse(input) else { return };
    let principals = keytab.principals();
    assert!(principals.len() <= 4096);
    for principal in principals {
        let (user, realm) = principal.rsplit_once('@').expect("a name with a realm");
        // Whether its keys are known or not, nothing else may happen.
        drop(Client::with_keytab(user, realm, keytab.clone()));
    }
}
