//! Recordings that `newvoice talk` cannot use.

use std::fs;

use crate::support::{
    program::{newvoice, run},
    workspace,
};

#[tokio::test]
async fn each_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = workspace().join(".dev/speech/clinic/hello.wav");
    let whole = fs::read(line).expect("`make setup` makes the recorded caller");
    let mut strange = whole.clone();
    strange[20] = 0x55;
    let recordings: [(&str, &[u8], &str); 5] = [
        ("empty.wav", b"", "contains no sound"),
        ("letter.wav", b"Dear Sir or Madam,\n", "not a WAV or FLAC file"),
        ("broken-off.wav", &whole[..whole.len() / 2], "breaks off"),
        ("header-alone.wav", &whole[..20], "breaks off"),
        ("strange.wav", &strange, "convert it to 16-bit WAV"),
    ];
    for (name, contents, reason) in recordings {
        fs::write(folder.path().join(name), contents).expect("a file");
        let mut talk = newvoice(folder.path());
        talk.args(["talk", "--in", name, "--out", "call"]);
        run(talk).await.is_refusal(1, &[name, reason]);
    }
    let mut talk = newvoice(folder.path());
    talk.args(["talk", "--in", "absent.wav", "--out", "call"]);
    run(talk).await.is_refusal(1, &["absent.wav", "No such file"]);
    assert!(!folder.path().join("call").exists(), "no call was held");
}
