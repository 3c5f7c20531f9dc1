use super::*;

const ONSET: u64 = ms(1_000);

/// What an utterance shows of a decode in the midst of the voice, so many milliseconds after its onset.
fn shown(utterance: &mut Utterance, after: u64, text: &str, murmur: Likeness) -> Option<Shown> {
    utterance.interim_asked(ONSET + ms(after));
    let text = text.to_owned();
    utterance.voice_decoded(&Heard { text, murmur })
}

fn told(text: &str, attention: bool) -> Shown {
    let text = text.to_owned();
    Shown { text, attention }
}

fn utterance() -> Utterance {
    Utterance::began(ONSET, 0)
}

#[test]
fn words_are_shown_when_two_decodes_agree_on_them() {
    let mut utterance = utterance();
    let mut next = |after, text| shown(&mut utterance, after, text, Likeness::Words);
    assert_eq!(next(250, "How."), None);
    assert_eq!(next(490, "How much?"), Some(told("How", false)));
    assert_eq!(next(730, "How much is"), Some(told("How much", false)));
}

#[test]
fn a_murmur_is_shown_at_once_when_the_voice_has_lasted_long_enough_to_tell() {
    let mut utterance = utterance();
    let mut next = |after, text| shown(&mut utterance, after, text, Likeness::Murmur);
    assert_eq!(next(250, "Uh"), None);
    assert_eq!(next(470, "I see."), None);
    assert_eq!(next(490, "Mm-hmm,"), Some(told("Mm-hmm", true)));
}

#[test]
fn that_it_was_no_murmur_is_shown_at_once_too() {
    let mut utterance = utterance();
    let mut next = |after, text, murmur| shown(&mut utterance, after, text, murmur);
    assert_eq!(next(490, "Yeah,", Likeness::Murmur), Some(told("Yeah", true)));
    assert_eq!(
        next(730, "You have to", Likeness::Perhaps),
        Some(told("You have to", false))
    );
    assert_eq!(next(970, "You have two of", Likeness::Words), None);
}

#[test]
fn after_a_murmur_it_is_soon_asked_what_follows() {
    let mut utterance = utterance();
    let due = |utterance: &Utterance, after| utterance.interim_due(ONSET + ms(after));
    shown(&mut utterance, 490, "Yeah,", Likeness::Murmur);
    assert!(!due(&utterance, 580) && due(&utterance, 590));
    shown(&mut utterance, 590, "Yeah, but", Likeness::Words);
    assert!(!due(&utterance, 820) && due(&utterance, 830));
}

#[test]
fn what_may_be_a_murmur_is_one_only_where_the_voice_has_fallen() {
    let mut utterance = utterance();
    let perhaps = Likeness::Perhaps;
    assert_eq!(shown(&mut utterance, 490, "But her", perhaps), None);
    let heard = Heard {
        text: "But her.".to_owned(),
        murmur: perhaps,
    };
    let at_a_pause = utterance.pause_decoded(ONSET + ms(500), &heard);
    assert_eq!(at_a_pause, Some(told("But her", true)));
    assert!(utterance.may_be_murmur(&heard));
}

#[test]
fn the_end_of_a_long_utterance_is_no_murmur() {
    let mut utterance = utterance();
    utterance.settle(ONSET + ms(12_000), "It was long ago".to_owned());
    let heard = Heard {
        text: "I see.".to_owned(),
        murmur: Likeness::Murmur,
    };
    let said = "It was long ago I see";
    utterance.interim_asked(ONSET + ms(12_490));
    assert_eq!(utterance.voice_decoded(&heard), None);
    let at_a_pause = utterance.pause_decoded(ONSET + ms(12_500), &heard);
    assert_eq!(at_a_pause, Some(told(said, false)));
    assert!(!utterance.may_be_murmur(&heard));
}
