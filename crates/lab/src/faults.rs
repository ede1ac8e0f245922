//! Faults on order: the plan grammar, and what it does to which exchange.
//!
//! ```text
//! PLAN   = RULE *( ";" RULE )
//! RULE   = ACTION "@" WHEN
//! ACTION = "drop"            close the connection without processing the request
//!        | "cut" [":" BYTES] process it, then close after BYTES of the answer's body (without: no answer at all)
//!        | "delay:" MILLIS   answer that much later
//!        | "status:" CODE    HTTP status CODE with an empty body, not processed
//!        | "html:" CODE      HTTP status CODE with an HTML page, not processed
//!        | "fault:" CODE     a WS-Management fault with that code (decimal or 0x…), not processed
//!        | "tamper"          process it, then change one byte of the sealed answer
//!        | "plain"           process it, then answer in clear text although the request was sealed
//!        | "length"          process it, then state a wrong length in the sealed answer
//! WHEN   = OPERATION [ "/" COUNT ] | COUNT | "*"
//! COUNT  = N | N "-" | N "-" M
//! OPERATION = "identify" | "create" | "command" | "send" | "receive" | "signal" | "delete"
//! ```
//!
//! Counting starts at 1: `receive/3` is the third Receive of the lab's life, a bare `7` the seventh exchange that
//! carried SOAP (handshakes are not counted). Without a count every exchange of that operation is meant. The first rule
//! that fits is applied; `delay` is added to whatever else fits.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A WS-Management operation, as far as fault plans and logs tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `wsmid:Identify`.
    Identify,
    /// Create a shell.
    Create,
    /// Start a command.
    Command,
    /// Send input.
    Send,
    /// Fetch output.
    Receive,
    /// Stop or free a command.
    Signal,
    /// Delete a shell.
    Delete,
    /// Anything else.
    Other,
}

impl Operation {
    const NAMED: [(Self, &'static str); 7] = [
        (Self::Identify, "identify"),
        (Self::Create, "create"),
        (Self::Command, "command"),
        (Self::Send, "send"),
        (Self::Receive, "receive"),
        (Self::Signal, "signal"),
        (Self::Delete, "delete"),
    ];

    /// The word of the plan grammar and of the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(op, _)| *op == self)
            .map_or("other", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, n)| n.eq_ignore_ascii_case(name))
            .map(|(op, _)| *op)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a rule does to an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Close the connection; the request is not processed.
    Drop,
    /// Process the request; close after so many bytes of the answer's body, `None` without any answer.
    Cut(Option<u64>),
    /// Answer later.
    Delay(Duration),
    /// An HTTP status without a body; not processed.
    Status(u16),
    /// An HTTP status with an HTML page; not processed.
    Html(u16),
    /// A WS-Management fault; not processed.
    Fault(u32),
    /// Change one byte of the sealed answer.
    Tamper,
    /// Answer in clear text.
    Plain,
    /// State a wrong length in the sealed answer.
    Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    from: u64,
    to: u64,
}

impl Count {
    const ALL: Self = Self {
        from: 1,
        to: u64::MAX,
    };

    fn parse(text: &str) -> Option<Self> {
        let count = match text.split_once('-') {
            None => {
                let n = text.parse().ok()?;
                Self { from: n, to: n }
            }
            Some((from, "")) => Self {
                from: from.parse().ok()?,
                to: u64::MAX,
            },
            Some((from, to)) => Self {
                from: from.parse().ok()?,
                to: to.parse().ok()?,
            },
        };
        (count.from >= 1 && count.from <= count.to).then_some(count)
    }

    fn holds(self, n: u64) -> bool {
        (self.from..=self.to).contains(&n)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule {
    action: FaultAction,
    operation: Option<Operation>,
    count: Count,
}

/// A parsed fault plan; see the [grammar](self).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    rules: Vec<Rule>,
}

/// What the plan wants for one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ordered {
    pub(crate) delay: Duration,
    pub(crate) action: Option<FaultAction>,
}

impl FaultPlan {
    /// What is ordered for the `n`-th exchange (1 …), which is the `nth`-of-its-`operation`.
    pub(crate) fn ordered(&self, operation: Operation, n: u64, nth_of_operation: u64) -> Ordered {
        let mut ordered = Ordered::default();
        for rule in &self.rules {
            let fits = match rule.operation {
                Some(op) => op == operation && rule.count.holds(nth_of_operation),
                None => rule.count.holds(n),
            };
            match rule.action {
                _ if !fits => {}
                FaultAction::Delay(time) => ordered.delay = ordered.delay.saturating_add(time),
                action => {
                    ordered.action.get_or_insert(action);
                }
            }
        }
        ordered
    }

    /// Whether the plan orders nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// A fault plan that does not follow the grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault plan: {problem} in {rule:?}; a rule reads ACTION@WHEN, for example cut@receive/3 or fault:2150858843@7"
)]
pub struct PlanError {
    /// The rule as given.
    pub rule: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl FromStr for FaultPlan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let rules = text
            .split(';')
            .map(str::trim)
            .filter(|rule| !rule.is_empty())
            .map(|rule| {
                parse_rule(rule).map_err(|problem| PlanError {
                    rule: rule.to_owned(),
                    problem,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }
}

fn parse_rule(rule: &str) -> Result<Rule, &'static str> {
    let (action, when) = rule.split_once('@').ok_or("no @")?;
    let action = parse_action(action.trim())?;
    let when = when.trim();
    let (operation, count) = if when == "*" {
        (None, Count::ALL)
    } else if let Some(count) = Count::parse(when) {
        (None, count)
    } else {
        let (name, count) = match when.split_once('/') {
            None => (when, Count::ALL),
            Some((name, count)) => (name, Count::parse(count).ok_or("bad count")?),
        };
        (
            Some(Operation::from_name(name).ok_or("unknown operation")?),
            count,
        )
    };
    Ok(Rule {
        action,
        operation,
        count,
    })
}

fn parse_action(text: &str) -> Result<FaultAction, &'static str> {
    let (name, value) = match text.split_once(':') {
        None => (text, None),
        Some((name, value)) => (name, Some(value)),
    };
    let status = |value: Option<&str>| {
        value
            .and_then(|v| v.parse::<u16>().ok())
            .filter(|code| (200..=599).contains(code))
            .ok_or("a status needs a code of 200 to 599")
    };
    match (name, value) {
        ("drop", None) => Ok(FaultAction::Drop),
        ("cut", None) => Ok(FaultAction::Cut(None)),
        ("cut", Some(bytes)) => bytes
            .parse()
            .map(|n| FaultAction::Cut(Some(n)))
            .map_err(|_| "bad number of bytes"),
        ("delay", Some(ms)) => ms
            .parse()
            .map(|ms| FaultAction::Delay(Duration::from_millis(ms)))
            .map_err(|_| "bad number of milliseconds"),
        ("status", value) => status(value).map(FaultAction::Status),
        ("html", value) => status(value).map(FaultAction::Html),
        ("fault", Some(code)) => parse_code(code).map(FaultAction::Fault).ok_or("bad fault code"),
        ("tamper", None) => Ok(FaultAction::Tamper),
        ("plain", None) => Ok(FaultAction::Plain),
        ("length", None) => Ok(FaultAction::Length),
        _ => Err("unknown action"),
    }
}

fn parse_code(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> FaultPlan {
        text.parse().expect("a good plan")
    }

    #[test]
    fn rules_fit_by_operation_or_by_position() {
        let plan = plan("cut@receive/3; fault:0x8033805B@7;delay:20@*; delay:5@create; status:503@send/2-");
        let at = |op, n, nth| plan.ordered(op, n, nth);
        assert_eq!(at(Operation::Receive, 4, 3).action, Some(FaultAction::Cut(None)));
        assert_eq!(at(Operation::Receive, 5, 4).action, None);
        assert_eq!(
            at(Operation::Command, 7, 1).action,
            Some(FaultAction::Fault(2_150_858_843))
        );
        assert_eq!(at(Operation::Create, 1, 1).delay, Duration::from_millis(25));
        assert_eq!(at(Operation::Send, 9, 1).action, None);
        assert_eq!(at(Operation::Send, 9, 8).action, Some(FaultAction::Status(503)));
    }

    #[test]
    fn the_first_rule_that_fits_wins() {
        let plan = plan("tamper@1-2;plain@2");
        assert_eq!(
            plan.ordered(Operation::Create, 2, 1).action,
            Some(FaultAction::Tamper)
        );
    }

    #[test]
    fn bad_plans_name_the_rule() {
        for (text, problem) in [
            ("cut", "no @"),
            ("cut@nowhere", "unknown operation"),
            ("cut@receive/0", "bad count"),
            ("cut@receive/5-2", "bad count"),
            ("jump@1", "unknown action"),
            ("status:9@1", "a status needs a code of 200 to 599"),
            ("fault:zz@1", "bad fault code"),
            ("delay@1", "unknown action"),
        ] {
            let error = text.parse::<FaultPlan>().expect_err(text);
            assert_eq!((error.problem, error.rule.as_str()), (problem, text));
        }
    }
}
