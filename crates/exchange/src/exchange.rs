//! Exchange, wherever it is.

use psbridge::Session;

use crate::answer::Answer;
use crate::cmdlet::Cmdlet;
use crate::error::Error;
use crate::psrp;
use crate::table::Place;

/// Exchange, reached over a remote PowerShell session. Cheap to clone; calls run side by side as far as the session's
/// runspaces allow.
///
/// ```no_run
/// use psbridge::Session;
/// use psbridge_exchange::{Exchange, GetDistributionGroupMember};
///
/// # async fn example(password: psbridge::Secret) -> Result<(), Box<dyn std::error::Error>> {
/// let session = Session::builder("http://mail.corp.example/PowerShell/")
///     .credential("reader@corp.example", password)
///     .open()
///     .await?;
/// let exchange = Exchange::over(session);
/// let mut members = exchange.run(&GetDistributionGroupMember::new("all@corp.example")).await?;
/// while let Some(member) = members.next().await {
///     println!("{}", member?.display_name.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Exchange {
    session: Session,
}

impl Exchange {
    /// Exchange on the other end of a session.
    #[must_use]
    pub fn over(session: Session) -> Self {
        Self { session }
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Runs a cmdlet.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) before anything is sent, or that the session cannot run it. What
    /// the cmdlet itself complains of comes with its answer.
    pub async fn run<C: Cmdlet>(&self, cmdlet: &C) -> Result<Answer<C::Output>, Error>
    where
        C::Output: Send + 'static,
    {
        let call = cmdlet
            .call(Place::Both)
            .map_err(|error| Error::invalid(C::TABLE.name, &error))?;
        psrp::start(&self.session, &call).await
    }
}
