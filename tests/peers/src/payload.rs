//! Payloads as Exchange's Partial serialization has them: written here as text, so that neither decoder's own writer
//! shapes what both read.

use std::fmt::Write;

const USER_TYPES: [&str; 8] = [
    "Microsoft.Exchange.Data.Directory.Management.User",
    "Microsoft.Exchange.Data.Directory.Management.OrgPersonPresentationObject",
    "Microsoft.Exchange.Data.Directory.ADPresentationObject",
    "Microsoft.Exchange.Data.Directory.ADObject",
    "Microsoft.Exchange.Data.Directory.ADRawEntry",
    "Microsoft.Exchange.Data.ConfigurableObject",
    "System.Object",
    "System.MarshalByRefObject",
];

const LIST_TYPES: [&str; 3] = [
    "Microsoft.Exchange.Data.MultiValuedProperty`1[[System.String, mscorlib, Version=4.0.0.0]]",
    "Microsoft.Exchange.Data.MultiValuedPropertyBase",
    "System.Object",
];

/// 50 strings, 6 booleans, 2 GUIDs, 4 dates and 5 lists: 67 properties.
const STRINGS: [&str; 50] = [
    "Identity",
    "Id",
    "Name",
    "DisplayName",
    "SamAccountName",
    "UserPrincipalName",
    "FirstName",
    "LastName",
    "Initials",
    "Title",
    "Department",
    "Company",
    "Office",
    "City",
    "StateOrProvince",
    "PostalCode",
    "StreetAddress",
    "CountryOrRegion",
    "Phone",
    "MobilePhone",
    "HomePhone",
    "Fax",
    "Pager",
    "Notes",
    "WebPage",
    "AssistantName",
    "DistinguishedName",
    "LegacyExchangeDN",
    "ExternalDirectoryObjectId",
    "Sid",
    "Manager",
    "RecipientType",
    "RecipientTypeDetails",
    "PreviousRecipientTypeDetails",
    "WindowsEmailAddress",
    "WindowsLiveID",
    "UserAccountControl",
    "OrganizationalUnit",
    "OrganizationId",
    "ExchangeVersion",
    "ObjectCategory",
    "OriginatingServer",
    "SimpleDisplayName",
    "PhoneticDisplayName",
    "TelephoneAssistant",
    "ResetPasswordOnNextLogon",
    "NetID",
    "ConsumerNetID",
    "MailboxRegion",
    "ArchiveRelease",
];
const BOOLEANS: [&str; 6] = [
    "IsDirSynced",
    "IsLinked",
    "IsSecurityPrincipal",
    "RemotePowerShellEnabled",
    "AccountDisabled",
    "IsValid",
];
const GUIDS: [&str; 2] = ["Guid", "ExchangeObjectId"];
const DATES: [&str; 4] = ["WhenChanged", "WhenCreated", "WhenChangedUTC", "WhenCreatedUTC"];
const LISTS: [&str; 5] = [
    "OtherTelephone",
    "OtherFax",
    "DirectReports",
    "SidHistory",
    "ObjectClass",
];

fn type_names(out: &mut String, id: usize, names: &[&str]) {
    let _ = write!(out, "<TN RefId=\"{id}\">");
    for name in names {
        let _ = write!(out, "<T>{name}</T>");
    }
    out.push_str("</TN>");
}

pub fn users(count: usize) -> Vec<String> {
    (0..count).map(user).collect()
}

fn user(index: usize) -> String {
    let mut out = String::with_capacity(8192);
    out.push_str("<Obj RefId=\"0\">");
    type_names(&mut out, 0, &USER_TYPES);
    let _ = write!(
        out,
        "<ToString>corp.example/People/User {index:06}</ToString><Props>"
    );
    for (at, name) in STRINGS.iter().enumerate() {
        let _ = match (*name, (index + at) % 5) {
            ("StreetAddress", _) => write!(out, "<S N=\"{name}\">{index} Main St_x000D__x000A_Floor 3</S>"),
            ("Department", _) => write!(out, "<S N=\"{name}\">R&amp;D {}</S>", index % 40),
            (_, 0) => write!(out, "<S N=\"{name}\"></S>"),
            _ => write!(out, "<S N=\"{name}\">corp.example/People/{name} {index:06}</S>"),
        };
    }
    for (at, name) in BOOLEANS.iter().enumerate() {
        let _ = write!(out, "<B N=\"{name}\">{}</B>", (index + at) % 2 == 0);
    }
    for name in GUIDS {
        let _ = write!(out, "<G N=\"{name}\">6ba7b810-9dad-11d1-80b4-{index:012x}</G>");
    }
    for (at, name) in DATES.iter().enumerate() {
        let zone = if at < 2 { "+02:00" } else { "Z" };
        let _ = write!(
            out,
            "<DT N=\"{name}\">2026-11-{:02}T08:07:47.1234567{zone}</DT>",
            1 + index % 28
        );
    }
    for (at, name) in LISTS.iter().enumerate() {
        let _ = write!(out, "<Obj N=\"{name}\" RefId=\"{}\">", at + 1);
        if at == 0 {
            type_names(&mut out, 1, &LIST_TYPES);
        } else {
            out.push_str("<TNRef RefId=\"1\" />");
        }
        let _ = write!(out, "<LST><S>first {index}</S><S>second {index}</S></LST></Obj>");
    }
    out.push_str("</Props></Obj>");
    out
}

pub fn lists(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| {
            let mut out = String::from("<Obj RefId=\"0\">");
            type_names(&mut out, 0, &["System.Object[]", "System.Array", "System.Object"]);
            out.push_str("<LST>");
            for item in 0..1_000 {
                let _ = write!(out, "<S>member {index}-{item}@corp.example</S>");
            }
            out.push_str("</LST></Obj>");
            out
        })
        .collect()
}

pub fn errors(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| {
            let mut out = String::from("<Obj RefId=\"0\">");
            type_names(&mut out, 0, &["System.Management.Automation.ErrorRecord", "System.Object"]);
            let _ = write!(out, "<ToString>object {index} not found</ToString><MS><Obj N=\"Exception\" RefId=\"1\">");
            type_names(&mut out, 1, &["System.Exception", "System.Object"]);
            let _ = write!(
                out,
                "<ToString>System.Exception: object {index} not found</ToString><Props>\
                 <S N=\"Message\">object {index} not found</S><Nil N=\"InnerException\" /><I32 N=\"HResult\">-2146233088</I32>\
                 </Props></Obj><Nil N=\"TargetObject\" /><S N=\"FullyQualifiedErrorId\">NotFound,Get-User</S>\
                 <Nil N=\"InvocationInfo\" /><I32 N=\"ErrorCategory_Category\">13</I32>\
                 <S N=\"ErrorCategory_Activity\">Get-User</S><S N=\"ErrorCategory_Reason\">NotFound</S>\
                 <S N=\"ErrorCategory_TargetName\">user {index}</S><S N=\"ErrorCategory_TargetType\">String</S>\
                 <S N=\"ErrorCategory_Message\">ObjectNotFound: (user {index}:String) [Get-User]</S>\
                 <B N=\"SerializeExtendedInfo\">false</B></MS></Obj>"
            );
            out
        })
        .collect()
}
