//! Lists of Graph: filters and pages.

use serde_json::{Value, json};
use uuid::Uuid;

use super::bad;
use crate::cloud::http::{Call, Reply};

/// How an object is named in a path.
pub(super) enum Name {
    Object(Option<Uuid>, String),
    App(Option<Uuid>, String),
}

/// `…/ID`
pub(super) fn by_id(id: &str) -> Name {
    Name::Object(Uuid::parse_str(id).ok(), id.to_owned())
}

/// `servicePrincipals(appId='ID')`
pub(super) fn by_app_id(part: &str) -> Name {
    let id = part
        .split_once("(appId=")
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .map(|quoted| quoted.trim_matches('\'').replace("%27", ""))
        .unwrap_or_default();
    Name::App(Uuid::parse_str(&id).ok(), id)
}

impl Name {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Object(_, text) | Self::App(_, text) => text,
        }
    }

    pub(super) fn is(&self, object: Uuid, app: Uuid) -> bool {
        match self {
            Self::Object(id, _) => *id == Some(object),
            Self::App(id, _) => *id == Some(app),
        }
    }
}

/// Which part of a list is asked for.
pub(super) struct Page {
    filter: Option<String>,
    skip: usize,
    size: usize,
    url: String,
}

impl Page {
    pub(super) fn of(call: &Call, size: usize) -> Self {
        let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
        let mut kept: Vec<String> = Vec::new();
        for (name, value) in &call.query {
            if name != "$skiptoken" {
                let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                kept.push(format!("{name}={value}"));
            }
        }
        Self {
            filter: call.query("$filter").map(str::to_owned),
            skip: number("$skiptoken").unwrap_or_default(),
            size: number("$top").unwrap_or(size).clamp(1, size.max(1)),
            url: format!("{}{}?{}", call.origin, call.path, kept.join("&")),
        }
    }

    /// The page of these entries that the filter leaves.
    pub(super) fn list(&self, entries: Vec<Value>) -> Reply {
        let conditions = match self.filter.as_deref().map(conditions) {
            None => Vec::new(),
            Some(Some(conditions)) => conditions,
            Some(None) => return bad("Invalid filter clause."),
        };
        let mut left = entries.into_iter().filter(|entry| {
            conditions.iter().all(|(name, wanted)| {
                entry
                    .get(name)
                    .and_then(Value::as_str)
                    .is_some_and(|value| value.eq_ignore_ascii_case(wanted))
            })
        });
        let mut left = left.by_ref().skip(self.skip);
        let value: Vec<Value> = left.by_ref().take(self.size).collect();
        let mut body = json!({"value": value});
        if left.next().is_some()
            && let Some(members) = body.as_object_mut()
        {
            let separator = if self.url.ends_with('?') { "" } else { "&" };
            let next = format!("{}{separator}$skiptoken={}", self.url, self.skip + self.size);
            members.insert("@odata.nextLink".to_owned(), next.into());
        }
        Reply::json(200, &body)
    }
}

/// `name eq 'value' and …`; `None` for anything else.
fn conditions(filter: &str) -> Option<Vec<(String, String)>> {
    filter
        .split(" and ")
        .map(|condition| {
            let (name, value) = condition.trim().split_once(" eq ")?;
            let value = value.trim();
            let value = match value.strip_prefix('\'') {
                Some(rest) => rest.strip_suffix('\'')?.replace("''", "'"),
                None => value.to_owned(),
            };
            Some((name.trim().to_owned(), value))
        })
        .collect()
}
