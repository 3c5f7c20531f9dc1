//! What holds for every order of facts.
//!
//! A small world answers the conversation's orders after random delays, or not at all, while a random caller speaks, types
//! and commands. The second test is ruder: any fact about anything at any time.

mod chance;
mod world;

use proptest::{collection::vec, prelude::*};
use turn::{CallTime, Conversation, Event, HistoryItem};

use crate::{
    chance::{acts, anything, chances, policies},
    world::{World, time},
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn every_call_keeps_the_rules(policy in policies(), acts in acts(), chances in chances()) {
        let mut world = World::new(policy, chances);
        world.script(&acts);
        world.run()?;
    }

    #[test]
    fn no_fact_at_any_time_breaks_the_conversation(
        policy in policies(),
        facts in vec((0u64..700, anything()), 1..80),
    ) {
        let mut conversation = Conversation::new(policy);
        let mut now = 0;
        conversation.handle(Event::Started { greeting: "Hello.".into(), talked_over: None }, CallTime::START);
        for (gap, event) in facts {
            now += gap;
            while let Some(due) = conversation.poll_timeout().filter(|due| *due < time(now)) {
                conversation.handle_timeout(due);
                let next = conversation.poll_timeout();
                prop_assert!(next.is_none_or(|next| next > due), "a deadline does not lie ahead");
            }
            conversation.handle(event, time(now));
            while conversation.poll_effect().is_some() {}
            for item in conversation.history() {
                if let HistoryItem::Tools(runs) = item {
                    prop_assert!(!runs.is_empty());
                }
            }
        }
    }
}
