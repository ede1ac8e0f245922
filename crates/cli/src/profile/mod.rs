//! Profiles: endpoints under names of one's own, with the options that belong to them.
//!
//! They are tables `[profile.NAME]` of `~/.config/psbridge/config.toml`, whose keys are the long names of options. A
//! TARGET that is exactly such a name means the profile; names have neither dots nor colons nor slashes, so that URLs,
//! addresses and host names with a domain never do, and `--uri` never does.

mod options;
mod store;

use clap::ArgMatches;
use clap_complete::CompletionCandidate;
use serde_json::{Value as Json, json};
use toml_edit::{Item, TableLike};

use self::store::Store;
use crate::args::{AddArgs, Format, Global, ProfileArgs, ProfileCommand, TargetArgs};
use crate::connect;
use crate::exit::{Exit, Failure};
use crate::stderr::{self, Style};
use crate::terminal::safe;

/// The options of the profile that `target` names, or `None` when it names none.
pub(crate) fn find(target: &str) -> Result<Option<TargetArgs>, Failure> {
    // Without the file there are no profiles; a target that cannot be one does not depend on the file.
    if !store::is_name(target) {
        return Ok(None);
    }
    Store::open()?.options(target)
}

/// Whether a target of this text could have been meant as the name of a profile.
pub(crate) fn could_be(target: &str) -> bool {
    store::is_name(target)
}

/// The names of the profiles, for shells that complete.
pub(crate) fn candidates() -> Vec<CompletionCandidate> {
    let store = Store::open().ok();
    let names = store.iter().flat_map(|store| store.names());
    names.map(CompletionCandidate::new).collect()
}

/// Does what `psbridge profile` was told. `matches` are those of its subcommand.
pub(crate) async fn run(args: &ProfileArgs, matches: &ArgMatches, global: &Global) -> Result<Exit, Failure> {
    match &args.command {
        ProfileCommand::Add(args) => add(args, matches),
        ProfileCommand::List => list(global.format),
        ProfileCommand::Show(args) => show(&args.name, global.format),
        ProfileCommand::Test(args) => {
            let store = Store::open()?;
            store
                .options(&args.name)?
                .ok_or_else(|| unknown(&args.name, &store))?;
            crate::doctor::check(&args.name, global).await
        }
        ProfileCommand::Remove(args) => remove(&args.name),
    }
}

fn add(args: &AddArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let name = &args.name;
    if !store::is_name(name) {
        return Err(Failure::new(
            Exit::Usage,
            format!("{} cannot be the name of a profile", safe(name)),
        )
        .advice("use up to 64 letters, digits, - and _, and begin with a letter or digit"));
    }
    let store = Store::open()?;
    if store.table(name).is_some() && !args.replace {
        return Err(
            Failure::new(Exit::Usage, format!("there is a profile {name} already"))
                .advice("add --replace, or choose another name"),
        );
    }
    let mut given = options::given(matches, name)?;
    if let Some(endpoint) = &args.endpoint {
        given
            .options
            .insert(0, ("uri".to_owned(), toml_edit::value(endpoint.as_str())));
    }
    // Told now rather than when it is used for the first time.
    connect::check(&args.target, args.endpoint.as_deref())?;
    for entry in given.entries {
        keep_in_keyring(&entry)?;
    }
    store.add(name, given.options)?;
    stderr::line(
        Style::Plain,
        &format!("added {name} to {}", store.path().display()),
    );
    if asks_for_password(&args.target) {
        stderr::line(
            Style::Plain,
            "no password is stored; it will be asked for (--password-from says where to find it)",
        );
    }
    Ok(Exit::Done)
}

fn asks_for_password(args: &TargetArgs) -> bool {
    let sign_in = &args.sign_in;
    let by_other_means = args.kerberos.keytab.is_some()
        || args.kerberos.ccache.is_some()
        || sign_in.auth.is_some_and(|auth| !auth.uses_password());
    sign_in.user.is_some()
        && sign_in.password_file.is_none()
        && sign_in.password_from.is_none()
        && !by_other_means
}

/// Asks for a secret and keeps it.
#[cfg(feature = "keyring")]
fn keep_in_keyring(entry: &str) -> Result<(), Failure> {
    let secret = crate::password::prompt(&format!("Secret for the keyring entry {entry}: "))
        .ok_or_else(|| Failure::new(Exit::Usage, "no secret was given for the keyring"))?;
    crate::secret::keyring::set(entry, &secret)
}

#[cfg(not(feature = "keyring"))]
fn keep_in_keyring(_: &str) -> Result<(), Failure> {
    Err(crate::secret::no_keyring())
}

fn list(format: Option<Format>) -> Result<Exit, Failure> {
    let store = Store::open()?;
    let profiles: Vec<Json> = store
        .names()
        .into_iter()
        .filter_map(|name| {
            let table = store.table(name)?;
            let text = |key| table.get(key).and_then(Item::as_str);
            Some(json!({"name": name, "uri": text("uri"), "auth": text("auth"), "user": text("user")}))
        })
        .collect();
    match format {
        Some(Format::Json) => println!("{}", Json::Array(profiles)),
        Some(Format::Ndjson | Format::Typed) => profiles.iter().for_each(|profile| println!("{profile}")),
        _ => {
            for profile in &profiles {
                let text = |key: &str| {
                    profile
                        .get(key)
                        .and_then(Json::as_str)
                        .map(safe)
                        .unwrap_or_default()
                };
                let line = format!(
                    "{:<16} {:<52} {:<12} {}",
                    text("name"),
                    text("uri"),
                    text("auth"),
                    text("user")
                );
                println!("{}", line.trim_end());
            }
            if profiles.is_empty() {
                stderr::line(
                    Style::Plain,
                    &format!(
                        "no profiles in {}; psbridge profile add makes one",
                        store.path().display()
                    ),
                );
            }
        }
    }
    Ok(Exit::Done)
}

fn show(name: &str, format: Option<Format>) -> Result<Exit, Failure> {
    let store = Store::open()?;
    // What is shown is sound: a file that somebody mended by hand may hold anything.
    store.options(name)?.ok_or_else(|| unknown(name, &store))?;
    let table = store.table(name).ok_or_else(|| unknown(name, &store))?;
    match format {
        Some(Format::Json | Format::Ndjson | Format::Typed) => println!("{}", json_of(name, table)),
        _ => {
            println!("[profile.{name}]");
            for (key, item) in table.iter() {
                println!("{key} = {}", safe(item.to_string().trim()));
            }
        }
    }
    Ok(Exit::Done)
}

fn remove(name: &str) -> Result<Exit, Failure> {
    let store = Store::open()?;
    #[cfg(feature = "keyring")]
    for entry in options::own_keyring_entries(name, store.table(name)) {
        crate::secret::keyring::remove(&entry)?;
    }
    match store.remove(name)? {
        true => Ok(Exit::Done),
        false => Err(unknown(name, &store)),
    }
}

fn json_of(name: &str, table: &dyn TableLike) -> Json {
    let mut object = serde_json::Map::from_iter([("name".to_owned(), Json::from(name))]);
    for (key, item) in table.iter() {
        object.insert(key.to_owned(), options::json(item));
    }
    Json::Object(object)
}

fn unknown(name: &str, store: &Store) -> Failure {
    let known = store.names();
    let failure = Failure::new(
        Exit::Usage,
        format!("there is no profile {} in {}", safe(name), store.path().display()),
    );
    match known.is_empty() {
        true => failure.advice("psbridge profile add makes one"),
        false => failure.advice(format!("known are {}", known.join(", "))),
    }
}
