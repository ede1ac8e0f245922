//! What an error of Exchange means, whichever way it came.
//!
//! The name of the exception is the key: texts are in the server's language, and the hash in an error's id differs from
//! version to version. Texts are looked at only where several cases share an exception.

use std::time::Duration;

use crate::error::ErrorKind;

/// After this long a quota of sessions has room again.
const SESSION_QUOTA_WAIT: Duration = Duration::from_secs(70);

/// An error as either way brings it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reported<'a> {
    /// The exception, with or without its namespace.
    pub(crate) exception: &'a str,
    /// The fully qualified error id.
    pub(crate) id: &'a str,
    /// The text.
    pub(crate) message: &'a str,
}

impl Reported<'_> {
    /// What it means.
    pub(crate) fn kind(&self) -> ErrorKind {
        if let Some(wait) = throttled(self.message) {
            return ErrorKind::Throttled { wait: Some(wait) };
        }
        let exception = self.exception.rsplit('.').next().unwrap_or_default();
        let known = by_exception(exception)
            .or_else(|| by_exception(failure_category(self.id)))
            .or_else(|| by_id(self.id));
        match known {
            Some(ErrorKind::NotFound) if says_ambiguous(self.message) => ErrorKind::Ambiguous,
            Some(kind) => kind,
            None if says_ambiguous(self.message) => ErrorKind::Ambiguous,
            None => ErrorKind::Other,
        }
    }
}

fn by_exception(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "ManagementObjectNotFoundException" => ErrorKind::NotFound,
        "ManagementObjectAmbiguousException" => ErrorKind::Ambiguous,
        "MemberAlreadyExistsException" => ErrorKind::AlreadyMember,
        "MemberNotFoundException" => ErrorKind::NotMember,
        "OperationRequiresGroupManagerException" => ErrorKind::NeedsBypass,
        "ProxyAddressExistsException" | "ADObjectAlreadyExistsException" => ErrorKind::Conflict,
        "RecipientTaskException" | "ParameterTransformationException" => ErrorKind::Invalid,
        "CommandNotFoundException" | "AmbiguousParameterSetException" => ErrorKind::PermissionOrVersion,
        _ => return None,
    })
}

fn by_id(id: &str) -> Option<ErrorKind> {
    let first = id.split(',').next().unwrap_or_default();
    Some(match first {
        "NamedParameterNotFound" | "CommandNotFoundException" => ErrorKind::PermissionOrVersion,
        _ if first.starts_with("ParameterArgument") || first.starts_with("CannotConvertArgument") => {
            ErrorKind::Invalid
        }
        _ => return None,
    })
}

/// `[FailureCategory=Cmdlet-NAME]` within an error's id.
fn failure_category(id: &str) -> &str {
    id.split_once("[FailureCategory=Cmdlet-")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(name, _)| name)
}

fn says_ambiguous(message: &str) -> bool {
    message.contains("matches multiple entries") || message.contains("multiple recipients matching")
}

/// How long to wait, if a text says that too much was asked.
pub(crate) fn throttled(text: &str) -> Option<Duration> {
    if let Some((_, rest)) = text.split_once("will not be approved for at least ") {
        return number(rest).map(Duration::from_millis);
    }
    let quota = text.contains("exceeded the maximum number of connections allowed")
        || text.contains("maximum number of concurrent requests");
    quota.then_some(SESSION_QUOTA_WAIT)
}

/// How long the server has made the caller wait, if a warning says so. The delay is already served.
pub(crate) fn micro_delay(warning: &str) -> Option<Duration> {
    let (_, rest) = warning.split_once("Micro delay applied.")?;
    let (_, rest) = rest.split_once("Actual delayed: ")?;
    number(rest).map(Duration::from_millis)
}

/// True for the warning that more objects exist than were asked for.
pub(crate) fn says_truncated(warning: &str) -> bool {
    warning.contains("more results available than are currently displayed")
}

fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(exception: &str, id: &str, message: &str) -> ErrorKind {
        Reported {
            exception,
            id,
            message,
        }
        .kind()
    }

    #[test]
    fn the_exception_is_the_key_whichever_way_it_comes() {
        let id = "[Server=MBX01,RequestId=5d,TimeStamp=1/2/2023 3:04:05 PM] \
                  [FailureCategory=Cmdlet-ManagementObjectNotFoundException] 1082ECE3,Microsoft.Exchange.SetUser";
        assert_eq!(kind("", id, "Nicht gefunden."), ErrorKind::NotFound);
        let rest = "Microsoft.Exchange.Configuration.Tasks.MemberAlreadyExistsException";
        assert_eq!(kind(rest, "", ""), ErrorKind::AlreadyMember);
        assert_eq!(
            kind("OperationRequiresGroupManagerException", "", ""),
            ErrorKind::NeedsBypass
        );
        assert_eq!(
            kind("ParameterBindingException", "NamedParameterNotFound,Get-User", ""),
            ErrorKind::PermissionOrVersion
        );
        assert_eq!(kind("SomethingElse", "Strange,Get-User", "?"), ErrorKind::Other);
    }

    #[test]
    fn ambiguity_is_told_by_the_text_where_the_exception_is_shared() {
        let text = "The operation couldn't be performed because 'Ann' matches multiple entries.";
        assert_eq!(
            kind("ManagementObjectNotFoundException", "", text),
            ErrorKind::Ambiguous
        );
        assert_eq!(kind("Unheard", "", text), ErrorKind::Ambiguous);
    }

    #[test]
    fn waiting_times_are_read_from_the_texts() {
        let user_load = "The user load quota of 1000 requests per 2 seconds has been exceeded. The next request from this \
                         user will not be approved for at least 2160 milliseconds.";
        assert_eq!(throttled(user_load), Some(Duration::from_millis(2160)));
        let runspaces = "Fail to create a runspace because you have exceeded the maximum number of connections allowed : 3 \
                         for the policy party : MaxConcurrency.";
        assert_eq!(throttled(runspaces), Some(SESSION_QUOTA_WAIT));
        assert_eq!(throttled("all is well"), None);
        let warning =
            "Micro delay applied. Actual delayed: 21956 msecs, Enforced: True, Capped delay: 0 msecs";
        assert_eq!(micro_delay(warning), Some(Duration::from_millis(21956)));
        assert_eq!(micro_delay("Actual delayed: 5 msecs"), None);
    }
}
