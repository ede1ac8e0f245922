//! What Exchange has written decodes into the typed objects.

use std::path::{Path, PathBuf};

use psbridge::clixml::{Limits, Value, from_document, read_document};
use psbridge::{FromClixml, Object};
use psbridge_exchange::{DynamicDistributionGroup, Mailbox};

#[test]
fn every_file_of_exchange_decodes_into_its_type_or_into_objects() {
    let Some(recordings) =
        psbridge_tests::recordings("every_file_of_exchange_decodes_into_its_type_or_into_objects")
    else {
        return;
    };
    let (mut files, mut typed) = (0, 0);
    for path in xml_files(&recordings.join("clixml/exchange")) {
        let data = std::fs::read(&path).expect("a recording");
        files += 1;
        let document = read_document(&data, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        typed += typed_roots(&path, &data, document.roots());
    }
    assert!(files > 20, "only {files} files");
    assert!(typed > 0, "no file holds an object of a typed struct");
}

#[test]
fn a_real_dynamic_group_keeps_what_it_says() {
    let Some(recordings) = psbridge_tests::recordings("a_real_dynamic_group_keeps_what_it_says") else {
        return;
    };
    let mut seen = 0;
    for path in xml_files(&recordings.join("clixml/exchange")) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if !name.contains("GetDynamicDistributionGroup") {
            continue;
        }
        let data = std::fs::read(&path).expect("a recording");
        let groups: Vec<DynamicDistributionGroup> =
            from_document(&data, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for group in groups {
            seen += 1;
            let identity = group.identity.expect("an identity");
            assert!(
                identity.guid().is_some(),
                "{identity}: Full serialization has the GUID"
            );
            assert_eq!(identity.guid(), group.guid);
            assert_eq!(identity.distinguished_name(), group.distinguished_name.as_deref());
            assert!(group.recipient_filter.is_some() && group.when_changed_utc.is_some());
            let details = group.recipient_type_details.expect("its type");
            assert_eq!(details.as_str(), "DynamicDistributionGroup");
            assert!(group.email_addresses.iter().any(|address| address.is_primary()));
            assert!(!group.extra.contains("SerializationData"), "it is passed over");
            assert!(group.extra.len() > 20, "the rest is kept");
        }
    }
    assert!(seen > 0, "no dynamic group");
}

fn typed_roots(path: &Path, data: &[u8], roots: &[Value]) -> usize {
    let is = |object: &Object, name: &str| {
        object.type_names.iter().any(|known| {
            known.trim_start_matches("Deserialized.")
                == format!("Microsoft.Exchange.Data.Directory.Management.{name}")
        })
    };
    let objects: Vec<&Object> = roots.iter().filter_map(Value::as_object).collect();
    let every = |name: &str| !objects.is_empty() && objects.iter().all(|object| is(object, name));
    if every("DynamicDistributionGroup") {
        decoded::<DynamicDistributionGroup>(path, data)
    } else if every("Mailbox") {
        decoded::<Mailbox>(path, data)
    } else {
        0
    }
}

fn decoded<T: FromClixml>(path: &Path, data: &[u8]) -> usize {
    match from_document::<T>(data, &Limits::default()) {
        Ok(objects) => objects.len(),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of recordings")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .collect();
    files.sort();
    files
}
