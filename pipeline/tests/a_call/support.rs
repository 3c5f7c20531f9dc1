//! A call on virtual time: a caller of tones, a recogniser that knows the words, models and voices by script.

mod booking;
mod hearing;
mod model;
mod played;
mod room;
mod voice;

use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use pipeline::{
    audio::SampleRate,
    call::{CallSetup, Services, converse},
    call_clock::CallClock,
    facts::Teller,
    ports::{EndOfTurn, Tool},
};
use tokio_util::sync::CancellationToken;
use turn::Policy;

pub(crate) use booking::Booking;
pub(crate) use hearing::Judge;
use hearing::{LoudnessFactory, Words};
pub(crate) use model::{Piece, WHOLE_ANSWER};
pub(crate) use played::{Played, Sent};
pub(crate) use voice::Tone;

/// An answer of four seconds and more.
pub(crate) const STORY: &str = "Once upon a time there was a king, and the king had a very long beard.";

const RATE: SampleRate = SampleRate(16_000);

/// When the caller speaks, in milliseconds from the call's start, and the words that are recognised.
pub(crate) type Speech = (u64, u64, &'static str);

/// What a call is made of.
pub(crate) struct Stage {
    pub(crate) policy: Policy,
    pub(crate) greeting: &'static str,
    pub(crate) speech: Vec<Speech>,
    pub(crate) answers: Vec<Vec<Piece>>,
    pub(crate) tools: Vec<Arc<dyn Tool>>,
    pub(crate) voice: Tone,
    pub(crate) breaks_after: Option<usize>,
    pub(crate) end_of_turn: Option<Arc<Judge>>,
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
            voice: Tone::default(),
            breaks_after: None,
            end_of_turn: None,
            leaves_ms: 10_000,
            lossy_ms: 0..0,
        }
    }
}

/// Plays a call to its end.
pub(crate) async fn play(stage: Stage) -> Played {
    let (teller, mut told) = Teller::new();
    let clock = CallClock::start_now();
    let start = tokio::time::Instant::now();
    let model = Arc::new(model::Scripted {
        answers: Mutex::new(stage.answers.into()),
    });
    let recogniser = Arc::new(Words {
        words: Mutex::new(stage.speech.iter().map(|(_, _, words)| *words).collect()),
        breaks_after: Mutex::new(stage.breaks_after),
        openings: AtomicU32::new(0),
        sound: Arc::default(),
    });
    let (room, packets, voice) = room::room(start, stage.speech.clone(), stage.leaves_ms, stage.lossy_ms);
    let setup = CallSetup {
        services: Services {
            voice_activity: Arc::new(LoudnessFactory),
            recogniser: recogniser.clone(),
            end_of_turn: stage.end_of_turn.map(|judge| judge as Arc<dyn EndOfTurn>),
            model: model.clone(),
            voice: Arc::new(stage.voice),
        },
        policy: stage.policy,
        greeting: stage.greeting.into(),
        greeting_talked_over: None,
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
        said: voice.lock().expect("nobody panics with it locked").clone(),
        recognised: recogniser
            .sound
            .lock()
            .expect("nobody panics with it locked")
            .clone(),
    }
}
