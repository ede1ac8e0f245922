//! The typed calls over PSRP, on the embedded endpoint.

use psbridge::Session;
use psbridge_exchange::{
    AddDistributionGroupMember, Cmdlet, ErrorKind, Exchange, Filter, GetDistributionGroup,
    GetDistributionGroupMember, GetExoRecipient, GetUser, NewDistributionGroup, NewGroupType,
    RecipientTypeDetails, RemoveDistributionGroup, RemoveDistributionGroupMember, ResultSize,
};
use psbridge_lab::{DEFAULT_ACCOUNT, Lab};

async fn exchange(users: u32) -> (Lab, Exchange) {
    let lab = Lab::builder()
        .http(([127, 0, 0, 1], 0).into())
        .users(users)
        .start()
        .await
        .expect("the lab starts");
    let (user, password) = DEFAULT_ACCOUNT;
    let origin = lab.http_origin().expect("an address");
    let session = Session::builder(format!("{origin}/PowerShell/"))
        .credential(user, password)
        .open()
        .await
        .expect("a session");
    (lab, Exchange::over(session))
}

async fn failure<C: Cmdlet>(exchange: &Exchange, cmdlet: &C) -> ErrorKind
where
    C::Output: Send + 'static,
{
    let answer = exchange.run(cmdlet).await.expect("the cmdlet runs");
    match answer.collect().await {
        Ok(_) => panic!("{} succeeds", C::TABLE.name),
        Err(error) => error.kind(),
    }
}

#[tokio::test]
async fn users_come_typed_and_all_of_them() {
    let (lab, exchange) = exchange(1_500).await;
    let users = exchange.run(&GetUser::new()).await.expect("runs").collect().await;
    let users = users.expect("users");
    assert_eq!(
        users.len(),
        1_500,
        "more than Exchange answers with when it is not told"
    );
    assert!(
        users
            .iter()
            .all(|user| user.guid.is_some() && user.identity.is_some())
    );

    let filter = Filter::property("Department").equals(users[0].department.as_deref().unwrap_or_default());
    let some = GetUser::new().filter(filter).result_size(5);
    let mut answer = exchange.run(&some).await.expect("runs");
    let mut number = 0;
    while let Some(user) = answer.next().await {
        assert_eq!(user.expect("a user").department, users[0].department);
        number += 1;
    }
    assert!(number > 0 && number <= 5);
    exchange.session().close().await.expect("closes");
    lab.stop().await;
}

#[tokio::test]
async fn a_limit_that_was_asked_for_is_no_failure() {
    let (lab, exchange) = exchange(30).await;
    let mut answer = exchange
        .run(&GetUser::new().result_size(ResultSize::AtMost(10)))
        .await
        .expect("runs");
    let mut number = 0;
    while let Some(user) = answer.next().await {
        user.expect("a user");
        number += 1;
    }
    assert_eq!(number, 10);
    assert!(answer.is_truncated(), "{:?}", answer.warnings());
    lab.stop().await;
}

#[tokio::test]
async fn groups_are_made_filled_emptied_and_deleted() {
    let (lab, exchange) = exchange(10).await;
    let users = exchange
        .run(&GetUser::new())
        .await
        .expect("runs")
        .collect()
        .await
        .expect("users");
    let make = NewDistributionGroup::new("Night shift")
        .alias("night")
        .group_type(NewGroupType::Security);
    let group = exchange
        .run(&make)
        .await
        .expect("runs")
        .one()
        .await
        .expect("a group");
    assert_eq!(group.alias.as_deref(), Some("night"));
    assert_eq!(
        group
            .recipient_type_details
            .as_ref()
            .map(ToString::to_string)
            .as_deref(),
        Some("MailUniversalSecurityGroup")
    );

    // Not every user is a recipient.
    let user = users
        .iter()
        .find(|user| user.recipient_type_details == Some(RecipientTypeDetails::UserMailbox))
        .expect("a user with a mailbox");
    let member = user.identity.clone().expect("an identity");
    let add = AddDistributionGroupMember::new("night").member(member.clone());
    exchange
        .run(&add)
        .await
        .expect("runs")
        .collect()
        .await
        .expect("added");
    assert_eq!(failure(&exchange, &add).await, ErrorKind::AlreadyMember);

    let members = exchange
        .run(&GetDistributionGroupMember::new("night"))
        .await
        .expect("runs");
    let members = members.collect().await.expect("members");
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].guid, user.guid);

    let remove = RemoveDistributionGroupMember::new("night").member(member);
    exchange
        .run(&remove)
        .await
        .expect("runs")
        .collect()
        .await
        .expect("removed");
    assert_eq!(failure(&exchange, &remove).await, ErrorKind::NotMember);

    // The embedded endpoint has no such cmdlet, as an endpoint has none that the user's roles do not permit.
    let delete = RemoveDistributionGroup::new("night");
    assert_eq!(failure(&exchange, &delete).await, ErrorKind::PermissionOrVersion);
    let unknown = GetDistributionGroup::new().identity("no such group");
    assert_eq!(failure(&exchange, &unknown).await, ErrorKind::NotFound);
    lab.stop().await;
}

#[tokio::test]
async fn the_fast_cmdlet_is_answered_by_the_one_that_is_there() {
    let (lab, exchange) = exchange(10).await;
    let user = exchange
        .run(&GetUser::new().result_size(1))
        .await
        .expect("runs")
        .collect()
        .await
        .expect("users");
    let name = user[0].user_principal_name.clone().expect("a name");
    let call = GetExoRecipient::new().user_principal_name(name);
    let recipient = exchange
        .run(&call)
        .await
        .expect("runs")
        .one()
        .await
        .expect("a recipient");
    assert_eq!(recipient.guid, user[0].guid);
    assert!(recipient.primary_smtp_address.is_some());
    lab.stop().await;
}

#[tokio::test]
async fn a_wrong_call_sends_nothing() {
    let (lab, exchange) = exchange(10).await;
    let before = exchange.session().stats().round_trips;
    let error = exchange
        .run(&GetUser::new().identity(" "))
        .await
        .expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(exchange.session().stats().round_trips, before);
    lab.stop().await;
}
