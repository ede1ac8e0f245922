//! Realms of the tests' own: Samba's Active Directory and MIT's KDC, each started once for a test process and gone with
//! it. Several processes do not disturb each other: an Active Directory has a loopback address of its own, a KDC a port.

mod endpoint;

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

pub use self::endpoint::KerberosEndpoint;
use crate::{Child, run, skip, workspace};

/// Debian's Python, which has Samba's modules.
const SYSTEM_PYTHON: &str = "/usr/bin/python3";

/// A running realm. Its members are those of `tests/python/domain_controller.py` and `mit_kdc.py`.
#[derive(Debug)]
pub struct Realm {
    child: Child,
    /// By so many seconds its clock is ahead.
    shift: i64,
    endpoint: OnceLock<KerberosEndpoint>,
    endpoint_ahead: OnceLock<KerberosEndpoint>,
}

/// How a realm is told apart from the others of this process.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Samba,
    Mit,
    /// MIT's, with a clock that is so many seconds ahead.
    Shifted(i64),
}

impl Realm {
    /// The Active Directory `PSBRIDGE.TEST`, or a skip of the test.
    #[must_use]
    pub fn samba(test: &str) -> Option<&'static Self> {
        static SAMBA: OnceLock<Result<Realm, String>> = OnceLock::new();
        Self::once(test, &SAMBA, Kind::Samba)
    }

    /// MIT's realm `MIT.TEST`, or a skip of the test.
    #[must_use]
    pub fn mit(test: &str) -> Option<&'static Self> {
        static MIT: OnceLock<Result<Realm, String>> = OnceLock::new();
        Self::once(test, &MIT, Kind::Mit)
    }

    /// The same with a clock that is a day ahead.
    #[must_use]
    pub fn tomorrow(test: &str) -> Option<&'static Self> {
        static TOMORROW: OnceLock<Result<Realm, String>> = OnceLock::new();
        Self::once(test, &TOMORROW, Kind::Shifted(86_400))
    }

    /// The same with a clock that is a day behind: its tickets have expired when they come.
    #[must_use]
    pub fn yesterday(test: &str) -> Option<&'static Self> {
        static YESTERDAY: OnceLock<Result<Realm, String>> = OnceLock::new();
        Self::once(test, &YESTERDAY, Kind::Shifted(-86_400))
    }

    fn once(test: &str, place: &'static OnceLock<Result<Self, String>>, kind: Kind) -> Option<&'static Self> {
        // A panic while starting poisons the lock; the next test then tries again and says why itself.
        static STARTING: Mutex<()> = Mutex::new(());
        let started = {
            let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
            place.get_or_init(|| Self::start(kind))
        };
        match started {
            Ok(realm) => Some(realm),
            Err(reason) => {
                skip(test, reason);
                None
            }
        }
    }

    fn start(kind: Kind) -> Result<Self, String> {
        lacking(kind)?;
        // The script removes it.
        let work = TempDir::with_prefix("psbridge-realm-")
            .map_err(|error| format!("no temporary folder: {error}"))?
            .keep();
        let script = match kind {
            Kind::Samba => "domain_controller.py",
            Kind::Mit | Kind::Shifted(_) => "mit_kdc.py",
        };
        let mut command = Command::new(SYSTEM_PYTHON);
        command
            .arg(workspace().join("tests/python").join(script))
            .arg("--work")
            .arg(&work)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        match kind {
            Kind::Samba => {
                command.args(["--address", &own_address()?.to_string()]);
            }
            Kind::Mit => {}
            Kind::Shifted(seconds) => {
                command.arg(format!("--shift={seconds}"));
            }
        }
        Ok(Self {
            child: Child::start(&mut command),
            shift: match kind {
                Kind::Samba | Kind::Mit => 0,
                Kind::Shifted(seconds) => seconds,
            },
            endpoint: OnceLock::new(),
            endpoint_ahead: OnceLock::new(),
        })
    }

    /// The name of the realm.
    #[must_use]
    pub fn name(&self) -> &str {
        self.child.ready("realm")
    }

    /// Address and port of its KDC.
    #[must_use]
    pub fn kdc(&self) -> &str {
        self.child.ready("kdc")
    }

    /// The configuration that knows it, for `KRB5_CONFIG`.
    #[must_use]
    pub fn krb5_conf(&self) -> &str {
        self.child.ready("krb5_conf")
    }

    /// The same for a user: the machine of `rc4` is of the days before AES.
    #[must_use]
    pub fn krb5_conf_of(&self, user: &str) -> &str {
        self.child.ready(if user == "rc4" {
            "krb5_conf_rc4"
        } else {
            "krb5_conf"
        })
    }

    /// The password of all its users.
    #[must_use]
    pub fn password(&self) -> &str {
        self.child.ready("password")
    }

    /// The name of a service's host, all of which are this machine.
    #[must_use]
    pub fn host(&self, service: &str) -> String {
        format!("{service}.{}", self.child.ready("zone"))
    }

    /// A user with the realm.
    #[must_use]
    pub fn principal(&self, user: &str) -> String {
        format!("{user}@{}", self.name())
    }

    /// The keys of a user, or of all services (`services`).
    #[must_use]
    pub fn keytab(&self, name: &str) -> PathBuf {
        PathBuf::from(self.child.ready(&format!("{name}.keytab")))
    }

    /// Another member of what the realm said when it was ready.
    #[must_use]
    pub fn ready(&self, name: &str) -> &str {
        self.child.ready(name)
    }

    /// Gets tickets for a user, as a person does with `kinit`; gives the name of the cache, which lies in `folder`. The
    /// clock that it sees is that of the KDC, else it would note the difference in the cache and allow for it.
    ///
    /// # Panics
    /// When `kinit` fails.
    #[must_use]
    pub fn kinit(&self, user: &str, folder: &Path) -> String {
        let cache = format!("FILE:{}", folder.join(format!("cache-of-{user}")).display());
        let mut command = Command::new("kinit");
        command
            .args(["-c", &cache, &self.principal(user)])
            .env("KRB5_CONFIG", self.krb5_conf_of(user));
        if self.shift != 0 {
            command
                .env("LD_PRELOAD", faketime().expect("the realm has started with it"))
                .env("FAKETIME", format!("{:+}", self.shift));
        }
        let password = format!("{}\n", self.password());
        let finished = run(&mut command, password.as_bytes(), Duration::from_secs(60));
        assert_eq!(finished.code, Some(0), "kinit: {}", finished.stderr);
        cache
    }

    /// The endpoint on psrpcore and pyspnego with the keys of this realm's services, or a skip of the test.
    #[must_use]
    pub fn endpoint(&self, test: &str) -> Option<&KerberosEndpoint> {
        KerberosEndpoint::of(test, self, &self.endpoint, 0)
    }

    /// The same with a clock that is an hour ahead.
    #[must_use]
    pub fn endpoint_ahead(&self, test: &str) -> Option<&KerberosEndpoint> {
        if faketime().is_none() {
            skip(test, "no libfaketime (Debian package libfaketime)");
            return None;
        }
        KerberosEndpoint::of(test, self, &self.endpoint_ahead, 3600)
    }
}

/// What is missing on this machine, if anything.
fn lacking(kind: Kind) -> Result<(), String> {
    let (programs, packages): (&[&str], _) = match kind {
        Kind::Samba => (
            &["samba", "samba-tool", "winbindd", "kinit"],
            "samba, winbind and krb5-user",
        ),
        Kind::Mit | Kind::Shifted(_) => (
            &["krb5kdc", "kdb5_util", "kadmin.local", "kinit"],
            "krb5-kdc, krb5-admin-server and krb5-user",
        ),
    };
    if let Some(program) = programs.iter().find(|program| !installed(program)) {
        return Err(format!(
            "no {program} (the tests need the Debian packages {packages})"
        ));
    }
    match kind {
        Kind::Samba => {
            let script = "import samba.samdb, samba.dckeytab";
            if !succeeds(Command::new(SYSTEM_PYTHON).args(["-c", script])) {
                return Err(format!("{SYSTEM_PYTHON} has no modules of Samba (python3-samba)"));
            }
            // The ports of LDAP and Kerberos are fixed.
            let root = Command::new("id").arg("-u").output();
            if !root.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
                return Err("a domain controller needs root".to_owned());
            }
        }
        Kind::Shifted(_) if faketime().is_none() => {
            return Err("no libfaketime (Debian package libfaketime)".to_owned());
        }
        Kind::Mit | Kind::Shifted(_) => {}
    }
    Ok(())
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).exists())
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn faketime() -> Option<PathBuf> {
    system_library("faketime/libfaketime.so.1")
}

/// A library of the system, wherever its kind of machine keeps them.
#[must_use]
pub fn system_library(name: &str) -> Option<PathBuf> {
    let machines = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    machines
        .map(|machine| machine.path().join(name))
        .find(|library| library.exists())
}

/// A loopback address on which nobody has the ports of a domain controller, from the number of this process.
fn own_address() -> Result<IpAddr, String> {
    let number = std::process::id();
    let [_, _, high, low] = number.to_be_bytes();
    (0..32_u8)
        .map(|attempt| IpAddr::V4(Ipv4Addr::new(127, 64 + attempt, high, low.max(1))))
        .find(|address| {
            [88, 389, 135]
                .iter()
                .all(|port| TcpListener::bind((*address, *port)).is_ok())
        })
        .ok_or_else(|| "the ports of a domain controller (88, 389, 135) cannot be bound".to_owned())
}
