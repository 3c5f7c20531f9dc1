//! Where the calls are held, and how both sides come in.

use std::time::Duration;

use pipeline::ports::JoinedRoom;
use room::{
    livekit::{JoinOptions, LinkTo, join},
    token::{Credentials, Pass, PassKind},
};

use super::LoadError;

/// One frame of sound.
pub(super) const FRAME: Duration = Duration::from_millis(20);

/// The server that the calls go through.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) url: String,
    pub(super) credentials: Credentials,
}

/// The two sides of a call.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Agent,
    Caller,
}

impl Place {
    pub(super) async fn enter(&self, room: u32, who: Who) -> Result<JoinedRoom, LoadError> {
        let (identity, kind, link) = match who {
            Who::Agent => ("agent", PassKind::Agent, LinkTo::FirstCaller),
            Who::Caller => ("caller", PassKind::Standard, LinkTo::FirstAgent),
        };
        let pass = Pass {
            kind,
            ..Pass::new(format!("load-{room}"), identity)
        };
        let token = self.credentials.join_token(pass)?;
        let options = JoinOptions {
            link,
            ..JoinOptions::new(&self.url, token, u64::from(room))
        };
        Ok(join(options).await?)
    }
}
