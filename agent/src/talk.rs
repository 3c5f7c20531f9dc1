//! One conversation without LiveKit: a recording is the caller, in real time.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use pipeline::{
    audio::{OpusPacket, RTP_HZ, SampleRate},
    codec::Encoder,
    ports::{Caller, HeardPacket, LeftReason, RoomEvent},
    sound_file,
};
use room::memory::{self, CallerEnd};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    call::{CallDesk, CallFailure, CallNews, CallPlan, FinishedCall},
    definition::Definition,
    ear::Ear,
};

/// The rate at which the recorded caller is sent, as a browser does.
const CALLER_RATE: SampleRate = SampleRate(48_000);
const FRAME: Duration = Duration::from_millis(20);
/// Once the recording is over and the agent has been silent for this long, the caller hangs up.
const LAST_WORD: Duration = Duration::from_secs(4);

/// Why a conversation with a recording was not held.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    /// The recording cannot be used.
    #[error(transparent)]
    Sound(#[from] sound_file::SoundFileError),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallFailure),
    /// The recording cannot be encoded.
    #[error("the recording cannot be sent: {0}")]
    Codec(#[from] pipeline::codec::CodecError),
}

/// A caller's part of a conversation, ready to be sent.
pub struct Recording(Vec<Bytes>);

impl Recording {
    /// Reads a file, WAV or FLAC.
    ///
    /// # Errors
    /// When it is not there, or not sound.
    pub fn read(path: &Path) -> Result<Self, TalkError> {
        let sound = sound_file::read(path, CALLER_RATE)?;
        Ok(Self(encode(&sound.samples)?))
    }
}

/// Lets a recording talk with the agent, and gives the call's record.
///
/// # Errors
/// When one of the agent's services cannot be used.
pub async fn talk(
    desk: &CallDesk,
    plan: CallPlan,
    definition: &Definition,
    caller: Recording,
    news: Option<mpsc::Sender<CallNews>>,
) -> Result<FinishedCall, TalkError> {
    let call = desk.prepare(plan, definition)?;
    let (room, end) = memory::room();
    let speaking = AbortOnDropHandle::new(tokio::spawn(recorded_caller(end, caller.0)));
    let finished = call.hold(room, CancellationToken::new(), news).await?;
    drop(speaking);
    Ok(finished)
}

fn encode(samples: &[i16]) -> Result<Vec<Bytes>, TalkError> {
    let mut encoder = Encoder::new(CALLER_RATE)?;
    let mut packets = Vec::new();
    for (index, chunk) in samples.chunks(CALLER_RATE.frame_len()).enumerate() {
        let mut frame = chunk.to_vec();
        frame.resize(CALLER_RATE.frame_len(), 0);
        packets.push(encoder.encode(ticks(index), &frame)?.payload);
    }
    Ok(packets)
}

fn ticks(frame: usize) -> u64 {
    frame as u64 * u64::from(RTP_HZ) / 50
}

/// Speaks by the clock, then goes on with silence until the agent has nothing more to say.
async fn recorded_caller(mut end: CallerEnd, packets: Vec<Bytes>) {
    end.tell(RoomEvent::CallerJoined(Caller {
        identity: "recording".to_owned(),
        sip: false,
        attributes: Default::default(),
    }))
    .await;
    end.tell(RoomEvent::CallerAudioStarted { track: 1 }).await;
    let Ok(silence) = Encoder::new(CALLER_RATE).and_then(|mut encoder| {
        let frame = vec![0; CALLER_RATE.frame_len()];
        Ok(encoder.encode(0, &frame)?.payload)
    }) else {
        return;
    };
    let Ok(mut ear) = Ear::new() else { return };
    let start = Instant::now();
    for index in 0_usize.. {
        let due = start + FRAME * u32::try_from(index).unwrap_or(u32::MAX);
        loop {
            tokio::select! {
                biased;
                () = sleep_until(due) => break,
                spoken = end.heard.recv() => match spoken {
                    Some(spoken) => ear.hear(&spoken.packet.payload),
                    None => return,
                },
            }
        }
        let payload = packets.get(index).unwrap_or(&silence).clone();
        let packet = OpusPacket {
            position: ticks(index),
            payload,
        };
        end.say(HeardPacket {
            packet,
            arrived: due.into_std(),
            track: 1,
        });
        let over = start + FRAME * u32::try_from(packets.len()).unwrap_or(u32::MAX);
        let quiet_from = ear.heard_last().map_or(over, |heard| heard.max(over));
        if index >= packets.len() && Instant::now() > quiet_from + LAST_WORD {
            end.tell(RoomEvent::CallerLeft {
                reason: LeftReason::Left,
            })
            .await;
            return;
        }
    }
}
