//! The recorded clips, with the samples at which their voices begin and end.

use std::{fs, path::PathBuf};

use serde::Serialize;

/// A clip for the caller.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Clip {
    pub(crate) name: String,
    path: PathBuf,
    begin: u64,
    end: u64,
}

/// The spoken clips of a folder.
pub(crate) fn voices(folder: &str) -> Vec<Clip> {
    let mut clips = all();
    clips.retain(|clip| clip.name.starts_with(folder) && !is_burst(clip));
    assert!(!clips.is_empty(), "`make setup` makes recorded speech");
    clips
}

/// Sounds that begin and end at once, each several times.
pub(crate) fn bursts() -> Vec<Clip> {
    let mut clips = all();
    clips.retain(is_burst);
    assert!(!clips.is_empty(), "`make setup` makes sharp sounds");
    clips.iter().cycle().take(24).cloned().collect()
}

fn is_burst(clip: &Clip) -> bool {
    ["sharp/tone", "sharp/noise"]
        .iter()
        .any(|kind| clip.name.starts_with(kind))
}

fn all() -> Vec<Clip> {
    let speech = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.dev/speech");
    let index = fs::read_to_string(speech.join("index.tsv")).expect("`make setup` makes recorded speech");
    index
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let (begin, end) = (fields.get(7)?.parse().ok()?, fields.get(8)?.parse().ok()?);
            Some(Clip {
                name: fields[0].to_owned(),
                path: speech.join(fields[0]),
                begin,
                end,
            })
        })
        .collect()
}
