//! Values that parameters take and objects have.
//!
//! In answers each may stand as text (Partial serialization and REST), as an object with a `ToString`, or as an object
//! with all its members (Full serialization).

mod choice;
mod filter;
mod identity;
mod multi_valued;
mod recipient_type;
mod result_size;
mod size;
mod smtp;

use psbridge_clixml::Error;
use psbridge_clixml::from::ValueReader;

pub(crate) use crate::argument::Credential;
pub(crate) use crate::generated::RecipientPropertySet;
pub use choice::{
    AuthenticationType, FolderScope, LinkType, MemberUpdate, ModerationNotifications, NewGroupType,
};
pub use filter::{Filter, FilterValue, Property};
pub use identity::Identity;
pub use multi_valued::MultiValued;
pub use recipient_type::{RecipientType, RecipientTypeDetails};
pub use result_size::ResultSize;
pub use size::{ByteQuantifiedSize, Unlimited};
pub use smtp::{ProxyAddress, SmtpAddress};

/// The text of a value that must have one.
fn text(expected: &str, value: ValueReader<'_, '_>) -> Result<String, Error> {
    match value.text()? {
        Some(text) => Ok(text.to_str_lossy().into_owned()),
        None => Err(mismatch(expected, "null")),
    }
}

fn mismatch(expected: &str, found: &str) -> Error {
    Error::Mismatch {
        path: String::new(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
