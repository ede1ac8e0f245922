//! Redirections: all forms, all refusals, and the credential counted at every host.

use std::time::Duration;

use psbridge::exchange::{ExchangeError, RedirectRefusal};
use psbridge::{
    Authentication, Cloud, CloudDefinition, Command, Error, ErrorKind, Redirection, Secret, Session,
    TlsOptions,
};
use psbridge_lab::{Lab, Redirect};
use psbridge_tests::run;

use crate::fronts::{Fronts, python, refused, works};

fn refusal(error: &Error) -> RedirectRefusal {
    assert_eq!(error.kind(), ErrorKind::Redirected, "{error}");
    match error.exchange() {
        Some(ExchangeError::Redirected { refusal, .. }) => refusal.clone(),
        other => panic!("{other:?}"),
    }
}

fn cloud(fronts: &Fronts) -> Cloud {
    let origin = |host: &str| format!("https://{host}:{}", fronts.port("https"));
    Cloud::custom(CloudDefinition {
        name: "tests".into(),
        authority: origin("login.cloud.test"),
        exchange: origin("a.cloud.test"),
        powershell: "/PowerShell/".into(),
        audience: "https://a.cloud.test".into(),
        graph: origin("graph.cloud.test"),
        graph_audience: "https://graph.cloud.test".into(),
        vault_suffix: "vault.cloud.test".into(),
        vault_audience: "https://vault.cloud.test".into(),
        hosts: vec!["cloud.test".into()],
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_followed_over_https_with_a_new_shell() {
    let Some(fronts) = Fronts::start("every_form_is_followed_over_https_with_a_new_shell") else {
        return;
    };
    for kind in ["301", "302", "303", "307", "308", "fault"] {
        let target = fronts.url("other_https", &format!("/PowerShell/?form={kind}"));
        let from = fronts.url("https", &format!("/redirect/{kind}/?to={target}"));
        let session = fronts
            .session(&from)
            .redirection(Redirection::allowed())
            .open()
            .await
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
        works(&session).await;
        assert_eq!(session.redirections().len(), 1);
        assert!(
            session.endpoint().starts_with(fronts.ready("other_https")),
            "{}",
            session.endpoint()
        );
        session.close().await.unwrap();
        // Its cookie stays with the first front end; the new one gives its own.
        for request in fronts.requests("other_https") {
            assert!(
                !request["cookie"].as_str().unwrap().contains("front-end=https"),
                "{request}"
            );
        }
        // The query is kept, and the version added as PowerShell adds it.
        let last = fronts.requests("other_https").pop().unwrap();
        let path = last["path"].as_str().unwrap();
        assert!(path.ends_with(&format!("?form={kind};PSVersion=5.1")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_sessions_are_redirected_before_and_after_the_sign_in() {
    let Some(fronts) = Fronts::start("sealed_sessions_are_redirected_before_and_after_the_sign_in") else {
        return;
    };
    for kind in ["302", "fault"] {
        for (to, path) in [("other_http", "/PowerShell/"), ("other_https", "/PowerShell")] {
            let target = fronts.url(to, path);
            let from = fronts.url("http", &format!("/redirect/{kind}/?to={target}"));
            let session = fronts
                .session(&from)
                .redirection(Redirection::allowed())
                .open()
                .await
                .unwrap_or_else(|error| panic!("{kind} to {to}: {error}"));
            works(&session).await;
            session.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_followed_unless_allowed_and_the_error_names_option_and_address() {
    let Some(fronts) =
        Fronts::start("nothing_is_followed_unless_allowed_and_the_error_names_option_and_address")
    else {
        return;
    };
    for kind in ["302", "fault"] {
        let target = fronts.url("other_https", "/PowerShell/");
        let from = fronts.url("https", &format!("/redirect/{kind}/?to={target}"));
        let error = refused(fronts.session(&from)).await;
        assert_eq!(refusal(&error), RedirectRefusal::NotAllowed);
        let Some(ExchangeError::Redirected { location, .. }) = error.exchange() else {
            panic!("{error}")
        };
        assert_eq!(location.as_deref(), Some(target.as_str()));
        assert!(
            error.to_string().contains("SessionBuilder::redirection"),
            "{error}"
        );
    }
    assert_eq!(fronts.connections("other_https"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_goes_nowhere_else() {
    let Some(fronts) = Fronts::start("the_credential_goes_nowhere_else") else {
        return;
    };
    let open = async |from: &str, policy: Redirection| {
        let refused = refused(fronts.session(from).redirection(policy)).await;
        refusal(&refused)
    };
    let elsewhere = fronts.named("other_https", "b.front.test", "/PowerShell/");
    let other = RedirectRefusal::OtherHost {
        host: "b.front.test".into(),
    };
    for kind in ["302", "308", "fault"] {
        let from = fronts.named(
            "https",
            "a.front.test",
            &format!("/redirect/{kind}/?to={elsewhere}"),
        );
        assert_eq!(open(&from, Redirection::allowed()).await, other);
        assert_eq!(
            open(
                &from,
                Redirection::allowed().hosts(["c.front.test", "*.b.front.test"])
            )
            .await,
            other
        );
        // From https to http, whatever is listed.
        let clear = fronts.named("other_http", "a.front.test", "/PowerShell/");
        let from = fronts.named("https", "a.front.test", &format!("/redirect/{kind}/?to={clear}"));
        assert_eq!(
            open(&from, Redirection::allowed().hosts(["a.front.test"])).await,
            RedirectRefusal::Downgrade
        );
    }
    let from = fronts.named("https", "a.front.test", "/redirect/none/");
    assert_eq!(
        open(&from, Redirection::allowed()).await,
        RedirectRefusal::NoLocation
    );
    for invalid in [
        "ftp://a.front.test/",
        "https://me:pw@a.front.test/",
        "https://a.front.test:99999/",
    ] {
        let from = fronts.named("https", "a.front.test", &format!("/redirect/302/?to={invalid}"));
        assert!(matches!(
            open(&from, Redirection::allowed()).await,
            RedirectRefusal::Invalid { .. }
        ));
    }
    for front in ["other_https", "other_http"] {
        assert_eq!(
            (fronts.connections(front), fronts.credentials(front)),
            (0, 0),
            "{front}"
        );
    }

    // Listed, it is followed there and nowhere else.
    let from = fronts.named("https", "a.front.test", &format!("/redirect/302/?to={elsewhere}"));
    let session = fronts
        .session(&from)
        .redirection(Redirection::allowed().hosts(["*.front.test"]))
        .open()
        .await
        .unwrap();
    works(&session).await;
    session.close().await.unwrap();
    assert!(fronts.credentials("other_https") > 0);
    assert_eq!(fronts.credentials("other_http"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_the_same_cloud_are_followed_without_a_list() {
    let Some(fronts) = Fronts::start("hosts_of_the_same_cloud_are_followed_without_a_list") else {
        return;
    };
    let pod = fronts.named("other_https", "b.cloud.test", "/PowerShell/");
    let from = fronts.named("https", "a.cloud.test", &format!("/redirect/302/?to={pod}"));
    let session = fronts
        .session(&from)
        .cloud(cloud(&fronts))
        .redirection(Redirection::allowed())
        .open()
        .await
        .unwrap();
    works(&session).await;
    session.close().await.unwrap();

    // A host outside does not enter the cloud, and one inside does not lead out of it.
    let outside = fronts.named("other_https", "b.front.test", "/PowerShell/");
    let before = fronts.connections("other_https");
    for (host, to) in [("a.front.test", &pod), ("a.cloud.test", &outside)] {
        let from = fronts.named("https", host, &format!("/redirect/302/?to={to}"));
        let builder = fronts
            .session(&from)
            .cloud(cloud(&fronts))
            .redirection(Redirection::allowed());
        let error = refused(builder).await;
        assert!(
            matches!(refusal(&error), RedirectRefusal::OtherHost { .. }),
            "{error}"
        );
    }
    assert_eq!(fronts.connections("other_https"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn circles_end() {
    let Some(fronts) = Fronts::start("circles_end") else {
        return;
    };
    let from = fronts.url("https", "/redirect/circle/");
    let error = refused(fronts.session(&from).redirection(Redirection::allowed())).await;
    assert_eq!(refusal(&error), RedirectRefusal::TooMany { max: 5 });
    assert_eq!(
        fronts.requests("https").len(),
        6,
        "one request, and one for each redirection"
    );
    let error = refused(fronts.session(&from).redirection(Redirection::allowed().max(1))).await;
    assert_eq!(refusal(&error), RedirectRefusal::TooMany { max: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_stays_with_its_back_end_and_a_new_one_begins_anew() {
    let Some(fronts) = Fronts::start("a_shell_stays_with_its_back_end_and_a_new_one_begins_anew") else {
        return;
    };
    let url = fronts.url("https", "/shape/sticky/");
    let session = fronts
        .session(&url)
        .max_runspaces(3)
        .routing_hint("X-AnchorMailbox", "alice@lab.example")
        .open()
        .await
        .unwrap();
    // Several connections, one shell, one back end.
    tokio::join!(works(&session), works(&session), works(&session));
    let cookies = |from: usize| -> std::collections::BTreeSet<String> {
        let seen = fronts.requests("https").split_off(from);
        let back_end = |cookie: &str| {
            let found = cookie
                .split("; ")
                .find(|part| part.starts_with("X-BackEndCookie="));
            found.unwrap_or_default().to_owned()
        };
        seen.iter()
            .map(|request| back_end(request["cookie"].as_str().unwrap()))
            .collect()
    };
    let first = cookies(0);
    assert_eq!(first.len(), 2, "none at first, then always the same: {first:?}");
    for request in fronts.requests("https") {
        assert_eq!(
            request["hints"]["X-Anchormailbox"], "alice@lab.example",
            "{request}"
        );
    }

    let again = session.reopen().await.unwrap();
    assert!(!session.is_open());
    let before = fronts.requests("https").len();
    works(&again).await;
    again.close().await.unwrap();
    let second = cookies(before);
    assert_eq!(second.len(), 1);
    assert!(first.is_disjoint(&second), "{first:?} {second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_redirects_and_pins_for_pypsrp_and_for_us() {
    let lab = |redirect: Option<Redirect>| {
        let lab = Lab::builder()
            .https("127.0.0.1:0".parse().unwrap())
            .users(20)
            .groups(2)
            .account("reader", "Read-Passw0rd!")
            .sticky(true);
        match redirect {
            Some(form) => lab.redirect_by(form),
            None => lab,
        }
    };
    let last = lab(None).start().await.unwrap();
    let target = format!("{}/PowerShell/", last.https_origin().unwrap());
    let session = |lab: &Lab, policy: Redirection| {
        // Each lab has an authority of its own.
        let tls = TlsOptions::new()
            .ca_file(lab.ca_file().unwrap())
            .ca_file(last.ca_file().unwrap());
        Session::builder(format!("{}/PowerShell/", lab.https_origin().unwrap()))
            .authentication(Authentication::Basic)
            .credential("reader", Secret::from("Read-Passw0rd!"))
            .tls(tls)
            .redirection(policy)
    };
    for form in [
        Redirect::Here,
        Redirect::To(target.clone()),
        Redirect::Fault(target.clone()),
    ] {
        let first = lab(Some(form.clone())).start().await.unwrap();
        let error = refused(session(&first, Redirection::refused())).await;
        assert_eq!(refusal(&error), RedirectRefusal::NotAllowed);
        let session = session(&first, Redirection::allowed()).open().await.unwrap();
        let users = session
            .run(Command::new("Get-User").parameter("ResultSize", 5))
            .await
            .unwrap();
        assert_eq!(users.output().count(), 5, "{form:?}");
        session.close().await.unwrap();
    }
    let circle = lab(Some(Redirect::Circle)).start().await.unwrap();
    let error = refused(session(&circle, Redirection::allowed())).await;
    assert_eq!(refusal(&error), RedirectRefusal::TooMany { max: 5 });

    // pypsrp keeps cookies: the pinning is one that real clients live with.
    let Some(python) = python("the_lab_redirects_and_pins_for_pypsrp_and_for_us") else {
        return;
    };
    let mut command = python.script("pypsrp_driver.py");
    command
        .args([
            "--url",
            &target,
            "--auth",
            "basic",
            "--user",
            "reader",
            "--configuration",
            "Microsoft.Exchange",
        ])
        .arg("--ca")
        .arg(last.ca_file().unwrap())
        .arg("selected")
        .env("PSBRIDGE_PASSWORD", "Read-Passw0rd!");
    let finished = tokio::task::spawn_blocking(move || run(&mut command, b"", Duration::from_secs(120)))
        .await
        .unwrap();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains("\"result\""), "{}", finished.stdout);
}
