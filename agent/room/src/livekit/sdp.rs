//! The little that is read from session descriptions here: which stream of packets is which track, and whether a search
//! for a new path begins. All else is `str0m`'s.

/// The tracks of a server's offer: the SSRC of each stream of packets and the server's name for the track.
pub(super) fn tracks(offer: &str) -> Vec<(u32, String)> {
    let mut tracks = Vec::new();
    for section in offer.split("\nm=").skip(1) {
        let lines = || section.lines().map(str::trim_end);
        let section_track = lines().find_map(|line| track_of(line.strip_prefix("a=msid:")?));
        for line in lines() {
            let Some((ssrc, attribute)) = line.strip_prefix("a=ssrc:").and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            let own_track = attribute.strip_prefix("msid:").and_then(track_of);
            if let (Ok(ssrc), Some(track)) = (ssrc.parse(), own_track.or(section_track)) {
                tracks.push((ssrc, track.to_owned()));
            }
        }
    }
    tracks.dedup();
    tracks
}

/// The name of the search for a path to which a description belongs. Another name is another search (RFC 8839, 4.4.1.1).
pub(super) fn search(description: &str) -> Option<&str> {
    description
        .lines()
        .find_map(|line| line.trim_end().strip_prefix("a=ice-ufrag:"))
}

/// The track's name of `stream track`.
fn track_of(msid: &str) -> Option<&str> {
    msid.split_once(' ').map(|(_, track)| track)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_found_by_section_and_by_stream() {
        let offer = "v=0\r\na=msid:not here\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=msid:PA_1|TR_1 TR_1\r\na=ssrc:11 cname:PA_1\r\n\
            m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=ssrc:22 cname:x\r\na=ssrc:22 msid:PA_2|TR_2 TR_2\r\n\
            m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";
        assert_eq!(tracks(offer), [(11, "TR_1".to_owned()), (22, "TR_2".to_owned())]);
    }

    #[test]
    fn a_search_has_a_name() {
        assert_eq!(search("v=0\r\na=ice-ufrag:Ab1+\r\na=ice-pwd:x\r\n"), Some("Ab1+"));
        assert_eq!(search("v=0\r\n"), None);
    }

    #[test]
    fn nonsense_has_no_tracks() {
        for nonsense in [
            "",
            "m=",
            "\nm=audio\na=ssrc:x cname:y",
            "\nm=audio\na=ssrc:1",
            "\nm=\na=msid:\na=ssrc:1 msid:",
        ] {
            assert!(tracks(nonsense).is_empty(), "{nonsense:?}");
        }
    }
}
