//! Tokens: how a LiveKit server knows who we are and what we may do.
//!
//! Every token is signed with the API secret and carries the wish itself (register as agent worker, join this room), so
//! the secret never leaves the process. [`Credentials`] hold key and secret and print neither secret nor token.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_protocol::{RoomAgentDispatch, RoomConfiguration};

/// An API key of a LiveKit server together with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    api_key: String,
    api_secret: String,
}

/// A token that could not be made: the key or secret is empty, or the pass names no room or no identity.
#[derive(Debug, thiserror::Error)]
#[error("could not sign a LiveKit token: {reason}. Check LIVEKIT_API_KEY and LIVEKIT_API_SECRET")]
pub struct TokenError {
    reason: String,
}

/// What a participant of a room shows at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Name of the room it is good for.
    pub room: String,
    /// Identity of the participant, unique in the room.
    pub identity: String,
    /// Name that people see.
    pub name: String,
    /// Free text that the other participants can read.
    pub metadata: String,
    /// Key and value pairs that the other participants can read.
    pub attributes: BTreeMap<String, String>,
    /// What sort of participant comes in.
    pub kind: PassKind,
    /// Agents to be called into the room when it comes into being.
    pub dispatch: Vec<Dispatch>,
    /// How long the pass may be used to come in. Who is in stays in.
    pub valid_for: Duration,
}

/// The sort of participant that a [`Pass`] lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassKind {
    /// A person with LiveKit's client.
    Standard,
    /// A telephone call.
    Sip,
    /// An agent.
    Agent,
    /// Hears everything, says nothing, and is not shown to the others.
    Listener,
}

/// A wish that agents registered under a name come into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// Name under which the agents' worker is registered.
    pub agent_name: String,
    /// Text handed to the agent with the job.
    pub metadata: String,
}

impl Credentials {
    /// Credentials from a key and its secret.
    pub fn new(api_key: impl Into<String>, api_secret: impl Into<String>) -> Self {
        Self {
            api_key: api_key.into(),
            api_secret: api_secret.into(),
        }
    }

    /// The key. It may be shown.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The secret, for those who sign by themselves. It must not be shown.
    pub fn api_secret(&self) -> &str {
        &self.api_secret
    }

    /// A token with which a worker registers, good for `valid_for`.
    ///
    /// # Errors
    /// When key or secret is empty.
    pub fn worker_token(&self, valid_for: Duration) -> Result<String, TokenError> {
        self.sign(
            VideoGrants {
                agent: true,
                ..Default::default()
            },
            valid_for,
            |token| token,
        )
    }

    /// A token with which the participant named by `pass` joins its room.
    ///
    /// # Errors
    /// When key, secret, room or identity is empty.
    pub fn join_token(&self, pass: Pass) -> Result<String, TokenError> {
        let grants = VideoGrants {
            room_join: true,
            room: pass.room,
            hidden: pass.kind == PassKind::Listener,
            agent: pass.kind == PassKind::Agent,
            can_publish: Some(pass.kind != PassKind::Listener),
            can_publish_data: Some(pass.kind != PassKind::Listener),
            can_subscribe: Some(true),
            can_update_own_metadata: Some(pass.kind != PassKind::Listener),
            ..Default::default()
        };
        let agents: Vec<RoomAgentDispatch> = pass
            .dispatch
            .into_iter()
            .map(|wish| RoomAgentDispatch {
                agent_name: wish.agent_name,
                metadata: wish.metadata,
                ..Default::default()
            })
            .collect();
        self.sign(grants, pass.valid_for, |token| {
            let token = token
                .with_identity(&pass.identity)
                .with_name(&pass.name)
                .with_kind(pass.kind.claim())
                .with_metadata(&pass.metadata)
                .with_attributes(pass.attributes);
            if agents.is_empty() {
                token
            } else {
                token.with_room_config(RoomConfiguration {
                    agents,
                    ..Default::default()
                })
            }
        })
    }

    fn sign(
        &self,
        grants: VideoGrants,
        valid_for: Duration,
        finish: impl FnOnce(AccessToken) -> AccessToken,
    ) -> Result<String, TokenError> {
        let token = AccessToken::with_api_key(&self.api_key, &self.api_secret)
            .with_ttl(valid_for)
            .with_grants(grants);
        finish(token).to_jwt().map_err(|error| TokenError {
            reason: error.to_string(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("api_key", &self.api_key)
            .finish_non_exhaustive()
    }
}

impl Pass {
    /// A pass for a person, good for an hour, with nothing but room and identity.
    pub fn new(room: impl Into<String>, identity: impl Into<String>) -> Self {
        let identity = identity.into();
        Self {
            room: room.into(),
            name: identity.clone(),
            identity,
            metadata: String::new(),
            attributes: BTreeMap::new(),
            kind: PassKind::Standard,
            dispatch: Vec::new(),
            valid_for: Duration::from_secs(3600),
        }
    }
}

impl PassKind {
    fn claim(self) -> &'static str {
        match self {
            Self::Standard | Self::Listener => "standard",
            Self::Sip => "sip",
            Self::Agent => "agent",
        }
    }
}

#[cfg(test)]
mod tests {
    use livekit_api::access_token::TokenVerifier;

    use super::*;

    #[test]
    fn a_pass_says_who_comes_in_and_whom_to_call() {
        let credentials = Credentials::new("key", "a secret of at least thirty-two characters");
        let pass = Pass {
            kind: PassKind::Sip,
            dispatch: vec![Dispatch {
                agent_name: "clinic".into(),
                metadata: "{}".into(),
            }],
            ..Pass::new("room-1", "caller")
        };
        let token = credentials.join_token(pass).unwrap();
        let claims = TokenVerifier::with_api_key("key", credentials.api_secret())
            .verify(&token)
            .unwrap();
        assert_eq!((claims.sub.as_str(), claims.kind.as_str()), ("caller", "sip"));
        assert!(claims.video.room_join && claims.video.room == "room-1");
        assert_eq!(claims.room_config.unwrap().agents[0].agent_name, "clinic");
    }

    #[test]
    fn a_listener_is_hidden_and_mute() {
        let credentials = Credentials::new("key", "a secret of at least thirty-two characters");
        let pass = Pass {
            kind: PassKind::Listener,
            ..Pass::new("room-1", "qa")
        };
        let token = credentials.join_token(pass).unwrap();
        let claims = TokenVerifier::with_api_key("key", credentials.api_secret())
            .verify(&token)
            .unwrap();
        assert!(claims.video.hidden && !claims.video.can_publish() && claims.video.can_subscribe());
    }

    #[test]
    fn an_empty_secret_is_an_error_and_no_secret_is_ever_printed() {
        let error = Credentials::new("key", "")
            .worker_token(Duration::from_secs(60))
            .unwrap_err();
        assert!(error.to_string().contains("LIVEKIT_API_SECRET"), "{error}");
        assert!(!format!("{:?}", Credentials::new("key", "hush")).contains("hush"));
    }
}
