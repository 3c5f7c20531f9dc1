//! The caller's script as the detector and the recogniser tell it.

use std::time::Duration;

use turn::{CallTime, Event, Said};

use super::{
    agenda::{Agenda, Due, Rank},
    script::{CallerAct, Command, Recogniser, Script},
};

/// How often the detector reports while speech lasts.
const REPORT_EVERY: Duration = Duration::from_millis(50);
/// Interim text is so many words of what is said.
const INTERIM_WORDS: usize = 2;

/// The caller speaks before an earlier stretch of speech has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the caller's stretch of speech must begin after the one before it, and end after it begins")]
pub struct OutOfOrder {
    /// Which of the caller's acts, from 0.
    pub act: usize,
}

/// Puts everything that the caller does on the agenda, in the order of its times.
pub(super) fn schedule(script: &Script, agenda: &mut Agenda) -> Result<(), OutOfOrder> {
    let mut spoken_until = None;
    let mut end_event = CallTime::START;
    let mut acts: Vec<(usize, &CallerAct)> = script.caller.iter().enumerate().collect();
    acts.sort_by_key(|(_, act)| act.begins());
    for (act, what) in acts {
        match what {
            CallerAct::Speaks {
                from,
                to,
                say,
                attention,
                recogniser,
            } => {
                if to <= from || spoken_until.is_some_and(|until| *from < until) {
                    return Err(OutOfOrder { act });
                }
                spoken_until = Some(*to);
                end_event = detector(script, *from, *to, end_event, agenda);
                if !say.is_blank() {
                    transcribe(*to, say, *attention, *recogniser, agenda);
                }
            }
            CallerAct::Understood { at, text, attention } => {
                let interim = Event::Interim {
                    text: text.clone(),
                    attention: *attention,
                };
                agenda.add(*at, Rank::Interim, Due::Event(interim));
            }
            CallerAct::Types { at, text } => {
                let typed = Event::Typed { text: text.clone() };
                agenda.add(*at, Rank::Decision, Due::Event(typed));
            }
            CallerAct::Commands { at, command } => {
                let event = match command {
                    Command::Interrupt => Event::Interrupt,
                    Command::CommitTurn => Event::CommitTurn,
                    Command::ClearTurn => Event::ClearTurn,
                    Command::Close => Event::Close,
                    Command::HangUp => Event::HungUp,
                };
                agenda.add(*at, Rank::Decision, Due::Event(event));
            }
        }
    }
    Ok(())
}

/// The detector's events of one stretch; gives the moment of its end event. A stretch that begins before the end event of
/// the one before it is noticed right after that event.
fn detector(
    script: &Script,
    from: CallTime,
    to: CallTime,
    last_end: CallTime,
    agenda: &mut Agenda,
) -> CallTime {
    let mut add = |at, event| agenda.add(at, Rank::Detector, Due::Event(event));
    let start = (from + script.detector.start_delay).max(last_end);
    let end = (to + script.detector.end_delay).max(start);
    add(start, Event::SpeechStarted { from });
    let mut report = start + REPORT_EVERY;
    while report + REPORT_EVERY <= end {
        let speech = report.min(to).since(from);
        add(report, Event::SpeechContinues { speech });
        report = report + REPORT_EVERY;
    }
    add(end, Event::SpeechStopped { last_voiced: to });
    end
}

/// The texts of one stretch, each at its own time, whatever other stretches still wait for theirs.
fn transcribe(to: CallTime, say: &Said, attention: bool, recogniser: Recogniser, agenda: &mut Agenda) {
    let words: Vec<&str> = say.reveal().split_whitespace().take(INTERIM_WORDS).collect();
    let interim = Event::Interim {
        text: words.join(" ").into(),
        attention,
    };
    match recogniser {
        Recogniser::Final(delay) => {
            let whole = Event::Final {
                text: say.clone(),
                attention,
            };
            agenda.add(to + delay / 2, Rank::Interim, Due::Event(interim));
            agenda.add(to + delay, Rank::Final, Due::Event(whole));
        }
        Recogniser::InterimOnly(delay) => agenda.add(to + delay, Rank::Interim, Due::Event(interim)),
        Recogniser::Deaf => {}
    }
}
