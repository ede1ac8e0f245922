//! What all Get- cmdlets of the directory have in common: select, sort, limit.

use std::collections::VecDeque;

use psbridge_clixml::Value;
use psbridge_protocol::payload::{ErrorCategory, ErrorRecord};

use super::{DEFAULT_RESULT_SIZE, TRUNCATED};
use crate::directory::filter::{Filter, FilterError, wildcard};
use crate::directory::prop::{Column, Prop, column};
use crate::directory::{Directory, Found, Member, Scope};
use crate::engine::bind::{Arg, Bound};
use crate::engine::errors::{self, BindingFault};
use crate::engine::{Context, Frame, Halt, Pause, Pull, Stage};

/// Objects looked at before others get a turn.
const BATCH: u32 = 256;

/// A kind of object that can be asked for.
pub(super) trait Source: Send + 'static {
    type Object;
    const COLUMNS: &'static [Column<Self::Object>];
    const SCOPE: Scope;

    /// The object at a place in the whole directory; `None` behind the end, `Some(None)` where there is no such object.
    fn at(directory: &Directory, index: u32) -> Option<Option<Self::Object>>;
    fn get(directory: &Directory, member: Member) -> Option<Self::Object>;
    fn details(object: &Self::Object) -> &'static str;
    /// What `-Anr` looks at besides the display name.
    fn names(object: &Self::Object) -> Vec<String>;
    fn write(object: &Self::Object, chosen: Option<&[String]>) -> Value;
    /// Filters by properties that are not in the table: property and value give whether they are equal.
    fn special(_: &Directory, _: &Self::Object, _: &str, _: &str) -> Option<bool> {
        None
    }
    const SPECIAL: &'static [&'static str] = &[];
}

/// How many objects an argument of ResultSize allows; `None` for all.
fn limit(bound: &Bound) -> Option<u32> {
    match bound.get("ResultSize") {
        Some(Arg::Limit(limit)) => *limit,
        _ => Some(DEFAULT_RESULT_SIZE),
    }
}

fn bad_filter(frame: &Frame, text: &str, error: &FilterError) -> ErrorRecord {
    let message = match error {
        FilterError::Syntax => format!(
            "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"Invalid filter syntax. For a \
             description of the filter parameter syntax see the command help.\r\n\"{text}\" at position 1.\""
        ),
        FilterError::Property(name) => format!(
            "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"\"{name}\" is not a \
             recognized filterable property. For a complete list of filterable properties see the command help.\r\n\
             \"{text}\" at position 1.\""
        ),
    };
    errors::binding(
        frame,
        &message,
        BindingFault {
            id: "ParameterBindingFailed",
            parameter: "Filter",
            type_name: Some("System.String"),
            category: ErrorCategory::WRITE_ERROR,
        },
    )
}

/// Where the objects of a query come from.
enum Scan {
    /// All of the directory, one after the other.
    All(u32),
    Found(VecDeque<Member>),
    /// All that fit, sorted; filled when the scan is over.
    Sorting {
        next: u32,
        keys: Vec<(String, u32)>,
    },
    Sorted(std::vec::IntoIter<(String, u32)>),
}

/// A query at work.
pub(super) struct Query<S: Source> {
    scan: Scan,
    filter: Option<Filter>,
    anr: Option<String>,
    pattern: Option<String>,
    unit: Option<String>,
    types: Option<Vec<String>>,
    general: Option<Vec<String>>,
    managed_by: Option<String>,
    sort: Option<String>,
    chosen: Option<Vec<String>>,
    left: Option<u32>,
    ended: bool,
    source: std::marker::PhantomData<fn() -> S>,
}

impl<S: Source> Query<S> {
    /// Reads the arguments that all Get- cmdlets share.
    pub(super) fn new(bound: &Bound, cx: &mut Context) -> Result<Self, Halt> {
        let frame = cx.frame().clone();
        let filter = match bound.text("Filter").filter(|text| !text.trim().is_empty()) {
            None => None,
            Some(text) => {
                let filter = Filter::parse(text).and_then(|f| f.check(S::COLUMNS, S::SPECIAL).map(|()| f));
                Some(filter.map_err(|error| Halt::statement(bad_filter(&frame, text, &error)))?)
            }
        };
        let mut query = Self {
            scan: Scan::All(0),
            filter,
            anr: bound.text("Anr").map(str::to_lowercase),
            pattern: None,
            unit: bound.text("OrganizationalUnit").map(str::to_lowercase),
            types: bound.texts("RecipientTypeDetails").map(<[String]>::to_vec),
            general: bound.texts("RecipientType").map(<[String]>::to_vec),
            managed_by: None,
            sort: bound.text("SortBy").map(str::to_owned),
            chosen: bound.texts("Properties").map(<[String]>::to_vec),
            left: limit(bound),
            ended: false,
            source: std::marker::PhantomData,
        };
        let directory = &cx.world.directory;
        if let Some(owner) = bound.text("ManagedBy") {
            let Found::One(member) = directory.find(owner, Scope::Users) else {
                return Err(Halt::statement(super::not_found(&frame, owner)));
            };
            query.managed_by = directory.recipient(member).map(|r| r.canonical());
        }
        // Without an identity, and with $null as one, everything is meant.
        let identity = bound.text("Identity").filter(|identity| !identity.is_empty());
        match identity {
            Some(pattern) if pattern.contains('*') => query.pattern = Some(pattern.to_lowercase()),
            Some(identity) => {
                let found = match directory.find(identity, S::SCOPE) {
                    Found::None => {
                        cx.error(super::not_found(&frame, identity))?;
                        query.ended = true;
                        VecDeque::new()
                    }
                    Found::One(one) => VecDeque::from([one]),
                    Found::Many(many) => many.into(),
                };
                query.scan = Scan::Found(found);
            }
            None => {}
        }
        if query.sort.is_some() && matches!(query.scan, Scan::All(_)) {
            query.scan = Scan::Sorting {
                next: 0,
                keys: Vec::new(),
            };
        }
        Ok(query)
    }

    fn fits(&self, directory: &Directory, object: &S::Object) -> bool {
        let prop = |name: &str| column(S::COLUMNS, name).map_or(Prop::Nil, |(_, read)| read(object));
        let details = S::details(object);
        let any = |names: &Option<Vec<String>>, own: &str| {
            names
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name.eq_ignore_ascii_case(own)))
        };
        if !any(&self.types, details) {
            return false;
        }
        if self.general.is_some() && !any(&self.general, &prop("RecipientType").text()) {
            return false;
        }
        if let Some(pattern) = &self.pattern
            && !S::names(object)
                .iter()
                .any(|name| wildcard(pattern, &name.to_lowercase()))
        {
            return false;
        }
        if let Some(anr) = &self.anr
            && !S::names(object)
                .iter()
                .any(|name| name.to_lowercase().starts_with(anr.as_str()))
        {
            return false;
        }
        if let Some(unit) = &self.unit {
            let own = prop("OrganizationalUnit").text().to_lowercase();
            let below = own
                .strip_prefix(unit.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if !below && !own.split('/').any(|part| part == unit) {
                return false;
            }
        }
        if let Some(owner) = &self.managed_by
            && !matches!(prop("ManagedBy"), Prop::List(_, owners) if owners.contains(owner))
        {
            return false;
        }
        self.filter.as_ref().is_none_or(|filter| {
            filter.matches(S::COLUMNS, object, &|property, value| {
                S::special(directory, object, property, value)
            })
        })
    }

    /// The next object that fits; `Err` when the scan needs a break.
    fn next(&mut self, directory: &Directory) -> Result<Option<S::Object>, Pause> {
        for _ in 0..BATCH {
            let object = match &mut self.scan {
                Scan::Found(members) => {
                    let Some(member) = members.pop_front() else {
                        return Ok(None);
                    };
                    S::get(directory, member)
                }
                Scan::All(next) => {
                    let Some(object) = S::at(directory, *next) else {
                        return Ok(None);
                    };
                    *next += 1;
                    object
                }
                Scan::Sorted(keys) => {
                    let Some((_, index)) = keys.next() else {
                        return Ok(None);
                    };
                    return Ok(S::at(directory, index).flatten());
                }
                Scan::Sorting { next, .. } => {
                    let index = *next;
                    *next += 1;
                    let object = S::at(directory, index);
                    self.sort_in(directory, index, object);
                    continue;
                }
            };
            if let Some(object) = object.filter(|object| self.fits(directory, object)) {
                return Ok(Some(object));
            }
        }
        Err(Pause::Yield)
    }

    /// Takes one more object into a scan that sorts; behind the end the sorted scan begins.
    fn sort_in(&mut self, directory: &Directory, index: u32, object: Option<Option<S::Object>>) {
        let key = object
            .as_ref()
            .and_then(|object| object.as_ref())
            .filter(|o| self.fits(directory, o))
            .map(|object| {
                let name = self.sort.as_deref().unwrap_or("Name");
                column(S::COLUMNS, name).map_or(String::new(), |(_, read)| read(object).text().to_lowercase())
            });
        if let Scan::Sorting { keys, .. } = &mut self.scan {
            match object {
                Some(_) => keys.extend(key.map(|key| (key, index))),
                None => {
                    let mut keys = std::mem::take(keys);
                    keys.sort();
                    self.scan = Scan::Sorted(keys.into_iter());
                }
            }
        }
    }
}

impl<S: Source> Stage for Query<S> {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        if self.ended {
            return Ok(Pull::End);
        }
        let directory = std::sync::Arc::clone(&cx.world.directory);
        match self.next(&directory) {
            Err(pause) => Ok(Pull::Pause(pause)),
            Ok(None) => {
                self.ended = true;
                Ok(Pull::End)
            }
            Ok(Some(_)) if self.left == Some(0) => {
                self.ended = true;
                cx.warning(TRUNCATED)?;
                Ok(Pull::End)
            }
            Ok(Some(object)) => {
                self.left = self.left.map(|left| left - 1);
                Ok(Pull::Item(S::write(&object, self.chosen.as_deref())))
            }
        }
    }
}
