//! A recorded caller in a room in memory, and the call it has.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use doubles::chat::ChatDouble;
use pipeline::{
    audio::{OpusPacket, SampleRate},
    call::{CallSetup, Services, converse},
    call_clock::CallClock,
    codec::Encoder,
    facts::{CallFact, Teller},
    ports::{Caller, HeardPacket, LeftReason, RoomEvent, Tool},
    sound_file,
};
use providers::{
    openai::{Deadlines, OpenAi, OpenAiOptions},
    simulated::{SimulatedRecognition, SimulatedVoice},
    vad::Webrtc,
};
use room::memory;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use turn::{HistoryItem, MeasuredTurn, Notice, Policy};

use super::APOLOGY;

const RATE: SampleRate = SampleRate(16_000);

/// What came of a call.
pub(crate) struct Call {
    pub(crate) turns: Vec<MeasuredTurn>,
    pub(crate) history: Vec<HistoryItem>,
}

impl Call {
    /// The caller's turn number `index`.
    pub(crate) fn answered(&self, index: usize) -> &MeasuredTurn {
        self.turns
            .iter()
            .filter(|turn| !turn.user_text.is_blank())
            .nth(index)
            .expect("the turn was measured")
    }

    /// Everything that was heard of the agent.
    pub(crate) fn agent_said(&self) -> String {
        let said = self.history.iter().filter_map(|item| match item {
            HistoryItem::Agent { text, .. } => Some(text.reveal().to_owned()),
            HistoryItem::Caller { .. } | HistoryItem::Aside { .. } | HistoryItem::Tools(_) => None,
        });
        said.collect::<Vec<_>>().join(" ")
    }
}

/// Holds a call in which the caller says one sentence, waits for the answer until `lasts`, and leaves.
pub(crate) async fn hold(double: &ChatDouble, tools: Vec<Arc<dyn Tool>>, lasts: Duration) -> Call {
    let mut options = OpenAiOptions::new("openai_compatible", double.base_url(), "double");
    options.deadlines = Deadlines {
        first_item: Duration::from_millis(1_500),
        ..Deadlines::default()
    };
    let mut policy = Policy {
        user_away: None,
        ..Policy::default()
    };
    policy.phrases.apology = APOLOGY.into();
    let (teller, mut told) = Teller::new();
    let setup = CallSetup {
        services: Services {
            voice_activity: Webrtc::shared(),
            recogniser: Arc::new(SimulatedRecognition {
                utterances: Arc::from(["I would like a cleaning on Tuesday.".into()]),
                interim_delay: Some(Duration::from_millis(300)),
                final_delay: Duration::from_millis(50),
            }),
            end_of_turn: None,
            model: Arc::new(OpenAi::new(options).expect("the double has an address")),
            voice: Arc::new(SimulatedVoice {
                per_character: Duration::from_millis(30),
                ..SimulatedVoice::default()
            }),
        },
        policy,
        greeting: "".into(),
        greeting_talked_over: None,
        instructions: "Be brief.".into(),
        tools,
        tool_deadline: Duration::from_secs(5),
        language: "en".to_owned(),
        voice: String::new(),
        recorder: None,
        teller,
        clock: CallClock::start_now(),
        patience: Duration::from_secs(5),
        goodbye: CancellationToken::new(),
    };
    let (room, end) = memory::room();
    let (held, ()) = tokio::join!(converse(setup, room), speak(end, lasts));
    held.expect("the call begins");
    let mut call = Call {
        turns: Vec::new(),
        history: Vec::new(),
    };
    while let Ok((_, fact)) = told.try_recv() {
        match fact {
            CallFact::Notice(Notice::TurnMeasured(turn)) => call.turns.push(*turn),
            CallFact::Notice(Notice::History(item)) => call.history.push(item),
            _ => {}
        }
    }
    call
}

async fn speak(mut end: memory::CallerEnd, lasts: Duration) {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/speech/sharp/book.wav");
    let sound = sound_file::read(&recording, RATE).expect("`make setup` makes the recorded caller");
    let mut encoder = Encoder::new(RATE).expect("16 kHz is a rate of Opus");
    let mut payloads: Vec<Bytes> = Vec::new();
    let lead = vec![0; RATE.frame_len() * 20];
    let samples: Vec<i16> = lead.into_iter().chain(sound.samples.iter().copied()).collect();
    for chunk in samples.chunks_exact(RATE.frame_len()) {
        payloads.push(
            encoder
                .encode(0, chunk)
                .expect("16 kHz is a rate of Opus")
                .payload,
        );
    }
    let silence = encoder
        .encode(0, &vec![0; RATE.frame_len()])
        .expect("16 kHz is a rate of Opus")
        .payload;
    let caller = Caller {
        identity: "caller".into(),
        sip: false,
        attributes: Default::default(),
    };
    end.tell(RoomEvent::CallerJoined(caller)).await;
    end.tell(RoomEvent::CallerAudioStarted { track: 1 }).await;
    let start = Instant::now();
    for index in 0_u32.. {
        let due = start + Duration::from_millis(20) * index;
        if due > start + lasts {
            break;
        }
        sleep_until(due).await;
        while end.heard.try_recv().is_ok() {}
        let payload = payloads.get(index as usize).unwrap_or(&silence).clone();
        let packet = OpusPacket {
            position: u64::from(index) * 960,
            payload,
        };
        end.say(HeardPacket {
            packet,
            arrived: due.into_std(),
            track: 1,
        });
    }
    end.tell(RoomEvent::CallerLeft {
        reason: LeftReason::Left,
    })
    .await;
}
