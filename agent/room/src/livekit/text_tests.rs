use super::*;
use livekit_protocol::{ChatMessage, SipDtmf};

fn packets(values: Vec<Value>) -> Vec<Vec<u8>> {
    let wrap = |value| DataPacket {
        participant_identity: "caller".to_owned(),
        value: Some(value),
        ..Default::default()
    };
    values
        .into_iter()
        .map(|value| wrap(value).encode_to_vec())
        .collect()
}

/// What an inbox makes of some packets.
fn read(packets: &[Vec<u8>]) -> Vec<String> {
    let mut inbox = Inbox::default();
    let now = Instant::now();
    packets
        .iter()
        .filter_map(|packet| match inbox.packet(packet, now) {
            Ok(Some(RoomEvent::Text(text))) => Some(text.reveal().to_owned()),
            Ok(Some(other)) => Some(format!("{other:?}")),
            Ok(None) => None,
            Err(Unusable(why)) => Some(format!("unusable: {why}")),
        })
        .collect()
}

fn header(topic: &str) -> Header {
    Header {
        stream_id: "s".to_owned(),
        topic: topic.to_owned(),
        ..text_header(false)
    }
}

fn chunk(index: u64, content: &[u8]) -> Value {
    Value::StreamChunk(Chunk {
        stream_id: "s".to_owned(),
        chunk_index: index,
        content: content.to_vec(),
        ..Default::default()
    })
}

fn trailer() -> Value {
    Value::StreamTrailer(Trailer {
        stream_id: "s".to_owned(),
        ..Default::default()
    })
}

#[test]
fn what_is_sent_is_what_is_read() {
    for text in ["Hello", "Ünïcode — здравствуйте", &"long Ж ".repeat(5_000)] {
        assert_eq!(read(&chat("s", 0, &Said::from(text))), [text]);
    }
}

#[test]
fn a_transcription_carries_segment_track_and_whether_it_is_final() {
    let piece = Transcription {
        segment: "SG_1".to_owned(),
        speaker: Speaker::Caller,
        text: Said::from("hello"),
        finished: true,
    };
    let source = Source {
        identity: "caller".to_owned(),
        track: "TR_1".to_owned(),
    };
    let sent = transcription("s", 5, &piece, source);
    assert_eq!(sent.len(), 3);
    let first = DataPacket::decode(sent[0].as_slice()).unwrap();
    assert_eq!(first.participant_identity, "caller");
    let Some(Value::StreamHeader(header)) = first.value else {
        panic!("{first:?}")
    };
    assert_eq!(
        (header.topic.as_str(), header.total_length),
        ("lk.transcription", Some(5))
    );
    assert_eq!(header.attributes["lk.segment_id"], "SG_1");
    assert_eq!(header.attributes["lk.transcription_final"], "true");
    assert_eq!(header.attributes["lk.transcribed_track_id"], "TR_1");
}

#[test]
fn no_piece_ends_inside_a_character() {
    let text = "Ж".repeat(20_000);
    let lengths: Vec<_> = pieces(&text).map(str::len).collect();
    assert_eq!(lengths, [15_000, 15_000, 10_000]);
    assert_eq!(pieces("").count(), 0);
}

#[test]
fn texts_of_other_topics_are_not_for_us() {
    let sent = packets(vec![
        Value::StreamHeader(header("lk.other")),
        chunk(0, b"hello"),
        trailer(),
    ]);
    assert!(read(&sent).is_empty());
}

#[test]
fn a_hole_or_a_text_without_end_is_dropped_with_one_word() {
    let hole = packets(vec![
        Value::StreamHeader(header(CHAT)),
        chunk(1, b"hello"),
        chunk(2, b"x"),
        trailer(),
    ]);
    assert_eq!(read(&hole), ["unusable: a text that is too long or has a hole"]);
    let mut endless = vec![Value::StreamHeader(header(CHAT))];
    endless.extend((0..100).map(|index| chunk(index, &[b'x'; 10_000])));
    assert_eq!(
        read(&packets(endless)),
        ["unusable: a text that is too long or has a hole"]
    );
}

#[test]
fn texts_that_are_never_finished_do_not_pile_up() {
    let mut inbox = Inbox::default();
    for n in 0..1_000 {
        let begun = Value::StreamHeader(Header {
            stream_id: n.to_string(),
            ..header(CHAT)
        });
        inbox.packet(&packets(vec![begun])[0], Instant::now()).unwrap();
    }
    assert_eq!(inbox.open.len(), AT_A_TIME);
}

#[test]
fn chat_in_one_packet_and_chat_of_older_clients_are_read_too() {
    let inline = Header {
        inline_content: Some(b"inline".to_vec()),
        ..header(CHAT)
    };
    let old = ChatMessage {
        message: "old".to_owned(),
        ..Default::default()
    };
    let edited = ChatMessage {
        edit_timestamp: Some(1),
        ..old.clone()
    };
    let sent = packets(vec![
        Value::StreamHeader(inline),
        Value::ChatMessage(old),
        Value::ChatMessage(edited),
    ]);
    assert_eq!(read(&sent), ["inline", "old"]);
}

#[test]
fn keys_are_read_by_sign_or_by_code() {
    let key = |digit: &str, code| {
        Value::SipDtmf(SipDtmf {
            digit: digit.to_owned(),
            code,
        })
    };
    let sent = packets(vec![
        key("5", 5),
        key("", 11),
        key("a", 0),
        key("x", 0),
        key("", 16),
        key("12", 1),
    ]);
    let unusable = "unusable: a key that no telephone has";
    assert_eq!(
        read(&sent),
        [
            "Dtmf('5')",
            "Dtmf('#')",
            "Dtmf('A')",
            unusable,
            unusable,
            unusable
        ]
    );
}

#[test]
fn garbage_is_one_word_and_no_panic() {
    let mut chance = 1_u64;
    let mut inbox = Inbox::default();
    for length in 0..2_000_usize {
        let bytes: Vec<u8> = (0..length % 97)
            .map(|_| {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (chance >> 56) as u8
            })
            .collect();
        // Whatever it says, it returns.
        let _ = inbox.packet(&bytes, Instant::now());
    }
    assert_eq!(read(&[vec![0xFF; 40]]), ["unusable: not a data packet"]);
    let not_text = packets(vec![
        Value::StreamHeader(header(CHAT)),
        chunk(0, &[0xFF, 0xFE]),
        trailer(),
    ]);
    assert_eq!(read(&not_text), ["unusable: a text that is not UTF-8"]);
}
