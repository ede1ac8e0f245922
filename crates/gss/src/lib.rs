//! Credentials from a place that is named, not from the environment: `gss_acquire_cred_from`, which `libgssapi` does not
//! wrap.
//!
//! Without it a keytab or a ticket cache can be named only by environment variables, which belong to the whole process
//! and cannot be changed soundly while other threads run. The crate is all of psbridge that is `unsafe`, and nothing but
//! that one call.
#![cfg(feature = "krb5")]
#![warn(missing_docs)]

use std::ffi::{CString, c_void};
use std::ptr;

use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::{Error, MajorFlags};
use libgssapi_sys::{
    _GSS_C_INDEFINITE, GSS_C_ACCEPT, GSS_C_BOTH, GSS_C_INITIATE, GSS_S_COMPLETE, OM_uint32, gss_OID_desc,
    gss_OID_set_desc, gss_acquire_cred_from, gss_buffer_desc, gss_cred_id_t, gss_cred_usage_t,
    gss_import_name, gss_key_value_element_desc, gss_key_value_set_desc, gss_name_t, gss_release_name,
};

/// 1.2.840.113554.1.2.2
const KERBEROS: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
/// `GSS_KRB5_NT_PRINCIPAL_NAME`, 1.2.840.113554.1.2.2.1
const PRINCIPAL: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01";

/// What a place holds (the keys of MIT's credential store).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The keys of services, for acceptors.
    Keytab,
    /// The keys of users, for initiators: tickets are got with them.
    ClientKeytab,
    /// Tickets.
    CredentialCache,
}

impl Place {
    const fn key(self) -> &'static std::ffi::CStr {
        match self {
            Self::Keytab => c"keytab",
            Self::ClientKeytab => c"client_keytab",
            Self::CredentialCache => c"ccache",
        }
    }
}

/// Takes Kerberos credentials from the places named, each in MIT's form (`FILE:/path`, `MEMORY:name`, a path alone). A
/// `principal` picks one of several, else any will do.
///
/// Blocks: files are read, and initiators with a keytab ask a KDC.
///
/// # Errors
/// That of GSS-API; a name with a zero byte is `GSS_S_BAD_NAME`.
pub fn acquire_from(
    principal: Option<&str>,
    usage: CredUsage,
    places: &[(Place, &str)],
) -> Result<Cred, Error> {
    let values = places
        .iter()
        .map(|(_, value)| CString::new(*value).map_err(|_| bad_name()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut elements: Vec<_> = places
        .iter()
        .zip(&values)
        .map(|((place, _), value)| gss_key_value_element_desc {
            key: place.key().as_ptr(),
            value: value.as_ptr(),
        })
        .collect();
    let store = gss_key_value_set_desc {
        count: OM_uint32::try_from(elements.len()).map_err(|_| bad_name())?,
        elements: elements.as_mut_ptr(),
    };
    let name = principal.map(ImportedName::new).transpose()?;
    let mut kerberos = oid(KERBEROS);
    let mut mechanisms = gss_OID_set_desc {
        count: 1,
        elements: &mut kerberos,
    };
    let usage = match usage {
        CredUsage::Accept => GSS_C_ACCEPT,
        CredUsage::Initiate => GSS_C_INITIATE,
        CredUsage::Both => GSS_C_BOTH,
    };
    let mut minor = GSS_S_COMPLETE;
    let mut credential: gss_cred_id_t = ptr::null_mut();
    // SAFETY: every pointer is null where that is allowed or points to a live local; the library copies what it keeps of
    // the name, the mechanisms and the store, and writes only to `minor` and `credential`.
    let major = unsafe {
        gss_acquire_cred_from(
            &mut minor,
            name.as_ref().map_or(ptr::null_mut(), |name| name.0),
            _GSS_C_INDEFINITE,
            &mut mechanisms,
            usage as gss_cred_usage_t,
            &store,
            &mut credential,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if major == GSS_S_COMPLETE {
        // SAFETY: the library has just handed over this credential, and nobody else has it.
        Ok(unsafe { Cred::from_c(credential) })
    } else {
        Err(failed(major, minor))
    }
}

/// A name that is released when dropped.
struct ImportedName(gss_name_t);

impl ImportedName {
    fn new(principal: &str) -> Result<Self, Error> {
        let mut text = gss_buffer_desc {
            length: principal.len() as _,
            value: principal.as_ptr().cast::<c_void>().cast_mut(),
        };
        let mut kind = oid(PRINCIPAL);
        let mut minor = GSS_S_COMPLETE;
        let mut name: gss_name_t = ptr::null_mut();
        // SAFETY: the pointers point to live locals; the library reads `text` and `kind`, copies what it keeps, and
        // writes only to `minor` and `name`.
        let major = unsafe { gss_import_name(&mut minor, &mut text, &mut kind, &mut name) };
        if major == GSS_S_COMPLETE {
            Ok(Self(name))
        } else {
            Err(failed(major, minor))
        }
    }
}

impl Drop for ImportedName {
    fn drop(&mut self) {
        let mut minor = GSS_S_COMPLETE;
        // SAFETY: the name came from the library and is released once.
        unsafe { gss_release_name(&mut minor, &mut self.0) };
    }
}

/// The library takes a pointer to mutable bytes and only reads them.
fn oid(bytes: &'static [u8]) -> gss_OID_desc {
    gss_OID_desc {
        length: bytes.len() as OM_uint32,
        elements: bytes.as_ptr().cast::<c_void>().cast_mut(),
    }
}

fn failed(major: OM_uint32, minor: OM_uint32) -> Error {
    Error {
        major: MajorFlags::from_bits_retain(major),
        minor,
    }
}

fn bad_name() -> Error {
    failed(MajorFlags::GSS_S_BAD_NAME.bits(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_refused() {
        for (usage, place) in [
            (CredUsage::Accept, Place::Keytab),
            (CredUsage::Initiate, Place::CredentialCache),
            (CredUsage::Initiate, Place::ClientKeytab),
        ] {
            let places = [
                (place, "FILE:/nonexistent/file"),
                (Place::CredentialCache, "FILE:/nonexistent/cache"),
            ];
            let places = if place == Place::CredentialCache {
                &places[..1]
            } else {
                &places[..]
            };
            let got = acquire_from(Some("reader@EXAMPLE.TEST"), usage, places);
            assert!(got.is_err(), "{place:?}");
        }
    }

    #[test]
    fn names_with_a_zero_byte_are_refused() {
        let got = acquire_from(None, CredUsage::Accept, &[(Place::Keytab, "a\0b")]);
        let major = got.err().map(|error| error.major.bits());
        assert_eq!(major, Some(MajorFlags::GSS_S_BAD_NAME.bits()));
    }
}
