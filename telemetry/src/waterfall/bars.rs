//! A waterfall for the terminal.

use std::fmt;

use super::{Origin, Stage, Waterfall};

/// Columns of the longest bar.
const WIDTH: usize = 40;

impl fmt::Display for Waterfall {
    /// One line for each stage that took time, its bar placed where it lay; then the sum.
    ///
    /// ```text
    ///   endpointing      300.0 ms  ███████████████████████▉
    ///   model            120.4 ms                         █████████▋
    ///   = eou_latency    486.2 ms  of it 11.4 ms in the worker
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total().as_nanos() as f64;
        let Some(first) = self.spans.first() else {
            return write!(f, "  answered at once");
        };
        let origin = first.start;
        for stage in Stage::ALL {
            let mut line = String::new();
            for span in self.spans.iter().filter(|span| span.stage == stage) {
                let start = eighths(span.start.since(origin).as_nanos() as f64 / total);
                let end = eighths((span.start.since(origin) + span.length).as_nanos() as f64 / total);
                draw(&mut line, start, end);
            }
            let length = self.length(stage);
            if !length.is_zero() {
                writeln!(
                    f,
                    "  {stage:<15} {:>8.1} ms  {line}",
                    length.as_nanos() as f64 / 1e6
                )?;
            }
        }
        let name = match self.origin {
            Origin::SpeechEnd => "= eou_latency",
            Origin::Reply => "= to first sound",
        };
        let worker = self.worker_added().as_nanos() as f64 / 1e6;
        write!(
            f,
            "  {name:<15} {:>8.1} ms  of it {worker:.1} ms in the worker",
            total / 1e6
        )
    }
}

/// A share of the whole in eighths of a column.
fn eighths(share: f64) -> usize {
    (share * (WIDTH * 8) as f64).round() as usize
}

/// Adds a bar from `start` to `end`, in eighths of a column. A bar begins at a whole column; one that took any time at all
/// has at least a hair.
fn draw(line: &mut String, start: usize, end: usize) {
    const PARTS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let column = start / 8;
    let drawn = line.chars().count();
    line.extend(std::iter::repeat_n(' ', column.saturating_sub(drawn)));
    let length = (end - start).max(1);
    line.extend(std::iter::repeat_n('█', length / 8));
    if !length.is_multiple_of(8) {
        line.push(PARTS[length % 8]);
    }
}
