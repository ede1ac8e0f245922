//! Whom to trust and by which way to go.

use std::path::Path;

use psbridge::web::{WebClient, WebOptions};
use psbridge::{Cloud, CloudDefinition, Proxy, Redirection, Secret, TlsOptions};
use url::Url;

use super::readable;
use crate::args::NetworkArgs;
use crate::exit::{Exit, Failure};
use crate::secret::{self, SecretRef};

/// The environment variable that may hold the proxy's password.
const PROXY_PASSWORD: &str = "PSBRIDGE_PROXY_PASSWORD";
/// What `--proxy` says for the proxies that the environment names.
const ENVIRONMENT: &str = "environment";

/// Checks what can be checked without reading secrets.
pub(super) fn check(args: &NetworkArgs) -> Result<(), Failure> {
    if let Some(hex) = &args.pin_sha256 {
        pin(hex)?;
    }
    proxy_url(args).map(drop)
}

/// Whom to trust at the endpoint.
pub(super) fn tls(args: &NetworkArgs) -> Result<TlsOptions, Failure> {
    let mut tls = authorities(args)?;
    if let Some(hex) = &args.pin_sha256 {
        tls = tls.pin_sha256(pin(hex)?);
    }
    if args.insecure_skip_verify {
        tls = tls.insecure_skip_verify();
    }
    Ok(tls)
}

/// The authorities alone: what services of the cloud are trusted by.
pub(crate) fn authorities(args: &NetworkArgs) -> Result<TlsOptions, Failure> {
    // Looked at here as well, so that a missing file is told before anything is sent.
    readable(args.ca.as_deref())?;
    let tls = TlsOptions::new();
    Ok(match &args.ca {
        Some(path) => tls.ca_file(path),
        None => tls,
    })
}

/// Calls the services of the cloud: tokens, vaults, Graph. A pin and `--insecure-skip-verify` are for the endpoint alone,
/// because here the secrets go.
pub(crate) fn web_client(args: &NetworkArgs) -> Result<WebClient, Failure> {
    Ok(WebClient::new(WebOptions {
        tls: authorities(args)?,
        proxy: proxy(args)?,
        ..WebOptions::default()
    }))
}

/// A SHA-256 in hexadecimal; colons and blanks between the digits are passed over.
fn pin(text: &str) -> Result<[u8; 32], Failure> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !matches!(c, ':' | ' '))
        .map(|c| c.to_digit(16).map_or(u8::MAX, |digit| digit as u8))
        .collect();
    let mut pin = [0; 32];
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != pin.len() || !rest.is_empty() || digits.contains(&u8::MAX) {
        return Err(Failure::new(
            Exit::Usage,
            "--pin-sha256 is not a SHA-256 of 64 hexadecimal digits",
        )
        .advice("show it with: openssl x509 -in CERT -noout -fingerprint -sha256"));
    }
    for (byte, [high, low]) in pin.iter_mut().zip(pairs) {
        *byte = high << 4 | low;
    }
    Ok(pin)
}

/// The address of the proxy, unless the environment is to be asked.
fn proxy_url(args: &NetworkArgs) -> Result<Option<Url>, Failure> {
    let Some(text) = args.proxy.as_deref().filter(|text| *text != ENVIRONMENT) else {
        return Ok(None);
    };
    let wrong = |reason: &str| {
        Failure::new(
            Exit::Usage,
            format!("--proxy is not the address of a proxy: {reason}"),
        )
        .advice("write http://host:port, socks5://host:port, or environment")
    };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if url.password().is_some() {
        return Err(Failure::new(
            Exit::Usage,
            "--proxy holds a password, which every user of this machine could read",
        )
        .advice(format!(
            "leave it out, change it, and give it by {PROXY_PASSWORD} or --proxy-password-from"
        )));
    }
    if !matches!(url.scheme(), "http" | "socks5" | "socks5h") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("expected http or socks5 and a host"));
    }
    Ok(Some(url))
}

/// The proxy on the way.
pub(crate) fn proxy(args: &NetworkArgs) -> Result<Proxy, Failure> {
    let Some(text) = &args.proxy else {
        return Ok(Proxy::none());
    };
    let Some(url) = proxy_url(args)? else {
        return Ok(Proxy::from_environment());
    };
    let proxy = Proxy::url(text.as_str());
    if url.username().is_empty() {
        return match &args.proxy_password_from {
            Some(_) => Err(Failure::new(Exit::Usage, "the proxy's password has no user")
                .advice("write --proxy http://USER@host:port")),
            None => Ok(proxy),
        };
    }
    let user = percent_decoded(url.username());
    let password = match &args.proxy_password_from {
        Some(text) => SecretRef::parse(text, "proxy-password-from")?.read()?,
        None => secret::from_env(PROXY_PASSWORD)?.unwrap_or_default(),
    };
    Ok(proxy.credential(user, Secret::from(password)))
}

/// The user name of a URL as it was meant.
fn percent_decoded(text: &str) -> String {
    let bytes = text.replace('+', "%2B");
    let pair = format!("u={bytes}");
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

/// Which redirections are followed.
pub(super) fn redirection(args: &NetworkArgs) -> Redirection {
    match &args.allow_redirect {
        None => Redirection::refused(),
        Some(hosts) => {
            let hosts: Vec<&String> = hosts.iter().filter(|host| !host.is_empty()).collect();
            match hosts.is_empty() {
                true => Redirection::allowed(),
                false => Redirection::allowed().hosts(hosts),
            }
        }
    }
}

/// The cloud that `--cloud` names, by its name or by a file that describes it.
pub(crate) fn cloud(name: Option<&str>) -> Result<Cloud, Failure> {
    let Some(name) = name else {
        return Ok(Cloud::default());
    };
    let unknown = match name.parse::<Cloud>() {
        Ok(cloud) => return Ok(cloud),
        Err(error) => error,
    };
    let path = Path::new(name);
    if !path.exists() {
        return Err(Failure::new(
            Exit::Usage,
            format!("--cloud: {unknown}; and there is no file of this name"),
        )
        .advice("name one of these, or a TOML file that describes a cloud"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    let wrong = |reason: String| {
        Failure::new(Exit::Usage, format!("{}: {reason}", path.display()))
            .advice("correct the description of the cloud")
    };
    let definition: CloudDefinition =
        toml_edit::de::from_str(&text).map_err(|error| wrong(error.to_string().trim().replace('\n', " ")))?;
    Cloud::custom(definition).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_proxy(text: &str) -> NetworkArgs {
        NetworkArgs {
            proxy: Some(text.to_owned()),
            ..NetworkArgs::default()
        }
    }

    #[test]
    fn pins_are_sha256_in_hexadecimal() {
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!(pin(&hex).unwrap()[..2], [0x01, 0x23]);
        assert_eq!(pin("AB:CD ".repeat(16).trim()).unwrap()[..2], [0xab, 0xcd]);
        for bad in ["", "12", "zz", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
            assert_eq!(pin(bad).unwrap_err().exit(), Exit::Usage);
        }
    }

    #[test]
    fn a_proxy_is_an_address_without_a_password() {
        for good in [
            "http://p:3128",
            "http://me@p:3128",
            "socks5://127.0.0.1:9050",
            "environment",
        ] {
            check(&with_proxy(good)).unwrap();
        }
        for bad in ["p:3128", "ftp://p", "http://", "nonsense"] {
            let failure = check(&with_proxy(bad)).unwrap_err();
            assert!(failure.to_string().contains("--proxy"), "{failure}");
        }
        let failure = check(&with_proxy("http://me:s3cret@p:3128")).unwrap_err();
        assert!(!failure.to_string().contains("s3cret"), "{failure}");
        assert_eq!(percent_decoded("CORP%5Cme+x"), "CORP\\me+x");
    }

    #[test]
    fn redirection_is_allowed_by_name() {
        let with = |hosts: Option<&[&str]>| {
            redirection(&NetworkArgs {
                allow_redirect: hosts.map(|hosts| hosts.iter().map(|&host| host.to_owned()).collect()),
                ..NetworkArgs::default()
            })
        };
        assert_eq!(with(None), Redirection::refused());
        assert_eq!(with(Some(&[""])), Redirection::allowed());
        assert_eq!(
            with(Some(&["a", "*.b"])),
            Redirection::allowed().hosts(["a", "*.b"])
        );
    }

    #[test]
    fn clouds_are_names_or_files() {
        assert_eq!(cloud(None).unwrap(), Cloud::default());
        assert_eq!(cloud(Some("o365china")).unwrap().name(), "O365China");
        let unknown = cloud(Some("O365Mars")).unwrap_err().to_string();
        assert!(
            unknown.contains("O365Default") && unknown.contains("no file"),
            "{unknown}"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cloud.toml");
        std::fs::write(&path, "name = \"x\"\ncolour = \"red\"\n").unwrap();
        let wrong = cloud(path.to_str()).unwrap_err().to_string();
        assert!(
            wrong.contains("cloud.toml") && wrong.contains("line 2"),
            "{wrong}"
        );
    }
}
