//! An answer as it comes in: frames to items, against the clock.

use std::{collections::VecDeque, time::Duration};

use futures_util::{StreamExt, stream};
use pipeline::ports::{ModelItem, ModelStream, ServiceError, TokenUsage};
use tokio::time::{Instant, timeout_at};

use super::{
    Deadlines,
    calls::{Calls, Nameless},
    fault::Faults,
    frame::{Chunk, Frame},
    thoughts::Thoughts,
};

type Frames = async_openai::types::stream::StreamResponse<Frame>;

/// After the finish reason only the usage is still to come. It is not worth keeping the last words waiting for long.
const USAGE_WAIT: Duration = Duration::from_millis(300);

/// An answer being read.
pub(super) struct Answer {
    /// `None` once the answer is over: the connection is not held any longer.
    frames: Option<Frames>,
    writing: Writing,
    ready: VecDeque<Result<ModelItem, ServiceError>>,
    faults: Faults,
    /// When the next useful item is due, and the wait that this ends.
    due: (Instant, Duration),
    between_items: Duration,
}

impl Answer {
    pub(super) fn new(
        frames: Frames,
        faults: Faults,
        deadlines: Deadlines,
        first_item_by: Instant,
        earlier_calls: usize,
    ) -> Self {
        Self {
            frames: Some(frames),
            writing: Writing::new(earlier_calls),
            ready: VecDeque::new(),
            faults,
            due: (first_item_by, deadlines.first_item),
            between_items: deadlines.between_items,
        }
    }

    pub(super) fn into_stream(self) -> ModelStream {
        stream::unfold(self, |mut answer| async move {
            let item = answer.next().await?;
            Some((item, answer))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<ModelItem, ServiceError>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            let frames = self.frames.as_mut()?;
            let (due, wait) = self.due;
            match timeout_at(due, frames.next()).await {
                Ok(Some(Ok(frame))) => self.read(frame),
                // The answer is whole: whatever happens to the connection now costs the usage at most.
                _ if self.writing.finished => self.close(None),
                Ok(Some(Err(error))) => self.close(Some(self.faults.library(error))),
                Ok(None) => self.close(Some(self.faults.broken_off())),
                Err(_) => self.close(Some(self.faults.silence(wait))),
            }
        }
    }

    fn read(&mut self, frame: Frame) {
        let chunk = match frame {
            Frame::Chunk(chunk) => chunk,
            _ if self.writing.finished => return self.close(None),
            Frame::Error(codes) => return self.close(Some(self.faults.inside(&codes))),
            Frame::Garbled => return self.close(Some(self.faults.garbled())),
        };
        let was_finished = self.writing.finished;
        let Ok(progress) = self.writing.take(chunk, &mut self.ready) else {
            return self.close(Some(self.faults.garbled()));
        };
        if self.writing.finished && !was_finished {
            self.due = (Instant::now() + USAGE_WAIT, USAGE_WAIT);
        } else if progress == Progress::Useful && !was_finished {
            self.due = (Instant::now() + self.between_items, self.between_items);
        }
    }

    fn close(&mut self, error: Option<ServiceError>) {
        self.frames = None;
        let usage = self.writing.usage.take().map(|usage| Ok(ModelItem::Usage(usage)));
        self.ready.extend(usage.into_iter().chain(error.map(Err)));
    }
}

/// The answer itself, without clock and connection.
struct Writing {
    thoughts: Thoughts,
    calls: Calls,
    /// The last one told: some servers count up with every chunk.
    usage: Option<TokenUsage>,
    finished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Useful,
    None,
}

impl Writing {
    fn new(earlier_calls: usize) -> Self {
        Self {
            thoughts: Thoughts::default(),
            calls: Calls::new(earlier_calls),
            usage: None,
            finished: false,
        }
    }

    /// Adds a chunk; what it completes is appended to `ready`.
    fn take(
        &mut self,
        chunk: Chunk,
        ready: &mut VecDeque<Result<ModelItem, ServiceError>>,
    ) -> Result<Progress, Nameless> {
        self.usage = chunk.usage.or(self.usage);
        if self.finished {
            return Ok(Progress::None);
        }
        let mut say = |text: String| {
            let spoken = !text.is_empty();
            if spoken {
                ready.push_back(Ok(ModelItem::Text(text.into())));
            }
            spoken
        };
        let mut useful = say(self.thoughts.pass(&chunk.text)) | !chunk.calls.is_empty();
        for piece in chunk.calls {
            self.calls.take(piece);
        }
        if chunk.finished {
            self.finished = true;
            useful |= say(self.thoughts.finish());
            ready.extend(
                self.calls
                    .finish()?
                    .into_iter()
                    .map(|call| Ok(ModelItem::ToolCall(call))),
            );
        }
        Ok(if useful { Progress::Useful } else { Progress::None })
    }
}
