//! The connection's part of the protocol: registering, being lost, coming back.

use std::time::Duration;

use super::{Known, Link, Notice, Output, Protocol, Session, Stage};
use crate::worker::job::{JobId, WorkerId};
use crate::worker::messages;

/// How long the server may take to accept a connection, and again to accept the registration.
pub(super) const GREETING_LIMIT: Duration = Duration::from_secs(10);
/// How often the worker asks whether the server is still there. The server asks as often.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// After how much silence the connection is taken as dead: two lost pings and some patience.
pub(super) const SILENCE_LIMIT: Duration = Duration::from_secs(25);
/// Each failure in a row makes the next try wait so much longer, up to the limit.
const BACKOFF_STEP: Duration = Duration::from_secs(2);
const BACKOFF_LIMIT: Duration = Duration::from_secs(10);
/// Up to so much is added by chance, so that the workers of a restarted server do not all come in the same instant.
const BACKOFF_JITTER: Duration = Duration::from_secs(1);

impl Protocol {
    pub(super) fn opened(&mut self, now: Duration) {
        let Link::Connecting { failures, .. } = self.link else {
            return;
        };
        self.link = Link::Registering {
            until: now + GREETING_LIMIT,
            failures,
        };
        let ping_interval_s = u32::try_from(PING_INTERVAL.as_secs()).unwrap_or(u32::MAX);
        self.send(messages::register(
            &self.settings.agent_name,
            &self.settings.version,
            ping_interval_s,
        ));
    }

    pub(super) fn registered(&mut self, id: WorkerId, now: Duration) {
        let Link::Registering { .. } = self.link else {
            return;
        };
        self.link = Link::Registered(Session {
            heard_at: now,
            ping_at: now + PING_INTERVAL,
            status_at: now,
            status_sent: now,
            seq: 0,
        });
        self.known_to_server = Known::Before;
        self.outputs.push_back(Output::Tell(Notice::Registered(id)));
        self.announce_running();
        for (job, outcome) in std::mem::take(&mut self.unreported) {
            self.send(messages::finished(&job, &outcome));
        }
    }

    /// Tells a server that has forgotten, or never knew, which jobs are being done here.
    pub(super) fn announce_running(&mut self) {
        let running: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, stage)| matches!(stage, Stage::Running { .. }))
            .map(|(id, _)| id.clone())
            .collect();
        if running.is_empty() {
            return;
        }
        self.send(messages::migrate(running.iter().cloned()));
        for id in &running {
            self.send(messages::running(id));
        }
    }

    pub(super) fn heard(&mut self, now: Duration) {
        if let Link::Registered(session) = &mut self.link {
            session.heard_at = now;
        }
    }

    pub(super) fn drop_link(&mut self, reason: &str, now: Duration) {
        self.outputs.push_back(Output::Disconnect);
        self.lost(reason.to_owned(), now);
    }

    pub(super) fn lost(&mut self, reason: String, now: Duration) {
        let failures = match &self.link {
            Link::Connecting { failures, .. } | Link::Registering { failures, .. } => {
                failures.saturating_add(1)
            }
            Link::Registered(_) => 0,
            Link::Waiting { .. } | Link::Closed => return,
        };
        let backoff = BACKOFF_STEP.saturating_mul(failures).min(BACKOFF_LIMIT) + self.jitter();
        self.link = Link::Waiting {
            until: now + backoff,
            failures,
        };
        self.outputs.push_back(Output::Tell(Notice::Lost(reason)));
        for (job, stage) in std::mem::take(&mut self.jobs) {
            match stage {
                Stage::Running { .. } => {
                    self.jobs.insert(job, stage);
                }
                Stage::Accepted { .. } => self.withdraw(job, "the connection was lost before it began"),
                // Should the application still accept it, that answer finds no offer and is told so.
                Stage::Offered { .. } => {}
            }
        }
    }

    pub(super) fn refused(&mut self, reason: &'static str, now: Duration) {
        match self.known_to_server {
            Known::NotYet => {
                self.link = Link::Closed;
                self.outputs.push_back(Output::Tell(Notice::Refused(reason)));
                self.outputs.push_back(Output::End);
            }
            // It was good before, so somebody is changing keys or starting a server: calls go on, and so do we.
            Known::Before => self.lost(format!("LiveKit refused the API key: {reason}"), now),
        }
    }

    /// A part of [`BACKOFF_JITTER`], by chance (the generator SplitMix64).
    pub(super) fn jitter(&mut self) -> Duration {
        self.settings.chance = self.settings.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.settings.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let thousandths = u32::try_from((mixed ^ (mixed >> 31)) % 1000).unwrap_or_default();
        BACKOFF_JITTER * thousandths / 1000
    }

    pub(super) fn ping_when_due(&mut self, now: Duration) {
        let Link::Registered(session) = &mut self.link else {
            return;
        };
        if session.ping_at <= now {
            session.ping_at = now + PING_INTERVAL;
            self.send(messages::ping(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)));
        }
    }
}
