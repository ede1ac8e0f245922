//! Calls over a remote PowerShell session.

use psbridge::{Command, FromClixml, Object, Pipeline, Session, Value};
use psbridge_clixml::{Content, ListKind};

use crate::answer::Answer;
use crate::argument::{Argument, Credential};
use crate::cmdlet::Call;
use crate::error::Error;
use crate::translate::{Translated, over_psrp};

/// Starts a call on a session.
pub(crate) async fn start<T: FromClixml + Send + 'static>(
    session: &Session,
    call: &Call,
) -> Result<Answer<T>, Error> {
    let cmdlet = call.table().name;
    let failed = |error| Error::from_session(cmdlet, error);
    let command = command(session, &over_psrp(call)?).await.map_err(failed)?;
    let records = session
        .pipeline(Pipeline::from(command))
        .start_as::<T>()
        .await
        .map_err(failed)?;
    Ok(Answer::from_session(call, records))
}

/// The command as it is sent: parameters by their names, never a text that the server would have to read as a script.
async fn command(session: &Session, call: &Translated) -> Result<Command, psbridge::Error> {
    let mut command = Command::new(call.cmdlet);
    for (name, argument) in &call.arguments {
        command = command.parameter(*name, value(session, argument).await?);
    }
    Ok(command)
}

async fn value(session: &Session, argument: &Argument) -> Result<Value, psbridge::Error> {
    Ok(match argument {
        Argument::Switch(on) | Argument::Boolean(on) => Value::Bool(*on),
        Argument::Number(number) => Value::Int64((*number).into()),
        Argument::Text(text) => Value::from(text.as_str()),
        Argument::List(texts) => list(texts),
        Argument::Change { add, remove } => {
            let entries = [("add", add), ("remove", remove)]
                .into_iter()
                .filter(|(_, values)| !values.is_empty())
                .map(|(key, values)| (Value::from(key), list(values)));
            let mut table = Object::typed(["System.Collections.Hashtable", "System.Object"]);
            table.content = Content::Dictionary(entries.collect());
            table.into()
        }
        Argument::Guid(guid) => Value::Guid(*guid),
        Argument::Credential(credential) => ps_credential(session, credential).await?,
    })
}

fn list(texts: &[String]) -> Value {
    let mut list = Object::typed(["System.Object[]", "System.Array", "System.Object"]);
    let values = texts.iter().map(|text| Value::from(text.as_str())).collect();
    list.content = Content::List(ListKind::List, values);
    list.into()
}

async fn ps_credential(session: &Session, credential: &Credential) -> Result<Value, psbridge::Error> {
    let password = session.secure_string(credential.password.expose()).await?;
    Ok(
        Object::typed(["System.Management.Automation.PSCredential", "System.Object"])
            .with_to_string("System.Management.Automation.PSCredential")
            .adapted("UserName", credential.user.as_str())
            .adapted("Password", password)
            .into(),
    )
}
