//! Whether the agent of a call is still in its room.

use std::collections::BTreeMap;

use async_trait::async_trait;
use pipeline::ports::{JoinedRoom, Leave, RoomControl, Transcription};
use tokio_util::sync::CancellationToken;
use turn::Said;

/// Tells how long the agent is in a room: from before it joins until it leaves. Its call ends later, with its records;
/// meanwhile another call may begin in a room of the same name.
#[derive(Clone, Default)]
pub(super) struct Presence(CancellationToken);

impl Presence {
    /// Whether the agent has not left.
    pub(super) fn lasts(&self) -> bool {
        !self.0.is_cancelled()
    }

    /// The room, in which leaving ends the presence.
    pub(super) fn of(self, room: JoinedRoom) -> JoinedRoom {
        JoinedRoom {
            control: Box::new(Watched {
                control: room.control,
                presence: self.0,
            }),
            ..room
        }
    }
}

struct Watched {
    control: Box<dyn RoomControl>,
    presence: CancellationToken,
}

#[async_trait]
impl RoomControl for Watched {
    async fn transcription(&self, piece: Transcription) {
        self.control.transcription(piece).await;
    }

    async fn set_attributes(&self, attributes: BTreeMap<String, String>) {
        self.control.set_attributes(attributes).await;
    }

    async fn send_text(&self, text: Said) {
        self.control.send_text(text).await;
    }

    async fn leave(&self, how: Leave) {
        self.presence.cancel();
        self.control.leave(how).await;
    }
}
