//! The Exchange cmdlets.

mod groups;
mod members;
mod query;
mod tables;
mod users;

use psbridge_protocol::payload::{ErrorCategory, ErrorRecord};

use super::{Cmdlet, Make};
use crate::engine::errors::{Complaint, exchange};
use crate::engine::{Context, Frame};

const MODULE: &str = "Microsoft.Exchange.Management.PowerShell.E2010";
const TASKS: &str = "Microsoft.Exchange.Configuration.Tasks";
const RECIPIENT_TASKS: &str = "Microsoft.Exchange.Management.RecipientTasks";

/// When more objects exist than were asked for.
const TRUNCATED: &str = "There are more results available than are currently displayed. To view them, increase the \
                         value for the ResultSize parameter.";

/// How many objects come when no ResultSize is given.
const DEFAULT_RESULT_SIZE: u32 = 1_000;

pub(super) const CMDLETS: &[Cmdlet] = &[
    Cmdlet {
        name: "Get-User",
        class: "Microsoft.Exchange.Management.RecipientTasks.GetUser",
        module: MODULE,
        parameters: tables::GET_USER,
        output: &["Microsoft.Exchange.Data.Directory.Management.User"],
        make: Make::PerRecord(users::get_user),
    },
    Cmdlet {
        name: "Get-Recipient",
        class: "Microsoft.Exchange.Management.RecipientTasks.GetRecipient",
        module: MODULE,
        parameters: tables::GET_RECIPIENT,
        output: &["Microsoft.Exchange.Data.Directory.Management.ReducedRecipient"],
        make: Make::PerRecord(users::get_recipient),
    },
    Cmdlet {
        name: "Get-DistributionGroup",
        class: "Microsoft.Exchange.Management.RecipientTasks.GetDistributionGroup",
        module: MODULE,
        parameters: tables::GET_GROUP,
        output: &["Microsoft.Exchange.Data.Directory.Management.DistributionGroup"],
        make: Make::PerRecord(groups::get_group),
    },
    Cmdlet {
        name: "New-DistributionGroup",
        class: "Microsoft.Exchange.Management.RecipientTasks.NewDistributionGroup",
        module: MODULE,
        parameters: tables::NEW_GROUP,
        output: &["Microsoft.Exchange.Data.Directory.Management.DistributionGroup"],
        make: Make::PerRecord(groups::new_group),
    },
    Cmdlet {
        name: "Get-DistributionGroupMember",
        class: "Microsoft.Exchange.Management.RecipientTasks.GetDistributionGroupMember",
        module: MODULE,
        parameters: tables::GET_MEMBER,
        output: &["Microsoft.Exchange.Data.Directory.Management.ReducedRecipient"],
        make: Make::PerRecord(members::get_members),
    },
    Cmdlet {
        name: "Add-DistributionGroupMember",
        class: "Microsoft.Exchange.Management.RecipientTasks.AddDistributionGroupMember",
        module: MODULE,
        parameters: tables::CHANGE_MEMBER,
        output: &[],
        make: Make::PerRecord(members::add_member),
    },
    Cmdlet {
        name: "Remove-DistributionGroupMember",
        class: "Microsoft.Exchange.Management.RecipientTasks.RemoveDistributionGroupMember",
        module: MODULE,
        parameters: tables::CHANGE_MEMBER,
        output: &[],
        make: Make::PerRecord(members::remove_member),
    },
];

/// The name of the account's own object: what ManagedBy of a new group is by default.
fn account(cx: &Context) -> String {
    format!("{}/Corp/Users/{}", crate::directory::names::DOMAIN, cx.world.user)
}

fn not_found(frame: &Frame, identity: &str) -> ErrorRecord {
    let message = format!(
        "The operation couldn't be performed because object '{identity}' couldn't be found on '{}'.",
        crate::directory::names::DOMAIN_CONTROLLER
    );
    exchange(
        frame,
        &Complaint {
            exception: "ManagementObjectNotFoundException",
            namespace: TASKS,
            message,
            category: ErrorCategory::NOT_SPECIFIED,
            target: None,
        },
    )
}

fn recipient_not_found(frame: &Frame, identity: &str) -> ErrorRecord {
    let message = format!(
        "Couldn't find object \"{identity}\". Please make sure that it was spelled correctly or specify a different \
         object."
    );
    exchange(
        frame,
        &Complaint {
            exception: "ManagementObjectNotFoundException",
            namespace: TASKS,
            message,
            category: ErrorCategory::NOT_SPECIFIED,
            target: None,
        },
    )
}

fn ambiguous(frame: &Frame, identity: &str) -> ErrorRecord {
    let message =
        format!("The operation couldn't be performed because '{identity}' matches multiple entries.");
    exchange(
        frame,
        &Complaint {
            exception: "ManagementObjectAmbiguousException",
            namespace: TASKS,
            message,
            category: ErrorCategory::NOT_SPECIFIED,
            target: None,
        },
    )
}

fn invalid(frame: &Frame, message: String, target: Option<(&str, &str)>) -> ErrorRecord {
    exchange(
        frame,
        &Complaint {
            exception: "RecipientTaskException",
            namespace: RECIPIENT_TASKS,
            message,
            category: ErrorCategory::INVALID_ARGUMENT,
            target,
        },
    )
}
