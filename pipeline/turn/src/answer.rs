//! What the agent is doing with the floor.

use alloc::{collections::VecDeque, string::String, vec::Vec};

use crate::{
    CallEnd, CallTime, Mark, MeasuredTurn, ProtectedSpeech, ReplyId, Said, TalkedOver, ToolCall, ToolRun,
    ToolTiming, TurnTimings,
};

/// The agent's answer to a turn: one reply, or several where tools come between. It is under way from the decision to the
/// end of its last sound, audible or not.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) turn: MeasuredTurn,
    /// Whether a model answers (the agent thinks), or a fixed text is said.
    pub(crate) thinks: bool,
    /// A tool in the background has brought something; the caller has not asked.
    pub(crate) tells_news: bool,
    /// How it takes being talked over, but for replies that say it themselves.
    pub(crate) talked_over: TalkedOver,
    /// The replies in the order in which they are heard; the first is or will be audible.
    pub(crate) replies: VecDeque<Reply>,
    /// The tools that run now.
    pub(crate) tools: Option<ToolRound>,
    /// Rounds of tools so far.
    pub(crate) rounds: u32,
    /// The reply before its first sound waits for the caller.
    pub(crate) hold: Option<Hold>,
    /// When its first sound was heard.
    pub(crate) sounds_since: Option<CallTime>,
    /// The audible reply is paused.
    pub(crate) pause: Option<Pause>,
    /// Whether a failed request was already made anew.
    pub(crate) retried: bool,
    /// Whether the apology was already said.
    pub(crate) apologised: bool,
    /// Phrases said because it takes long.
    pub(crate) fillers: u32,
    /// Whether any of its own words were heard.
    pub(crate) spoke: bool,
    /// The call ends when this has been heard.
    pub(crate) then_end: Option<CallEnd>,
    /// Stamps of the first reply that sounded.
    sounding: Option<Marks>,
}

/// The reply waits until the caller has finished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    /// Whether the caller said enough for an interruption.
    pub(crate) enough: bool,
}

/// The reply is silent for now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause {
    /// Paused early: nothing is certain yet.
    pub(crate) early: bool,
    /// First voiced sample of the speech that paused it.
    pub(crate) barge_in: CallTime,
    /// When the loudspeaker was told to pause.
    pub(crate) at: CallTime,
}

/// One request to the model, or one fixed text, and its sound.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) id: ReplyId,
    pub(crate) model: Model,
    pub(crate) voice: Voice,
    pub(crate) text: Said,
    /// How it takes being talked over, where that is not as the answer does.
    pub(crate) talked_over: Option<TalkedOver>,
    /// Said because the answer takes long; no part of it.
    pub(crate) filler: bool,
    pub(crate) marks: Marks,
}

/// A reply that was asked for before the turn was over.
#[derive(Clone, Debug)]
pub(crate) struct Early {
    pub(crate) reply: Reply,
    /// The turn's text when it was asked for.
    pub(crate) text: Said,
    pub(crate) history_version: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Model {
    Writing,
    /// Written; these tools are still to be started.
    Done(Vec<ToolCall>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// No sound yet.
    Waiting,
    /// Sound waits at the loudspeaker.
    Ready,
    /// The loudspeaker was told to play.
    Starting,
    /// Audible, or paused.
    Audible,
}

/// Tools called together.
#[derive(Clone, Debug)]
pub(crate) struct ToolRound {
    pub(crate) reply: ReplyId,
    pub(crate) calls: Vec<(ToolCall, Option<Result<Said, Said>>)>,
    pub(crate) ends_call: bool,
    /// How a reply takes being talked over that called them and said nothing itself: the answer to them does so.
    pub(crate) talked_over: Option<TalkedOver>,
    /// Where the timings of this round begin in the turn's list.
    pub(crate) first_timing: usize,
}

impl ToolRound {
    /// The round as an entry of the history, once every call has ended.
    pub(crate) fn runs(&self) -> Option<Vec<ToolRun>> {
        self.calls
            .iter()
            .map(|(call, result)| {
                Some(ToolRun {
                    id: call.id.clone(),
                    name: call.name.clone(),
                    arguments: call.arguments.clone(),
                    result: result.clone()?,
                })
            })
            .collect()
    }
}

/// Stamps of one reply.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) requested: Option<CallTime>,
    first: Option<CallTime>,
    pub(crate) done: Option<CallTime>,
    clause: Option<CallTime>,
    voice_requested: Option<CallTime>,
    voice_first_byte: Option<CallTime>,
    voice_first_audible: Option<CallTime>,
    pub(crate) audio_out: Option<CallTime>,
}

impl Marks {
    /// The first stamp of a kind counts.
    pub(crate) fn stamp(&mut self, mark: Mark, at: CallTime) {
        let slot = match mark {
            Mark::ModelFirst => &mut self.first,
            Mark::ClauseReady => &mut self.clause,
            Mark::VoiceRequested => &mut self.voice_requested,
            Mark::VoiceFirstByte => &mut self.voice_first_byte,
            Mark::VoiceFirstAudible => &mut self.voice_first_audible,
            Mark::AudioOut => &mut self.audio_out,
        };
        slot.get_or_insert(at);
    }
}

impl Reply {
    pub(crate) fn new(id: ReplyId, model: Model, text: Said) -> Self {
        Self {
            id,
            model,
            voice: Voice::Waiting,
            text,
            talked_over: None,
            filler: false,
            marks: Marks::default(),
        }
    }
}

impl Answer {
    pub(crate) fn new(timings: TurnTimings, user_text: Said, thinks: bool) -> Self {
        Self {
            turn: MeasuredTurn {
                timings,
                user_text,
                agent_text: Said::default(),
                heard_text: Said::default(),
            },
            thinks,
            tells_news: false,
            talked_over: TalkedOver::Allow,
            replies: VecDeque::new(),
            tools: None,
            rounds: 0,
            hold: None,
            sounds_since: None,
            pause: None,
            retried: false,
            apologised: false,
            fillers: 0,
            spoke: false,
            then_end: None,
            sounding: None,
        }
    }

    pub(crate) fn reply(&mut self, id: ReplyId) -> Option<&mut Reply> {
        self.replies.iter_mut().find(|reply| reply.id == id)
    }

    /// Whether something of it is audible or paused.
    pub(crate) fn is_audible(&self) -> bool {
        self.replies
            .front()
            .is_some_and(|reply| reply.voice == Voice::Audible)
    }

    /// What of it is audible or paused.
    pub(crate) fn audible(&self) -> Option<ReplyId> {
        self.replies
            .front()
            .filter(|_| self.is_audible())
            .map(|reply| reply.id)
    }

    /// How it takes being talked over now.
    pub(crate) fn talked_over(&self) -> TalkedOver {
        let reply = self.replies.front().and_then(|reply| reply.talked_over);
        let round = self.tools.as_ref().and_then(|round| round.talked_over);
        reply.or(round).unwrap_or(self.talked_over)
    }

    /// Whether it must not be paused, held or cut now.
    pub(crate) fn is_protected(&self) -> bool {
        self.talked_over().is_protected()
    }

    /// Whatever its replies say: from now on none of it can be interrupted.
    pub(crate) fn protect(&mut self, words: ProtectedSpeech) {
        self.talked_over = words.into();
        self.hold = None;
        let replies = self.replies.iter_mut().map(|reply| &mut reply.talked_over);
        let round = self.tools.iter_mut().map(|round| &mut round.talked_over);
        for said in replies.chain(round) {
            said.take_if(|said| !said.is_protected());
        }
    }

    /// Whether something to say is on its way already.
    pub(crate) fn is_coming(&self) -> bool {
        let coming = |reply: &Reply| {
            let written = matches!(reply.model, Model::Done(_)) && !reply.text.is_blank();
            written || reply.marks.clause.is_some()
        };
        self.replies.iter().any(coming)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.replies.is_empty() && self.tools.is_none()
    }

    pub(crate) fn planned(&mut self, text: &Said) {
        self.turn.agent_text = join(&self.turn.agent_text, text);
    }

    pub(crate) fn heard(&mut self, text: &Said) {
        self.turn.heard_text = join(&self.turn.heard_text, text);
    }

    /// Takes over the stamps of a reply that is over. A filler is no answer, so it has no part in the turn's times.
    pub(crate) fn keep_marks(&mut self, reply: &Reply) {
        let sounded = reply.marks.audio_out.is_some();
        if reply.filler
            || self
                .sounding
                .as_ref()
                .is_some_and(|kept| kept.audio_out.is_some() || !sounded)
        {
            return;
        }
        self.turn.timings.reply = Some(reply.id);
        self.sounding = Some(reply.marks.clone());
    }

    /// A tool has started; one in the background is not waited for.
    pub(crate) fn tool_started(&mut self, now: CallTime, in_background: bool) {
        self.turn.timings.tools.push(ToolTiming {
            start: now,
            end: in_background.then_some(now),
        });
    }

    /// The turn's record, when nothing more will happen in it.
    pub(crate) fn measured(mut self, now: CallTime) -> MeasuredTurn {
        while let Some(reply) = self.replies.pop_front() {
            self.keep_marks(&reply);
        }
        let marks = self.sounding.take().unwrap_or_default();
        let timings = &mut self.turn.timings;
        timings.llm_request = marks.requested;
        timings.llm_first = marks.first;
        timings.llm_done = marks.done;
        timings.clause_ready = marks.clause;
        timings.tts_request = marks.voice_requested;
        timings.tts_first_byte = marks.voice_first_byte;
        timings.tts_first_audible = marks.voice_first_audible;
        timings.audio_out = marks.audio_out;
        if timings.audio_out.is_some() {
            timings.audio_end.get_or_insert(now);
        }
        self.turn
    }
}

/// Two pieces of what was said, with a space between.
pub(crate) fn join(first: &Said, second: &Said) -> Said {
    match (first.is_blank(), second.is_blank()) {
        (true, _) => second.clone(),
        (_, true) => first.clone(),
        (false, false) => {
            let mut text = String::from(first.reveal());
            text.push(' ');
            text.push_str(second.reveal().trim_start());
            text.into()
        }
    }
}
