//! A call on virtual time: a caller of tones, a recogniser that knows the words, models and voices by script.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use pipeline::{
    audio::{OpusPacket, Pcm, SampleRate},
    call::{CallOutcome, CallSetup, Services, converse},
    call_clock::CallClock,
    codec::{Decoder, Encoder},
    facts::{CallFact, Teller},
    ports::*,
};
use tokio::{
    sync::mpsc,
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use turn::{CallTime, Completeness, HistoryItem, Notice, Policy, Said};

const RATE: SampleRate = SampleRate(16_000);
const FRAME: Duration = Duration::from_millis(20);

/// When the caller speaks, in milliseconds from the call's start, and the words that are recognised.
pub(crate) type Speech = (u64, u64, &'static str);

/// A piece of a scripted answer.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    After(u64),
    Text(&'static str),
    Call(&'static str, &'static str),
    Fail(ServiceErrorKind),
    Panic,
}

/// What the scripted model takes as all of an answer.
pub(crate) const WHOLE_ANSWER: &str = "The blue one.";

/// A model that answers its requests one after another by script.
pub(crate) struct Scripted {
    pub(crate) answers: Mutex<VecDeque<Vec<Piece>>>,
}

#[async_trait]
impl LanguageModel for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn answer(&self, _request: ModelRequest) -> Result<ModelStream, ServiceError> {
        let pieces = self
            .answers
            .lock()
            .expect("nobody panics with it locked")
            .pop_front()
            .unwrap_or_default();
        let items = stream::iter(pieces).filter_map(|piece| async move {
            match piece {
                Piece::After(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    None
                }
                Piece::Text(text) => Some(Ok(ModelItem::Text(text.into()))),
                Piece::Call(name, arguments) => Some(Ok(ModelItem::ToolCall(ToolCall {
                    id: format!("call-{name}"),
                    name: name.to_owned(),
                    arguments: arguments.into(),
                }))),
                Piece::Fail(kind) => Some(Err(ServiceError::new("scripted", kind, "it was told to fail"))),
                Piece::Panic => panic!("it was told to break down"),
            }
        });
        Ok(items.boxed())
    }

    fn weigh(&self, _history: &[HistoryItem], said: &Said) -> Completeness {
        match said.reveal() {
            WHOLE_ANSWER => Completeness::Complete,
            _ => Completeness::Unknown,
        }
    }
}

/// A voice of a steady tone: so many milliseconds for each character, after a wait for the first.
pub(crate) struct Tone {
    pub(crate) first_ms: u64,
    pub(crate) ms_per_character: u64,
    /// Openings that fail before one succeeds.
    pub(crate) failures: AtomicU32,
}

#[async_trait]
impl TextToSpeech for Tone {
    fn name(&self) -> &'static str {
        "tone"
    }

    fn rate(&self) -> SampleRate {
        RATE
    }

    async fn open(&self, _options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        let fails = self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if fails.is_ok() {
            return Err(ServiceError::new(
                "tone",
                ServiceErrorKind::Unavailable,
                "it was told to fail",
            ));
        }
        let (text, mut clauses) = mpsc::channel::<Said>(4);
        let (sound, audio) = mpsc::channel(4);
        let (first, per_character) = (self.first_ms, self.ms_per_character);
        tokio::spawn(async move {
            sleep(Duration::from_millis(first)).await;
            while let Some(clause) = clauses.recv().await {
                let ms = clause.reveal().chars().count() as u64 * per_character;
                let samples = tone(RATE.samples_in(Duration::from_millis(ms)) as usize);
                if sound
                    .send(Ok(VoiceItem::Audio(Pcm::new(RATE, samples))))
                    .await
                    .is_err()
                    || sound.send(Ok(VoiceItem::ClauseEnd)).await.is_err()
                {
                    return;
                }
            }
        });
        Ok(VoiceStream { text, audio })
    }
}

/// A tone that swells seven times a second, as syllables do: a steady one is noise to the codec, and not worth a copy.
fn tone(len: usize) -> Vec<i16> {
    (0..len)
        .map(|at| {
            let swell = 0.6 + 0.4 * (at as f64 * 0.002_7).sin();
            ((at as f64 * 0.17).sin() * swell * 9_000.0) as i16
        })
        .collect()
}

/// Loud is speech.
struct Loudness {
    heard: Vec<i16>,
    end: u64,
}

impl VoiceActivity for Loudness {
    fn hear(&mut self, samples: &[i16], verdicts: &mut Vec<VoiceVerdict>) {
        self.heard.extend_from_slice(samples);
        while self.heard.len() >= 320 {
            let window: Vec<i16> = self.heard.drain(..320).collect();
            self.end += 320;
            let loud = window
                .iter()
                .filter(|sample| sample.unsigned_abs() > 1_000)
                .count()
                > 100;
            verdicts.push(VoiceVerdict {
                end: self.end,
                len: 320,
                speech: f32::from(u8::from(loud)),
            });
        }
    }

    fn reset(&mut self) {
        self.heard.clear();
        self.end = 0;
    }
}

pub(crate) struct LoudnessFactory;

impl VoiceActivityFactory for LoudnessFactory {
    fn detector(&self) -> Box<dyn VoiceActivity> {
        Box::new(Loudness {
            heard: Vec::new(),
            end: 0,
        })
    }
}

/// Knows what is said, and says so when the voice falls. `breaks_after`: finals after which it fails once.
pub(crate) struct Words {
    pub(crate) words: Mutex<VecDeque<&'static str>>,
    pub(crate) breaks_after: Mutex<Option<usize>>,
    pub(crate) openings: AtomicU32,
}

#[async_trait]
impl SpeechToText for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    async fn open(&self, _options: RecogniserOptions) -> Result<Recogniser, ServiceError> {
        self.openings.fetch_add(1, Ordering::Relaxed);
        let words = std::mem::take(&mut *self.words.lock().expect("nobody panics with it locked"));
        let breaks_after = self
            .breaks_after
            .lock()
            .expect("nobody panics with it locked")
            .take();
        let (input, mut inputs) = mpsc::channel(256);
        let (told, events) = mpsc::channel(16);
        let (first, rest) = match breaks_after {
            Some(count) => {
                let mut words = words;
                let rest = words.split_off(count);
                (words, rest)
            }
            None => (words, VecDeque::new()),
        };
        self.words
            .lock()
            .expect("nobody panics with it locked")
            .extend(rest);
        tokio::spawn(async move {
            let mut words = first;
            while let Some(input) = inputs.recv().await {
                if let RecogniserInput::SpeechStopped { position } = input {
                    let text = words.pop_front().unwrap_or_default();
                    let heard = RecogniserEvent::Final {
                        text: text.into(),
                        end: position,
                        language: None,
                    };
                    if told.send(heard).await.is_err() {
                        return;
                    }
                    if breaks_after.is_some() && words.is_empty() {
                        let error =
                            ServiceError::new("words", ServiceErrorKind::Unavailable, "it was told to fail");
                        let _gone = told.send(RecogniserEvent::Failed(error)).await;
                        return;
                    }
                }
            }
        });
        Ok(Recogniser { input, events })
    }
}

/// What a call is made of.
pub(crate) struct Stage {
    pub(crate) policy: Policy,
    pub(crate) greeting: &'static str,
    pub(crate) speech: Vec<Speech>,
    pub(crate) answers: Vec<Vec<Piece>>,
    pub(crate) tools: Vec<Arc<dyn Tool>>,
    pub(crate) voice: Tone,
    pub(crate) breaks_after: Option<usize>,
    /// The caller leaves then.
    pub(crate) leaves_ms: u64,
    /// When the other end says that it misses packets.
    pub(crate) lossy_ms: Range<u64>,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            policy: Policy {
                user_away: None,
                ..Policy::default()
            },
            greeting: "",
            speech: Vec::new(),
            answers: Vec::new(),
            tools: Vec::new(),
            voice: Tone {
                first_ms: 80,
                ms_per_character: 60,
                failures: AtomicU32::new(0),
            },
            breaks_after: None,
            leaves_ms: 10_000,
            lossy_ms: 0..0,
        }
    }
}

/// What came of it.
pub(crate) struct Played {
    pub(crate) outcome: CallOutcome,
    pub(crate) facts: Vec<(CallTime, CallFact)>,
    /// The agent's packets.
    pub(crate) packets: Vec<Sent>,
    pub(crate) openings: u32,
}

/// A packet of the agent.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    /// When it was handed over, in milliseconds of the call.
    pub(crate) at_ms: f64,
    /// Its position.
    pub(crate) position: u64,
    /// Whether anything is heard of it.
    pub(crate) audible: bool,
    /// Whether it carries a copy of the frame before it (RFC 6716, 4.2.3: the second bit behind the first byte).
    pub(crate) copy: bool,
}

impl Played {
    /// When each packet with sound in it was handed over, in milliseconds of the call.
    pub(crate) fn audible_ms(&self) -> Vec<f64> {
        let audible = self.packets.iter().filter(|packet| packet.audible);
        audible.map(|packet| packet.at_ms).collect()
    }

    /// The longest silence between two packets with sound, in milliseconds.
    pub(crate) fn longest_silence_ms(&self) -> f64 {
        let audible = self.audible_ms();
        audible
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .fold(0.0, f64::max)
    }

    /// Notices that `pick` picks, with their times in milliseconds.
    pub(crate) fn notices<T>(&self, pick: impl Fn(&Notice) -> Option<T>) -> Vec<(f64, T)> {
        self.facts
            .iter()
            .filter_map(|(at, fact)| match fact {
                CallFact::Notice(notice) => Some((at.as_millis_f64(), pick(notice)?)),
                _ => None,
            })
            .collect()
    }

    /// What entered the history: who and what.
    pub(crate) fn history(&self) -> Vec<String> {
        let entries = self.notices(|notice| match notice {
            Notice::History(HistoryItem::Caller { text }) => Some(format!("caller: {}", text.reveal())),
            Notice::History(HistoryItem::Agent { text, interrupted }) => Some(format!(
                "agent{}: {}",
                if *interrupted { " (cut)" } else { "" },
                text.reveal()
            )),
            Notice::History(HistoryItem::Tools(runs)) => Some(format!(
                "tools: {}",
                runs.iter()
                    .map(|run| format!(
                        "{}={}",
                        run.name,
                        match &run.result {
                            Ok(text) => text.reveal().to_owned(),
                            Err(text) => format!("error {}", text.reveal()),
                        }
                    ))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            _ => None,
        });
        entries.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// Plays a call to its end.
pub(crate) async fn play(stage: Stage) -> Played {
    let (teller, mut told) = Teller::new();
    let clock = CallClock::start_now();
    let start = tokio::time::Instant::now();
    let model = Arc::new(Scripted {
        answers: Mutex::new(stage.answers.into()),
    });
    let recogniser = Arc::new(Words {
        words: Mutex::new(stage.speech.iter().map(|(_, _, words)| *words).collect()),
        breaks_after: Mutex::new(stage.breaks_after),
        openings: AtomicU32::new(0),
    });
    let (room, packets) = room(start, stage.speech.clone(), stage.leaves_ms, stage.lossy_ms);
    let setup = CallSetup {
        services: Services {
            voice_activity: Arc::new(LoudnessFactory),
            recogniser: recogniser.clone(),
            end_of_turn: None,
            model: model.clone(),
            voice: Arc::new(stage.voice),
        },
        policy: stage.policy,
        greeting: stage.greeting.into(),
        instructions: "Be brief.".into(),
        tools: stage.tools,
        tool_deadline: Duration::from_secs(10),
        language: "en".to_owned(),
        voice: String::new(),
        recorder: None,
        teller,
        clock,
        patience: Duration::from_secs(5),
        goodbye: CancellationToken::new(),
    };
    let outcome = converse(setup, room).await.expect("the call begins");
    let mut facts = Vec::new();
    while let Ok(fact) = told.try_recv() {
        facts.push(fact);
    }
    let packets = std::mem::take(&mut *packets.lock().expect("nobody panics with it locked"));
    Played {
        outcome,
        facts,
        packets,
        openings: recogniser.openings.load(Ordering::Relaxed),
    }
}

type Wire = Arc<Mutex<Vec<Sent>>>;

/// The way out of a call that began at a moment.
struct Mouth {
    wire: Wire,
    start: Instant,
    decoder: Decoder,
    lossy_ms: Range<u64>,
}

impl AudioOut for Mouth {
    fn send(&mut self, packet: OpusPacket) -> Option<Instant> {
        let now = tokio::time::Instant::now().into_std();
        let mut sound = Vec::new();
        self.decoder
            .decode(&packet.payload, &mut sound)
            .expect("the agent sends Opus");
        self.wire
            .lock()
            .expect("nobody panics with it locked")
            .push(Sent {
                at_ms: now.duration_since(self.start).as_secs_f64() * 1e3,
                position: packet.position,
                audible: sound.iter().any(|sample| sample.unsigned_abs() > 164),
                copy: packet.payload[1] & 0x40 != 0,
            });
        Some(now)
    }

    fn loss(&self) -> f32 {
        let now = tokio::time::Instant::now().into_std();
        let ms = now.duration_since(self.start).as_millis() as u64;
        if self.lossy_ms.contains(&ms) { 0.1 } else { 0.0 }
    }
}

struct Nobody;

#[async_trait]
impl RoomControl for Nobody {
    async fn transcription(&self, _piece: Transcription) {}
    async fn set_attributes(&self, _attributes: std::collections::BTreeMap<String, String>) {}
    async fn send_text(&self, _text: Said) {}
    async fn leave(&self, _how: Leave) {}
}

/// A room whose caller hums by schedule and then leaves.
fn room(
    start: tokio::time::Instant,
    speech: Vec<Speech>,
    leaves_ms: u64,
    lossy_ms: Range<u64>,
) -> (JoinedRoom, Wire) {
    let (say, audio_in) = mpsc::channel(64);
    let (tell, events) = mpsc::channel(64);
    let sent = Wire::default();
    tokio::spawn(async move {
        let caller = Caller {
            identity: "caller".into(),
            sip: false,
            attributes: Default::default(),
        };
        let _gone = tell.send(RoomEvent::CallerJoined(caller)).await;
        let _gone = tell.send(RoomEvent::CallerAudioStarted { track: 1 }).await;
        let mut encoder = Encoder::new(RATE).expect("16 kHz is a rate of Opus");
        for index in 0_u64.. {
            // A frame is sent when its last sample has been said.
            let due = start + FRAME * (index as u32 + 1);
            sleep_until(due).await;
            let at = index * 20;
            if at >= leaves_ms {
                break;
            }
            let speaks = speech.iter().any(|(from, to, _)| (*from..*to).contains(&at));
            let frame = if speaks {
                tone(RATE.frame_len())
            } else {
                vec![0; RATE.frame_len()]
            };
            let packet = encoder
                .encode(index * 960, &frame)
                .expect("16 kHz is a rate of Opus");
            if say
                .send(HeardPacket {
                    packet,
                    arrived: due.into_std(),
                    track: 1,
                })
                .await
                .is_err()
            {
                return;
            }
        }
        let _gone = tell
            .send(RoomEvent::CallerLeft {
                reason: LeftReason::Left,
            })
            .await;
    });
    let room = JoinedRoom {
        audio_in,
        events,
        audio_out: Box::new(Mouth {
            wire: sent.clone(),
            start: start.into_std(),
            decoder: Decoder::new(RATE).expect("a rate of Opus"),
            lossy_ms,
        }),
        control: Box::new(Nobody),
    };
    (room, sent)
}
