//! Thoughts are not spoken.

/// Takes what stands between `<think>` and `</think>` out of a streamed text, however the text is cut into pieces. An
/// unclosed thought swallows the rest; a lone closing tag is taken out alone, because what stood before it has been
/// given on already.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    thinking: bool,
    /// The beginning of what may become a tag.
    held: String,
    /// White space that follows a thought goes with it.
    trim: bool,
}

const OPENING: [&str; 2] = ["<think>", "<thinking>"];
const CLOSING: [&str; 2] = ["</think>", "</thinking>"];

impl Thoughts {
    /// Takes the next piece and gives what can be spoken of the text so far.
    pub(super) fn pass(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let mut spoken = String::new();
        while let Some((at, tag)) = first_tag(&self.held) {
            let rest = self.held.split_off(at + tag.len());
            let before = std::mem::replace(&mut self.held, rest);
            self.speak(&before[..at], &mut spoken);
            self.thinking = OPENING.contains(&tag);
            self.trim = true;
        }
        let rest = self.held.split_off(self.held.len() - unfinished_tag(&self.held));
        let before = std::mem::replace(&mut self.held, rest);
        self.speak(&before, &mut spoken);
        spoken
    }

    /// The text has ended: what looked like the beginning of a tag was none.
    pub(super) fn finish(&mut self) -> String {
        let mut spoken = String::new();
        let rest = std::mem::take(&mut self.held);
        self.speak(&rest, &mut spoken);
        spoken
    }

    fn speak(&mut self, text: &str, spoken: &mut String) {
        if self.thinking {
            return;
        }
        let text = if self.trim { text.trim_start() } else { text };
        if !text.is_empty() {
            self.trim = false;
            spoken.push_str(text);
        }
    }
}

/// The first whole tag in `text`, and where it begins.
fn first_tag(text: &str) -> Option<(usize, &'static str)> {
    let text = text.to_ascii_lowercase();
    OPENING
        .into_iter()
        .chain(CLOSING)
        .filter_map(|tag| text.find(tag).map(|at| (at, tag)))
        .min()
}

/// Length of the end of `text` that may be the beginning of a tag.
fn unfinished_tag(text: &str) -> usize {
    let Some(at) = text.rfind('<') else { return 0 };
    let end = text[at..].to_ascii_lowercase();
    let may_become = OPENING
        .into_iter()
        .chain(CLOSING)
        .any(|tag| tag.starts_with(&end));
    if may_become { end.len() } else { 0 }
}
