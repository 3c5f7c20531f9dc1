use std::net::SocketAddr;

use str0m::net::Protocol;

use super::*;

/// Two connections, one publishing to the other, on a network that is this struct. Time is its own.
struct Pair {
    publisher: Peer,
    subscriber: Peer,
    now: Instant,
    happened: Vec<Happened>,
    /// The last datagrams on their way to the subscriber, for those who want to spoil them.
    seen: Vec<Vec<u8>>,
    /// Of the datagrams to the subscriber, each of this number is lost.
    lost: Option<usize>,
}

fn publisher_address() -> SocketAddr {
    ([10, 0, 0, 1], 1_000).into()
}

fn subscriber_address() -> SocketAddr {
    ([10, 0, 0, 2], 2_000).into()
}

fn datagram(source: SocketAddr, destination: SocketAddr, length: usize, at: Instant) -> Datagram {
    Datagram {
        protocol: Protocol::Udp,
        source,
        destination,
        length,
        at,
    }
}

impl Pair {
    fn connected() -> Self {
        let now = Instant::now();
        let mut pair = Self {
            publisher: Peer::new(now),
            subscriber: Peer::new(now),
            now,
            happened: Vec::new(),
            seen: Vec::new(),
            lost: None,
        };
        let at = |address| Candidate::host(address, Protocol::Udp).unwrap();
        pair.publisher.add_local(at(publisher_address()));
        pair.subscriber.add_local(at(subscriber_address()));
        // Addresses may come before any description.
        pair.publisher.add_server(at(subscriber_address()));
        pair.subscriber.add_server(at(publisher_address()));
        let offer = pair.publisher.offer("track").unwrap();
        let answer = pair.subscriber.accept_offer(&offer).unwrap();
        pair.publisher.accept_answer(&answer).unwrap();
        pair.run(Duration::from_secs(2));
        assert!(
            pair.publisher.flow().is_up() && pair.subscriber.flow().is_up() && pair.subscriber.can_read()
        );
        pair
    }

    /// Lets time pass in steps of 5 ms, and datagrams with it.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.publisher.tick(self.now).unwrap();
            self.subscriber.tick(self.now).unwrap();
            self.exchange();
            self.now += Duration::from_millis(5);
        }
    }

    fn exchange(&mut self) {
        loop {
            let mut quiet = true;
            while let Step::Send(sent) = next(&mut self.publisher, &mut self.happened) {
                quiet = false;
                let to = datagram(sent.source, sent.destination, sent.contents.len(), self.now);
                self.seen.push(sent.contents.to_vec());
                if self.lost.is_some_and(|each| self.seen.len().is_multiple_of(each)) {
                    continue;
                }
                self.subscriber.input(to, &sent.contents).unwrap();
            }
            while let Step::Send(sent) = next(&mut self.subscriber, &mut self.happened) {
                quiet = false;
                let to = datagram(sent.source, sent.destination, sent.contents.len(), self.now);
                self.publisher.input(to, &sent.contents).unwrap();
            }
            if quiet {
                return;
            }
        }
    }

    fn speak(&mut self, n: u64) {
        let stamp = Stamp {
            sequence: 65_530 + n,
            timestamp: n as u32 * 960,
            marker: n == 0,
        };
        self.publisher.speak(stamp, b"sound", self.now);
        self.run(Duration::from_millis(20));
    }

    fn sounds(&mut self) -> Vec<u16> {
        let happened = std::mem::take(&mut self.happened);
        happened
            .into_iter()
            .filter_map(|happened| match happened {
                Happened::Sound { track, arrival, .. } => {
                    assert_eq!(track, Arc::from("track"));
                    Some(arrival.sequence)
                }
                _ => None,
            })
            .collect()
    }

    /// Something from the publisher's address that the publisher never sent.
    fn spoil(&mut self, bytes: &[u8]) {
        let forged = datagram(publisher_address(), subscriber_address(), bytes.len(), self.now);
        self.subscriber.input(forged, bytes).unwrap();
        self.exchange();
    }
}

/// The next step that is not an event; events are kept.
fn next(peer: &mut Peer, happened: &mut Vec<Happened>) -> Step {
    loop {
        match peer.step().unwrap() {
            Step::Happened(event) => happened.push(event),
            step => return step,
        }
    }
}

#[test]
fn sound_and_messages_pass_and_numbers_wrap() {
    let mut pair = Pair::connected();
    for n in 0..10 {
        pair.speak(n);
    }
    assert_eq!(
        pair.sounds(),
        [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2, 3]
    );
    assert!(pair.publisher.write(b"message"));
    pair.run(Duration::from_millis(50));
    let read = pair
        .happened
        .iter()
        .any(|happened| matches!(happened, Happened::Data(data) if data == b"message"));
    assert!(read);
}

#[test]
fn garbage_in_the_servers_name_breaks_nothing() {
    let mut pair = Pair::connected();
    pair.speak(0);
    let mut chance = 7_u64;
    let mut random = move || {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize
    };
    // First bytes that make a datagram STUN, DTLS, RTP or RTCP, and one that makes it nothing.
    for kind in [0_u8, 1, 20, 22, 23, 63, 128, 144, 200, 255] {
        for length in [0, 1, 2, 11, 12, 13, 20, 40, 100, 1_200] {
            let mut bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
            if let Some(first) = bytes.first_mut() {
                *first = kind;
            }
            pair.spoil(&bytes);
        }
    }
    // And what was really sent, spoilt in one place, or cut.
    for mut bytes in std::mem::take(&mut pair.seen) {
        pair.spoil(&bytes[..random() % bytes.len()]);
        let at = random() % bytes.len();
        bytes[at] ^= 1 << (random() % 8);
        pair.spoil(&bytes);
    }
    pair.sounds();
    for n in 1..5 {
        pair.speak(n);
    }
    assert_eq!(pair.sounds(), [65_531, 65_532, 65_533, 65_534]);
}

#[test]
fn a_connection_on_which_nothing_comes_is_down_after_six_seconds_and_up_when_something_comes() {
    let mut pair = Pair::connected();
    let cut = pair.now;
    while !pair.subscriber.flow().is_down() {
        pair.now += Duration::from_millis(50);
        pair.subscriber.tick(pair.now).unwrap();
        while let Step::Send(_) = next(&mut pair.subscriber, &mut pair.happened) {}
        assert!(pair.now < cut + Duration::from_secs(10));
    }
    assert!(pair.now >= cut + Duration::from_secs(5));
    pair.run(Duration::from_secs(3));
    assert!(pair.subscriber.flow().is_up());
}

#[test]
fn a_search_for_a_new_path_keeps_the_sound() {
    let mut pair = Pair::connected();
    pair.speak(0);
    let offer = pair.publisher.restart_offer().unwrap();
    let answer = pair.subscriber.accept_offer(&offer).unwrap();
    pair.publisher.accept_answer(&answer).unwrap();
    for n in 1..50 {
        pair.speak(n);
    }
    assert_eq!(pair.sounds().len(), 50);
    assert!(pair.publisher.flow().is_up() && pair.subscriber.flow().is_up());
}

#[test]
fn descriptions_that_are_nonsense_are_errors() {
    let mut peer = Peer::new(Instant::now());
    for nonsense in [
        "",
        "v=0",
        "nonsense\r\n",
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
    ] {
        assert!(peer.accept_offer(nonsense).is_err(), "{nonsense:?}");
    }
    peer.offer("track").unwrap();
    assert!(peer.accept_answer("nonsense").is_err());
}

#[test]
fn what_the_other_end_missed_is_told() {
    let mut pair = Pair::connected();
    let missed = |pair: &mut Pair| {
        let happened = std::mem::take(&mut pair.happened);
        let shares = happened.into_iter().filter_map(|happened| match happened {
            Happened::Missed(share) => Some(share),
            _ => None,
        });
        shares.last().expect("the other end reports")
    };
    for n in 0..1_000 {
        pair.speak(n);
    }
    assert_eq!(missed(&mut pair), 0.0);
    pair.lost = Some(10);
    for n in 1_000..2_000 {
        pair.speak(n);
    }
    let share = missed(&mut pair);
    assert!((0.05..0.15).contains(&share), "{share}");
}
