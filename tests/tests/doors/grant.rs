//! `psbridge grant` and `psbridge certificate` on the lab's Graph: once, twice, half done, refused, throttled.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use psbridge_lab::Lab;
use psbridge_lab::cloud::{CloudHandle, Order, Service};
use psbridge_tests::{Child, Finished, psbridge_bin, run};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(120);
const ROLE: &str = "Exchange Administrator";

struct There {
    lab: Lab,
    folder: TempDir,
}

impl There {
    async fn new() -> Self {
        let lab = Lab::builder()
            .cloud(([127, 0, 0, 1], 0).into())
            .start()
            .await
            .expect("the lab starts");
        lab.cloud().expect("it was asked for").device_codes(0, false);
        Self {
            lab,
            folder: TempDir::new().expect("a folder"),
        }
    }

    fn cloud(&self) -> &CloudHandle {
        self.lab.cloud().expect("it was asked for")
    }

    fn certificate(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let made = run(
            Command::new(psbridge_bin())
                .args(["certificate", "new", "--key-size", "2048"])
                .arg(&path)
                .env("PSBRIDGE_PFX_PASSWORD", "secret"),
            b"",
            LIMIT,
        );
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        path.with_extension("cer")
    }

    fn grant(&self, words: &[&str]) -> Finished {
        let ca = self.lab.ca_file().expect("a cloud has a CA");
        run(
            Command::new(psbridge_bin())
                .arg("grant")
                .args(words)
                .arg("--cloud")
                .arg(self.cloud().file())
                .arg("--ca")
                .arg(ca)
                .args(["--format", "json"])
                .env_remove("PSBRIDGE_CLIENT_SECRET"),
            b"",
            LIMIT,
        )
    }

    /// Grants to an app with a certificate, and gives the report.
    #[track_caller]
    fn done(&self, id: Uuid, certificate: &Path, more: &[&str]) -> Value {
        let (id, path) = (id.to_string(), certificate.to_string_lossy());
        let words = [&["app", &id, "--certificate", &path], more].concat();
        report(&self.grant(&words))
    }

    /// How many requests of Graph changed something or tried to.
    fn writes(&self) -> usize {
        self.cloud()
            .journal()
            .iter()
            .filter(|seen| seen.service == Service::Graph && seen.method != "GET")
            .count()
    }
}

#[track_caller]
fn report(finished: &Finished) -> Value {
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

/// The states of the steps, in order.
fn states(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    report["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| (text(&step["step"]), text(&step["state"])))
        .collect()
}

fn all(names: &[&str], state: &str) -> Vec<(String, String)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), state.to_owned()))
        .collect()
}

const FOUR: [&str; 5] = [
    "service-principal",
    "exchange-service-principal",
    "certificate",
    "app-role",
    "directory-role",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_app_is_set_up_once_and_the_second_run_changes_nothing() {
    let there = There::new().await;
    let certificate = there.certificate("exchange");
    let app = there.cloud().new_app().app_id;
    there.cloud().remove_exchange();

    let planned = there.done(app, &certificate, &["--plan"]);
    assert_eq!(states(&planned), all(&FOUR, "missing"));
    assert_eq!(
        (&planned["changed"], &planned["complete"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(there.writes(), 0, "a plan changes nothing");
    assert!(!there.cloud().rights(app).principal);

    let first = there.done(app, &certificate, &["--yes"]);
    assert_eq!(states(&first), all(&FOUR, "done"));
    assert_eq!(first["organization"], "corp.onmicrosoft.com");
    let rights = there.cloud().rights(app);
    assert!(rights.principal);
    assert_eq!(rights.certificates.len(), 1);
    assert_eq!(rights.app_roles, ["Exchange.ManageAsApp"]);
    assert_eq!(rights.roles, [ROLE]);
    assert_eq!(there.writes(), 5);

    there.cloud().forget();
    let second = there.done(app, &certificate, &["--yes"]);
    assert_eq!(states(&second), all(&FOUR, "present"));
    assert_eq!(
        (&second["changed"], &second["complete"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(there.writes(), 0);
    assert_eq!(there.cloud().rights(app), rights);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_half_done_is_completed_and_nothing_is_lost() {
    let there = There::new().await;
    let (certificate, renewed) = (there.certificate("first"), there.certificate("renewed"));
    let app = there.cloud().app().app_id;
    let before = there.cloud().rights(app);
    there.cloud().take_roles(app);
    let report = there.done(
        app,
        &certificate,
        &["--yes", "--role", "Global Reader", "--role", ROLE],
    );
    let expected = ["present", "present", "done", "present", "done", "done"];
    let found: Vec<String> = states(&report).into_iter().map(|(_, state)| state).collect();
    assert_eq!(found, expected);
    there.done(app, &renewed, &["--yes"]);
    let after = there.cloud().rights(app);
    assert_eq!(
        after.certificates[..3],
        before.certificates,
        "those that were there stay"
    );
    assert_eq!(after.certificates.len(), 5);
    assert_eq!(after.roles, ["Global Reader", ROLE]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_managed_identity_needs_no_certificate() {
    let there = There::new().await;
    let identity = there.cloud().add_identity("fresh", None);
    let object = identity.object_id.to_string();
    let report = report(&there.grant(&["managed-identity", &object, "--no-role", "--yes"]));
    assert_eq!(report["app_id"], identity.client_id.to_string());
    let rights = there.cloud().rights(identity.client_id);
    assert_eq!(rights.app_roles, ["Exchange.ManageAsApp"]);
    assert_eq!(rights.roles, Vec::<String>::new());

    let app = there.cloud().app().app_id.to_string();
    let wrong = there.grant(&["managed-identity", &app, "--yes"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("psbridge grant app"), "{}", wrong.stderr);
    let nobody = there.grant(&[
        "managed-identity",
        "00001111-aaaa-2222-bbbb-3333cccc4444",
        "--yes",
    ]);
    assert_eq!(nobody.code, Some(1), "{}", nobody.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_says_which_administrator_is_needed_and_the_rest_can_follow() {
    let there = There::new().await;
    let certificate = there.certificate("exchange");
    let path = certificate.to_string_lossy().into_owned();
    let app = there.cloud().new_app().app_id;
    let id = app.to_string();
    there.cloud().administrator_is_only("Application Administrator");
    let refused = there.grant(&["app", &id, "--certificate", &path, "--yes"]);
    assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("Authorization_RequestDenied")
            && refused.stderr.contains("Privileged Role Administrator"),
        "{}",
        refused.stderr
    );
    let half = there.cloud().rights(app);
    assert!(half.principal && half.app_roles.is_empty());
    there.cloud().administrator_is_only("Global Administrator");
    there.done(app, &certificate, &["--yes"]);
    assert_eq!(there.cloud().rights(app).roles, [ROLE]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_is_waited_for_and_lists_are_read_to_their_end() {
    let there = There::new().await;
    let certificate = there.certificate("exchange");
    let app = there.cloud().app().app_id;
    there.cloud().page_size(1);
    there
        .cloud()
        .order(Order::status(Service::Graph, 429).retry_after(1).times(2));
    there
        .cloud()
        .order(Order::status(Service::Graph, 503).method("PATCH"));
    let report = there.done(app, &certificate, &["--yes"]);
    assert_eq!(report["complete"], true);
    assert_eq!(there.cloud().rights(app).roles, [ROLE], "found on a later page");

    there
        .cloud()
        .order(Order::status(Service::Graph, 429).retry_after(600));
    let busy = there.grant(&["app", &app.to_string(), "--yes"]);
    assert_eq!(busy.code, Some(5), "{}", busy.stderr);
    assert!(busy.stderr.contains("429"), "{}", busy.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_without_somebody_who_agrees() {
    let there = There::new().await;
    let app = there.cloud().new_app().app_id.to_string();
    let nobody = there.grant(&["app", &app]);
    assert_eq!(nobody.code, Some(2), "{}", nobody.stderr);
    assert!(nobody.stderr.contains("--yes"), "{}", nobody.stderr);
    assert_eq!(there.writes(), 0);
    let unknown = there.grant(&["app", &app, "--role", "Supreme Ruler", "--yes"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    let stranger = there.grant(&["app", "00001111-aaaa-2222-bbbb-3333cccc4444", "--yes"]);
    assert_eq!(stranger.code, Some(5), "{}", stranger.stderr);
    assert!(
        stranger.stderr.contains("NoBackingApplicationObject"),
        "{}",
        stranger.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_may_grant_too() {
    let there = There::new().await;
    let cloud = there.cloud();
    let admin = cloud.add_app("admin");
    let id = cloud.new_app().app_id.to_string();
    let secret = cloud.add_secret(
        admin.app_id,
        std::time::SystemTime::now() + Duration::from_secs(600),
    );
    let file = there.folder.path().join("secret");
    std::fs::write(&file, secret.as_str()).expect("a file");
    let words = [
        "app",
        &id,
        "--yes",
        "--app-id",
        &admin.app_id.to_string(),
        "--tenant",
        &cloud.organization(),
        "--client-secret-file",
        &file.to_string_lossy(),
    ];
    let refused = there.grant(&words);
    assert_eq!(refused.code, Some(4), "{}", refused.stderr);
    cloud.permit_graph(admin.app_id);
    report(&there.grant(&words));
    assert_eq!(cloud.rights(cloud.new_app().app_id).roles, [ROLE]);
}

#[test]
fn the_command_line_serves_a_cloud_to_try_it_with() {
    let lab = Child::start(Command::new(psbridge_bin()).args(["lab", "--cloud", "127.0.0.1:0"]));
    let granted = report(&run(
        Command::new(psbridge_bin())
            .args([
                "grant",
                "app",
                lab.ready("new_app_id"),
                "--yes",
                "--format",
                "json",
            ])
            .args(["--cloud", lab.ready("cloud"), "--ca", lab.ready("ca")]),
        b"",
        LIMIT,
    ));
    assert_eq!(granted["complete"], true);
    assert_eq!(granted["organization"], lab.ready("tenant"));
}

#[test]
fn certificates_are_private_and_never_overwritten_by_mistake() {
    let folder = TempDir::new().expect("a folder");
    let name = folder.path().join("app");
    let make = |more: &[&str], password: Option<&str>| {
        let mut command = Command::new(psbridge_bin());
        command
            .args(["certificate", "new", "--key-size", "2048", "--days", "10"])
            .arg(&name)
            .args(more)
            .args(["--format", "json"])
            .env_remove("PSBRIDGE_PFX_PASSWORD");
        if let Some(password) = password {
            command.env("PSBRIDGE_PFX_PASSWORD", password);
        }
        run(&mut command, b"", LIMIT)
    };
    let made = report(&make(&["--subject", "CN=Sync, O=Corp"], Some("geheim")));
    assert_eq!(made["days_left"], 9);
    let again = make(&[], Some("geheim"));
    assert_eq!(again.code, Some(2), "{}", again.stderr);
    assert!(again.stderr.contains("--overwrite"), "{}", again.stderr);
    let replaced = report(&make(&["--overwrite"], Some("geheim")));
    assert_ne!(made["thumbprint_sha256"], replaced["thumbprint_sha256"]);
    #[cfg(unix)]
    for ending in ["key", "pfx", "cer"] {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(name.with_extension(ending)).expect("it is there");
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{ending}");
    }
    for ending in ["pfx", "cer"] {
        let shown = report(&run(
            Command::new(psbridge_bin())
                .args(["certificate", "show"])
                .arg(name.with_extension(ending))
                .args(["--format", "json"])
                .env("PSBRIDGE_PFX_PASSWORD", "geheim"),
            b"",
            LIMIT,
        ));
        assert_eq!(shown["thumbprint_sha256"], replaced["thumbprint_sha256"]);
    }
    let wrong = run(
        Command::new(psbridge_bin())
            .args(["certificate", "show"])
            .arg(name.with_extension("pfx"))
            .env("PSBRIDGE_PFX_PASSWORD", "falsch"),
        b"",
        LIMIT,
    );
    assert_eq!(wrong.code, Some(5), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("password"), "{}", wrong.stderr);
}
