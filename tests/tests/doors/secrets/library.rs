//! The same doors through the library.

use std::path::Path;
use std::sync::Arc;

use psbridge::certificate::ClientCertificate;
use psbridge::sign_in::{AccessToken, CachedTokens, ClientCredentials, DeviceCode, FixedToken, TokenSource};
use psbridge::web::{WebClient, WebOptions};
use psbridge::{Authentication, KerberosOptions, Proxy, Secret, Session, TlsOptions};

use super::search::Written;
use super::{Secrets, USER, World, mark, proofs, wrong};

/// The same doors through the library, whose errors, events and recordings embedders see.
pub(super) async fn library(world: &mut World, pfx: &Path, secrets: &mut Secrets) {
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

    let cloud = proofs::cloud(world);
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
