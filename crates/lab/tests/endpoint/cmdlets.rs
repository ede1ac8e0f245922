//! The commands, as a client sees their output.

use psbridge_clixml::Value;
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::{Argument, Command, CreatePipeline, Merges, PipelineResultTypes};
use serde_json::Value as Json;

use super::client::{Client, command, end, errors, lab, of_type, outputs};

fn prop<'j>(object: &'j Json, name: &str) -> &'j Json {
    let own = &object["props"][name];
    if own.is_null() {
        &object["ms"][name]["v"]
    } else {
        &own["v"]
    }
}

fn all_users() -> Command {
    command("Get-User", [("ResultSize", "Unlimited".into())])
}

#[tokio::test]
async fn users_come_as_the_dump_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.jsonl");
    let lab = lab().dump(&file).start().await.unwrap();
    let truth: Vec<Json> = std::fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let mut client = Client::open_exchange(&lab).await;
    let users = outputs(&client.run(vec![all_users()]).await);
    assert_eq!(users.len(), 60);
    for (user, line) in users.iter().zip(&truth) {
        assert_eq!(line["kind"], "user");
        for name in [
            "Name",
            "Guid",
            "UserPrincipalName",
            "Department",
            "IsValid",
            "Manager",
        ] {
            let own = prop(user, name);
            assert_eq!(own, &line[name], "{name} of {}", line["Name"]);
        }
        assert_eq!(
            user["types"][0],
            "Microsoft.Exchange.Data.Directory.Management.User"
        );
        assert_eq!(user["props"]["WhenChangedUTC"]["t"], "DT");
        assert_eq!(user["props"]["Guid"]["t"], "G");
        assert_eq!(user["props"]["ObjectClass"]["list"][0]["v"], "top");
    }
    let groups: Vec<&Json> = truth.iter().filter(|line| line["kind"] == "group").collect();
    let shown = outputs(&client.run(vec![command("Get-DistributionGroup", [])]).await);
    assert_eq!(shown.len(), groups.len());
    for (group, line) in shown.iter().zip(groups) {
        let identity = prop(group, "Guid").as_str().unwrap();
        let members = client
            .run(vec![command(
                "Get-DistributionGroupMember",
                [("Identity", identity.into())],
            )])
            .await;
        let ids: Vec<Json> = outputs(&members)
            .iter()
            .map(|m| prop(m, "Guid").clone())
            .collect();
        assert_eq!(Json::from(ids), line["members"], "{}", line["Name"]);
    }
}

#[tokio::test]
async fn results_are_limited_with_a_warning() {
    let lab = lab().users(1_150).start().await.unwrap();
    let mut client = Client::open_exchange(&lab).await;
    for (command, count, warned) in [
        (command("Get-User", []), 1_000, true),
        (command("Get-User", [("ResultSize", 7.into())]), 7, true),
        (command("Get-User", [("ResultSize", 1_150.into())]), 1_150, false),
        (
            command("Get-User", [("ResultSize", "unlimited".into())]),
            1_150,
            false,
        ),
        (
            command("Get-DistributionGroupMember", [("Identity", "all".into())]),
            1_000,
            true,
        ),
    ] {
        let all = client.run(vec![command.clone()]).await;
        assert_eq!(outputs(&all).len(), count, "{command:?}");
        let warnings = of_type(&all, MessageType::WarningRecord);
        assert_eq!(!warnings.is_empty(), warned, "{command:?}");
        if warned {
            let text = "There are more results available than are currently displayed. To view them, increase the \
                        value for the ResultSize parameter.";
            assert_eq!(warnings[0]["to_string"], text);
        }
    }
}

#[tokio::test]
async fn queries_filter_and_sort() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open_exchange(&lab).await;
    let names = |all: &[super::client::Message]| -> Vec<String> {
        outputs(all)
            .iter()
            .map(|o| prop(o, "Name").as_str().unwrap().to_owned())
            .collect()
    };
    let by = |cmdlet: &str, parameter: &str, value: &str| vec![command(cmdlet, [(parameter, value.into())])];
    let sorted = names(&client.run(by("Get-User", "Sortby", "lastname")).await);
    assert_eq!(sorted.len(), 60);
    let sales = outputs(
        &client
            .run(by(
                "Get-User",
                "Filter",
                "Department -eq 'sales' -and IsValid -eq $true",
            ))
            .await,
    );
    assert!(!sales.is_empty() && sales.iter().all(|u| prop(u, "Department") == "Sales"));
    let rooms = outputs(
        &client
            .run(by("Get-User", "RecipientTypeDetails", "usermailbox"))
            .await,
    );
    assert!(
        !rooms.is_empty()
            && rooms
                .iter()
                .all(|u| prop(u, "RecipientTypeDetails") == "UserMailbox")
    );
    let first = &sales[0];
    let dn = prop(first, "DistinguishedName")
        .as_str()
        .unwrap()
        .replace('\'', "''");
    let groups = names(
        &client
            .run(by("Get-Recipient", "Filter", &format!("Members -eq '{dn}'")))
            .await,
    );
    let in_all = prop(first, "RecipientType") != "User";
    assert_eq!(groups.contains(&"All Employees".to_owned()), in_all);
    let found = names(&client.run(by("Get-DistributionGroup", "Identity", "ring*")).await);
    assert_eq!(found, ["Ring A", "Ring B"]);
    let found = names(&client.run(by("Get-DistributionGroup", "Anr", "every")).await);
    assert_eq!(found, ["Everyone Nested"]);

    let bad = client.run(by("Get-User", "Filter", "Shoe -eq 1")).await;
    assert_eq!(
        errors(&bad),
        ["ParameterBindingFailed,Microsoft.Exchange.Management.RecipientTasks.GetUser"]
    );
    let empty = client
        .run(vec![command("Get-User", [("Identity", Value::Nil)])])
        .await;
    assert_eq!(
        outputs(&empty).len(),
        60,
        "$null as identity is everything, as in Exchange"
    );
}

#[tokio::test]
async fn groups_are_made_and_filled() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open_exchange(&lab).await;
    let reason = |all: &[super::client::Message]| -> String {
        let record = of_type(all, MessageType::ErrorRecord)
            .pop_front()
            .expect("an error");
        let id = record["ms"]["FullyQualifiedErrorId"]["v"]
            .as_str()
            .unwrap()
            .to_owned();
        let reason = record["ms"]["ErrorCategory_Reason"]["v"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            id.starts_with("[Server=MBX01,RequestId=") && id.contains(&format!("Cmdlet-{reason}]")),
            "{id}"
        );
        reason
    };
    let new = |name: &str| {
        let parameters = [
            ("Name", name.into()),
            ("Type", "Security".into()),
            ("Confirm", false.into()),
        ];
        vec![command("New-DistributionGroup", parameters)]
    };
    let made = outputs(&client.run(new("Night Shift")).await);
    assert_eq!(prop(&made[0], "PrimarySmtpAddress"), "NightShift@corp.example");
    assert_eq!(prop(&made[0], "GroupType"), "Universal, SecurityEnabled");
    assert_eq!(
        reason(&client.run(new("Night Shift")).await),
        "ADObjectAlreadyExistsException"
    );
    let change = |verb: &str, group: &str, member: &str| {
        let parameters = [
            ("Identity", group.into()),
            ("Member", member.into()),
            ("Confirm", false.into()),
        ];
        vec![command(&format!("{verb}-DistributionGroupMember"), parameters)]
    };
    assert_eq!(client.run(change("Add", "nightshift", "ring-a")).await.len(), 1);
    assert_eq!(
        reason(&client.run(change("Add", "nightshift", "ring-a")).await),
        "MemberAlreadyExistsException"
    );
    assert_eq!(
        reason(&client.run(change("Add", "nightshift", "x")).await),
        "ManagementObjectNotFoundException"
    );
    assert_eq!(
        reason(&client.run(change("Add", "x", "ring-a")).await),
        "ManagementObjectNotFoundException"
    );
    let refused = client.run(change("Add", "ring-b", "nightshift")).await;
    assert_eq!(reason(&refused), "OperationRequiresGroupManagerException");
    let mut forced = change("Add", "ring-b", "nightshift");
    forced[0]
        .arguments
        .push(Argument::switch("BypassSecurityGroupManagerCheck"));
    assert_eq!(client.run(forced).await.len(), 1);
    assert_eq!(
        client.run(change("Remove", "nightshift", "ring-a")).await.len(),
        1
    );
    assert_eq!(
        reason(&client.run(change("Remove", "nightshift", "ring-a")).await),
        "MemberNotFoundException"
    );

    // Without an answer to its question nothing is removed; without a host it cannot ask.
    let parameters = [("Identity", "ring-b".into()), ("Member", "nightshift".into())];
    let mut asking = command("Remove-DistributionGroupMember", parameters);
    asking
        .arguments
        .push(Argument::switch("BypassSecurityGroupManagerCheck"));
    let all = client.run(vec![asking]).await;
    let failed = (5, "HostFunctionNotImplemented,Microsoft.Exchange.Management.RecipientTasks.RemoveDistributionGroupMember".to_owned());
    assert_eq!(end(&all), failed);
}

#[tokio::test]
async fn arguments_are_bound_as_powershell_binds_them() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open_exchange(&lab).await;
    let class = "Microsoft.Exchange.Management.RecipientTasks.GetUser";
    for (command, id) in [
        (command("Get-Nobody", []), "CommandNotFoundException".to_owned()),
        (command("Write-Output", []), "CommandNotFoundException".to_owned()),
        (
            command("Get-User", [("Shoe", 1.into())]),
            format!("NamedParameterNotFound,{class}"),
        ),
        (
            command("Get-User", [("R", 1.into())]),
            format!("AmbiguousParameter,{class}"),
        ),
        (
            command("Get-User", [("ResultSize", "many".into())]),
            format!("ParameterArgumentTransformationError,{class}"),
        ),
        (
            command("Get-User", [("SortBy", "Shoe".into())]),
            format!("ParameterArgumentTransformationError,{class}"),
        ),
        (
            command("Get-User", [("Identity", "a".into()), ("Anr", "b".into())]),
            format!("AmbiguousParameterSet,{class}"),
        ),
        (
            command("Get-User", [("ResultSize", 1.into()), ("Results", 2.into())]),
            format!("ParameterAlreadyBound,{class}"),
        ),
        (
            command("New-DistributionGroup", []),
            "MissingMandatoryParameter,Microsoft.Exchange.Management.RecipientTasks.NewDistributionGroup"
                .to_owned(),
        ),
        (Command::script("Get-User"), "ScriptsNotAllowed".to_owned()),
    ] {
        let all = client.run(vec![command.clone()]).await;
        assert_eq!(end(&all), (5, id), "{command:?}");
        assert!(errors(&all).is_empty(), "only the state tells");
    }
    // A number that was written in another way, and a name with its dash, by a unique beginning.
    let size = psbridge_clixml::Object::bag()
        .with_to_string("007")
        .with_content(psbridge_clixml::Content::Value(7.into()));
    let all = client
        .run(vec![command("get-user", [("-results", size.into())])])
        .await;
    assert_eq!(outputs(&all).len(), 7);
    let positional = Command::new("Get-DistributionGroup").with(Argument::positional("everyone"));
    assert_eq!(outputs(&client.run(vec![positional]).await).len(), 1);
}

#[tokio::test]
async fn commands_are_piped_together() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open_exchange(&lab).await;
    let select = |parameters: &[(&str, Value)]| {
        parameters
            .iter()
            .fold(Command::new("Select-Object"), |c, (name, value)| {
                c.with(Argument::named(*name, value.clone()))
            })
    };
    let names = Value::list(["Name", "Guid", "Shoe"]);
    let all = client
        .run(vec![
            all_users(),
            select(&[("Property", names), ("First", 2.into()), ("Skip", 1.into())]),
        ])
        .await;
    let objects = outputs(&all);
    assert_eq!(objects.len(), 2);
    assert_eq!(
        objects[0]["types"][0],
        "Selected.Microsoft.Exchange.Data.Directory.Management.User"
    );
    assert_eq!(objects[0]["ms"]["Shoe"]["t"], "Nil");
    assert_eq!(objects[0]["ms"]["Guid"]["t"], "G");
    let all = client
        .run(vec![
            all_users(),
            select(&[("Last", 3.into()), ("ExpandProperty", "Name".into())]),
        ])
        .await;
    assert_eq!(outputs(&all).len(), 3);
    let unique = select(&[("Property", "Company".into()), ("Unique", true.into())]);
    assert_eq!(outputs(&client.run(vec![all_users(), unique]).await).len(), 1);
    let all = client
        .run(vec![all_users(), Command::new("Measure-Object")])
        .await;
    assert_eq!(prop(&outputs(&all)[0], "Count"), 60);
    let groups = command("Get-DistributionGroup", [("Identity", "ring*".into())]);
    let all = client
        .run(vec![
            groups,
            Command::new("Get-DistributionGroupMember"),
            Command::new("Measure-Object"),
        ])
        .await;
    assert!(prop(&outputs(&all)[0], "Count").as_i64() > Some(2));
    let all = client
        .run(vec![command("Get-Command", [("Noun", "*GroupMember".into())])])
        .await;
    assert_eq!(outputs(&all).len(), 3);
}

#[tokio::test]
async fn input_is_streamed_in() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let mut create = CreatePipeline::new(vec![vec![
        Command::new("Write-Output"),
        Command::new("Select-Object"),
    ]]);
    create.no_input = false;
    let pid = uuid::Uuid::new_v4();
    let mut pipeline = client.pool.pipeline(pid, &create).unwrap();
    let first = pipeline.start(100_000).unwrap();
    client
        .send(psbridge_protocol::wsman::RequestBody::powershell_command(
            pid, &first,
        ))
        .await
        .unwrap();
    let id = psbridge_protocol::wsman::id_text(pid);
    for value in [Value::from("a"), Value::Nil, 5.into(), Value::list([1, 2])] {
        pipeline.input(&value).unwrap();
    }
    pipeline.end_input().unwrap();
    while let Some(out) = pipeline.next_outgoing(100_000).unwrap() {
        client.input(&id, out.data).await.unwrap();
    }
    let all = client.finish(&id).await;
    let tags: Vec<Json> = outputs(&all).iter().map(|value| value["t"].clone()).collect();
    assert_eq!(tags, ["S", "Nil", "I32", "I32", "I32"]);
}

#[tokio::test]
async fn scripts_of_the_small_language_run() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let all = client
        .run(vec![Command::script(
            "1..3; $VerbosePreference = 'Continue'; Write-Verbose v; Write-Error 'e'; No-Such; 'last'",
        )])
        .await;
    assert_eq!(outputs(&all).len(), 4);
    assert_eq!(of_type(&all, MessageType::VerboseRecord).len(), 1);
    assert_eq!(
        errors(&all),
        [
            "Microsoft.PowerShell.Commands.WriteErrorException",
            "CommandNotFoundException"
        ]
    );
    assert_eq!(end(&all).0, 4);
    let all = client.run(vec![Command::script("'a'; throw 'boom'; 'b'")]).await;
    assert_eq!((outputs(&all).len(), end(&all)), (1, (5, "boom".to_owned())));
    let all = client
        .run(vec![Command::script(
            "$ErrorActionPreference = 'Stop'; Write-Error 'e'; 'b'",
        )])
        .await;
    assert_eq!(
        end(&all),
        (5, "Microsoft.PowerShell.Commands.WriteErrorException".to_owned())
    );
    let deep = format!("1{}", " | Write-Output".repeat(90));
    let all = client
        .run(vec![
            Command::script(deep.as_str()),
            Command::script(format!("$input {}", &deep[1..])),
        ])
        .await;
    assert_eq!((outputs(&all).len(), end(&all).0), (1, 4));
    let all = client
        .run(vec![
            Command::script("1"),
            Command::script("2"),
            Command::script("3"),
        ])
        .await;
    assert_eq!(end(&all), (5, "TooManyCommands".to_owned()));
    let all = client.run(vec![Command::script("if ($true) { 1 }")]).await;
    assert_eq!(end(&all), (5, "UnexpectedToken".to_owned()));
}

#[tokio::test]
async fn streams_are_merged_where_that_is_asked() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let mut error = command("Write-Error", [("Message", "e".into())]);
    error.merges = Merges::errors_to_output();
    let all = client
        .run(vec![error.clone(), Command::new("Measure-Object")])
        .await;
    assert_eq!(prop(&outputs(&all)[0], "Count"), 1);
    let all = client.run(vec![error]).await;
    assert_eq!(
        outputs(&all)[0]["types"][0],
        "System.Management.Automation.ErrorRecord"
    );
    let mut warning = command("Write-Warning", [("Message", "w".into())]);
    warning.merges.warning = PipelineResultTypes::NULL;
    assert_eq!(client.run(vec![warning]).await.len(), 1);
}

#[tokio::test]
async fn several_statements_run_one_after_the_other() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let create = CreatePipeline::new(vec![
        vec![command("Write-Output", [("InputObject", 1.into())])],
        vec![Command::new("No-Such")],
        vec![command("Write-Output", [("InputObject", 2.into())])],
    ]);
    let id = client.start(&create).await.unwrap();
    let all = client.finish(&id).await;
    assert_eq!(outputs(&all).len(), 2);
    assert_eq!(errors(&all), ["CommandNotFoundException"]);
    assert_eq!(end(&all).0, 4);
}

#[tokio::test]
async fn every_form_of_clixml_can_be_had() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let all = client
        .run(vec![command("Get-LabValue", [("All", true.into())])])
        .await;
    let tags: std::collections::BTreeSet<String> = outputs(&all)
        .iter()
        .map(|value| value["t"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "B", "BA", "By", "C", "D", "DT", "Db", "G", "I16", "I32", "I64", "Nil", "Obj", "S", "SB", "SBK",
        "Sg", "TS", "U16", "U32", "U64", "URI", "Version", "XD",
    ];
    assert_eq!(tags.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let all = client
        .run(vec![command("Get-LabText", [("Size", (5 << 20).into())])])
        .await;
    assert_eq!(outputs(&all)[0]["v"].as_str().map(str::len), Some(5 << 20));
}

#[tokio::test]
async fn events_and_warnings_travel_on_the_pool() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    client
        .run(vec![command("Send-LabEvent", [("SourceIdentifier", "s".into())])])
        .await;
    client
        .run(vec![command("Send-LabPoolWarning", [("Message", "w".into())])])
        .await;
    let all = client.pool_messages().await.unwrap();
    assert_eq!(of_type(&all, MessageType::UserEvent).len(), 1);
    assert_eq!(of_type(&all, MessageType::WarningRecord).len(), 1);
}
