//! The microphone's side of a call: one task that hears the caller.
//!
//! Packets become sound without gaps; the sound is recorded, judged by the voice activity detector, and streamed to the
//! recogniser. What follows from it goes to the session as events; the sound itself does not.

mod recognition;
mod turn_sound;
mod unheard;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};
use turn::{CallTime, Event};

use crate::{
    audio::{HEARING, OpusPacket},
    call_clock::CallClock,
    caller_sound::{CallerSound, PATIENCE, SoundCounts, Stretch},
    codec::CodecError,
    echo::{EchoGuard, OwnSound},
    facts::{CallFact, Teller},
    ports::{EndOfTurn, HeardPacket, RecogniserInput, ServiceError, VoiceActivity, VoiceVerdict},
    recorder::RecorderHandle,
    voice_gate::{Found, VoiceGate},
};
pub(crate) use recognition::Recognition;
use turn_sound::TurnSound;

/// How often missing sound is replaced, so that a caller who is cut off still falls silent.
const TICK: Duration = Duration::from_millis(20);
/// After a packet nothing is missing for so long, and the task sleeps until the next one: 20 rooms wake it 1,000 times a
/// second less.
const NOTHING_MISSING: Duration = PATIENCE.saturating_add(Duration::from_millis(10));
/// How much silence the end-of-turn model hears at the end of what it judges: 200 ms, in samples. With 80 ms smart-turn calls
/// 47 % of 53 finished sentences finished, with 220 ms 72 %; of 67 pauses between read sentences 37 and 43 %.
const SILENCE_JUDGED: u64 = HEARING.0 as u64 / 5;

pub(crate) struct Listener {
    pub(crate) clock: CallClock,
    pub(crate) inbox: mpsc::Sender<Event>,
    pub(crate) teller: Teller,
    pub(crate) recorder: Option<RecorderHandle>,
    pub(crate) end_of_turn: Option<Arc<dyn EndOfTurn>>,
    /// The session wants the recogniser to finish.
    pub(crate) flush: Arc<Notify>,
    sound: CallerSound,
    detector: Box<dyn VoiceActivity>,
    gate: VoiceGate,
    /// What the agent sends, to know its echo by.
    own: mpsc::Receiver<OwnSound>,
    echo: EchoGuard,
    verdicts: Vec<VoiceVerdict>,
    recognition: Recognition,
    turn: TurnSound,
    burst_from: CallTime,
    /// Judgements of the pause that began last; those of an earlier pause are of no use.
    judging: JoinSet<(u64, Result<f32, ServiceError>)>,
    pause: u64,
    in_pause: Option<InPause>,
}

/// The voice has fallen; whether the turn is over is being judged.
#[derive(Clone, Copy, Debug)]
struct InPause {
    /// The detector is sure.
    stopped: bool,
    /// Where the model is to be asked; none once it was.
    ask_at: Option<u64>,
    /// The model's judgement of it.
    probability: Option<f32>,
}

impl Listener {
    pub(crate) fn new(
        clock: CallClock,
        inbox: mpsc::Sender<Event>,
        teller: Teller,
        detector: Box<dyn VoiceActivity>,
        recognition: Recognition,
        own: mpsc::Receiver<OwnSound>,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            clock,
            inbox,
            teller,
            recorder: None,
            end_of_turn: None,
            flush: Arc::default(),
            sound: CallerSound::new()?,
            detector,
            gate: VoiceGate::default(),
            own,
            echo: EchoGuard::default(),
            verdicts: Vec::new(),
            recognition,
            turn: TurnSound::default(),
            burst_from: CallTime::START,
            judging: JoinSet::new(),
            pause: 0,
            in_pause: None,
        })
    }

    /// Hears until the room gives no more sound.
    pub(crate) async fn run(mut self, mut packets: mpsc::Receiver<HeardPacket>) -> SoundCounts {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                packet = packets.recv() => match packet {
                    Some(packet) => {
                        ticks.reset_after(NOTHING_MISSING);
                        self.packet(packet).await;
                    }
                    None => return self.sound.counts(),
                },
                event = self.recognition.next(&self.clock) => {
                    if let Some(event) = event {
                        self.post(event).await;
                    }
                }
                () = self.flush.notified() => self.recognition.give(RecogniserInput::Flush),
                Some(judged) = self.judging.join_next() => {
                    if let Ok((pause, result)) = judged {
                        self.judged(pause, result).await;
                    }
                }
                _ = ticks.tick() => {
                    let stretch = self.sound.fill_until(self.clock.at(Instant::now().into_std()));
                    self.hear(stretch).await;
                }
            }
        }
    }

    async fn packet(&mut self, heard: HeardPacket) {
        let stretch = self.sound.hear(&heard, self.clock.at(heard.arrived));
        if let (Some(recorder), Some(start)) = (&self.recorder, stretch.packet) {
            let OpusPacket { position, payload } = heard.packet;
            recorder.caller(OpusPacket { position, payload }, self.sound.time_of(start));
        }
        self.hear(stretch).await;
    }

    async fn hear(&mut self, stretch: Stretch) {
        if stretch.samples.is_empty() {
            return;
        }
        while let Ok(sound) = self.own.try_recv() {
            self.echo.sent(sound);
        }
        self.echo
            .heard(self.sound.time_of(stretch.position), &stretch.samples, HEARING);
        let fallen = self.gate.hear(&stretch.samples);
        self.turn.hear(&stretch.samples);
        self.recognition.give(RecogniserInput::Audio {
            position: stretch.position,
            pcm: Arc::clone(&stretch.samples),
        });
        if let Some(found) = fallen {
            self.found(found).await;
        }
        let mut verdicts = std::mem::take(&mut self.verdicts);
        self.detector.hear(&stretch.samples, &mut verdicts);
        for mut verdict in verdicts.drain(..) {
            if VoiceGate::is_voice(verdict) && self.echo.explains() {
                verdict.speech = 0.0;
            }
            if let Some(found) = self.gate.judge(verdict) {
                self.found(found).await;
            }
        }
        self.verdicts = verdicts;
        self.ask_if_due(stretch.position + stretch.samples.len() as u64);
    }

    async fn found(&mut self, found: Found) {
        match found {
            Found::Started { from } => {
                self.in_pause = None;
                self.burst_from = self.sound.time_of(from);
                self.turn.begin(from);
                self.recognition.give(RecogniserInput::SpeechStarted {
                    position: from,
                    over_agent: self.echo.agent_spoke(self.burst_from),
                });
                self.post(Event::SpeechStarted {
                    from: self.burst_from,
                })
                .await;
            }
            Found::Continues { voiced_until } => {
                self.in_pause = None;
                let speech = self.sound.time_of(voiced_until).since(self.burst_from);
                self.post(Event::SpeechContinues { speech }).await;
            }
            Found::Paused { voiced_until } => {
                self.recognition.give(RecogniserInput::SpeechPaused {
                    position: voiced_until,
                });
                // Reports until now went on a little after the voice.
                let speech = self.sound.time_of(voiced_until).since(self.burst_from);
                self.post(Event::SpeechContinues { speech }).await;
                self.in_pause = Some(InPause {
                    stopped: false,
                    ask_at: Some(voiced_until + SILENCE_JUDGED),
                    probability: None,
                });
            }
            Found::Stopped { voiced_until } => {
                self.recognition.give(RecogniserInput::SpeechStopped {
                    position: voiced_until,
                });
                let pause = self.in_pause.get_or_insert(InPause {
                    stopped: true,
                    ask_at: Some(voiced_until + SILENCE_JUDGED),
                    probability: None,
                });
                pause.stopped = true;
                let probability = pause.probability;
                let last_voiced = self.sound.time_of(voiced_until);
                let speech = last_voiced.since(self.burst_from);
                tracing::debug!(speech_ms = speech.as_millis() as u64, "the caller fell silent");
                self.post(Event::SpeechStopped { last_voiced }).await;
                if let Some(probability) = probability {
                    self.post(Event::EndOfTurn { probability }).await;
                }
            }
        }
    }

    /// Has the end-of-turn model judge the present pause when it has lasted long enough, sound until `now` being known. The
    /// model runs elsewhere; if it is late, the silence decides.
    fn ask_if_due(&mut self, now: u64) {
        let due = |pause: &mut InPause| pause.ask_at.take_if(|at| *at <= now).is_some();
        let (true, Some(model)) = (self.in_pause.as_mut().is_some_and(due), &self.end_of_turn) else {
            return;
        };
        self.pause += 1;
        let (pause, model, sound) = (self.pause, Arc::clone(model), self.turn.samples());
        self.judging
            .spawn(async move { (pause, model.probability(sound).await) });
    }

    async fn judged(&mut self, pause: u64, result: Result<f32, ServiceError>) {
        let (true, Some(present)) = (pause == self.pause, &mut self.in_pause) else {
            return;
        };
        match result {
            Ok(probability) => {
                tracing::debug!(probability, "the end of the turn was judged by its sound");
                present.probability = Some(probability);
                if present.stopped {
                    self.post(Event::EndOfTurn { probability }).await;
                }
            }
            Err(error) => self.teller.tell(self.clock.now(), CallFact::Problem(error)),
        }
    }

    async fn post(&mut self, event: Event) {
        // The session is gone when the call is over; then nobody needs to know.
        let _over = self.inbox.send(event).await;
    }
}
