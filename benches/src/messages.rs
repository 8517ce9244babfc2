//! The three messages that everything is measured on.

/// A REGISTER of a phone behind a NAT: 446 bytes, 10 header fields.
pub const REGISTER: &str = "REGISTER sip:registrar.example.net SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.168.17.24:5062;branch=z9hG4bK6f2a91;rport\r\n\
    Max-Forwards: 70\r\n\
    From: \"Anna Berg\" <sip:anna@example.net>;tag=8d1f04c2b7\r\n\
    To: \"Anna Berg\" <sip:anna@example.net>\r\n\
    Call-ID: 5b7e1f00a93c42d8@192.168.17.24\r\n\
    CSeq: 1743 REGISTER\r\n\
    Contact: <sip:anna@192.168.17.24:5062;transport=udp>;expires=3600\r\n\
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n\
    User-Agent: Desk Phone 7.2.11\r\n\
    Content-Length: 0\r\n\r\n";

/// An INVITE with an offer that passed two proxies: 1,079 bytes, 15 header fields.
pub const INVITE: &str = "INVITE sip:ben@example.org SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.168.17.24:5062;branch=z9hG4bK0c77d1e95a;rport\r\n\
    Max-Forwards: 69\r\n\
    Route: <sip:edge.example.net;lr>\r\n\
    From: \"Anna Berg\" <sip:anna@example.net>;tag=41c9d07be2\r\n\
    To: <sip:ben@example.org>\r\n\
    Call-ID: e0a41b9c2f7d4c63@192.168.17.24\r\n\
    CSeq: 8102 INVITE\r\n\
    Contact: \"Anna Berg\" <sip:anna@192.168.17.24:5062;transport=udp>\r\n\
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, INFO, UPDATE\r\n\
    Supported: replaces, timer, 100rel\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    Min-SE: 90\r\n\
    User-Agent: Desk Phone 7.2.11\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 463\r\n\r\n\
    v=0\r\n\
    o=anna 2890844526 2890844526 IN IP4 192.168.17.24\r\n\
    s=-\r\n\
    c=IN IP4 192.168.17.24\r\n\
    b=AS:128\r\n\
    t=0 0\r\n\
    m=audio 40312 RTP/AVP 96 9 8 0 97 101\r\n\
    a=mid:audio\r\n\
    a=rtpmap:96 opus/48000/2\r\n\
    a=fmtp:96 maxplaybackrate=8000;stereo=0;useinbandfec=1\r\n\
    a=rtpmap:9 G722/8000\r\n\
    a=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\n\
    a=rtpmap:97 telephone-event/48000\r\n\
    a=fmtp:101 0-16\r\n\
    a=ptime:20\r\n\
    a=maxptime:60\r\n\
    a=sendrecv\r\n\
    a=rtcp:40313 IN IP4 192.168.17.24\r\n";

/// Its 200 on the way back: 787 bytes, 14 header fields, three of them Via, two Record-Route.
pub const OK: &str = "SIP/2.0 200 OK\r\n\
    Via: SIP/2.0/UDP core.example.org:5060;branch=z9hG4bK9be1f6703d41\r\n\
    Via: SIP/2.0/TCP edge.example.net;branch=z9hG4bK28d0c4aa97f3;received=198.51.100.6\r\n\
    Via: SIP/2.0/UDP 192.168.17.24:5062;branch=z9hG4bK0c77d1e95a;received=203.0.113.9;rport=41822\r\n\
    Record-Route: <sip:core.example.org;lr>\r\n\
    Record-Route: <sip:edge.example.net;transport=tcp;lr>\r\n\
    From: \"Anna Berg\" <sip:anna@example.net>;tag=41c9d07be2\r\n\
    To: <sip:ben@example.org>;tag=c70a2b\r\n\
    Call-ID: e0a41b9c2f7d4c63@192.168.17.24\r\n\
    CSeq: 8102 INVITE\r\n\
    Contact: <sip:ben@10.4.0.81:5060>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE\r\n\
    User-Agent: Soft Phone 3\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 126\r\n\r\n\
    v=0\r\n\
    o=ben 31 31 IN IP4 10.4.0.81\r\n\
    s=-\r\n\
    c=IN IP4 10.4.0.81\r\n\
    t=0 0\r\n\
    m=audio 51200 RTP/AVP 8\r\n\
    a=rtpmap:8 PCMA/8000\r\n\
    a=sendrecv\r\n";

#[cfg(test)]
mod tests {
    use sip_proto::{Limits, SipMessage};

    use super::*;

    #[test]
    fn they_are_as_large_as_they_say() {
        for (text, bytes, fields) in [(REGISTER, 446, 10), (INVITE, 1079, 15), (OK, 787, 14)] {
            let message = SipMessage::parse(text.into(), &Limits::default()).expect("it parses");
            assert_eq!((text.len(), message.headers().iter().count()), (bytes, fields), "{text}");
            assert_eq!(message.to_bytes(), text, "nothing is cut off");
        }
    }
}
