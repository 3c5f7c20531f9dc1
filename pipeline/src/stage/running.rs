//! The tools that run now.

use std::collections::HashMap;

use tokio::{
    sync::mpsc,
    task::{AbortHandle, Id, JoinError, JoinSet},
};
use turn::{Event, ReplyId, ToolCall};

use crate::toolbox::Toolbox;

/// Tools under way. Each ends with one event, unless it is cancelled; before that it may tell what it has so far.
pub(super) struct RunningTools {
    tasks: JoinSet<Event>,
    /// Whose call each task runs.
    calls: HashMap<Id, Running>,
    /// What calls tell before they end: few by each, so the channel needs no bound.
    progress: mpsc::UnboundedSender<Event>,
    told: mpsc::UnboundedReceiver<Event>,
}

impl Default for RunningTools {
    fn default() -> Self {
        let (progress, told) = mpsc::unbounded_channel();
        Self {
            tasks: JoinSet::new(),
            calls: HashMap::new(),
            progress,
            told,
        }
    }
}

struct Running {
    reply: ReplyId,
    call: String,
    task: AbortHandle,
}

impl RunningTools {
    pub(super) fn start(&mut self, toolbox: Toolbox, reply: ReplyId, call: ToolCall) {
        let id = call.id.clone();
        let progress = self.progress.clone();
        let run = async move { toolbox.run(reply, call, progress).await };
        let task = self.tasks.spawn(run);
        let running = Running {
            reply,
            call: id,
            task: task.clone(),
        };
        self.calls.insert(task.id(), running);
    }

    /// Ends a call at once and without an event. What it asked of a service may have been done all the same.
    pub(super) fn cancel(&mut self, reply: ReplyId, call: &str) {
        self.calls.retain(|_, running| {
            let is_it = running.reply == reply && running.call == call;
            if is_it {
                running.task.abort();
            }
            !is_it
        });
    }

    /// The next one that tells something or ends; `None` when none runs. What a call tells comes before its end.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            let event = tokio::select! {
                biased;
                Some(event) = self.told.recv() => Some(event).filter(|event| self.is_of_one(event)),
                ended = self.tasks.join_next_with_id() => match ended? {
                    Ok((id, event)) => self.calls.remove(&id).map(|_| event),
                    Err(error) => self.broken(&error),
                },
            };
            if event.is_some() {
                return event;
            }
        }
    }

    /// Whether it comes from a call that was not cancelled meanwhile.
    fn is_of_one(&self, event: &Event) -> bool {
        let Event::ToolProgress { reply, id, .. } = event else {
            return false;
        };
        self.calls
            .values()
            .any(|running| running.reply == *reply && running.call == id.reveal())
    }

    /// A tool that panicked has failed, like any other.
    fn broken(&mut self, error: &JoinError) -> Option<Event> {
        let Running { reply, call, .. } = self.calls.remove(&error.id())?;
        tracing::error!("a tool broke down");
        Some(Event::ToolDone {
            reply,
            id: call.into(),
            result: Err("The tool broke down.".into()),
            ends_call: false,
        })
    }
}
