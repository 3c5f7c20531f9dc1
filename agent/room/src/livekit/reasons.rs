//! LiveKit's reasons and errors, by what follows from them.

use livekit_protocol::DisconnectReason;
use livekit_signaling::SignalError;
use pipeline::ports::LeftReason;

use super::{JoinError, reconnect::Way};

/// Why somebody is no longer in the room.
pub(super) fn left(reason: DisconnectReason) -> LeftReason {
    use DisconnectReason as D;
    match reason {
        D::ClientInitiated => LeftReason::Left,
        D::DuplicateIdentity => LeftReason::DuplicateIdentity,
        D::ServerShutdown => LeftReason::ServerShutdown,
        D::ParticipantRemoved => LeftReason::Removed,
        D::RoomDeleted | D::RoomClosed => LeftReason::RoomEnded,
        D::UserUnavailable | D::UserRejected => LeftReason::CalleeUnavailable,
        D::SignalClose | D::ConnectionTimeout | D::MediaFailure => LeftReason::ConnectionLost,
        D::UnknownReason
        | D::StateMismatch
        | D::JoinFailure
        | D::Migration
        | D::SipTrunkFailure
        | D::AgentError => LeftReason::Other,
    }
}

/// What a first attempt to join failed of. Servers quote the token when they refuse it; it is not passed on.
pub(super) fn join_error(url: &str, token: &str, error: SignalError) -> JoinError {
    let url = url.to_owned();
    let refused = |status: u16, message: String| refused(status, message.replace(token, "…"));
    match error {
        SignalError::UrlParse(message) => JoinError::BadUrl { url, message },
        SignalError::TokenFormat => JoinError::TokenRefused {
            message: "it has characters that no token has".to_owned(),
        },
        SignalError::Client(status, message) => refused(status.as_u16(), message),
        SignalError::Handshake { status } if status.is_client_error() => {
            refused(status.as_u16(), status.to_string())
        }
        SignalError::Handshake { status } => JoinError::ServerFailed {
            message: status.to_string(),
        },
        SignalError::Server(status, message) => JoinError::ServerFailed {
            message: format!("{status}: {}", first_line(&message)),
        },
        SignalError::LeaveRequest { reason, .. } => JoinError::SentAway { reason: left(reason) },
        SignalError::ProtoParse(_) => JoinError::ServerFailed {
            message: "its answer is not LiveKit's protocol".to_owned(),
        },
        SignalError::Closed | SignalError::SendError => JoinError::ServerFailed {
            message: "it closed the connection".to_owned(),
        },
        other => JoinError::Unreachable {
            url,
            message: first_line(&other.to_string()).to_owned(),
        },
    }
}

fn refused(status: u16, message: String) -> JoinError {
    let message = first_line(&message).to_owned();
    match status {
        404 => JoinError::NoSuchRoom { message },
        _ if message.contains("expired") => JoinError::TokenExpired,
        _ => JoinError::TokenRefused {
            message: format!("{status}: {message}"),
        },
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Which way is left after a try to come back failed: as long as the server was only not reached it may still know us.
pub(super) fn way_after(error: &SignalError) -> Way {
    match error {
        SignalError::Connection(_)
        | SignalError::Timeout(_)
        | SignalError::Closed
        | SignalError::SendError => Way::Resume,
        SignalError::Handshake { status } if status.is_server_error() => Way::Resume,
        _ => Way::Rejoin,
    }
}
