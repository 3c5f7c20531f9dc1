//! A call on the terminal, as it happens.

use std::io::Write;

use telemetry::TurnRecord;
use turn::{CallTime, HistoryItem, Notice};

use crate::call::CallNews;

/// Writes a call's conversation and each turn's waterfall.
pub struct Screen<W>(W);

impl<W: Write> Screen<W> {
    /// A screen that writes to `out`.
    pub fn new(out: W) -> Self {
        Self(out)
    }

    /// Shows one piece of news.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn show(&mut self, news: &CallNews) -> std::io::Result<()> {
        match news {
            CallNews::Notice(at, notice) => self.notice(*at, notice),
            CallNews::Turn(turn) => self.turn(turn),
        }
    }

    fn notice(&mut self, at: CallTime, notice: &Notice) -> std::io::Result<()> {
        let seconds = at.as_millis_f64() / 1e3;
        match notice {
            Notice::History(HistoryItem::Caller { text }) => {
                writeln!(self.0, "{seconds:7.2} s  caller: {}", text.reveal())
            }
            Notice::History(HistoryItem::Agent { text, interrupted }) => {
                let cut = if *interrupted { " — (cut off)" } else { "" };
                writeln!(self.0, "{seconds:7.2} s  agent:  {}{cut}", text.reveal())
            }
            Notice::ToolFinished { name, result } => {
                let how = if result.is_ok() { "done" } else { "failed" };
                writeln!(self.0, "{seconds:7.2} s  tool:   {name} {how}")
            }
            Notice::FalseInterruption { resumed: true } => {
                writeln!(self.0, "{seconds:7.2} s  (nothing was said; the agent goes on)")
            }
            Notice::BackChannel { .. } => {
                writeln!(self.0, "{seconds:7.2} s  (the caller listens; the agent goes on)")
            }
            Notice::UserAway => writeln!(self.0, "{seconds:7.2} s  (the caller is silent)"),
            Notice::Failed(what) => writeln!(self.0, "{seconds:7.2} s  ({what:?} failed)"),
            _ => Ok(()),
        }
    }

    fn turn(&mut self, turn: &TurnRecord) -> std::io::Result<()> {
        let Some(waterfall) = turn.waterfall().filter(|_| turn.derived.eou_latency.is_some()) else {
            return Ok(());
        };
        for line in waterfall.to_string().lines() {
            writeln!(self.0, "           {line}")?;
        }
        Ok(())
    }
}
