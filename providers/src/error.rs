//! Why offline speech, or a part of it, cannot be had.

use std::{io, path::PathBuf};

/// What stands in the way of an offline service. Each message is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// A file that the service needs is not there.
    #[error(
        "{what} is missing: there is no file {path}; run `make setup`, or set NEWVOICE_MODELS to the folder that holds it"
    )]
    Missing {
        /// What the file is.
        what: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there but is not the one that this program was built for.
    #[error(
        "{what} in {path} is not the expected file (its sha256 is {found}, not {expected}); delete it and run `make setup`"
    )]
    Altered {
        /// What the file is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// The hash of what is there.
        found: String,
        /// The hash of what should be there.
        expected: &'static str,
    },
    /// A file is there but cannot be read.
    #[error("{what} in {path} cannot be read ({source}); mend its permissions or its disk")]
    Unreadable {
        /// What the file is.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// ONNX Runtime's library is there but does not load.
    #[error(
        "ONNX Runtime in {path} cannot be loaded ({reason}); it must be version 1.23 or later for this machine: delete it and run `make setup`"
    )]
    Runtime {
        /// Where the library is.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// ONNX Runtime refuses a model.
    #[error("{what} is refused by ONNX Runtime ({reason}); delete its file and run `make setup`")]
    Model {
        /// Which model.
        what: &'static str,
        /// What ONNX Runtime said.
        reason: String,
    },
    /// A program that the service runs is not installed.
    #[error("the program `{program}` is not on the PATH; run `make setup` or install it")]
    Program {
        /// The program's name.
        program: &'static str,
    },
    /// No offline service speaks or understands the language.
    #[error("there is no offline {service} for language `{language}`; choose another provider for it")]
    Language {
        /// Recognition or voice.
        service: &'static str,
        /// The language asked for, as BCP 47.
        language: String,
    },
    /// The operating system gave no thread.
    #[error("no thread could be started for inference ({source}); raise the limit on threads")]
    Threads {
        /// What the system said.
        source: io::Error,
    },
}
