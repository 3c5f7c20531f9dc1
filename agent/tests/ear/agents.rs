//! The agents that are listened to.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use pipeline::{
    audio::{HEARING, RTP_HZ, SampleRate},
    call::{CallSetup, Services, converse as hold},
    call_clock::CallClock,
    codec::{Decoder, Encoder},
    facts::{CallFact, Teller},
    ports::{JoinedRoom, LanguageModel, ModelItem, ModelRequest, ModelStream, ServiceError},
};
use providers::{
    OfflineSpeech,
    simulated::{SimulatedRecognition, SimulatedVoice},
};
use room::{
    livekit::{JoinOptions, join},
    local::LocalServer,
    token::{Pass, PassKind},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;
use turn::{Notice, Policy};

/// Longer than a start takes on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
const FRAME: Duration = Duration::from_millis(20);

/// What we measured of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    /// The answer's first audible sample, in milliseconds of the call.
    pub(crate) audio_out: f64,
    /// `eou_latency`, in milliseconds.
    pub(crate) latency: f64,
}

async fn enter(server: &LocalServer, room: &str) -> JoinedRoom {
    let pass = Pass {
        kind: PassKind::Agent,
        ..Pass::new(room, "agent")
    };
    let token = server.credentials().join_token(pass).expect("a pass");
    join(JoinOptions::new(server.url(), token, 1))
        .await
        .expect("the room opens")
}

/// Answers the beginning of each sound at once with a tone of 200 ms, and gives how long it took itself each time: from
/// the moment of the sample to the sending of the tone, in milliseconds.
pub(crate) async fn echo(server: &LocalServer, room: &str, times: usize) -> Vec<f64> {
    const RATE: SampleRate = SampleRate(24_000);
    let JoinedRoom {
        mut audio_in,
        mut events,
        mut audio_out,
        control: _control,
    } = enter(server, room).await;
    let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
    let mut encoder = Encoder::new(RATE).expect("a rate of Opus");
    let mut frames = interval(FRAME);
    let (mut left, mut ticks, mut loud) = (0_u32, 0_u64, Instant::now());
    let (mut first, mut origin, mut asked) = (None, None, None);
    let mut own = Vec::new();
    while own.len() < times || left > 0 {
        tokio::select! {
            biased;
            heard = audio_in.recv() => {
                let Some(heard) = heard else { break };
                let mut sound = Vec::new();
                decoder
                    .decode(&heard.packet.payload, &mut sound)
                    .expect("Opus");
                // The network only delays: the packet that came earliest for its place tells when the first began.
                let first = *first.get_or_insert(heard.packet.position);
                let begins = heard.packet.position.saturating_sub(first) * 1_000_000_000 / u64::from(RTP_HZ);
                let begins = Duration::from_nanos(begins);
                let whole = heard.arrived - begins - HEARING.duration_of(sound.len() as u64);
                let origin = *origin.insert(origin.map_or(whole, |origin: Instant| origin.min(whole)));
                let Some(onset) = sound.iter().position(|sample| sample.unsigned_abs() > 2_000) else {
                    continue;
                };
                // A pause of the caller may come as no packets at all.
                let silent = heard.arrived.saturating_duration_since(std::mem::replace(&mut loud, heard.arrived));
                if silent > Duration::from_millis(300) {
                    asked = Some(origin + begins + HEARING.duration_of(onset as u64));
                }
            }
            event = events.recv() => if event.is_none() { break },
            _ = frames.tick() => {
                let asked = asked.take();
                if asked.is_some() {
                    left = 10;
                }
                let height = if left > 0 { 8_000 } else { 0 };
                let tone: Vec<i16> = (0..RATE.frame_len())
                    .map(|n| if n / 40 % 2 == 0 { height } else { -height })
                    .collect();
                let sent = audio_out.send(encoder.encode(ticks, &tone).expect("a frame"));
                if let (Some(asked), Some(sent)) = (asked, sent) {
                    own.push(sent.duration_since(asked).as_secs_f64() * 1e3);
                }
                ticks += u64::from(RTP_HZ) / 50;
                left = left.saturating_sub(1);
            }
        }
    }
    // Until the caller has gone, so that the last tone is heard.
    while events
        .recv()
        .await
        .is_some_and(|event| !format!("{event:?}").starts_with("CallerLeft"))
    {}
    own
}

/// Answers at once, whatever was said.
struct Short;

#[async_trait]
impl LanguageModel for Short {
    fn name(&self) -> &'static str {
        "short"
    }

    async fn answer(&self, _request: ModelRequest) -> Result<ModelStream, ServiceError> {
        Ok(stream::iter([Ok(ModelItem::Text("Yes, I see.".into()))]).boxed())
    }
}

/// Converses until the caller leaves: our detector of voices and our loudspeaker, and services that cost no time.
pub(crate) async fn converse(server: &LocalServer, room: &str) -> Vec<Answered> {
    let models = workspace().join(".dev/models");
    let offline = tokio::task::spawn_blocking(move || OfflineSpeech::load(&models, &Default::default()));
    let offline = offline
        .await
        .expect("no panic")
        .expect("`make setup` installs the models");
    let (teller, mut told) = Teller::new();
    let setup = CallSetup {
        services: Services {
            voice_activity: offline.voice_activity(),
            recogniser: Arc::new(SimulatedRecognition {
                utterances: Arc::from(["I heard that.".into()]),
                interim_delay: Some(Duration::from_millis(200)),
                final_delay: Duration::from_millis(50),
            }),
            end_of_turn: None,
            model: Arc::new(Short),
            voice: Arc::new(SimulatedVoice {
                per_character: Duration::from_millis(40),
                ..SimulatedVoice::default()
            }),
        },
        policy: Policy {
            user_away: None,
            ..Policy::default()
        },
        greeting: "Hello.".into(),
        greeting_talked_over: None,
        instructions: "Be brief.".into(),
        tools: Vec::new(),
        tool_deadline: PATIENCE,
        language: "en".to_owned(),
        voice: String::new(),
        recorder: None,
        teller,
        clock: CallClock::start_now(),
        patience: PATIENCE,
        goodbye: CancellationToken::new(),
    };
    let room = enter(server, room).await;
    let listening = async {
        let mut answered = Vec::new();
        while let Some((_, fact)) = told.recv().await {
            let CallFact::Notice(Notice::TurnMeasured(turn)) = fact else {
                continue;
            };
            if let (Some(end), Some(out)) = (turn.timings.speech_end, turn.timings.audio_out) {
                answered.push(Answered {
                    audio_out: out.as_millis_f64(),
                    latency: out.as_millis_f64() - end.as_millis_f64(),
                });
            }
        }
        answered
    };
    let (held, answered) = tokio::join!(hold(setup, room), listening);
    held.expect("the call is held");
    answered
}

/// The program itself as a worker.
pub(crate) struct Program {
    records: TempDir,
    worker: Child,
}

impl Program {
    /// Starts it and waits until LiveKit has taken it.
    pub(crate) async fn start(server: &LocalServer) -> Self {
        let records = tempfile::tempdir().expect("a folder");
        let mut worker = Command::new(env!("CARGO_BIN_EXE_newvoice"))
            .arg("worker")
            .current_dir(records.path())
            .env("LIVEKIT_URL", server.url())
            .env("LIVEKIT_API_KEY", server.api_key())
            .env("LIVEKIT_API_SECRET", server.api_secret())
            .env(
                "NEWVOICE_SKILLBASE",
                Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ear/agent.yaml"),
            )
            .env("NEWVOICE_MODELS", workspace().join(".dev/models"))
            .env("NEWVOICE_LISTEN", "127.0.0.1:0")
            .env("RECORDINGS_PATH", records.path())
            .env_remove("DATABASE_URL")
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut log = BufReader::new(worker.stderr.take().expect("its log")).lines();
        let registered = async {
            while let Some(line) = log.next_line().await.expect("text") {
                if line.contains("worker registered") {
                    return true;
                }
            }
            false
        };
        assert!(
            timeout(PATIENCE, registered).await.expect("in time"),
            "the worker ended"
        );
        // Nobody reads on, so that the log has somewhere to go.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self { records, worker }
    }

    /// Stops it, and gives the turns of its call.
    pub(crate) async fn answered(mut self) -> Vec<Answered> {
        let worker = i32::try_from(self.worker.id().expect("it runs")).expect("a process id");
        let worker = rustix::process::Pid::from_raw(worker).expect("a process id");
        rustix::process::kill_process(worker, rustix::process::Signal::TERM).expect("it runs");
        let status = timeout(PATIENCE, self.worker.wait())
            .await
            .expect("in time")
            .expect("it ends");
        assert!(status.success(), "the worker ended with {status}");
        let calls = std::fs::read_dir(self.records.path()).expect("records");
        let turns: Vec<PathBuf> = calls
            .filter_map(|call| Some(call.ok()?.path().join("turns.jsonl")))
            .filter(|turns| turns.exists())
            .collect();
        assert_eq!(turns.len(), 1, "one call");
        let turns = std::fs::read_to_string(&turns[0]).expect("the turns");
        let turns = turns.lines().filter_map(|line| {
            let turn: serde_json::Value = serde_json::from_str(line).expect("JSON");
            Some(Answered {
                audio_out: turn["audio_out"].as_f64()?,
                latency: turn["eou_latency"].as_f64()?,
            })
        });
        turns.collect()
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
