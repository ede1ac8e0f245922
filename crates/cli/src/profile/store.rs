//! The file that holds the profiles.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use toml_edit::{Document, DocumentMut, Item, Table};

use super::options;
use crate::args::TargetArgs;
use crate::exit::{Exit, Failure};
use crate::private;

/// The table that holds them.
const PROFILE: &str = "profile";
/// Longer than any name that somebody wants to type.
const MAX_NAME: usize = 64;

/// The text of the file, checked as far as its form goes.
pub(super) struct Store {
    path: PathBuf,
    document: Document<String>,
}

/// Where the file is: `psbridge/config.toml` below `XDG_CONFIG_HOME`, else `~/.config` (on Windows `%APPDATA%`).
pub(super) fn path() -> Result<PathBuf, Failure> {
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::new(
            Exit::Usage,
            "the home directory is unknown, and with it the profiles",
        )
        .advice("set HOME")
    })?;
    Ok(base.config_dir().join("psbridge").join("config.toml"))
}

/// Whether a profile can have this name: what is no URL and no name of the DNS with a domain, so that nothing else that
/// a target can be is mistaken for one.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.len() <= MAX_NAME
        && text.chars().all(allowed)
        && !text.eq_ignore_ascii_case("localhost")
}

impl Store {
    /// Reads the file. There need not be one.
    pub(super) fn open() -> Result<Self, Failure> {
        Self::open_at(path()?)
    }

    fn open_at(path: PathBuf) -> Result<Self, Failure> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => {
                private::check(&path)?;
                text
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::file(&path, &error)),
        };
        // The parser's own text quotes the line, which may hold anything.
        let document = Document::parse(text.clone())
            .map_err(|error| wrong(&path, &text, error.span(), &error.message().replace('\n', ", ")))?;
        let store = Self { path, document };
        store.check_tables()?;
        Ok(store)
    }

    fn check_tables(&self) -> Result<(), Failure> {
        for (key, item) in self.document.iter() {
            let span = self.document.key(key).and_then(|key| key.span());
            if key != PROFILE {
                return Err(self.wrong(
                    span,
                    &format!("there is no setting {key}; profiles are tables [{PROFILE}.NAME]"),
                ));
            }
            let Some(profiles) = item.as_table_like() else {
                return Err(self.wrong(span, &format!("profiles are tables [{PROFILE}.NAME]")));
            };
            for (name, profile) in profiles.iter() {
                let span = profiles.key(name).and_then(|key| key.span());
                if !is_name(name) {
                    return Err(self.wrong(span, &format!("{name:?} cannot be the name of a profile")));
                }
                if !profile.is_table_like() {
                    return Err(self.wrong(span, &format!("the profile {name} is no table")));
                }
            }
        }
        Ok(())
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the profiles, in the order of the file.
    pub(super) fn names(&self) -> Vec<&str> {
        let profiles = self.document.get(PROFILE).and_then(Item::as_table_like);
        profiles.map_or_else(Vec::new, |profiles| {
            profiles.iter().map(|(name, _)| name).collect()
        })
    }

    /// The table of a profile, as it was written.
    pub(super) fn table(&self, name: &str) -> Option<&dyn toml_edit::TableLike> {
        self.document.get(PROFILE)?.get(name)?.as_table_like()
    }

    /// The options of a profile, if there is one of this name.
    pub(super) fn options(&self, name: &str) -> Result<Option<TargetArgs>, Failure> {
        let Some(table) = self.table(name) else {
            return Ok(None);
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let mut arguments = Vec::new();
        for (key, item) in table.iter() {
            let found = options::arguments(key, item, folder).map_err(|reason| {
                let span = table.key(key).and_then(|key| key.span());
                self.wrong_in(name, span, &reason)
            })?;
            arguments.extend(found);
        }
        let span = || {
            let profiles = self.document.get(PROFILE).and_then(Item::as_table_like);
            profiles.and_then(|profiles| profiles.key(name)?.span())
        };
        let options = options::parse(&arguments).map_err(|reason| self.wrong_in(name, span(), &reason))?;
        if options.uri.is_none() {
            return Err(self.wrong_in(name, span(), "it names no endpoint: uri is missing"));
        }
        Ok(Some(options))
    }

    /// Adds a profile, and leaves everything else in the file as it is.
    pub(super) fn add(&self, name: &str, options: Vec<(String, Item)>) -> Result<(), Failure> {
        let mut document = self.edited()?;
        let profiles = document.entry(PROFILE).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let table: Table = options.into_iter().collect();
        if let Some(profiles) = profiles.as_table_like_mut() {
            profiles.insert(name, Item::Table(table));
        }
        self.write(&document)
    }

    /// Removes a profile. False when there is none of this name.
    pub(super) fn remove(&self, name: &str) -> Result<bool, Failure> {
        let mut document = self.edited()?;
        let profiles = document.get_mut(PROFILE).and_then(Item::as_table_like_mut);
        let removed = profiles.is_some_and(|profiles| profiles.remove(name).is_some());
        if removed {
            self.write(&document)?;
        }
        Ok(removed)
    }

    fn edited(&self) -> Result<DocumentMut, Failure> {
        let text = self.document.raw();
        text.parse().map_err(|_| self.wrong(None, "it cannot be edited"))
    }

    fn write(&self, document: &DocumentMut) -> Result<(), Failure> {
        private::folder_of(&self.path)?;
        private::replace(&self.path, document.to_string().as_bytes())
    }

    fn wrong(&self, span: Option<Range<usize>>, reason: &str) -> Failure {
        wrong(&self.path, self.document.raw(), span, reason)
    }

    fn wrong_in(&self, profile: &str, span: Option<Range<usize>>, reason: &str) -> Failure {
        self.wrong(span, &format!("profile {profile}: {reason}"))
    }
}

/// Something in the file is wrong, at the line where `span` begins.
fn wrong(path: &Path, text: &str, span: Option<Range<usize>>, reason: &str) -> Failure {
    let before = span.and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!(", line {}", before.matches('\n').count() + 1));
    Failure::new(
        Exit::Usage,
        format!("{}{}: {reason}", path.display(), line.unwrap_or_default()),
    )
    .advice("correct it there; psbridge invoke --help names the options")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Auth;

    const FOREIGN: &str = "# my endpoints\n\n[profile.corp] # on premises\n\
        uri = \"https://mail.corp.example/PowerShell/\"\nauth = \"kerberos\"\nuser = \"reader@CORP\"\n\
        kdc = [\"dc1\", \"dc2:88\"]\ndelegate = false\nkeytab = \"keys/reader.keytab\"\nallow-redirect = [\"a\", \"b\"]\n\n\
        [profile.exo]\nuri = \"https://outlook.office365.com/powershell-liveid/\"\nmanaged-identity = true\n\
        pfx-password-from.env = \"PFX\"\n";

    fn store(text: &str) -> (tempfile::TempDir, Result<Store, Failure>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        private::replace(&path, text.as_bytes()).unwrap();
        let store = Store::open_at(path);
        (folder, store)
    }

    #[test]
    fn options_are_those_of_the_command_line() {
        let (folder, store) = store(FOREIGN);
        let store = store.unwrap();
        assert_eq!(store.names(), ["corp", "exo"]);
        let corp = store.options("corp").unwrap().unwrap();
        assert_eq!(corp.sign_in.auth, Some(Auth::Kerberos));
        assert_eq!(corp.kerberos.kdc, ["dc1", "dc2:88"]);
        assert_eq!(corp.kerberos.delegate, Some(false));
        assert_eq!(
            corp.kerberos.keytab,
            Some(folder.path().join("keys/reader.keytab"))
        );
        assert_eq!(
            corp.network.allow_redirect.as_deref(),
            Some(&["a".to_owned(), "b".to_owned()][..])
        );
        let exo = store.options("exo").unwrap().unwrap();
        assert_eq!(
            exo.cloud.managed_identity,
            Some(crate::args::IdentityName::System)
        );
        assert_eq!(exo.certificate.pfx_password_from.as_deref(), Some("env:PFX"));
        assert!(store.options("none").unwrap().is_none());
    }

    #[test]
    fn comments_survive_additions_and_removals() {
        let (folder, store) = store(FOREIGN);
        let path = folder.path().join("config.toml");
        let options = vec![("uri".to_owned(), toml_edit::value("http://server:5985/wsman"))];
        store.unwrap().add("third", options).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(FOREIGN), "{text}");
        let store = Store::open_at(path.clone()).unwrap();
        assert!(store.options("third").unwrap().is_some());
        assert!(store.remove("exo").unwrap());
        let store = Store::open_at(path.clone()).unwrap();
        assert_eq!(store.names(), ["corp", "third"]);
        assert!(!store.remove("exo").unwrap());
        assert!(fs::read_to_string(&path).unwrap().contains("# my endpoints"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let head = "[profile.a]\nuri = \"http://h/\"\n";
        for (text, line, part) in [
            ("verbose = 1\n".to_owned(), 1, "no setting verbose"),
            (format!("{head}colour = \"red\"\n"), 3, "no option colour"),
            (format!("{head}auth = \"digest\"\n"), 3, "digest"),
            (format!("{head}auth = 3\n"), 3, "3"),
            (format!("{head}user = true\n"), 3, "wrong type"),
            (format!("{head}password = \"s3cret\"\n"), 3, "password-from"),
            (
                format!("{head}password-from = \"s3cret\"\n"),
                3,
                "never the secret",
            ),
            (
                format!("{head}password-from = {{ env = \"A\", file = \"B\" }}\n"),
                3,
                "expected one of",
            ),
            (
                format!("{head}insecure-skip-verify = true\n"),
                3,
                "cannot be stored",
            ),
            (
                format!("{head}keytab = \"k\"\nccache = \"c\"\n"),
                1,
                "cannot be used with",
            ),
            ("[profile.b]\nuser = \"me\"\n".to_owned(), 1, "uri is missing"),
            ("[profile.\"a.b\"]\nuri = \"h\"\n".to_owned(), 1, "a.b"),
            ("profile = 1\n".to_owned(), 1, "[profile.NAME]"),
            ("\n[profile.a\n".to_owned(), 2, ""),
        ] {
            let (_folder, store) = store(&text);
            let failure = match store {
                Ok(store) => {
                    let name = store.names()[0].to_owned();
                    store.options(&name).unwrap_err()
                }
                Err(failure) => failure,
            };
            let shown = failure.to_string();
            assert_eq!(failure.exit(), Exit::Usage);
            assert!(
                shown.contains(&format!("line {line}:")) && shown.contains(part),
                "{text}: {shown}"
            );
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn names_are_nothing_else_that_a_target_can_be() {
        for name in ["corp", "corp-test_2", "7"] {
            assert!(is_name(name), "{name}");
        }
        for target in [
            "",
            "-x",
            "h.example",
            "h:5985",
            "http://h",
            "::1",
            "a/b",
            "localhost",
            "ä",
            &"a".repeat(65),
        ] {
            assert!(!is_name(target), "{target}");
        }
    }
}
