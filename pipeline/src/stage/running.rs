//! The tools that run now.

use std::collections::HashMap;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use turn::{Event, ReplyId, ToolCall};

use crate::toolbox::Toolbox;

/// Tools under way. Each ends with one event, unless it is cancelled.
#[derive(Default)]
pub(super) struct RunningTools {
    tasks: JoinSet<Event>,
    /// Whose call each task runs.
    calls: HashMap<Id, Running>,
}

struct Running {
    reply: ReplyId,
    call: String,
    task: AbortHandle,
}

impl RunningTools {
    pub(super) fn start(&mut self, toolbox: Toolbox, reply: ReplyId, call: ToolCall) {
        let id = call.id.clone();
        let task = self.tasks.spawn(async move { toolbox.run(reply, call).await });
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

    /// The next one that ends; `None` when none runs.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            let ended = match self.tasks.join_next_with_id().await? {
                Ok((id, event)) => self.calls.remove(&id).map(|_| event),
                Err(error) => self.broken(&error),
            };
            if ended.is_some() {
                return ended;
            }
        }
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
