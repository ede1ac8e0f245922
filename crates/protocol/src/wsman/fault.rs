//! SOAP faults of WinRM: reading them by all their rules, writing them as Windows does (protocol.md 1.4).

use std::fmt;

use super::fault_table::{FaultInfo, fault_form, fault_info};
use super::ns::{self, action};
use super::write::XmlWriter;

const DETAIL_PREFIX: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/";

/// A fault. Texts are trimmed at the ends, names are as sent, prefixes included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// `s:Sender`, `s:Receiver`…
    pub code: String,
    /// Such as `w:TimedOut`.
    pub subcode: Option<String>,
    /// Text of `s:Reason`.
    pub reason: String,
    /// URI in `w:FaultDetail`.
    pub detail_uri: Option<String>,
    /// `@Code` of the outermost WSManFault. Negative numbers, as logs show them, are read as their unsigned twins.
    pub wsman_code: Option<u32>,
    /// `@Machine`, as sent.
    pub machine: Option<String>,
    /// Text of the Message that has no ProviderFault.
    pub message: Option<String>,
    /// The ProviderFault in the Message.
    pub provider: Option<ProviderFault>,
    /// The WSManFault within the ProviderFault.
    pub nested: Option<NestedFault>,
    /// A WMI error that stands in place of the WSManFault.
    pub wmi: Option<WmiError>,
}

/// `f:ProviderFault`: who below WinRM failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderFault {
    /// `@provider`, as sent.
    pub name: String,
    /// `@path`, as sent.
    pub path: Option<String>,
    /// All text within.
    pub text: String,
}

/// A WSManFault within a ProviderFault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NestedFault {
    /// `@Code`.
    pub code: Option<u32>,
    /// `@Machine`, as sent.
    pub machine: Option<String>,
    /// Text of its Message.
    pub message: String,
}

/// `p:MSFT_WmiError`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WmiError {
    /// `error_Code`.
    pub code: Option<u32>,
    /// `error_Type`, as `HRESULT`.
    pub error_type: Option<String>,
    /// `Message`.
    pub message: Option<String>,
}

impl Fault {
    /// The fault with this number as Windows words it. `machine` is the host as the client addressed it, `message`
    /// the text of the detail; the table's reason stands where it is empty.
    pub fn windows(code: u32, machine: impl Into<String>, message: impl Into<String>) -> Self {
        let form = fault_form(code);
        let message = message.into();
        let reason = if form.reason.is_empty() {
            message.clone()
        } else {
            form.reason.to_owned()
        };
        let message = if message.is_empty() {
            reason.clone()
        } else {
            message
        };
        Self {
            code: form.code.to_owned(),
            subcode: (!form.subcode.is_empty()).then(|| form.subcode.to_owned()),
            reason,
            detail_uri: form.detail.map(|detail| format!("{DETAIL_PREFIX}{detail}")),
            wsman_code: Some(code),
            machine: Some(machine.into()),
            message: Some(message),
            ..Self::default()
        }
    }

    /// Says the text as that of a provider, as plugins do.
    #[must_use]
    pub fn by_provider(mut self, name: impl Into<String>, path: impl Into<String>) -> Self {
        let text = self.message.take().unwrap_or_default();
        self.provider = Some(ProviderFault {
            name: name.into(),
            path: Some(path.into()),
            text,
        });
        self
    }

    /// The number that tells most: that of the WSManFault, of a WMI error, of a nested fault.
    pub fn number(&self) -> Option<u32> {
        self.wsman_code
            .or_else(|| self.wmi.as_ref().and_then(|wmi| wmi.code))
            .or_else(|| self.nested.as_ref().and_then(|nested| nested.code))
    }

    /// The row of the fault table.
    pub fn info(&self) -> Option<&'static FaultInfo> {
        self.number().and_then(fault_info)
    }

    /// The text that tells most.
    pub fn text(&self) -> &str {
        let wmi = self.wmi.as_ref().and_then(|wmi| wmi.message.as_deref());
        let nested = self.nested.as_ref().map(|nested| nested.message.as_str());
        let provider = self.provider.as_ref().map(|provider| provider.text.as_str());
        let candidates = [
            self.message.as_deref(),
            nested,
            provider,
            wmi,
            Some(self.reason.as_str()),
        ];
        candidates
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }

    /// The address that a redirection names: the first URL in the texts.
    pub fn redirect_location(&self) -> Option<&str> {
        let provider = self.provider.as_ref().map(|provider| provider.text.as_str());
        [self.message.as_deref(), provider, Some(self.reason.as_str())]
            .into_iter()
            .flatten()
            .find_map(first_url)
    }

    /// The action of the envelope.
    pub fn action(&self) -> &'static str {
        match &self.subcode {
            Some(subcode) if subcode.starts_with("a:") => action::ADDRESSING_FAULT,
            _ => action::WSMAN_FAULT,
        }
    }

    pub(super) fn write(&self, xml: &mut XmlWriter) {
        xml.start("s:Fault", &[]);
        xml.start("s:Code", &[]).text("s:Value", &[], &self.code);
        if let Some(subcode) = &self.subcode {
            xml.start("s:Subcode", &[])
                .text("s:Value", &[], subcode)
                .end("s:Subcode");
        }
        xml.end("s:Code").start("s:Reason", &[]);
        xml.text("s:Text", &[("xml:lang", "en-US")], &self.reason)
            .end("s:Reason");
        if self.detail_uri.is_some() || self.wsman_code.is_some() {
            xml.start("s:Detail", &[]);
            if let Some(uri) = &self.detail_uri {
                xml.text("w:FaultDetail", &[], uri);
            }
            if let Some(code) = self.wsman_code {
                self.write_detail(xml, code);
            }
            xml.end("s:Detail");
        }
        xml.end("s:Fault");
    }

    fn write_detail(&self, xml: &mut XmlWriter, code: u32) {
        let machine = self.machine.as_deref().unwrap_or_default();
        let code = code.to_string();
        xml.start(
            "f:WSManFault",
            &[("xmlns:f", ns::FAULT), ("Code", &code), ("Machine", machine)],
        );
        match &self.provider {
            Some(provider) => {
                let mut attributes = vec![("provider", provider.name.as_str())];
                attributes.extend(provider.path.as_deref().map(|path| ("path", path)));
                xml.start("f:Message", &[]);
                xml.text("f:ProviderFault", &attributes, &provider.text)
                    .end("f:Message");
            }
            None => {
                xml.text("f:Message", &[], self.message.as_deref().unwrap_or_default());
            }
        }
        xml.end("f:WSManFault");
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match (self.number(), self.info()) {
            (Some(code), Some(info)) => write!(f, " ({}, {code})", info.name),
            (Some(code), None) => write!(f, " (code {code}, 0x{code:08X})"),
            (None, _) => Ok(()),
        }
    }
}

fn first_url(text: &str) -> Option<&str> {
    let start = text.find("https://").or_else(|| text.find("http://"))?;
    let url = text.get(start..)?;
    let end = url
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'))
        .unwrap_or(url.len());
    url.get(..end).map(|url| url.trim_end_matches(['.', ',', ')']))
}
