//! krb5.conf, as far as it says where realms and their KDCs are.
//!
//! Read as MIT reads it: `KRB5_CONFIG` may name several files, `include` and `includedir` bring in others, what comes
//! first counts.

use std::path::{Path, PathBuf};

use psbridge_auth::KerberosError;

const DEFAULT: &str = "/etc/krb5.conf";
/// Files that include each other deeper than that go round in a circle.
const MAX_DEPTH: usize = 8;
/// A configuration of more bytes is none.
const MAX_BYTES: u64 = 1024 * 1024;

/// What krb5.conf says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::http) struct Krb5Config {
    default_realm: Option<String>,
    dns_lookup_kdc: Option<bool>,
    /// Realm and KDC, in the order of the files.
    kdcs: Vec<(String, String)>,
    /// Domain and realm; a domain with a dot before it means the hosts in it.
    domains: Vec<(String, String)>,
}

impl Krb5Config {
    /// Reads the files that `KRB5_CONFIG` names, else `/etc/krb5.conf`. Files that do not exist say nothing.
    pub(in crate::http) fn load() -> Result<Self, KerberosError> {
        let files: Vec<PathBuf> = match std::env::var_os("KRB5_CONFIG") {
            Some(list) => std::env::split_paths(&list)
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            None => vec![DEFAULT.into()],
        };
        Self::from_files(&files)
    }

    pub(in crate::http) fn from_files(files: &[PathBuf]) -> Result<Self, KerberosError> {
        let mut config = Self::default();
        for file in files {
            if file.exists() {
                Reader::new(&mut config, file).file(file, 0)?;
            }
        }
        Ok(config)
    }

    pub(in crate::http) fn default_realm(&self) -> Option<&str> {
        self.default_realm.as_deref()
    }

    /// Whether DNS may be asked for KDCs.
    #[cfg(any(feature = "kerberos", test))]
    pub(in crate::http) fn asks_dns(&self) -> bool {
        self.dns_lookup_kdc.unwrap_or(true)
    }

    /// The KDCs listed for a realm.
    pub(in crate::http) fn kdcs(&self, realm: &str) -> Vec<String> {
        self.kdcs
            .iter()
            .filter(|(name, _)| name == realm)
            .map(|(_, kdc)| kdc.clone())
            .collect()
    }

    /// The realm of a host by `[domain_realm]`: the host itself, else the closest domain above it.
    pub(in crate::http) fn realm_of_host(&self, host: &str) -> Option<&str> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let named = |wanted: &str| {
            self.domains
                .iter()
                .find(|(domain, _)| domain.eq_ignore_ascii_case(wanted))
                .map(|(_, realm)| realm.as_str())
        };
        if let Some(realm) = named(&host) {
            return Some(realm);
        }
        let mut rest = host.as_str();
        while let Some((_, above)) = rest.split_once('.') {
            if let Some(realm) = named(&format!(".{above}")).or_else(|| named(above)) {
                return Some(realm);
            }
            rest = above;
        }
        None
    }

    /// The listed or default realm whose first label is a NetBIOS domain's name, which is what it is called by as a rule.
    pub(in crate::http) fn realm_of_netbios(&self, domain: &str) -> Option<&str> {
        let first = |realm: &str| realm.split('.').next().map(str::to_ascii_lowercase);
        let wanted = Some(domain.to_ascii_lowercase());
        self.default_realm
            .iter()
            .chain(self.kdcs.iter().map(|(realm, _)| realm))
            .find(|realm| first(realm) == wanted)
            .map(String::as_str)
    }
}

struct Reader<'a> {
    config: &'a mut Krb5Config,
    main: PathBuf,
    section: String,
    /// The name of the group in braces, and how deep they are.
    group: Option<String>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn new(config: &'a mut Krb5Config, main: &Path) -> Self {
        Self {
            config,
            main: main.to_owned(),
            section: String::new(),
            group: None,
            depth: 0,
        }
    }

    fn wrong(&self, path: &Path, reason: impl Into<String>) -> KerberosError {
        let shown = if path == self.main {
            path.display().to_string()
        } else {
            format!("{} (from {})", path.display(), self.main.display())
        };
        KerberosError::Configuration {
            path: shown,
            reason: reason.into(),
        }
    }

    fn file(&mut self, path: &Path, depth: usize) -> Result<(), KerberosError> {
        if depth > MAX_DEPTH {
            return Err(self.wrong(path, "files include each other in a circle"));
        }
        let unreadable = |error: std::io::Error| self.wrong(path, error.to_string());
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_BYTES {
            return Err(self.wrong(path, "it is too large"));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        // Comments may be in any character set.
        let text = String::from_utf8_lossy(&bytes);
        // An included file begins in no section of its own.
        self.section.clear();
        (self.group, self.depth) = (None, 0);
        for (number, line) in text.lines().enumerate() {
            self.line(line.trim(), path, depth).map_err(|error| match error {
                Line::Wrong(reason) => self.wrong(path, format!("line {}: {reason}", number + 1)),
                Line::Inner(error) => error,
            })?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, path: &Path, depth: usize) -> Result<(), Line> {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some(directory) = directive(line, "includedir") {
            return self.directory(Path::new(directory), depth);
        }
        if let Some(file) = directive(line, "include") {
            return Ok(self.included(Path::new(file), depth)?);
        }
        if directive(line, "module").is_some() {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name.trim_end_matches('*').strip_suffix(']');
            let name = name.ok_or(Line::Wrong("a section without its end"))?;
            self.section = name.trim().to_ascii_lowercase();
            (self.group, self.depth) = (None, 0);
            return Ok(());
        }
        if line.starts_with('}') {
            self.depth = self.depth.saturating_sub(1);
            if self.depth == 0 {
                self.group = None;
            }
            return Ok(());
        }
        let (name, value) = line
            .split_once('=')
            .ok_or(Line::Wrong("neither a section nor a value"))?;
        let (name, value) = (name.trim().trim_end_matches('*').trim_end(), value.trim());
        if value.starts_with('{') {
            self.depth += 1;
            if self.depth == 1 {
                self.group = Some(name.to_owned());
            }
            return Ok(());
        }
        let _ = path;
        self.value(name, unquoted(value));
        Ok(())
    }

    fn value(&mut self, name: &str, value: &str) {
        let config = &mut *self.config;
        match (self.section.as_str(), &self.group, self.depth) {
            ("libdefaults", None, _) if name == "default_realm" => {
                config.default_realm.get_or_insert_with(|| value.to_owned());
            }
            ("libdefaults", None, _) if name == "dns_lookup_kdc" => {
                config.dns_lookup_kdc.get_or_insert_with(|| {
                    matches!(
                        value.to_ascii_lowercase().as_str(),
                        "y" | "yes" | "true" | "t" | "1" | "on"
                    )
                });
            }
            ("realms", Some(realm), 1) if name == "kdc" => {
                config.kdcs.push((realm.clone(), value.to_owned()));
            }
            ("domain_realm", None, _) => config.domains.push((name.to_owned(), value.to_owned())),
            _ => {}
        }
    }

    /// An included file, which leaves our own place as it was.
    fn included(&mut self, path: &Path, depth: usize) -> Result<(), KerberosError> {
        let place = (std::mem::take(&mut self.section), self.group.take(), self.depth);
        self.file(path, depth + 1)?;
        (self.section, self.group, self.depth) = place;
        Ok(())
    }

    fn directory(&mut self, path: &Path, depth: usize) -> Result<(), Line> {
        let listing =
            std::fs::read_dir(path).map_err(|error| Line::Inner(self.wrong(path, error.to_string())))?;
        let mut files: Vec<PathBuf> = listing
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                path.is_file()
                    && path
                        .file_name()
                        .and_then(|name| name.to_str())
                        .is_some_and(counts)
            })
            .collect();
        files.sort();
        for file in files {
            self.included(&file, depth)?;
        }
        Ok(())
    }
}

enum Line {
    Wrong(&'static str),
    Inner(KerberosError),
}

impl From<KerberosError> for Line {
    fn from(error: KerberosError) -> Self {
        Self::Inner(error)
    }
}

/// `include FILE`: the word, blanks, the rest.
fn directive<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(word)?;
    rest.starts_with([' ', '\t']).then(|| rest.trim())
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(value)
}

/// Which files of a directory count: those of packages and not their leftovers.
fn counts(name: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    !name.starts_with('.') && (plain(name) || name.ends_with(".conf"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn realms_and_domains_are_read_from_all_files() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("more")).unwrap();
        write(
            &home.path().join("more"),
            "second",
            "[realms]\nOTHER = {\n kdc = dc.other.example\n}\n",
        );
        write(&home.path().join("more"), "old~", "nonsense");
        write(&home.path().join("more"), ".hidden.conf", "nonsense");
        let extra = write(
            home.path(),
            "extra",
            "[domain_realm]\n special.corp.example = OTHER\n",
        );
        let text = format!(
            "# a comment\n[libdefaults]\n\tdefault_realm = CORP.EXAMPLE\n dns_lookup_kdc = no\n include {}\n\
             default_realm = LATER\n[realms]\n CORP.EXAMPLE = {{\n  kdc = dc1.corp.example\n  kdc = \"tcp/dc2:750\"\n\
               auth_to_local_names = {{\n   kdc = not-this\n  }}\n  kdc = dc3\n }}\n\
             [domain_realm]\n .corp.example = CORP.EXAMPLE\n corp.example = CORP.EXAMPLE\nincludedir {}\n[broken]*\n",
            extra.display(),
            home.path().join("more").display(),
        );
        let main = write(home.path(), "krb5.conf", &text);
        let absent = home.path().join("absent");
        let config = Krb5Config::from_files(&[absent, main]).unwrap();
        assert_eq!(config.default_realm(), Some("CORP.EXAMPLE"));
        assert!(!config.asks_dns());
        assert_eq!(
            config.kdcs("CORP.EXAMPLE"),
            ["dc1.corp.example", "tcp/dc2:750", "dc3"]
        );
        assert_eq!(config.kdcs("OTHER"), ["dc.other.example"]);
        assert!(config.kdcs("corp.example").is_empty());
        for (host, realm) in [
            ("mail.corp.example", Some("CORP.EXAMPLE")),
            ("Special.Corp.Example.", Some("OTHER")),
            ("a.b.corp.example", Some("CORP.EXAMPLE")),
            ("corp.example", Some("CORP.EXAMPLE")),
            ("example", None),
            ("server", None),
        ] {
            assert_eq!(config.realm_of_host(host), realm, "{host}");
        }
        assert_eq!(config.realm_of_netbios("corp"), Some("CORP.EXAMPLE"));
        assert_eq!(config.realm_of_netbios("WIN1"), None);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("krb5.conf");
        for (text, expected) in [
            ("[libdefaults]\nnonsense\n", "line 2"),
            ("[libdefaults\n", "line 1"),
            ("include /does/not/exist\n", "/does/not/exist"),
            (&format!("include {}\n", path.display()), "circle"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Krb5Config::from_files(std::slice::from_ref(&path)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert_eq!(Krb5Config::from_files(&[]).unwrap(), Krb5Config::default());
    }
}
