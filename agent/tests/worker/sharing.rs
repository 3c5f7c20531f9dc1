//! Several workers.

use crate::support::Stage;

const BEGAN: &str = "a call began";

#[tokio::test]
async fn two_workers_share_calls_by_load() {
    let stage = Stage::new().await;
    let settings = |folder| [("NEWVOICE_MAX_CALLS", "2"), ("RECORDINGS_PATH", folder)];
    let mut one = stage.worker(&settings("one")).await;
    let mut other = stage.worker(&settings("other")).await;
    // Whoever is full is not asked any more, so four rooms are two for each.
    for room in ["a", "b", "c", "d"] {
        let (of_one, of_other) = (one.count(BEGAN), other.count(BEGAN));
        stage.make_room(room).await;
        tokio::select! {
            () = one.logs(BEGAN, of_one + 1) => {}
            () = other.logs(BEGAN, of_other + 1) => {}
        }
    }
    assert_eq!((one.count(BEGAN), other.count(BEGAN)), (2, 2));
}
