//! The directory written down: the truth that a client's results are compared with.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::prop::Column;
use super::{Directory, Member, group, user};

fn object<T>(kind: &str, columns: &[Column<T>], of: &T) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("kind".to_owned(), kind.into());
    map.extend(
        columns
            .iter()
            .map(|(name, read)| ((*name).to_owned(), read(of).json())),
    );
    map
}

/// One JSON line for each user (`kind` `user`, properties as in Get-User), then one for each group (`kind` `group`,
/// properties as in Get-DistributionGroup) with its direct members as GUIDs under `members`.
pub(crate) fn write_dump(directory: &Directory, to: &mut impl Write) -> io::Result<()> {
    for index in 0..directory.user_count() {
        serde_json::to_writer(&mut *to, &object("user", user::COLUMNS, &directory.user(index)))?;
        to.write_all(b"\n")?;
    }
    for index in 0..directory.group_count() {
        let Some(group) = directory.group(index) else {
            continue;
        };
        let mut line = object("group", group::COLUMNS, &group);
        let mut cursor = directory.members(index);
        let members: Vec<Value> = std::iter::from_fn(|| cursor.next(directory))
            .filter_map(|member| match member {
                Member::User(index) => Some(directory.user(index).guid),
                Member::Group(index) => directory.group(index).map(|g| g.guid),
            })
            .map(|guid| json!(guid.to_string()))
            .collect();
        line.insert("members".to_owned(), members.into());
        serde_json::to_writer(&mut *to, &line)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}
