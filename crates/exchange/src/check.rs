//! What is wrong with a call, found before anything is sent.

use crate::argument::{Argument, Arguments};
use crate::table::{CmdletTable, Kind, ParameterTable, Place};

/// Why a call was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCall {
    /// A parameter that must be given is not.
    #[error("{cmdlet} needs -{parameter}")]
    Missing {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// A text is empty. For an identity Exchange would answer with every object there is.
    #[error("-{parameter} of {cmdlet} is empty")]
    Empty {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// An identity with a wildcard would change more than one object.
    #[error("-{parameter} of {cmdlet} has a wildcard; {cmdlet} changes things, so name one object")]
    Wildcard {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// Parameters that exclude each other.
    #[error("{cmdlet} takes only one of -{}", parameters.join(", -"))]
    Alternatives {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The ones that were given.
        parameters: Vec<&'static str>,
    },
    /// A value that the parameter does not take.
    #[error("-{parameter} of {cmdlet} does not take {value:?}; it takes {}", values.join(", "))]
    Value {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// The value.
        value: String,
        /// What it takes.
        values: &'static [&'static str],
    },
    /// A text that is too long.
    #[error("-{parameter} of {cmdlet} has {length} characters, but at most {longest} are allowed")]
    TooLong {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// How many characters it has, counted as UTF-16 does.
        length: usize,
        /// How many it may have.
        longest: usize,
    },
    /// A list that is too long.
    #[error("-{parameter} of {cmdlet} has {number} values, but at most {most} are allowed in one call")]
    TooMany {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// How many values it has.
        number: usize,
        /// How many it may have.
        most: usize,
    },
    /// A parameter that Exchange has only elsewhere.
    #[error("-{parameter} of {cmdlet} exists only {}", match place {
        Place::Online => "in Exchange Online",
        Place::OnPremises => "in Exchange on premises",
        Place::Both => "elsewhere",
    })]
    Elsewhere {
        /// The cmdlet.
        cmdlet: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Where it exists.
        place: Place,
    },
}

/// Checks a call for Exchange at `place`; [`Place::Both`] stands for an Exchange that is not known yet.
pub(crate) fn check(
    table: &'static CmdletTable,
    arguments: &Arguments,
    place: Place,
) -> Result<(), InvalidCall> {
    let cmdlet = table.name;
    // A cmdlet that another one answers for keeps its own parameters, which all bear the mark of where it comes from.
    let translated = table.over_psrp.is_some();
    for parameter in table.parameters {
        let name = parameter.name;
        let Some(argument) = arguments.get(name) else {
            if parameter.required {
                return Err(InvalidCall::Missing {
                    cmdlet,
                    parameter: name,
                });
            }
            continue;
        };
        let elsewhere = place != Place::Both && parameter.place != Place::Both && parameter.place != place;
        if elsewhere && !translated {
            return Err(InvalidCall::Elsewhere {
                cmdlet,
                parameter: name,
                place: parameter.place,
            });
        }
        match argument {
            Argument::Text(text) => check_text(table, parameter, text)?,
            Argument::List(texts) => check_list(table, parameter, texts)?,
            Argument::Change { add, remove } => {
                check_list(table, parameter, add)?;
                check_list(table, parameter, remove)?;
            }
            _ => {}
        }
    }
    let given: Vec<_> = table
        .alternatives
        .iter()
        .copied()
        .filter(|name| arguments.get(name).is_some())
        .collect();
    if given.len() > 1 {
        return Err(InvalidCall::Alternatives {
            cmdlet,
            parameters: given,
        });
    }
    Ok(())
}

fn check_list(
    table: &'static CmdletTable,
    parameter: &'static ParameterTable,
    texts: &[String],
) -> Result<(), InvalidCall> {
    if let Some(most) = parameter.most.filter(|most| texts.len() > *most) {
        return Err(InvalidCall::TooMany {
            cmdlet: table.name,
            parameter: parameter.name,
            number: texts.len(),
            most,
        });
    }
    texts
        .iter()
        .try_for_each(|text| check_text(table, parameter, text))
}

fn check_text(
    table: &'static CmdletTable,
    parameter: &'static ParameterTable,
    text: &str,
) -> Result<(), InvalidCall> {
    let (cmdlet, name) = (table.name, parameter.name);
    // Some properties may be set to nothing, but nothing is named by nothing.
    let names_something = parameter.kind == Kind::Identity || parameter.required || !table.writes;
    if names_something && text.trim().is_empty() {
        return Err(InvalidCall::Empty {
            cmdlet,
            parameter: name,
        });
    }
    if table.writes && parameter.kind == Kind::Identity && text.contains('*') {
        return Err(InvalidCall::Wildcard {
            cmdlet,
            parameter: name,
        });
    }
    let allowed = parameter.values;
    if !allowed.is_empty() && !allowed.iter().any(|value| value.eq_ignore_ascii_case(text)) {
        return Err(InvalidCall::Value {
            cmdlet,
            parameter: name,
            value: text.to_owned(),
            values: allowed,
        });
    }
    let length = text.encode_utf16().count();
    match parameter.longest {
        Some(longest) if length > longest => Err(InvalidCall::TooLong {
            cmdlet,
            parameter: name,
            length,
            longest,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlet::Cmdlet;
    use crate::generated::*;
    use crate::value::{Identity, MultiValued, RecipientTypeDetails};

    fn wrong(call: &impl Cmdlet, place: Place) -> String {
        call.call(place).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_named_by_an_empty_text() {
        assert_eq!(
            wrong(&GetUser::new().identity("  "), Place::Both),
            "-Identity of Get-User is empty"
        );
        assert_eq!(
            wrong(&GetDistributionGroupMember::new(""), Place::Both),
            "-Identity of Get-DistributionGroupMember is empty"
        );
        assert_eq!(
            wrong(&AddDistributionGroupMember::new("all").member(""), Place::Both),
            "-Member of Add-DistributionGroupMember is empty"
        );
        // A property may be emptied.
        let emptied = SetDistributionGroup::new("all")
            .mail_tip("")
            .managed_by(MultiValued::replace(["ann"]));
        emptied.call(Place::Both).unwrap();
    }

    #[test]
    fn what_writes_names_one_object() {
        let wildcard = wrong(&RemoveDistributionGroup::new("Team*"), Place::Both);
        assert!(wildcard.contains("name one object"), "{wildcard}");
        GetDistributionGroup::new()
            .identity("Team*")
            .call(Place::Both)
            .unwrap();
    }

    #[test]
    fn alternatives_exclude_each_other() {
        let both = GetDistributionGroup::new()
            .identity("all")
            .managed_by(Identity::from("ann"));
        assert_eq!(
            wrong(&both, Place::Both),
            "Get-DistributionGroup takes only one of -Identity, -ManagedBy"
        );
        let exo = GetExoRecipient::new()
            .anr("an")
            .user_principal_name("ann@corp.example");
        assert!(wrong(&exo, Place::Online).contains("-UserPrincipalName, -Anr"));
    }

    #[test]
    fn values_are_those_of_the_cmdlet() {
        let users = GetUser::new().recipient_type_details([RecipientTypeDetails::RoomList]);
        assert!(
            wrong(&users, Place::Both)
                .starts_with("-RecipientTypeDetails of Get-User does not take \"RoomList\"")
        );
        let groups = GetDistributionGroup::new().recipient_type_details([RecipientTypeDetails::RoomList]);
        groups.call(Place::Both).unwrap();
        assert!(wrong(&GetUser::new().sort_by("Alias"), Place::Both).contains("it takes Name, DisplayName"));
    }

    #[test]
    fn lengths_are_bounded() {
        let long = NewDistributionGroup::new("x".repeat(65));
        assert!(wrong(&long, Place::Both).contains("65 characters, but at most 64"));
        // Counted as Exchange counts: outside the basic plane a character is two.
        assert!(wrong(&NewDistributionGroup::new("😀".repeat(33)), Place::Both).contains("66 characters"));
        let many = UpdateDistributionGroupMember::new("all").members(vec!["a"; 10_001]);
        assert!(wrong(&many, Place::Both).contains("10001 values, but at most 10000"));
    }

    #[test]
    fn parameters_exist_where_they_exist() {
        let vip = GetUser::new().is_vip(true);
        vip.call(Place::Online).unwrap();
        assert_eq!(
            wrong(&vip, Place::OnPremises),
            "-IsVIP of Get-User exists only in Exchange Online"
        );
        let controller = GetUser::new().domain_controller("dc1");
        assert!(wrong(&controller, Place::Online).contains("on premises"));
        // Another cmdlet answers for it on premises.
        GetExoRecipient::new()
            .identity("ann")
            .call(Place::OnPremises)
            .unwrap();
    }

    #[test]
    fn writes_never_wait_for_a_confirmation() {
        let call = RemoveDistributionGroup::new("all").call(Place::Both).unwrap();
        assert!(matches!(
            call.arguments().get("Confirm"),
            Some(Argument::Switch(false))
        ));
        for table in crate::CMDLETS {
            assert_eq!(
                table.writes,
                table.parameter("Confirm").is_some(),
                "{}",
                table.name
            );
        }
    }
}
