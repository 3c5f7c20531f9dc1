use super::*;
use livekit_protocol::DisconnectReason;

fn person(identity: &str, joined_ms: i64) -> ParticipantInfo {
    ParticipantInfo {
        sid: format!("PA_{identity}"),
        identity: identity.to_owned(),
        state: State::Active as i32,
        joined_at_ms: joined_ms,
        ..Default::default()
    }
}

fn of_kind(kind: Kind, info: ParticipantInfo) -> ParticipantInfo {
    ParticipantInfo {
        kind: kind as i32,
        ..info
    }
}

fn with_tracks(info: ParticipantInfo, tracks: &[TrackInfo]) -> ParticipantInfo {
    ParticipantInfo {
        tracks: tracks.to_vec(),
        ..info
    }
}

fn track(sid: &str, r#type: TrackType, source: TrackSource) -> TrackInfo {
    TrackInfo {
        sid: sid.to_owned(),
        r#type: r#type as i32,
        source: source as i32,
        ..Default::default()
    }
}

fn microphone(sid: &str) -> TrackInfo {
    track(sid, TrackType::Audio, TrackSource::Microphone)
}

fn gone(identity: &str, reason: DisconnectReason) -> ParticipantInfo {
    ParticipantInfo {
        state: State::Disconnected as i32,
        disconnect_reason: reason as i32,
        ..person(identity, 0)
    }
}

fn link() -> Link {
    Link::new(LinkTo::FirstCaller, AfterCaller::WaitForSame, "us")
}

fn caller(identity: &str) -> Caller {
    Caller {
        identity: identity.to_owned(),
        sip: false,
        attributes: BTreeMap::new(),
    }
}

fn track_of(identity: &str, track: &str) -> TrackRef {
    TrackRef {
        participant: format!("PA_{identity}"),
        track: track.to_owned(),
    }
}

#[test]
fn the_person_or_telephone_that_joined_first_is_linked() {
    let mut link = link();
    let crowd = vec![
        person("us", 1),
        of_kind(Kind::Agent, person("robot", 2)),
        of_kind(Kind::Egress, person("recorder", 3)),
        person("late", 20),
        of_kind(Kind::Sip, person("telephone", 10)),
    ];
    let expected = Caller {
        sip: true,
        ..caller("telephone")
    };
    assert_eq!(link.update(crowd), [Change::Joined(expected)]);
}

#[test]
fn only_the_wanted_identity_is_linked() {
    let mut link = Link::new(LinkTo::Identity("wanted".to_owned()), AfterCaller::LinkNext, "us");
    assert_eq!(link.update(vec![person("other", 1)]), []);
    assert_eq!(
        link.update(vec![person("wanted", 2)]),
        [Change::Joined(caller("wanted"))]
    );
}

#[test]
fn a_recorded_caller_links_to_the_agent() {
    let mut link = Link::new(LinkTo::FirstAgent, AfterCaller::LinkNext, "us");
    let crowd = vec![person("other", 1), of_kind(Kind::Agent, person("agent", 2))];
    assert_eq!(link.update(crowd), [Change::Joined(caller("agent"))]);
}

#[test]
fn a_second_caller_changes_nothing() {
    let mut link = link();
    link.update(vec![with_tracks(person("first", 1), &[microphone("TR_1")])]);
    assert_eq!(
        link.update(vec![with_tracks(person("second", 2), &[microphone("TR_2")])]),
        []
    );
    assert_eq!(
        link.update(vec![gone("second", DisconnectReason::ClientInitiated)]),
        []
    );
    assert!(link.listens_to("TR_1") && !link.listens_to("TR_2"));
}

#[test]
fn the_voice_is_the_microphone_and_never_a_picture_or_a_screen() {
    let mut link = link();
    let camera = track("TR_camera", TrackType::Video, TrackSource::Camera);
    let screen = track("TR_screen", TrackType::Audio, TrackSource::ScreenShareAudio);
    let changes = link.update(vec![with_tracks(
        person("caller", 1),
        &[camera.clone(), screen.clone()],
    )]);
    assert_eq!(changes, [Change::Joined(caller("caller"))]);
    let other = track("TR_other", TrackType::Audio, TrackSource::Unknown);
    let changes = link.update(vec![with_tracks(
        person("caller", 1),
        &[camera, screen, other, microphone("TR_mic")],
    )]);
    assert_eq!(changes, [Change::Subscribe(track_of("caller", "TR_mic"))]);
}

#[test]
fn a_track_published_anew_is_subscribed_to_instead_of_the_old_one() {
    let mut link = link();
    link.update(vec![with_tracks(person("caller", 1), &[microphone("TR_1")])]);
    let unpublished = link.update(vec![person("caller", 1)]);
    assert_eq!(
        unpublished,
        [Change::Quiet, Change::Unsubscribe(track_of("caller", "TR_1"))]
    );
    let published = link.update(vec![with_tracks(person("caller", 1), &[microphone("TR_2")])]);
    assert_eq!(published, [Change::Subscribe(track_of("caller", "TR_2"))]);
}

#[test]
fn muting_is_quiet_and_keeps_the_subscription() {
    let mut link = link();
    link.update(vec![with_tracks(person("caller", 1), &[microphone("TR_1")])]);
    let muted = TrackInfo {
        muted: true,
        ..microphone("TR_1")
    };
    assert_eq!(
        link.update(vec![with_tracks(person("caller", 1), &[muted])]),
        [Change::Quiet]
    );
    assert!(!link.listens_to("TR_1"));
    assert_eq!(
        link.update(vec![with_tracks(person("caller", 1), &[microphone("TR_1")])]),
        []
    );
    assert!(link.listens_to("TR_1"));
}

#[test]
fn changed_attributes_are_told_once() {
    let mut link = link();
    let ringing = |state: &str| ParticipantInfo {
        attributes: [("sip.callStatus".to_owned(), state.to_owned())].into(),
        ..of_kind(Kind::Sip, person("telephone", 1))
    };
    link.update(vec![ringing("ringing")]);
    assert_eq!(link.update(vec![ringing("ringing")]), []);
    let changes = link.update(vec![ringing("active")]);
    let [Change::Changed(caller)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(caller.attributes["sip.callStatus"], "active");
}

#[test]
fn the_one_who_left_may_come_back_and_nobody_else() {
    let mut link = link();
    link.update(vec![person("caller", 1), person("other", 2)]);
    let left = link.update(vec![gone("caller", DisconnectReason::DuplicateIdentity)]);
    assert_eq!(left, [Change::Left(LeftReason::DuplicateIdentity)]);
    assert_eq!(link.update(vec![person("third", 3)]), []);
    let again = ParticipantInfo {
        sid: "PA_again".to_owned(),
        ..person("caller", 4)
    };
    assert_eq!(link.update(vec![again]), [Change::Joined(caller("caller"))]);
}

#[test]
fn the_next_one_is_linked_where_that_is_wanted() {
    let mut link = Link::new(LinkTo::FirstCaller, AfterCaller::LinkNext, "us");
    link.update(vec![
        with_tracks(person("first", 1), &[microphone("TR_1")]),
        person("second", 2),
    ]);
    let changes = link.update(vec![gone("first", DisconnectReason::ClientInitiated)]);
    assert_eq!(
        changes,
        [
            Change::Quiet,
            Change::Unsubscribe(track_of("first", "TR_1")),
            Change::Left(LeftReason::Left),
            Change::Joined(caller("second")),
        ]
    );
}

#[test]
fn news_of_a_former_session_of_the_caller_is_old_news() {
    let mut link = link();
    link.update(vec![ParticipantInfo {
        sid: "PA_new".to_owned(),
        ..person("caller", 1)
    }]);
    assert_eq!(
        link.update(vec![gone("caller", DisconnectReason::DuplicateIdentity)]),
        []
    );
    let newer = ParticipantInfo {
        version: 5,
        ..with_tracks(person("other", 9), &[])
    };
    link.update(vec![newer]);
    let older = ParticipantInfo {
        version: 4,
        ..with_tracks(person("other", 9), &[microphone("TR_old")])
    };
    assert_eq!(link.update(vec![older]), []);
}

#[test]
fn after_joining_anew_the_caller_is_the_same_and_is_subscribed_to_again() {
    let mut link = link();
    let present = with_tracks(person("caller", 1), &[microphone("TR_1")]);
    link.update(vec![present.clone()]);
    let changes = link.begin_anew(vec![present], Instant::now());
    assert_eq!(
        changes,
        [Change::Quiet, Change::Subscribe(track_of("caller", "TR_1"))]
    );
    assert_eq!(link.poll_timeout(), None);
}

#[test]
fn a_caller_who_was_thrown_out_with_us_is_waited_for() {
    let mut link = link();
    let now = Instant::now();
    link.update(vec![with_tracks(person("caller", 1), &[microphone("TR_1")])]);
    assert_eq!(link.begin_anew(Vec::new(), now), [Change::Quiet]);
    assert_eq!(
        link.update(vec![person("other", 2)]),
        [],
        "nobody else takes the place"
    );
    let back = ParticipantInfo {
        sid: "PA_back".to_owned(),
        ..person("caller", 3)
    };
    assert_eq!(link.update(vec![back]), [Change::Changed(caller("caller"))]);
    assert_eq!(link.expire(now + RETURN), []);
}

#[test]
fn a_caller_who_does_not_come_back_has_left() {
    let mut link = link();
    let now = Instant::now();
    link.update(vec![person("caller", 1)]);
    link.begin_anew(Vec::new(), now);
    assert_eq!(link.expire(now + RETURN - Duration::from_millis(1)), []);
    assert_eq!(
        link.expire(now + RETURN),
        [Change::Left(LeftReason::ConnectionLost)]
    );
    assert_eq!(link.expire(now + RETURN), []);
    assert_eq!(
        link.update(vec![person("caller", 2)]),
        [Change::Joined(caller("caller"))]
    );
}

#[test]
fn a_crowd_is_not_remembered_without_end() {
    let mut link = link();
    for n in 0..10_000 {
        link.update(vec![person(&format!("visitor {n}"), n)]);
    }
    assert_eq!(link.people.len(), CROWD);
}
