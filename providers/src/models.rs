//! The model files that this program knows: where they lie under the models folder and what they must be.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::OfflineError;

/// A model file as this program was built for. Tensor names and shapes are part of the code, so a file with other
/// contents is refused instead of being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelFile {
    /// What it is, as messages call it.
    pub(crate) what: &'static str,
    /// Its path under the models folder.
    pub(crate) path: &'static str,
    /// SHA-256 of its contents.
    pub(crate) sha256: &'static str,
}

/// ONNX Runtime's library. Any version from 1.23 will do, so its contents are not compared.
pub(crate) const RUNTIME: &str = "onnxruntime/libonnxruntime.so";

pub(crate) const SILERO: ModelFile = ModelFile {
    what: "Silero voice activity (version 6)",
    path: "silero/silero_vad.onnx",
    sha256: "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
};
pub(crate) const MOONSHINE_ENCODER: ModelFile = ModelFile {
    what: "Moonshine tiny-en recognition (encoder)",
    path: "moonshine-tiny-en/encoder_model.ort",
    sha256: "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
};
pub(crate) const MOONSHINE_DECODER: ModelFile = ModelFile {
    what: "Moonshine tiny-en recognition (decoder)",
    path: "moonshine-tiny-en/decoder_model_merged.ort",
    sha256: "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
};
pub(crate) const MOONSHINE_TOKENS: ModelFile = ModelFile {
    what: "Moonshine tiny-en recognition (tokens)",
    path: "moonshine-tiny-en/tokenizer.bin",
    sha256: "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
};
pub(crate) const SMART_TURN: ModelFile = ModelFile {
    what: "smart-turn end of turn (version 3.2)",
    path: "smart-turn/smart-turn-v3.2-cpu.onnx",
    sha256: "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
};
pub(crate) const PIPER_VOICE: ModelFile = ModelFile {
    what: "Piper voice joe (model)",
    path: "piper-joe/en_US-joe-medium.onnx",
    sha256: "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
};
pub(crate) const PIPER_CONFIG: ModelFile = ModelFile {
    what: "Piper voice joe (phonemes)",
    path: "piper-joe/en_US-joe-medium.onnx.json",
    sha256: "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
};

/// Every model file, in the order in which the doctor speaks of them.
pub(crate) const ALL: [ModelFile; 7] = [
    SILERO,
    MOONSHINE_ENCODER,
    MOONSHINE_DECODER,
    MOONSHINE_TOKENS,
    SMART_TURN,
    PIPER_VOICE,
    PIPER_CONFIG,
];

impl ModelFile {
    /// Where the file lies under `models`.
    pub(crate) fn under(self, models: &Path) -> PathBuf {
        models.join(self.path)
    }

    /// The file's contents, checked. What was checked is what is used: the file is read once.
    pub(crate) fn read(self, models: &Path) -> Result<Vec<u8>, OfflineError> {
        let path = self.under(models);
        let contents = fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => OfflineError::Missing {
                what: self.what,
                path: path.clone(),
            },
            _ => OfflineError::Unreadable {
                what: self.what,
                path: path.clone(),
                source,
            },
        })?;
        let found = hex(&Sha256::digest(&contents));
        if found != self.sha256 {
            return Err(OfflineError::Altered {
                what: self.what,
                path,
                found,
                expected: self.sha256,
            });
        }
        Ok(contents)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
