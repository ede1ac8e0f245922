//! Every parameter that the description of Exchange's cmdlets names must be there, with its type, its place and what
//! excludes what.

use std::collections::BTreeSet;

use psbridge_exchange::{CMDLETS, CmdletTable, ParameterTable, Place};

/// A row of the description.
struct Row {
    cmdlet: String,
    parameter: String,
    kind: String,
    required: bool,
    position: Option<u8>,
    pipeline: Option<bool>,
    sets: Vec<String>,
    alias: Option<String>,
    place: Place,
    since: Option<u16>,
}

#[test]
fn every_parameter_of_the_description_is_in_the_tables() {
    let Some(text) = description("every_parameter_of_the_description_is_in_the_tables") else {
        return;
    };
    let rows = rows(&text);
    let cmdlets: BTreeSet<_> = rows.iter().map(|row| row.cmdlet.as_str()).collect();
    assert_eq!(cmdlets.len(), 17, "{cmdlets:?}");
    assert!(rows.len() > 300, "only {} rows were understood", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        if let Err(what) = compare(row) {
            wrong.push(format!("{} -{}: {what}", row.cmdlet, row.parameter));
        }
    }
    // And nothing beyond: a parameter that nobody described was made up.
    for cmdlet in cmdlets {
        for parameter in table(cmdlet).map_or(&[][..], |table| table.parameters) {
            let described = |row: &&Row| row.cmdlet == cmdlet && row.parameter == parameter.name;
            if !rows.iter().any(|row| described(&row)) {
                wrong.push(format!("{cmdlet} -{} is not described", parameter.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn allowed_values_are_those_of_the_description() {
    let Some(text) = description("allowed_values_are_those_of_the_description") else {
        return;
    };
    let mut checked = 0;
    for (cmdlet, body) in sections(&text) {
        for (parameter, values) in allowed(&body) {
            let Some(found) = table(&cmdlet).and_then(|table| table.parameter(&parameter)) else {
                panic!("{cmdlet} has no -{parameter}");
            };
            let mut have = found.values.to_vec();
            let mut want: Vec<&str> = values.iter().map(String::as_str).collect();
            have.sort_unstable();
            want.sort_unstable();
            assert_eq!(have, want, "{cmdlet} -{parameter}");
            checked += 1;
        }
    }
    assert!(checked >= 5, "only {checked} lists of values were understood");
}

#[test]
fn exclusive_sets_are_those_of_the_description() {
    let Some(text) = description("exclusive_sets_are_those_of_the_description") else {
        return;
    };
    let mut checked = 0;
    for row in rows(&text).iter().filter(|row| !row.sets.is_empty()) {
        let table = table(&row.cmdlet).unwrap_or_else(|| panic!("no {}", row.cmdlet));
        // Parameters of one set only, each of another one, exclude each other.
        let alone = row.sets.len() == 1 && table.alternatives.contains(&row.parameter.as_str());
        let modifies = row.kind == "SwitchParameter";
        assert!(
            alone || modifies,
            "{} -{} excludes nothing",
            row.cmdlet,
            row.parameter
        );
        checked += 1;
    }
    assert!(checked >= 8, "only {checked} sets were understood");
}

#[test]
fn property_sets_are_those_of_the_description() {
    let Some(text) = description("property_sets_are_those_of_the_description") else {
        return;
    };
    let Some((_, rest)) = text.split_once("PropertySets ∈ {") else {
        panic!("the description names no property sets");
    };
    let values: Vec<&str> = rest
        .split_once('}')
        .map_or("", |(values, _)| values)
        .split(", ")
        .map(|value| value.trim_end_matches(" (default)"))
        .collect();
    let found = table("Get-EXORecipient").and_then(|table| table.parameter("PropertySets"));
    assert_eq!(found.map(|parameter| parameter.values), Some(&values[..]));
}

fn description(test: &str) -> Option<String> {
    let path = psbridge_tests::recordings(test)?.parent()?.join("exchange.md");
    std::fs::read_to_string(path).ok()
}

fn table(cmdlet: &str) -> Option<&'static CmdletTable> {
    CMDLETS.iter().copied().find(|table| table.name == cmdlet)
}

fn compare(row: &Row) -> Result<(), String> {
    let table = table(&row.cmdlet).ok_or("no such cmdlet")?;
    let found: &ParameterTable = table
        .parameters
        .iter()
        .find(|parameter| parameter.name == row.parameter)
        .ok_or("no such parameter")?;
    let differs = |what: &str, want: &dyn std::fmt::Debug, have: &dyn std::fmt::Debug| {
        Err(format!("{what}: described as {want:?}, have {have:?}"))
    };
    if found.type_name != row.kind {
        return differs("type", &row.kind, &found.type_name);
    }
    if found.required != row.required {
        return differs("required", &row.required, &found.required);
    }
    if found.place != row.place || found.since != row.since {
        return differs("place", &(row.place, row.since), &(found.place, found.since));
    }
    if row.position.is_some() && found.position != row.position {
        return differs("position", &row.position, &found.position);
    }
    if row.pipeline.is_some_and(|pipeline| pipeline != found.pipeline) {
        return differs("pipeline input", &row.pipeline, &found.pipeline);
    }
    if !row.sets.is_empty() && found.sets != row.sets {
        return differs("sets", &row.sets, &found.sets);
    }
    if found.alias != row.alias.as_deref() {
        return differs("alias", &row.alias, &found.alias);
    }
    Ok(())
}

/// The sections of the cmdlets: name and body.
fn sections(text: &str) -> Vec<(String, String)> {
    let begin = text.find("\n## 4. ").expect("section 4 of the description");
    let end = text.find("\n## 5. ").expect("section 5 of the description");
    text[begin..end]
        .split("\n### ")
        .filter_map(|section| {
            let (title, body) = section.split_once('\n')?;
            let name = title.split_whitespace().nth(1)?;
            let is_cmdlet = name.contains('-') && !name.ends_with("PSSession");
            is_cmdlet.then(|| (name.to_owned(), body.to_owned()))
        })
        .collect()
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = sections(text)
        .iter()
        .flat_map(|(cmdlet, body)| body.lines().filter_map(|line| table_row(cmdlet, line)))
        .collect();
    let begin = text.find("\n### 4.10 ").expect("the further cmdlets");
    for line in text[begin..].lines() {
        let Some((cmdlet, list)) = line.strip_prefix("- **").and_then(|rest| rest.split_once("**: ")) else {
            continue;
        };
        if cmdlet.contains('-') && list.contains(':') {
            for item in list.trim_end_matches('.').split(", ") {
                rows.extend(brief_rows(cmdlet, item));
            }
        }
    }
    rows
}

/// `| Confirm (alias cf) | SwitchParameter | - | - | - | all | both |`
fn table_row(cmdlet: &str, line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [name, kind, required, position, pipeline, sets, place] = cells[..] else {
        return None;
    };
    if name == "Parameter" || name.starts_with('-') {
        return None;
    }
    let (parameter, alias) = match name.split_once(" (alias ") {
        Some((parameter, alias)) => (parameter, Some(alias.trim_end_matches(')').to_owned())),
        None => (name, None),
    };
    let (place, since) = match place {
        "both" => (Place::Both, None),
        "EXO" => (Place::Online, None),
        other => {
            let version = other.trim_start_matches("on-prem ").trim_end_matches('+');
            let version: u16 = version.parse().expect("a version of Exchange");
            (Place::OnPremises, Some(version).filter(|version| *version > 2010))
        }
    };
    Some(Row {
        cmdlet: cmdlet.to_owned(),
        parameter: parameter.to_owned(),
        kind: kind.to_owned(),
        required: required.contains("yes"),
        position: position.parse().ok(),
        pipeline: Some(pipeline.starts_with("yes")),
        sets: if sets == "all" {
            Vec::new()
        } else {
            sets.split(", ").map(str::to_owned).collect()
        },
        alias,
        place,
        since,
    })
}

/// `CustomAttribute1…15:str*`
fn brief_rows(cmdlet: &str, item: &str) -> Vec<Row> {
    let (name, kind) = item.split_once(':').expect("name and type");
    let required = name.ends_with('!');
    let name = name.trim_end_matches('!');
    let place = match kind.chars().last() {
        Some('*') => Place::Online,
        Some('°') => Place::OnPremises,
        _ => Place::Both,
    };
    let kind = match kind.trim_end_matches(['*', '°']) {
        "sw" => "SwitchParameter",
        "str" => "String",
        "mvp" => "MultiValuedProperty",
        "unl" => "Unlimited",
        "bool" => "Boolean",
        other => other,
    };
    let names = match name.split_once('…') {
        Some((first, last)) => {
            let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
            let last: u32 = last.parse().expect("the last number");
            (1..=last).map(|number| format!("{stem}{number}")).collect()
        }
        None => vec![name.to_owned()],
    };
    let row = |parameter| Row {
        cmdlet: cmdlet.to_owned(),
        parameter,
        kind: kind.to_owned(),
        required,
        position: None,
        pipeline: None,
        sets: Vec::new(),
        alias: None,
        place,
        since: None,
    };
    names.into_iter().map(row).collect()
}

/// `RecipientTypeDetails ∈ {A, B (remark)}`, for parameters of the section's cmdlet.
fn allowed(body: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in body.match_indices(" ∈ {") {
        let name: String = body[..at]
            .chars()
            .rev()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        let name: String = name.chars().rev().collect();
        let list = &body[at + " ∈ {".len()..];
        let list = list.split_once('}').map_or("", |(list, _)| list);
        let values = list
            .split(", ")
            .map(|value| {
                value
                    .split_once(" (")
                    .map_or(value, |(value, _)| value)
                    .to_owned()
            })
            .collect();
        found.push((name, values));
    }
    found
}
