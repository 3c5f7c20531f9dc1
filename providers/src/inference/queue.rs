//! What waits for the pool's threads, and what may run next.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{InferenceOptions, Model, NotDone, Urgency};

/// Work that waits. It is told the number of its model's copy when it may run, or why it will not.
pub(super) struct Ticket {
    pub(super) model: Model,
    pub(super) urgency: Urgency,
    pub(super) since: Instant,
    pub(super) run: Box<dyn FnOnce(Result<usize, NotDone>) + Send>,
}

/// The queue, shared by askers and threads; each holds it for microseconds only.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    waiting: usize,
    interim_patience: Duration,
}

struct State {
    /// In the order in which they are served: by urgency, then by age.
    tickets: VecDeque<(u64, Ticket)>,
    next_number: u64,
    /// Copies of each model that nobody uses.
    recognition: Vec<usize>,
    end_of_turn: Vec<usize>,
    voice: Vec<usize>,
    /// Threads that interim work may still occupy.
    interim_threads: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(options: &InferenceOptions) -> Self {
        // The highest number first: the last in the list is taken, and copy 0 stays warm.
        let copies = |count: usize| (0..count.max(1)).rev().collect();
        Self {
            state: Mutex::new(State {
                tickets: VecDeque::new(),
                next_number: 0,
                recognition: copies(options.recognition_copies),
                end_of_turn: copies(1),
                voice: copies(options.voice_copies),
                interim_threads: options.threads.saturating_sub(1).max(1),
                closed: false,
            }),
            changed: Condvar::new(),
            waiting: options.waiting,
            interim_patience: options.interim_patience,
        }
    }

    /// Puts work in its place. `None` when it was refused, which the work has been told.
    pub(super) fn put(&self, ticket: Ticket) -> Option<u64> {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            (ticket.run)(Err(NotDone::Closed));
            return None;
        }
        let mut gave_way = None;
        if state.tickets.len() >= self.waiting {
            match state.tickets.back() {
                Some((_, last))
                    if last.urgency == Urgency::InterimDecode && ticket.urgency < last.urgency =>
                {
                    gave_way = state.tickets.pop_back();
                }
                _ => {
                    drop(state);
                    (ticket.run)(Err(NotDone::Busy));
                    return None;
                }
            }
        }
        let number = state.next_number;
        state.next_number += 1;
        let place = state
            .tickets
            .partition_point(|(_, waiting)| waiting.urgency <= ticket.urgency);
        state.tickets.insert(place, (number, ticket));
        drop(state);
        self.changed.notify_one();
        if let Some((_, interim)) = gave_way {
            (interim.run)(Err(NotDone::Late));
        }
        Some(number)
    }

    /// Takes work out of the queue that nobody wants any more; work that runs is not touched.
    pub(super) fn forget(&self, number: u64) {
        let mut state = self.lock();
        let found = state.tickets.iter().position(|(waiting, _)| *waiting == number);
        let forgotten = found.and_then(|place| state.tickets.remove(place));
        // What the work holds is freed without the lock.
        drop(state);
        drop(forgotten);
    }

    /// Waits for work that may run and gives it with its model's copy; `None` when the queue is closed.
    pub(super) fn next(&self, now: impl Fn() -> Instant) -> Option<(Ticket, usize)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let late = state.take_late(now(), self.interim_patience);
            if !late.is_empty() {
                drop(state);
                late.into_iter()
                    .for_each(|(_, ticket)| (ticket.run)(Err(NotDone::Late)));
                state = self.lock();
                continue;
            }
            if let Some(found) = state.take_runnable() {
                return Some(found);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives a model's copy back.
    pub(super) fn done(&self, model: Model, urgency: Urgency, copy: usize) {
        let mut state = self.lock();
        state.copies(model).push(copy);
        if urgency == Urgency::InterimDecode {
            state.interim_threads += 1;
        }
        drop(state);
        // Work that waited for the copy may be anybody's.
        self.changed.notify_all();
    }

    /// Refuses what waits and what will come.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let tickets = std::mem::take(&mut state.tickets);
        drop(state);
        self.changed.notify_all();
        tickets
            .into_iter()
            .for_each(|(_, ticket)| (ticket.run)(Err(NotDone::Closed)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn copies(&mut self, model: Model) -> &mut Vec<usize> {
        match model {
            Model::Recognition => &mut self.recognition,
            Model::EndOfTurn => &mut self.end_of_turn,
            Model::Voice => &mut self.voice,
        }
    }

    fn take_late(&mut self, now: Instant, patience: Duration) -> Vec<(u64, Ticket)> {
        let first_interim = self
            .tickets
            .partition_point(|(_, waiting)| waiting.urgency < Urgency::InterimDecode);
        let late = self
            .tickets
            .range(first_interim..)
            .take_while(|(_, waiting)| now.saturating_duration_since(waiting.since) > patience)
            .count();
        self.tickets.drain(first_interim..first_interim + late).collect()
    }

    fn take_runnable(&mut self) -> Option<(Ticket, usize)> {
        for place in 0..self.tickets.len() {
            let (_, ticket) = self.tickets.get(place)?;
            let (model, interim) = (ticket.model, ticket.urgency == Urgency::InterimDecode);
            if interim && self.interim_threads == 0 {
                return None;
            }
            let Some(copy) = self.copies(model).pop() else {
                continue;
            };
            if interim {
                self.interim_threads -= 1;
            }
            let (_, ticket) = self.tickets.remove(place)?;
            return Some((ticket, copy));
        }
        None
    }
}
