//! What is typed, transcribed or pressed: LiveKit's data packets, in both directions. Pure.
//!
//! Text travels as a *text stream*: a header with topic and attributes, chunks, a trailer. Ours are always complete;
//! those of others are put together here, within limits, since anybody in the room can send anything.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use livekit_protocol::{
    DataPacket,
    data_packet::Value,
    data_stream::{Chunk, Header, TextHeader, Trailer, header::ContentHeader},
};
use pipeline::ports::{RoomEvent, Speaker, Transcription};
use prost::Message as _;
use turn::Said;

/// Topic of typed text.
const CHAT: &str = "lk.chat";

/// Topic of what was said.
const TRANSCRIPTION: &str = "lk.transcription";

/// Bytes in one chunk; with its envelope it stays below the 16 kB that every WebRTC stack takes in one message.
const CHUNK: usize = 15_000;

/// The longest text that is put together, in bytes: many times what anybody types in a call.
const LONGEST: usize = 64 * 1024;

/// How many texts are put together at a time. One more, and the oldest is forgotten.
const AT_A_TIME: usize = 8;

/// How long a text may take to be complete.
const COMPLETE_WITHIN: Duration = Duration::from_secs(30);

/// Where a transcription's words come from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The speaker's identity.
    pub(super) identity: String,
    /// The speaker's track, by the server's name; empty when it has none.
    pub(super) track: String,
}

/// A transcription as packets. The stream is the agent's, but is told as the speaker's own.
pub(super) fn transcription(id: &str, unix_ms: i64, piece: &Transcription, source: Source) -> Vec<Vec<u8>> {
    let attributes = [
        ("lk.segment_id", piece.segment.clone()),
        ("lk.transcription_final", piece.finished.to_string()),
        ("lk.transcribed_track_id", source.track),
    ];
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let header = Header {
        stream_id: id.to_owned(),
        timestamp: unix_ms,
        topic: TRANSCRIPTION.to_owned(),
        attributes: attributes.map(|(key, value)| (key.to_owned(), value)).collect(),
        ..text_header(piece.speaker == Speaker::Agent)
    };
    stream(header, piece.text.reveal(), &source.identity)
}

/// A typed message as packets.
pub(super) fn chat(id: &str, unix_ms: i64, text: &Said) -> Vec<Vec<u8>> {
    let header = Header {
        stream_id: id.to_owned(),
        timestamp: unix_ms,
        topic: CHAT.to_owned(),
        ..text_header(true)
    };
    stream(header, text.reveal(), "")
}

fn text_header(generated: bool) -> Header {
    Header {
        mime_type: "text/plain".to_owned(),
        content_header: Some(ContentHeader::TextHeader(TextHeader {
            generated,
            ..Default::default()
        })),
        ..Default::default()
    }
}

fn stream(header: Header, text: &str, sender: &str) -> Vec<Vec<u8>> {
    let stream_id = header.stream_id.clone();
    let header = Header {
        total_length: Some(text.len() as u64),
        ..header
    };
    let chunks = pieces(text).enumerate().map(|(index, piece)| {
        Value::StreamChunk(Chunk {
            stream_id: stream_id.clone(),
            chunk_index: index as u64,
            content: piece.as_bytes().to_vec(),
            ..Default::default()
        })
    });
    let trailer = Trailer {
        stream_id: stream_id.clone(),
        ..Default::default()
    };
    std::iter::once(Value::StreamHeader(header))
        .chain(chunks)
        .chain([Value::StreamTrailer(trailer)])
        .map(|value| {
            let packet = DataPacket {
                participant_identity: sender.to_owned(),
                value: Some(value),
                ..Default::default()
            };
            packet.encode_to_vec()
        })
        .collect()
}

/// The text in pieces of at most [`CHUNK`] bytes, none of which ends inside a character.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (piece, rest) = text.split_at(text.floor_char_boundary(CHUNK));
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Puts together what others send.
#[derive(Default)]
pub(super) struct Inbox {
    open: VecDeque<Open>,
}

/// A text on its way.
struct Open {
    sender: String,
    stream: String,
    bytes: Vec<u8>,
    next: u64,
    since: Instant,
}

/// A data packet that could not be used, in words for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusable(pub(super) &'static str);

impl Inbox {
    /// Takes a packet from a data channel; gives what it completes.
    pub(super) fn packet(&mut self, bytes: &[u8], now: Instant) -> Result<Option<RoomEvent>, Unusable> {
        let packet = DataPacket::decode(bytes).map_err(|_| Unusable("not a data packet"))?;
        let sender = packet.participant_identity;
        match packet.value {
            Some(Value::StreamHeader(header)) => self.header(sender, header, now),
            Some(Value::StreamChunk(chunk)) => self.chunk(&sender, chunk),
            Some(Value::StreamTrailer(trailer)) => self.trailer(&sender, &trailer),
            Some(Value::ChatMessage(message)) if !message.deleted && message.edit_timestamp.is_none() => {
                Ok(text_event(message.message))
            }
            Some(Value::SipDtmf(key)) => dtmf(&key.digit, key.code).map(Some),
            // Everything else is for other sorts of clients.
            _ => Ok(None),
        }
    }

    fn header(
        &mut self,
        sender: String,
        header: Header,
        now: Instant,
    ) -> Result<Option<RoomEvent>, Unusable> {
        self.open
            .retain(|open| now.saturating_duration_since(open.since) < COMPLETE_WITHIN);
        let is_text = matches!(header.content_header, Some(ContentHeader::TextHeader(_)));
        if header.topic != CHAT || !is_text {
            return Ok(None);
        }
        if header.total_length.is_some_and(|length| length > LONGEST as u64) {
            return Err(Unusable("a text that is too long"));
        }
        if header.compression != 0 {
            return Err(Unusable(
                "a compressed text, which this client does not announce to take",
            ));
        }
        if let Some(content) = header.inline_content {
            return String::from_utf8(content)
                .map(text_event)
                .map_err(|_| Unusable("a text that is not UTF-8"));
        }
        if self.open.len() >= AT_A_TIME {
            self.open.pop_front();
        }
        self.open.push_back(Open {
            sender,
            stream: header.stream_id,
            bytes: Vec::new(),
            next: 0,
            since: now,
        });
        Ok(None)
    }

    fn chunk(&mut self, sender: &str, chunk: Chunk) -> Result<Option<RoomEvent>, Unusable> {
        let Some(at) = self.place(sender, &chunk.stream_id) else {
            return Ok(None);
        };
        let open = &mut self.open[at];
        let fits = open.bytes.len() + chunk.content.len() <= LONGEST;
        if chunk.chunk_index != open.next || !fits {
            self.open.remove(at);
            return Err(Unusable("a text that is too long or has a hole"));
        }
        open.next += 1;
        open.bytes.extend_from_slice(&chunk.content);
        Ok(None)
    }

    fn trailer(&mut self, sender: &str, trailer: &Trailer) -> Result<Option<RoomEvent>, Unusable> {
        let Some(open) = self
            .place(sender, &trailer.stream_id)
            .and_then(|at| self.open.remove(at))
        else {
            return Ok(None);
        };
        // A reason says that the sender gave up in the middle.
        if !trailer.reason.is_empty() {
            return Ok(None);
        }
        String::from_utf8(open.bytes)
            .map(text_event)
            .map_err(|_| Unusable("a text that is not UTF-8"))
    }

    fn place(&self, sender: &str, stream: &str) -> Option<usize> {
        self.open
            .iter()
            .position(|open| open.sender == sender && open.stream == stream)
    }
}

fn text_event(text: String) -> Option<RoomEvent> {
    (!text.trim().is_empty()).then(|| RoomEvent::Text(Said::from(text)))
}

/// The key of a telephone, by its sign or else by its code (RFC 4733, 3.2).
fn dtmf(digit: &str, code: u32) -> Result<RoomEvent, Unusable> {
    const KEYS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
    ];
    let mut signs = digit.chars().map(|sign| sign.to_ascii_uppercase());
    let key = match (signs.next(), signs.next()) {
        (Some(sign), None) => KEYS.contains(&sign).then_some(sign),
        (None, _) => usize::try_from(code)
            .ok()
            .and_then(|code| KEYS.get(code).copied()),
        (Some(_), Some(_)) => None,
    };
    key.map(RoomEvent::Dtmf)
        .ok_or(Unusable("a key that no telephone has"))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
