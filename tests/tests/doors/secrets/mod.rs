//! No secret in anything that is written, whichever door is used: marked secrets go through each, with success and with
//! failure, and everything that was written is searched for them in every form that they could have taken.

mod command_line;
mod library;
mod proofs;
mod search;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use psbridge::SessionBuilder;
use psbridge_lab::cloud::CloudHandle;
use psbridge_lab::{AuthScheme, Lab};
use psbridge_tests::{Finished, psbridge_bin, run};
use tempfile::TempDir;

use self::search::{Everything, Written, context, forms};

const USER: &str = "operator";
const LIMIT: Duration = Duration::from_secs(180);
const TEST: &str = "no_secret_is_written_anywhere";

/// Secrets by the door that they go through. With a blank, a plus and a percent sign, so that every encoding differs.
fn mark(door: &str) -> String {
    format!("M{door} 7+f%3Q/{door}w")
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
    let mut secrets = vec![("the account's password".to_owned(), password.clone().into_bytes())];
    let known = proofs::Known::new(&mut secrets);
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
                AuthScheme::Certificate,
            ])
            .account(USER, &password)
            .client_certificate(USER, known.certificate.as_bytes())
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
    command_line::passwords(&mut world, &mut secrets);
    command_line::references(&mut world, &mut secrets);
    command_line::proxies(&mut world, &mut secrets);
    let pfx = command_line::certificates(&mut world, &mut secrets);
    command_line::grants(&mut world, &pfx, &mut secrets);
    serving.block_on(proofs::command_line(&mut world, &known, &pfx, &mut secrets));
    command_line::kerberos(&mut world, &mut secrets);
    command_line::cookies(&mut world, &mut secrets);

    let events = Everything::default();
    {
        let _everything = tracing::subscriber::set_default(events.clone());
        // One thread, so that this subscriber sees all that happens below.
        let client = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        client.block_on(async {
            library::library(&mut world, &pfx, &mut secrets).await;
            proofs::library(&mut world, &known, &mut secrets).await;
        });
    }
    let events = events.0.lock().unwrap().clone();
    assert!(
        events.contains("psbridge::http"),
        "the events were kept: {events}"
    );
    world.written.add("the events", events);
    world.written.folder(&world.folder.path().join("config"));

    // The search would find something.
    let holds = |place: &str, part: &str| {
        let mut texts = world.written.0.iter().filter(|(name, _)| name.contains(place));
        texts.any(|(_, text)| text.contains(part))
    };
    assert!(
        holds("recording", "Envelope")
            && holds("standard error", "trace +")
            && holds("config.toml", "MARKED")
    );
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
