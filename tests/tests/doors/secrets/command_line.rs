//! Every door through the command line.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use psbridge_tests::domain::Realm;

use super::{Secrets, TEST, USER, World, mark, wrong};
use crate::fronts::Fronts;

/// Every way to sign in with a password, right and wrong, through the command line.
pub(super) fn passwords(world: &mut World, secrets: &mut Secrets) {
    let ca = world.ca().to_str().unwrap().to_owned();
    for (auth, secure) in [
        ("basic", true),
        ("ntlm", false),
        ("negotiate", false),
        ("negotiate", true),
        ("credssp", false),
        ("credssp", true),
    ] {
        let door = format!("{auth} {secure}");
        let url = world.url(secure);
        let options = ["--auth", auth, "--user", USER, "--ca", &ca];
        let right = world.password.clone();
        world.invoke(&door, &url, &options, &[("PSBRIDGE_PASSWORD", &right)], 0);
        let wrong = wrong(&door.replace(' ', ""), secrets);
        world.invoke(&door, &url, &options, &[("PSBRIDGE_PASSWORD", &wrong)], 4);
    }
    // Doors that a lab of passwords keeps shut.
    for (door, options) in [
        ("bearer", &["--auth", "bearer"][..]),
        ("basicbearer", &["--auth", "basic-bearer", "--user", USER]),
        (
            "kerberos",
            &[
                "--auth",
                "kerberos",
                "--user",
                "me@NOWHERE.TEST",
                "--kdc",
                "127.0.0.1:9",
            ],
        ),
    ] {
        let secret = wrong(door, secrets);
        let url = world.url(true);
        let arguments = [&["invoke", &url, "Get-User", "--ca", &ca][..], options].concat();
        let finished = world.psbridge(door, &arguments, &[("PSBRIDGE_PASSWORD", &secret)]);
        assert!(matches!(finished.code, Some(2..=4)), "{door}: {finished:?}");
    }
}

/// Secrets by file, variable and command, by themselves and in profiles.
pub(super) fn references(world: &mut World, secrets: &mut Secrets) {
    let url = world.url(false);
    let right = world.password.clone();
    let other = wrong("references", secrets);
    for (secret, code) in [(right, 0), (other, 4)] {
        let file = world.secret_file("password", &secret);
        let by_file = ["--user", USER, "--password-file", &file];
        world.invoke("a password file", &url, &by_file, &[], code);
        for (name, reference) in [
            ("by-env", "env:MARKED".to_owned()),
            ("by-file", format!("file:{file}")),
            ("by-command", "command:printenv MARKED".to_owned()),
        ] {
            let arguments = [
                "profile",
                "add",
                name,
                &url,
                "--user",
                USER,
                "--replace",
                "--password-from",
                &reference,
            ];
            let added = world.psbridge(name, &arguments, &[("MARKED", &secret)]);
            assert_eq!(added.code, Some(0), "{added:?}");
            world.invoke(name, name, &[], &[("MARKED", &secret)], code);
            for command in ["show", "test"] {
                let done = world.psbridge(name, &["profile", command, name], &[("MARKED", &secret)]);
                assert!(matches!(done.code, Some(0 | 1)), "{name} {command}: {done:?}");
            }
        }
    }
    // A secret where a reference belongs, and in the file by a mistake of hand.
    let mistaken = world.psbridge("a mistake", &["profile", "list"], &[]);
    assert_eq!(mistaken.code, Some(0));
}

/// A proxy that wants a password and does not like any.
pub(super) fn proxies(world: &mut World, secrets: &mut Secrets) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://me@{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            let answer =
                "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n";
            // The client may have gone away.
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    let secret = wrong("proxy", secrets);
    let (url, right) = (world.url(false), world.password.clone());
    let environment = [
        ("PSBRIDGE_PASSWORD", right.as_str()),
        ("PSBRIDGE_PROXY_PASSWORD", secret.as_str()),
    ];
    world.invoke(
        "a proxy",
        &url,
        &["--user", USER, "--proxy", &proxy],
        &environment,
        3,
    );
    let in_url = proxy.replace("me@", "me:Mproxyurl7f3Q@");
    secrets.push((
        "the password in the proxy's address".to_owned(),
        b"Mproxyurl7f3Q".to_vec(),
    ));
    world.invoke(
        "a proxy's address",
        &url,
        &["--user", USER, "--proxy", &in_url],
        &environment,
        2,
    );
    let variables = [
        environment[0],
        ("HTTP_PROXY", in_url.as_str()),
        ("http_proxy", in_url.as_str()),
        ("NO_PROXY", ""),
        ("no_proxy", ""),
    ];
    world.invoke(
        "a proxy of the environment",
        &url,
        &["--user", USER, "--proxy", "environment"],
        &variables,
        3,
    );
}

/// Certificates with their keys and passwords. Gives the PFX.
pub(super) fn certificates(world: &mut World, secrets: &mut Secrets) -> PathBuf {
    let password = mark("pfx");
    secrets.push((
        "the password of the PFX".to_owned(),
        password.clone().into_bytes(),
    ));
    let base = world.folder.path().join("app");
    let base_text = base.to_str().unwrap().to_owned();
    let made = world.psbridge(
        "certificate new",
        &[
            "certificate",
            "new",
            "--key-size",
            "2048",
            "--days",
            "30",
            &base_text,
        ],
        &[("PSBRIDGE_PFX_PASSWORD", &password)],
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    let pfx = base.with_extension("pfx");
    let key = std::fs::read_to_string(base.with_extension("key")).unwrap();
    let line = key
        .lines()
        .find(|line| line.len() >= 60 && !line.starts_with('-'))
        .unwrap();
    secrets.push(("a line of the private key".to_owned(), line.as_bytes().to_vec()));
    // Its secret numbers stand behind the public one.
    let der: Vec<u8> = STANDARD
        .decode(
            key.lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
    secrets.push(("bytes of the private key".to_owned(), der[700..730].to_vec()));

    let (url, ca, pfx_text) = (world.url(true), world.ca(), pfx.to_str().unwrap().to_owned());
    let options = [
        "--auth",
        "certificate",
        "--pfx",
        &pfx_text,
        "--ca",
        ca.to_str().unwrap(),
    ];
    let refused = world.psbridge(
        "a certificate",
        &[&["invoke", &url, "Get-User"][..], &options].concat(),
        &[("PSBRIDGE_PFX_PASSWORD", &password)],
    );
    assert!(matches!(refused.code, Some(3 | 4)), "{refused:?}");
    let other = wrong("pfx", secrets);
    world.invoke(
        "a wrong PFX password",
        &url,
        &options,
        &[("PSBRIDGE_PFX_PASSWORD", &other)],
        4,
    );
    pfx
}

/// Every grant for a token, through `doctor`, which uses the token, and with what does not buy one.
pub(super) fn grants(world: &mut World, pfx: &Path, secrets: &mut Secrets) {
    let cloud = world.cloud().file().to_str().unwrap().to_owned();
    let organization = world.cloud().organization();
    let app = world.cloud().app().app_id;
    let certificate = std::fs::read(pfx.with_extension("cer")).unwrap();
    let der = match certificate.starts_with(b"-----") {
        true => crate::plain::der_of_pem(std::str::from_utf8(&certificate).unwrap()),
        false => certificate,
    };
    world.cloud().add_certificate(app, &der);
    world.cloud().device_codes(1, false);
    let secret = world.cloud().app_secret().to_owned();
    let header = world.cloud().identity_header().to_owned();
    secrets.push(("the client secret".to_owned(), secret.clone().into_bytes()));
    secrets.push(("the identity header".to_owned(), header.clone().into_bytes()));
    let ca = world.ca().to_str().unwrap().to_owned();
    let (app, imds, vault) = (app.to_string(), world.cloud().imds(), world.cloud().vault("corp"));
    let app_service = world.cloud().app_service();
    let pfx_password = mark("pfx");
    let (bad_secret, bad_header) = (wrong("client", secrets), wrong("header", secrets));
    let by_imds = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds.as_str())];
    let pfx_text = pfx.to_str().unwrap();
    let by_app = ["--app-id", &app];
    type Case<'a> = (&'a str, Vec<&'a str>, Vec<(&'a str, &'a str)>);
    let cases: [Case<'_>; 9] = [
        (
            "a client secret",
            by_app.to_vec(),
            vec![("PSBRIDGE_CLIENT_SECRET", &secret)],
        ),
        (
            "a wrong client secret",
            by_app.to_vec(),
            vec![("PSBRIDGE_CLIENT_SECRET", &bad_secret)],
        ),
        (
            "a client certificate",
            [&by_app[..], &["--pfx", pfx_text]].concat(),
            vec![("PSBRIDGE_PFX_PASSWORD", &pfx_password)],
        ),
        ("a managed identity", vec!["--managed-identity"], by_imds.to_vec()),
        (
            "an identity header",
            vec!["--managed-identity"],
            vec![("IDENTITY_ENDPOINT", &app_service), ("IDENTITY_HEADER", &header)],
        ),
        (
            "a wrong identity header",
            vec!["--managed-identity"],
            vec![
                ("IDENTITY_ENDPOINT", &app_service),
                ("IDENTITY_HEADER", &bad_header),
            ],
        ),
        (
            "a key vault",
            [
                &by_app[..],
                &[
                    "--key-vault",
                    &vault,
                    "--vault-certificate",
                    "exchange",
                    "--managed-identity",
                ],
            ]
            .concat(),
            by_imds.to_vec(),
        ),
        (
            "an absent secret of a key vault",
            [
                &by_app[..],
                &[
                    "--key-vault",
                    &vault,
                    "--vault-secret",
                    "none",
                    "--managed-identity",
                ],
            ]
            .concat(),
            by_imds.to_vec(),
        ),
        ("a device code", vec!["--device-code"], Vec::new()),
    ];
    for (door, options, environment) in cases {
        let common = ["--organization", &organization, "--cloud", &cloud, "--ca", &ca];
        let arguments = [&["doctor"][..], &common, &options].concat();
        let finished = world.psbridge(door, &arguments, &environment);
        assert!(matches!(finished.code, Some(0 | 1 | 4)), "{door}: {finished:?}");
        let url = world.url(true);
        let arguments = [&["invoke", &url, "Get-User"][..], &common, &options].concat();
        let finished = world.psbridge(door, &arguments, &environment);
        assert_ne!(finished.code, Some(2), "{door}: {finished:?}");
    }
}

/// Passwords and keytabs of a realm.
pub(super) fn kerberos(world: &mut World, secrets: &mut Secrets) {
    let Some(realm) = Realm::mit(TEST) else { return };
    let Some(endpoint) = realm.endpoint(TEST) else {
        return;
    };
    secrets.push((
        "the password of the realm".to_owned(),
        realm.password().as_bytes().to_vec(),
    ));
    let keytab = realm.keytab("alice");
    let bytes = std::fs::read(&keytab).unwrap();
    secrets.push((
        "the key at the end of the keytab".to_owned(),
        bytes[bytes.len() - 20..bytes.len() - 4].to_vec(),
    ));
    let url = endpoint.url(false, &realm.host("aes256"), "/shape/any/secrets");
    let user = realm.principal("alice");
    let krb5 = ("KRB5_CONFIG", realm.krb5_conf());
    let other = wrong("realm", secrets);
    let (keytab, kdc) = (keytab.to_str().unwrap(), realm.kdc());
    for (door, options, password, code) in [
        ("a password of a realm", &[][..], realm.password(), 0),
        ("a wrong password of a realm", &[], other.as_str(), 4),
        ("a keytab", &["--keytab", keytab], "", 0),
    ] {
        for auth in ["kerberos", "negotiate"] {
            let common = [
                "invoke",
                &url,
                "Get-Users -Count 2",
                "--auth",
                auth,
                "--user",
                &user,
                "--kdc",
                kdc,
            ];
            let arguments = [&common[..], options].concat();
            let finished = world.psbridge(door, &arguments, &[("PSBRIDGE_PASSWORD", password), krb5]);
            assert_eq!(finished.code, Some(code), "{door}: {finished:?}");
        }
    }
}

/// Cookies of a front end, which carry a session.
pub(super) fn cookies(world: &mut World, secrets: &mut Secrets) {
    let Some(fronts) = Fronts::start(TEST) else { return };
    let url = fronts.url("http", "/shape/sticky/secrets");
    let password = fronts.ready("password").to_owned();
    let user = fronts.ready("user").to_owned();
    let arguments = [
        "invoke",
        &url,
        "Get-Users -Count 2",
        "--configuration",
        "Microsoft.Exchange",
        "--user",
        &user,
    ];
    let finished = world.psbridge("cookies", &arguments, &[("PSBRIDGE_PASSWORD", &password)]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let requests = fronts.requests("http");
    let cookie = requests
        .iter()
        .filter_map(|request| request["cookie"].as_str())
        .find_map(|text| {
            let (_, rest) = text.split_once("X-BackEndCookie=")?;
            rest.split(';').next()
        });
    secrets.push((
        "a cookie".to_owned(),
        cookie.expect("it came back").as_bytes().to_vec(),
    ));
}
