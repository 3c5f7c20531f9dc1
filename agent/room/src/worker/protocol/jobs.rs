//! The jobs' part of the protocol: offered, accepted, running, over.

use std::time::Duration;

use livekit_protocol as proto;

use super::{Duty, Link, Notice, OfferNumber, Output, Protocol, Stage};
use crate::worker::job::{Answer, Assignment, Job, JobId, JobOutcome};
use crate::worker::messages;

/// How long an accepted offer may take to become an assignment. LiveKit's own agents wait as long.
const ASSIGNMENT_LIMIT: Duration = Duration::from_millis(7500);

impl Protocol {
    pub(super) fn asked(&mut self, request: proto::AvailabilityRequest, now: Duration) {
        let Link::Registered(_) = self.link else { return };
        let Some(asked) = request.job else { return };
        let id = JobId::from(asked.id.clone());
        let Some(job) = Job::from_message(asked, request.resuming) else {
            return self.decline(id, "the offer names no job or no room".to_owned());
        };
        match self.jobs.get(&id) {
            // The server moves a job that never stopped being ours.
            Some(Stage::Running { acceptance }) => {
                let answer = messages::available(&id, acceptance);
                self.send(answer);
            }
            // It asks twice; one answer is on its way.
            Some(Stage::Offered { .. } | Stage::Accepted { .. }) => {}
            None if self.duty == Duty::Draining => self.decline(id, "the worker is draining".to_owned()),
            None => {
                self.offers += 1;
                let offer = OfferNumber(self.offers);
                let until = now + self.settings.answer_within;
                self.jobs.insert(
                    id,
                    Stage::Offered {
                        offer,
                        job: job.clone(),
                        until,
                    },
                );
                self.outputs.push_back(Output::Tell(Notice::Offered {
                    offer,
                    job: Box::new(job),
                }));
            }
        }
    }

    pub(super) fn assigned(&mut self, assignment: proto::JobAssignment, now: Duration) {
        let Link::Registered(_) = self.link else { return };
        let id = JobId::from(assignment.job.map(|job| job.id).unwrap_or_default());
        match self.jobs.remove(&id) {
            Some(Stage::Accepted { job, acceptance, .. }) => {
                self.jobs.insert(id.clone(), Stage::Running { acceptance });
                self.send(messages::running(&id));
                let url = assignment.url.filter(|url| !url.is_empty());
                let notice = Notice::Assigned(Box::new(Assignment {
                    job,
                    url,
                    token: assignment.token,
                }));
                self.outputs.push_back(Output::Tell(notice));
                self.status_changed(now);
            }
            Some(running @ Stage::Running { .. }) => {
                self.jobs.insert(id, running);
            }
            Some(offered @ Stage::Offered { .. }) => {
                self.jobs.insert(id, offered);
            }
            // Withdrawn because it took too long, or never asked for: the server must not think that it is being done.
            None => {
                let nobody =
                    JobOutcome::Failed("the worker had not accepted this job, or no longer".to_owned());
                self.send(messages::finished(&id, &nobody));
            }
        }
    }

    pub(super) fn terminated(&mut self, id: JobId) {
        match self.jobs.get(&id) {
            Some(Stage::Running { .. }) => self.outputs.push_back(Output::Tell(Notice::Terminated(id))),
            Some(Stage::Accepted { .. }) => {
                self.jobs.remove(&id);
                self.withdraw(id, "LiveKit ended it before it began");
            }
            Some(Stage::Offered { .. }) | None => {}
        }
    }

    pub(super) fn answered(&mut self, number: OfferNumber, id: JobId, answer: Answer, now: Duration) {
        let open = matches!(self.jobs.get(&id), Some(Stage::Offered { offer, .. }) if *offer == number);
        match (answer, if open { self.jobs.remove(&id) } else { None }) {
            (Answer::Accept(acceptance), Some(Stage::Offered { job, .. })) => {
                self.send(messages::available(&id, &acceptance));
                self.jobs.insert(
                    id,
                    Stage::Accepted {
                        job,
                        acceptance,
                        until: now + ASSIGNMENT_LIMIT,
                    },
                );
                self.status_changed(now);
            }
            (Answer::Accept(_), _) => self.withdraw(id, "the offer was no longer open when it was accepted"),
            (Answer::Refuse(reason), Some(_)) => self.decline(id, reason),
            (Answer::Refuse(_), None) => {}
        }
    }

    pub(super) fn finished(&mut self, id: JobId, outcome: JobOutcome, now: Duration) {
        if !matches!(self.jobs.get(&id), Some(Stage::Running { .. })) {
            return;
        }
        self.jobs.remove(&id);
        match self.link {
            Link::Registered(_) => self.send(messages::finished(&id, &outcome)),
            Link::Waiting { .. } | Link::Connecting { .. } | Link::Registering { .. } | Link::Closed => {
                self.unreported.push((id, outcome));
            }
        }
        self.status_changed(now);
    }

    pub(super) fn drain(&mut self, now: Duration) {
        if self.duty == Duty::Draining {
            return;
        }
        self.duty = Duty::Draining;
        // At once, without regard to the pace: from here on every further offer would only lose the caller's time.
        if let Link::Registered(session) = &mut self.link {
            session.status_at = now;
        }
        let open = self
            .jobs
            .iter()
            .filter(|(_, stage)| matches!(stage, Stage::Offered { .. }));
        let open: Vec<JobId> = open.map(|(id, _)| id.clone()).collect();
        for id in open {
            self.jobs.remove(&id);
            self.decline(id, "the worker is draining".to_owned());
        }
    }

    pub(super) fn expire_jobs(&mut self, now: Duration) {
        let late = self
            .jobs
            .iter()
            .filter(|(_, stage)| stage.until().is_some_and(|until| until <= now));
        let late: Vec<JobId> = late.map(|(id, _)| id.clone()).collect();
        for id in late {
            match self.jobs.remove(&id) {
                Some(Stage::Offered { .. }) => {
                    self.decline(id, "nobody answered the offer in time".to_owned())
                }
                Some(Stage::Accepted { .. }) => {
                    self.withdraw(id, "LiveKit did not assign it in time");
                    self.status_changed(now);
                }
                Some(Stage::Running { .. }) | None => {}
            }
        }
    }

    pub(super) fn decline(&mut self, job: JobId, reason: String) {
        self.send(messages::unavailable(&job));
        self.outputs
            .push_back(Output::Tell(Notice::Declined { job, reason }));
    }

    pub(super) fn withdraw(&mut self, job: JobId, reason: &str) {
        self.outputs.push_back(Output::Tell(Notice::Withdrawn {
            job,
            reason: reason.to_owned(),
        }));
    }
}
