//! What a model or a caller said, and keys, reach no log, however verbose it is and whatever goes wrong.

mod openai_support;

use std::{
    io,
    sync::{Arc, Mutex},
};

use doubles::chat::{Answer, ChatDouble, ToolCall, script};
use openai_support::{answer, answer_with, options, question};
use providers::Secret;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

/// A log in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("nothing panics while it writes")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_speech_nor_keys_are_logged() {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(lines.clone())
        .finish();
    // The test's runtime has one thread, so this log hears every task.
    let _listening = tracing::subscriber::set_default(log);

    let spoken = "my-card-is-4111";
    for written in [
        Answer::text(spoken),
        Answer::new().raw(&format!("{{\"choices\": [\"{spoken}\"")),
        Answer::new().raw(&format!("[\"{spoken}\"]")),
        Answer::new().tool_call(ToolCall::new("book", &format!("{{\"card\": \"{spoken}\""))),
        Answer::refused(500),
        Answer::text(spoken).cut_after(1),
    ] {
        let double = ChatDouble::start(script([written])).await.unwrap();
        answer(&double).await;
    }
    let double = ChatDouble::start_with_key("sk-another", script([Answer::new()]))
        .await
        .unwrap();
    let mut options = options(&double);
    options.key = Some(Secret::new("sk-verysecret1234567890"));
    answer_with(options, question()).await;

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("TRACE"), "the log hears the connections: {log}");
    for word in [spoken, "verysecret", "Hello?", "Be kind."] {
        assert!(!log.contains(word), "{word} is in the log");
    }
}
