use super::*;
use proptest::prelude::*;

fn input() -> impl Strategy<Value = (u8, u8, u16)> {
    (0_u8..16, 0_u8..4, 0_u16..4000)
}

proptest! {
    /// Whatever happens in whatever order: while registered, every offer is answered once and in time; nothing is
    /// sent without a connection; every job set aside ends by being withdrawn or run; and the worker is never stuck.
    #[test]
    fn every_offer_is_answered_once_and_in_time(story in proptest::collection::vec(input(), 1..200)) {
        let mut bench = Bench::new();
        let mut told = Vec::new();
        let mut asked: BTreeMap<String, Duration> = BTreeMap::new();
        let mut connected = false;
        let mut ended = false;
        for (what, which, wait) in story {
            let id = format!("AJ_{which}");
            let mut outputs = bench.after(Duration::from_millis(u64::from(wait)));
            let offered = told.iter().rev().find_map(|output| match output {
                Output::Tell(Notice::Offered { offer, job }) if job.id.as_str() == id => Some(*offer),
                _ => None,
            });
            outputs.extend(match what {
                0..=2 => { connected = true; bench.handle(Input::Opened) }
                3..=4 => bench.register("AW"),
                5..=7 => bench.offer(&id),
                8..=9 => match offered {
                    Some(offer) => bench.handle(Input::Answered { offer, job: id.as_str().into(), answer: yes() }),
                    None => Vec::new(),
                },
                10 => match offered {
                    Some(offer) => bench.handle(Input::Answered { offer, job: id.as_str().into(), answer: no() }),
                    None => Vec::new(),
                },
                11 => bench.assign(&id),
                12 => bench.handle(Input::Finished { job: id.as_str().into(), outcome: Success }),
                13 => bench.handle(Input::Lost("cut".into())),
                14 => bench.handle(Input::LoadChanged(f32::from(wait) / 4000.0)),
                _ if which == 0 && wait < 400 => bench.handle(Input::DrainOrdered),
                _ => bench.handle(Input::Heard),
            });
            for output in &outputs {
                prop_assert!(!ended, "{output:?} after the end");
                match output {
                    Output::Tell(Notice::Offered { job, .. }) => {
                        let before = asked.insert(job.id.to_string(), bench.now);
                        prop_assert!(before.is_none(), "offered twice at a time");
                    }
                    Output::Send(_) => {
                        prop_assert!(connected);
                        for (job, _) in answers(std::slice::from_ref(output)) {
                            asked.remove(&job);
                        }
                    }
                    Output::Tell(Notice::Lost(_)) => { connected = false; asked.clear(); }
                    Output::End => ended = true,
                    _ => {}
                }
            }
            prop_assert_eq!(bench.protocol.poll_timeout().is_none(), ended);
            if let Some(due) = bench.protocol.poll_timeout() {
                prop_assert!(due >= bench.now, "something is due and was not done");
            }
            for since in asked.values() {
                prop_assert!(bench.now - *since < Duration::from_secs(3), "an offer is forgotten");
            }
            if ended {
                break;
            }
            told.extend(outputs);
        }
    }
}
