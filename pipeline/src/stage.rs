//! The stage of a live call: carries out the conversation's orders with tokio.

mod running;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tokio::sync::{Notify, mpsc};
use turn::{CallEnd, CallTime, Completeness, Effect, Event, HistoryItem, Notice, ReplyId, Said};

use crate::{
    facts::CallFact,
    ports::{LanguageModel, ModelRequest, ToolSpec},
    reply::{ReplyHandle, ReplyTools, SOUNDS, Source},
    scribe::Note,
    session::Stage,
    speaker::Order,
    toolbox::Toolbox,
};
use running::RunningTools;

pub(crate) struct LiveStage {
    pub(crate) model: Arc<dyn LanguageModel>,
    pub(crate) instructions: Arc<str>,
    pub(crate) toolbox: Toolbox,
    pub(crate) reply_tools: ReplyTools,
    pub(crate) orders: mpsc::Sender<Order>,
    /// Asks the listener to have the recogniser finish.
    pub(crate) flush: Arc<Notify>,
    replies: HashMap<ReplyId, ReplyHandle>,
    /// Texts that have been weighed: one for each final text, and taken before anything else happens.
    weighed: VecDeque<Event>,
    /// Tools run on, whatever becomes of the reply that called them.
    running: RunningTools,
    /// The conversation wants the call to end.
    pub(crate) ending: Option<CallEnd>,
    /// The loudspeaker took an order no more: the call cannot go on.
    pub(crate) speaker_lost: bool,
}

impl LiveStage {
    pub(crate) fn new(
        model: Arc<dyn LanguageModel>,
        instructions: Arc<str>,
        toolbox: Toolbox,
        reply_tools: ReplyTools,
        orders: mpsc::Sender<Order>,
        flush: Arc<Notify>,
    ) -> Self {
        Self {
            model,
            instructions,
            toolbox,
            reply_tools,
            orders,
            flush,
            replies: HashMap::new(),
            weighed: VecDeque::new(),
            running: RunningTools::default(),
            ending: None,
            speaker_lost: false,
        }
    }

    /// The next text that was weighed, or the next tool that tells something or ends. Waits for ever while there is none.
    pub(crate) async fn next_event(&mut self) -> Event {
        if let Some(event) = self.weighed.pop_front() {
            return event;
        }
        match self.next_tool().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// The next tool that tells something or ends; `None` when none runs.
    pub(crate) async fn next_tool(&mut self) -> Option<Event> {
        self.running.next().await
    }

    fn weigh(&mut self, text: Said, history: &[HistoryItem]) {
        let completeness = self.model.weigh(history, &text);
        tracing::debug!(
            ?text,
            ?completeness,
            "the caller's words were compared with what was asked for"
        );
        if completeness != Completeness::Unknown {
            self.weighed.push_back(Event::Weighed { text, completeness });
        }
    }

    fn begin(&mut self, reply: ReplyId, source: Source, released: bool) {
        let (sound, sounds) = mpsc::channel(SOUNDS);
        self.order(Order::Take(reply, sounds));
        let handle = ReplyHandle::begin(reply, source, released, sound, self.reply_tools.clone());
        self.replies.insert(reply, handle);
    }

    fn request(
        &mut self,
        reply: ReplyId,
        history: Vec<HistoryItem>,
        tools: bool,
        voice: bool,
        may_be_silent: bool,
    ) {
        let tools: Arc<[ToolSpec]> = if tools { self.toolbox.specs() } else { Arc::new([]) };
        let request = ModelRequest {
            instructions: Arc::clone(&self.instructions),
            history,
            tools,
        };
        let source = Source::Model {
            model: Arc::clone(&self.model),
            request,
            may_be_silent,
        };
        self.begin(reply, source, voice);
    }

    /// Orders to the loudspeaker are few and taken at once; a full channel means that its task hangs.
    fn order(&mut self, order: Order) {
        if self.orders.try_send(order).is_err() {
            self.speaker_lost = true;
        }
    }

    fn notice(&mut self, notice: Notice, now: CallTime) {
        let scribe = &self.reply_tools.scribe;
        match &notice {
            Notice::Interim(text) => scribe.note(Note::CallerSays {
                text: text.clone(),
                finished: false,
            }),
            Notice::Final(text) => scribe.note(Note::CallerSays {
                text: text.clone(),
                finished: true,
            }),
            Notice::Agent(state) => scribe.note(Note::State(*state)),
            Notice::AudioStopped { reply, heard, .. } => {
                scribe.note(Note::AgentSaid(*reply, heard.clone()));
                self.replies.remove(reply);
            }
            _ => {}
        }
        self.reply_tools.teller.tell(now, CallFact::Notice(notice));
    }
}

impl Stage for LiveStage {
    fn perform(&mut self, order: Effect, now: CallTime) {
        match order {
            Effect::Request {
                reply,
                history,
                tools,
                early: _,
                voice,
                may_be_silent,
            } => {
                self.request(reply, history, tools, voice, may_be_silent);
            }
            Effect::Say { reply, text } => self.begin(reply, Source::Text(text), true),
            Effect::Release { reply } => {
                if let Some(handle) = self.replies.get(&reply) {
                    handle.release();
                }
            }
            Effect::Play { reply } => self.order(Order::Play(reply)),
            Effect::Pause { reply } => self.order(Order::Pause(reply)),
            Effect::Resume { reply } => self.order(Order::Resume(reply)),
            Effect::Stop { reply } => {
                self.replies.remove(&reply);
                self.order(Order::Stop(reply));
            }
            Effect::Drop { reply } => {
                self.replies.remove(&reply);
                self.order(Order::Drop(reply));
            }
            Effect::RunTool { reply, call } => {
                self.running.start(self.toolbox.clone(), reply, call);
            }
            Effect::CancelTool { reply, id } => self.running.cancel(reply, &id),
            // No application looks at turns yet, so the policy of a live call asks for no hook.
            Effect::Hook { .. } => {}
            Effect::Weigh { text, history } => self.weigh(text, &history),
            Effect::FlushRecogniser => self.flush.notify_one(),
            Effect::EndCall { reason } => self.ending = Some(reason),
            Effect::Notice(notice) => self.notice(notice, now),
        }
    }
}
