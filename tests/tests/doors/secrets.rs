//! No secret in anything that is written, whichever door is used: marked secrets go through each, with success and with
//! failure, and everything that was written is searched for them in every form that they could have taken.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use psbridge::certificate::ClientCertificate;
use psbridge::sign_in::{AccessToken, CachedTokens, ClientCredentials, DeviceCode, FixedToken, TokenSource};
use psbridge::web::{WebClient, WebOptions};
use psbridge::{
    Authentication, Cloud, CloudDefinition, KerberosOptions, Proxy, Secret, Session, SessionBuilder,
    TlsOptions,
};
use psbridge_lab::cloud::CloudHandle;
use psbridge_lab::{AuthScheme, Lab};
use psbridge_tests::domain::Realm;
use psbridge_tests::{Finished, psbridge_bin, run};
use tempfile::TempDir;

use crate::fronts::Fronts;

const USER: &str = "operator";
const LIMIT: Duration = Duration::from_secs(180);
const TEST: &str = "no_secret_is_written_anywhere";

/// Secrets by the door that they go through. With a blank, a plus and a percent sign, so that every encoding differs.
fn mark(door: &str) -> String {
    format!("M{door} 7+f%3Q/{door}w")
}

/// Everything that was written, with the place where.
#[derive(Default)]
struct Written(Vec<(String, String)>);

impl Written {
    fn add(&mut self, place: &str, text: impl AsRef<[u8]>) {
        let text = String::from_utf8_lossy(text.as_ref()).into_owned();
        self.0.push((place.to_owned(), text));
    }

    /// An error with all its causes, as it is shown and as it is debugged.
    fn error(&mut self, place: &str, error: &(dyn std::error::Error + 'static)) {
        let mut text = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            writeln!(text, "{error}\n{error:?}\n{error:#?}").unwrap();
            next = error.source();
        }
        self.add(&format!("error of {place}"), text);
    }

    /// All files of a folder.
    fn folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => self.folder(&path),
                false => self.add(&path.display().to_string(), std::fs::read(&path).unwrap()),
            }
        }
    }

    #[track_caller]
    fn lacks(&self, name: &str, secret: &[u8]) {
        for (form, pattern) in forms(secret) {
            assert!(
                pattern.len() > 8,
                "{name} as {form} is too short to be searched for"
            );
            for (place, text) in &self.0 {
                let found = text.find(&pattern).map(|at| context(text, at));
                assert!(found.is_none(), "{name} as {form} in {place}: {found:?}");
            }
        }
    }
}

/// What stands around a place, so that the leak can be found.
fn context(text: &str, at: usize) -> String {
    let before: Vec<char> = text
        .get(..at)
        .unwrap_or_default()
        .chars()
        .rev()
        .take(200)
        .collect();
    before.into_iter().rev().collect()
}

/// The forms in which a secret could have been written.
fn forms(secret: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(secret).into_owned();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let percent = |keep: fn(u8) -> bool, blank: &str| {
        let one = |&byte: &u8| match byte {
            b' ' if !blank.is_empty() => blank.to_owned(),
            byte if keep(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        secret.iter().map(one).collect::<String>()
    };
    let debugged = format!("{text:?}");
    let listed = format!("{secret:?}");
    let mut forms = vec![
        ("plain text".to_owned(), text.clone()),
        ("debugged text".to_owned(), debugged.trim_matches('"').to_owned()),
        (
            "a list of bytes".to_owned(),
            listed.trim_matches(['[', ']']).to_owned(),
        ),
        ("hexadecimal".to_owned(), hex(secret)),
        ("capital hexadecimal".to_owned(), hex(secret).to_uppercase()),
        ("UTF-16".to_owned(), String::from_utf8_lossy(&wide).into_owned()),
        ("UTF-16 in hexadecimal".to_owned(), hex(&wide)),
        (
            "percent-encoded".to_owned(),
            percent(|byte| byte.is_ascii_alphanumeric(), ""),
        ),
        (
            "form-encoded".to_owned(),
            percent(
                |byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte),
                "+",
            ),
        ),
    ];
    for (what, bytes) in [("", secret), (" of UTF-16", wide.as_slice())] {
        for shift in 0..3 {
            forms.push((
                format!("base64{what}, shifted by {shift}"),
                inner(&STANDARD.encode(shifted(bytes, shift)), bytes, shift),
            ));
            forms.push((
                format!("base64url{what}, shifted by {shift}"),
                inner(&URL_SAFE.encode(shifted(bytes, shift)), bytes, shift),
            ));
        }
    }
    // What is the same in two forms is searched for once.
    forms.sort_by(|a, b| a.1.cmp(&b.1));
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

fn shifted(bytes: &[u8], shift: usize) -> Vec<u8> {
    [&[0; 2][..shift], bytes].concat()
}

/// The characters of a base64 text that the secret alone decides.
fn inner(encoded: &str, bytes: &[u8], shift: usize) -> String {
    let first = (shift * 8).div_ceil(6);
    let last = (shift + bytes.len()) * 8 / 6;
    encoded[first..last].to_owned()
}

/// Gathers every event of every crate at every level.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut text = self.0.lock().unwrap();
        write!(text, "{} ", attributes.metadata().name()).unwrap();
        attributes.record(&mut Fields(&mut text));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        write!(
            text,
            "{} {} ",
            event.metadata().level(),
            event.metadata().target()
        )
        .unwrap();
        event.record(&mut Fields(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

/// A lab with a cloud, and a place for what is written.
struct World {
    lab: Lab,
    folder: TempDir,
    /// What the lab was told, and what is searched for.
    password: String,
    written: Written,
    count: usize,
}

impl World {
    fn cloud(&self) -> &CloudHandle {
        self.lab.cloud().unwrap()
    }

    fn ca(&self) -> PathBuf {
        self.lab.ca_file().unwrap().to_owned()
    }

    fn url(&self, secure: bool) -> String {
        let origin = if secure {
            self.lab.https_origin()
        } else {
            self.lab.http_origin()
        };
        format!("{}/PowerShell/", origin.unwrap())
    }

    /// A file with a secret, which is not among what is searched.
    fn secret_file(&self, name: &str, secret: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, format!("{secret}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Where recordings and settings go.
    fn place(&mut self) -> PathBuf {
        self.count += 1;
        self.folder.path().join(format!("written-{}", self.count))
    }

    /// Calls the command line with everything that it can write, and keeps it.
    fn psbridge(&mut self, door: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
        let place = self.place();
        std::fs::create_dir_all(&place).unwrap();
        let mut command = Command::new(psbridge_bin());
        command
            .args(arguments)
            .args(["--trace", "-vvv", "--record"])
            .arg(place.join("recording.jsonl"))
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("PSBRIDGE_LOG", "trace")
            .envs(environment.iter().copied());
        let finished = run(&mut command, b"", LIMIT);
        self.written
            .add(&format!("standard output of {door}"), &finished.stdout);
        self.written
            .add(&format!("standard error of {door}"), &finished.stderr);
        self.written.folder(&place);
        finished
    }

    /// The same for a pipeline, which must end with this code.
    #[track_caller]
    fn invoke(
        &mut self,
        door: &str,
        target: &str,
        options: &[&str],
        environment: &[(&str, &str)],
        code: i32,
    ) {
        let arguments = [&["invoke", target, "Get-User -ResultSize 2"][..], options].concat();
        let finished = self.psbridge(door, &arguments, environment);
        assert_eq!(finished.code, Some(code), "{door}: {}", finished.stderr);
    }

    /// Uses the library, with every event kept.
    async fn library(&mut self, door: &str, builder: SessionBuilder, opens: bool) {
        let place = self.place();
        let opened = builder.record(&place).open().await;
        assert_eq!(opened.is_ok(), opens, "{door}: {:?}", opened.err());
        match opened {
            Ok(session) => {
                let users = session
                    .run(psbridge::Command::new("Get-User").parameter("ResultSize", 2))
                    .await
                    .unwrap();
                assert_eq!(users.output().count(), 2, "{door}");
                self.written.add(door, format!("{session:?}"));
                session.close().await.unwrap();
            }
            Err(error) => self.written.error(door, &error),
        }
        if place.exists() {
            self.written
                .add(&format!("recording of {door}"), std::fs::read(&place).unwrap());
        }
    }
}

#[test]
fn no_secret_is_written_anywhere() {
    let serving = tokio::runtime::Runtime::new().unwrap();
    let password = mark("account");
    let lab = serving.block_on(async {
        Lab::builder()
            .http(([127, 0, 0, 1], 0).into())
            .https(([127, 0, 0, 1], 0).into())
            .cloud(([127, 0, 0, 1], 0).into())
            .auth([
                AuthScheme::Negotiate,
                AuthScheme::Ntlm,
                AuthScheme::Basic,
                AuthScheme::Credssp,
            ])
            .account(USER, &password)
            .start()
            .await
            .unwrap()
    });
    let mut world = World {
        lab,
        folder: TempDir::new().unwrap(),
        password,
        written: Written::default(),
        count: 0,
    };
    let mut secrets = vec![(
        "the account's password".to_owned(),
        world.password.clone().into_bytes(),
    )];
    passwords(&mut world, &mut secrets);
    references(&mut world, &mut secrets);
    proxies(&mut world, &mut secrets);
    let pfx = certificates(&mut world, &mut secrets);
    grants(&mut world, &pfx, &mut secrets);
    kerberos(&mut world, &mut secrets);
    cookies(&mut world, &mut secrets);

    let events = Everything::default();
    {
        let _everything = tracing::subscriber::set_default(events.clone());
        // One thread, so that this subscriber sees all that happens below.
        let client = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        client.block_on(library(&mut world, &pfx, &mut secrets));
    }
    let events = events.0.lock().unwrap().clone();
    assert!(
        events.contains("psbridge::http"),
        "the events were kept: {events}"
    );
    world.written.add("the events", events);
    world.written.folder(&world.folder.path().join("config"));

    for (name, secret) in &secrets {
        world.written.lacks(name, secret);
    }
    // Tokens are made while the test runs; they all begin alike.
    for (place, text) in &world.written.0 {
        let token = ["eyJhbGci", "eyJ0eXAi", "eyJ4NXQ"]
            .iter()
            .find_map(|start| text.find(start));
        assert!(
            token.is_none(),
            "a token in {place}: {}",
            context(text, token.unwrap_or_default())
        );
    }
    serving.block_on(world.lab.stop());
}

type Secrets = Vec<(String, Vec<u8>)>;

/// A secret that is wrong everywhere.
fn wrong(door: &str, secrets: &mut Secrets) -> String {
    let text = mark(&format!("wrong{door}"));
    secrets.push((format!("the wrong secret of {door}"), text.clone().into_bytes()));
    text
}

/// Every way to sign in with a password, right and wrong, through the command line.
fn passwords(world: &mut World, secrets: &mut Secrets) {
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
fn references(world: &mut World, secrets: &mut Secrets) {
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
fn proxies(world: &mut World, secrets: &mut Secrets) {
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
fn certificates(world: &mut World, secrets: &mut Secrets) -> PathBuf {
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
fn grants(world: &mut World, pfx: &Path, secrets: &mut Secrets) {
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
    let cases: [(&str, Vec<&str>, Vec<(&str, &str)>); 9] = [
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
fn kerberos(world: &mut World, secrets: &mut Secrets) {
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
fn cookies(world: &mut World, secrets: &mut Secrets) {
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

/// The same doors through the library, whose errors, events and recordings embedders see.
async fn library(world: &mut World, pfx: &Path, secrets: &mut Secrets) {
    let tls = TlsOptions::new().ca_file(world.ca());
    for (authentication, secure) in [
        (Authentication::Basic, true),
        (Authentication::Ntlm, false),
        (Authentication::Negotiate, true),
        (Authentication::Credssp, false),
    ] {
        let builder = Session::builder(world.url(secure))
            .authentication(authentication)
            .tls(tls.clone());
        let right = Secret::from(world.password.as_str());
        world
            .library(authentication.name(), builder.credential(USER, right), true)
            .await;
        let other = wrong(&format!("library{}", authentication.name()), secrets);
        let builder = Session::builder(world.url(secure))
            .authentication(authentication)
            .tls(tls.clone());
        world
            .library(authentication.name(), builder.credential(USER, other), false)
            .await;
    }
    let token = wrong("libraryToken", secrets);
    for authentication in [Authentication::Bearer, Authentication::BasicBearer] {
        let builder = Session::builder(world.url(true))
            .authentication(authentication)
            .tls(tls.clone())
            .user(USER);
        let source = Arc::new(FixedToken::new(Secret::from(token.as_str())));
        world
            .library(authentication.name(), builder.tokens(source), false)
            .await;
    }
    let other = wrong("libraryKerberos", secrets);
    let builder = Session::builder("http://nowhere.psbridge.test/PowerShell/")
        .authentication(Authentication::Kerberos)
        .credential("me@NOWHERE.TEST", other)
        .kerberos(KerberosOptions::password().kdc("127.0.0.1:9"))
        .resolve("nowhere.psbridge.test", [127, 0, 0, 1].into());
    world.library("kerberos without a KDC", builder, false).await;
    let other = wrong("libraryProxy", secrets);
    let builder = Session::builder(world.url(false))
        .credential(USER, Secret::from(world.password.as_str()))
        .proxy(Proxy::url("http://127.0.0.1:9").credential("me", other));
    world.library("a proxy that is not there", builder, false).await;

    let bytes = std::fs::read(pfx).unwrap();
    let other = wrong("libraryPfx", secrets);
    let error = ClientCertificate::from_pfx(&bytes, &Secret::from(other)).expect_err("the password is wrong");
    world.written.error("a PFX", &error);
    let certificate = ClientCertificate::from_pfx(&bytes, &Secret::from(mark("pfx"))).unwrap();
    world
        .written
        .add("a certificate", format!("{certificate:?} {certificate:#?}"));
    let builder = Session::builder(world.url(true))
        .authentication(Authentication::Certificate)
        .client_certificate(certificate.clone())
        .tls(tls.clone());
    world.library("a certificate", builder, false).await;

    let definition = CloudDefinition {
        name: "lab".to_owned(),
        authority: world.cloud().login(),
        exchange: world.cloud().exchange(),
        powershell: "/powershell-liveid/".to_owned(),
        audience: world.cloud().exchange_resource().to_owned(),
        graph: world.cloud().graph(),
        graph_audience: "https://graph.psbridge.localhost".to_owned(),
        vault_suffix: "vault.psbridge.localhost".to_owned(),
        vault_audience: "https://vault.psbridge.localhost".to_owned(),
        hosts: vec!["psbridge.localhost".to_owned()],
    };
    let cloud = Cloud::custom(definition).unwrap();
    let web = WebClient::new(WebOptions {
        tls,
        ..WebOptions::default()
    });
    let (tenant, app) = (
        world.cloud().organization(),
        world.cloud().app().app_id.to_string(),
    );
    let right = Secret::from(world.cloud().app_secret());
    let other = wrong("libraryClient", secrets);
    let sources: [(&str, Arc<dyn TokenSource>); 4] = [
        (
            "a client secret",
            Arc::new(ClientCredentials::secret(
                &web,
                &cloud,
                tenant.as_str(),
                app.as_str(),
                right,
            )),
        ),
        (
            "a wrong client secret",
            Arc::new(ClientCredentials::secret(
                &web,
                &cloud,
                tenant.as_str(),
                app.as_str(),
                Secret::from(other),
            )),
        ),
        (
            "a client certificate",
            Arc::new(ClientCredentials::certificate(
                &web,
                &cloud,
                tenant.as_str(),
                app.as_str(),
                certificate,
            )),
        ),
        (
            "a device code",
            Arc::new(DeviceCode::new(
                &web,
                &cloud,
                tenant.as_str(),
                app.as_str(),
                |_| {},
            )),
        ),
    ];
    for (door, source) in sources {
        world.written.add(door, source.describe());
        let cached = CachedTokens::new(source);
        match cached.token(cloud.audience()).await {
            Ok(token) => tokens_are_silent(&mut world.written, door, &token, secrets),
            Err(error) => world.written.error(door, &error),
        }
    }
}

fn tokens_are_silent(written: &mut Written, door: &str, token: &AccessToken, secrets: &mut Secrets) {
    written.add(door, format!("{token:?} {token:#?}"));
    secrets.push((
        format!("the token of {door}"),
        token.secret().expose().as_bytes().to_vec(),
    ));
}

#[test]
fn every_form_of_a_secret_is_found() {
    let secret = mark("x");
    for (form, pattern) in forms(secret.as_bytes()) {
        let mut written = Written::default();
        written.add("a place", format!("before {pattern} after"));
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            written.lacks("x", secret.as_bytes())
        }));
        assert!(found.is_err(), "{form}");
    }
    // As it stands inside an Authorization header.
    let header = STANDARD.encode(format!("me:{secret}"));
    let mut written = Written::default();
    written.add("a header", header);
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        written.lacks("x", secret.as_bytes())
    }));
    assert!(found.is_err());
}
