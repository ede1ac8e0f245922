//! Certificates that sign in, or would.

use psbridge_tests::workspace;

use super::front::certificate;
use super::online::cloud;
use super::support::{Doctor, doctor};

/// A certificate of `crates/core/testdata/certificates`, as an application signs in by it.
fn with_file(name: &str) -> Doctor {
    let path = workspace().join("crates/core/testdata/certificates").join(name);
    let folder = format!("{}/", path.parent().expect("a folder").display());
    doctor([
        "--organization",
        "corp.onmicrosoft.com",
        "--app-id",
        "9b2f7a54-6f0e-4c55-8a63-0d3a5e2c7f11",
    ])
    .with(["--pfx", &path.display().to_string()])
    .filter(&folder, "CERTIFICATES/")
}

#[test]
fn the_password_of_a_pfx() {
    with_file("modern.pfx")
        .env("PSBRIDGE_PFX_PASSWORD", "wrong-Secret")
        .hide("wrong-Secret")
        .diagnoses("pfx_password_wrong", "certificate-password");
    with_file("modern.pfx").diagnoses("pfx_password_missing", "certificate-password");
    with_file("make.sh").diagnoses("pfx_unreadable", "certificate-unreadable");
    with_file("no-key.pfx")
        .env("PSBRIDGE_PFX_PASSWORD", "pässword")
        .diagnoses("pfx_without_key", "certificate-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_certificate() {
    let lab = cloud().await;
    let cloud = lab.cloud().expect("a cloud");
    let old = certificate("old", -3);
    super::online::app(&lab)
        .with([
            "--cert",
            &old.certificate().display().to_string(),
            "--key",
            &old.key().display().to_string(),
        ])
        .diagnoses("certificate_expired", "certificate-expired");
    let ending = certificate("ending", 29);
    cloud.add_certificate(cloud.app().app_id, &ending.der);
    super::online::app(&lab)
        .with(["--cert", &ending.certificate().display().to_string()])
        .with(["--key", &ending.key().display().to_string()])
        .warns("certificate_expires_soon", "certificate-expires-soon");
}
