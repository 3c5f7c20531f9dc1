//! Why a command failed, and with which exit status.

use std::fmt;

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    /// 1: the work failed; 2: wrong usage or settings.
    pub status: u8,
    /// One sentence: what is wrong and what to do.
    pub message: String,
}

impl Failure {
    /// The work failed.
    pub fn work(message: impl fmt::Display) -> Self {
        Self {
            status: 1,
            message: message.to_string(),
        }
    }

    /// Usage or settings are wrong.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self {
            status: 2,
            message: message.to_string(),
        }
    }
}
