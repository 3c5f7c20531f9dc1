//! The server's front desk: rooms made, listed and ended, agents called, by request instead of by joining.
//!
//! Ending a room puts everybody out of it, hangs up its telephones, and stops calls into it that still ring.

use std::time::Duration;

use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_api::services::room::{CreateRoomOptions, RoomClient};
use livekit_api::services::{ServerError, ServerErrorCode, ServiceError};
use livekit_protocol::CreateAgentDispatchRequest;

use crate::token::{Credentials, Dispatch};

/// How long the server may take for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A client of the server's front desk.
#[derive(Debug)]
pub struct FrontDesk {
    url: String,
    rooms: RoomClient,
    dispatches: AgentDispatchClient,
}

/// A room to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// Its name.
    pub name: String,
    /// How long it stays, in whole seconds, when nobody comes; none: as long as the server likes.
    pub empty_for: Option<Duration>,
    /// How long it stays, in whole seconds, when everybody has left; none: as long as the server likes.
    pub deserted_for: Option<Duration>,
    /// Free text that its participants can read.
    pub metadata: String,
}

/// A room that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomListing {
    /// Its name.
    pub name: String,
    /// The server's id of it.
    pub sid: String,
    /// How many are in it.
    pub participants: u32,
}

/// What became of a room that was to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomEnd {
    /// It has been ended.
    Ended,
    /// There was none of that name.
    WasGone,
}

/// Why the front desk did not do it.
#[derive(Debug, thiserror::Error)]
pub enum FrontDeskError {
    /// The server does not accept the credentials, or they do not allow this.
    #[error("LiveKit at {url} refused the request: {said}; check LIVEKIT_API_KEY and LIVEKIT_API_SECRET")]
    Refused {
        /// The server.
        url: String,
        /// What it says.
        said: String,
    },
    /// Nobody answers there.
    #[error("LiveKit does not answer at {url}: {cause}")]
    Unreachable {
        /// The server.
        url: String,
        /// What happened instead.
        cause: String,
    },
    /// The server answers, but did not do it.
    #[error("LiveKit at {url} could not do it: {said}")]
    Failed {
        /// The server.
        url: String,
        /// What it says.
        said: String,
    },
}

impl FrontDesk {
    /// A client for the server at `url` (`ws`, `wss`, `http` or `https`). It connects with each request.
    pub fn new(url: impl Into<String>, credentials: &Credentials) -> Self {
        let url = url.into();
        let (key, secret) = (credentials.api_key(), credentials.api_secret());
        Self {
            rooms: RoomClient::with_api_key(&url, key, secret).with_request_timeout(ANSWER_LIMIT),
            dispatches: AgentDispatchClient::with_api_key(&url, key, secret)
                .with_request_timeout(ANSWER_LIMIT),
            url,
        }
    }

    /// Makes a room; does nothing when there is one of that name. Workers without an agent name are offered it at once.
    ///
    /// # Errors
    /// See [`FrontDeskError`].
    pub async fn create_room(&self, room: NewRoom) -> Result<RoomListing, FrontDeskError> {
        let options = CreateRoomOptions {
            empty_timeout: whole_seconds(room.empty_for),
            departure_timeout: whole_seconds(room.deserted_for),
            metadata: room.metadata,
            ..Default::default()
        };
        let made = self.rooms.create_room(&room.name, options).await;
        made.map(RoomListing::from).map_err(|error| self.error(error))
    }

    /// Ends a room: everybody is put out, telephones are hung up, ringing stops.
    ///
    /// # Errors
    /// See [`FrontDeskError`].
    pub async fn end_room(&self, name: &str) -> Result<RoomEnd, FrontDeskError> {
        match self.rooms.delete_room(name).await {
            Ok(()) => Ok(RoomEnd::Ended),
            Err(ServiceError::Twirp(ServerError::Twirp(said))) if said.code == ServerErrorCode::NOT_FOUND => {
                Ok(RoomEnd::WasGone)
            }
            Err(error) => Err(self.error(error)),
        }
    }

    /// The rooms that are there.
    ///
    /// # Errors
    /// See [`FrontDeskError`].
    pub async fn rooms(&self) -> Result<Vec<RoomListing>, FrontDeskError> {
        let rooms = self
            .rooms
            .list_rooms(Vec::new())
            .await
            .map_err(|error| self.error(error))?;
        Ok(rooms.into_iter().map(RoomListing::from).collect())
    }

    /// Calls an agent into a room, which is made if it is not there; gives the id of the dispatch.
    ///
    /// # Errors
    /// See [`FrontDeskError`].
    pub async fn dispatch(&self, room: &str, dispatch: Dispatch) -> Result<String, FrontDeskError> {
        let request = CreateAgentDispatchRequest {
            room: room.to_owned(),
            agent_name: dispatch.agent_name,
            metadata: dispatch.metadata,
            ..Default::default()
        };
        let made = self.dispatches.create_dispatch(request).await;
        made.map(|made| made.id).map_err(|error| self.error(error))
    }

    fn error(&self, error: ServiceError) -> FrontDeskError {
        let url = self.url.clone();
        match error {
            ServiceError::Twirp(ServerError::Twirp(said)) => match said.code.as_str() {
                // The server's own words may contain the token: only its code is repeated.
                ServerErrorCode::UNAUTHENTICATED | ServerErrorCode::PERMISSION_DENIED => {
                    FrontDeskError::Refused { url, said: said.code }
                }
                _ => FrontDeskError::Failed {
                    url,
                    said: said.to_string(),
                },
            },
            // A key that is not accepted is answered in plain text, before anything that speaks as the services do.
            ServiceError::Twirp(ServerError::Request(cause)) if cause.is_decode() => {
                FrontDeskError::Refused {
                    url,
                    said: "no reason given, as with a key or secret it does not know".to_owned(),
                }
            }
            ServiceError::Twirp(ServerError::Request(cause)) => FrontDeskError::Unreachable {
                url,
                cause: cause.without_url().to_string(),
            },
            error => FrontDeskError::Failed {
                url,
                said: error.to_string(),
            },
        }
    }
}

impl NewRoom {
    /// A room that stays as long as the server likes.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            empty_for: None,
            deserted_for: None,
            metadata: String::new(),
        }
    }
}

impl From<livekit_protocol::Room> for RoomListing {
    fn from(room: livekit_protocol::Room) -> Self {
        Self {
            name: room.name,
            sid: room.sid,
            participants: room.num_participants,
        }
    }
}

/// A time as the server takes it: zero means that it decides, so a shorter time than a second becomes one.
fn whole_seconds(time: Option<Duration>) -> u32 {
    time.map_or(0, |time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX).max(1))
}
