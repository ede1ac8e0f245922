use std::sync::Arc;

use psbridge_clixml::{Document, FromClixml, from_message_with, read_message};
use psbridge_protocol::payload::CreatePipeline;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Session;
use super::actor::{Command, Lease, tell};
use super::stream::{Objects, RecordStream, Stopper};
use super::task::{Control, Decode, Task};
use crate::channel;
use crate::error::{Error, ErrorKind};
use crate::pipeline::Pipeline;

const START: &str = "start the pipeline";

/// A pipeline on its session, not yet started.
#[derive(Debug)]
#[must_use = "a pipeline does nothing before it is started"]
pub struct Prepared {
    pub(super) session: Session,
    pub(super) pipeline: Pipeline,
}

impl Prepared {
    /// Starts the pipeline, as soon as a runspace is free.
    ///
    /// # Errors
    /// When the server refuses it or the session breaks. That a command is unknown or fails shows in the records.
    pub async fn start(self) -> Result<RecordStream, Error> {
        self.start_with::<Document>(read_message).await
    }

    /// Starts the pipeline and reads its output straight into a type of the caller's, without building documents. An
    /// object that does not fit is a [`Record::Undecodable`](crate::Record::Undecodable).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_as<T: FromClixml + Send + 'static>(self) -> Result<RecordStream<T>, Error> {
        self.start_with(from_message_with::<T>).await
    }

    /// Starts the pipeline and gives only the objects of its output, read straight into a type of the caller's.
    ///
    /// ```no_run
    /// use psbridge::{Command, FromClixml, Session};
    ///
    /// #[derive(FromClixml)]
    /// #[clixml(crate = psbridge::clixml)]
    /// struct User {
    ///     name: String,
    ///     company: Option<String>,
    /// }
    ///
    /// # async fn example(session: Session) -> Result<(), psbridge::Error> {
    /// let mut users = session.pipeline(Command::new("Get-User")).objects::<User>().await?;
    /// while let Some(user) = users.next().await {
    ///     println!("{}", user?.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn objects<T: FromClixml + Send + 'static>(self) -> Result<Objects<T>, Error> {
        Ok(self.start_as::<T>().await?.into_objects())
    }

    async fn start_with<T: Send + 'static>(self, decode: Decode<T>) -> Result<RecordStream<T>, Error> {
        let Self { session, pipeline } = self;
        let create = session.describe(&pipeline)?;
        let shared = &session.shared;
        let mut status = shared.status.clone();
        let permit = tokio::select! {
            permit = Arc::clone(&shared.permits).acquire_owned() => permit.map_err(|_| session.closed(START))?,
            _ = status.wait_for(|status| status.error(START, "").is_some()) => return Err(session.closed(START)),
        };
        session.check(START)?;

        let pid = Uuid::new_v4();
        let lease = Lease::new(pid, permit, shared.commands.clone());
        let (reply, created) = oneshot::channel();
        tell(
            &shared.commands,
            Command::Create {
                pid,
                create: Box::new(create),
                reply,
            },
        );
        let machine = created.await.map_err(|_| session.closed(START))??;

        let (output, records) = channel::bounded(
            shared.limits.pipeline_buffer_records,
            shared.limits.pipeline_buffer_bytes,
        );
        let control = Arc::new(Control::default());
        let task = Task {
            pipeline: machine,
            transport: Arc::clone(&shared.transport),
            output,
            status: shared.status.clone(),
            control: Arc::clone(&control),
            input: pipeline.input,
            counters: Arc::clone(&shared.counters),
            lease,
            decode,
        };
        let stopper = Stopper {
            pipeline: pid,
            control,
            session: session.clone(),
        };
        let stream = RecordStream { records, stopper };
        let (started, begun) = oneshot::channel();
        // From here on the task answers for the pipeline, even when this call is given up.
        tokio::spawn(task.run(started));
        begun.await.map_err(|_| session.closed(START))??;
        Ok(stream)
    }
}

impl Session {
    fn describe(&self, pipeline: &Pipeline) -> Result<CreatePipeline, Error> {
        let mut statements = pipeline.statements.clone();
        if statements.last().is_some_and(Vec::is_empty) {
            statements.pop();
        }
        let nameless = |command: &psbridge_protocol::payload::Command| command.name.trim().is_empty();
        if statements.is_empty() || statements.iter().any(|statement| statement.is_empty()) {
            return Err(Error::new(ErrorKind::Usage, START, "it has no command").at(self.endpoint_url()));
        }
        if statements.iter().flatten().any(nameless) {
            return Err(Error::new(ErrorKind::Usage, START, "a command has no name").at(self.endpoint_url()));
        }
        let mut create = CreatePipeline::new(statements);
        create.no_input = pipeline.input.is_none();
        create.remote_stream_options = pipeline.stream_options;
        create.add_to_history = pipeline.add_to_history;
        Ok(create)
    }
}
