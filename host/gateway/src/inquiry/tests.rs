use http::header::HeaderName;
use tokenward::{Json, TokenLocation};

use super::*;

fn of(headers: &[(&str, &[u8])]) -> Result<Inquiry, InquiryError> {
    let mut builder = Inquiry::builder("GET", "https://api.example/a")?;
    for (name, value) in headers {
        builder = builder.header(name, value)?;
    }
    Ok(builder.build())
}

#[test]
fn a_header_that_is_vouched_for_comes_once_be_it_empty() {
    let signals = SignalHeaders::none().with(HeaderName::from_static("x-risk-nd"), "new-device");
    for values in [["", "true"], ["true", ""], ["", ""]] {
        let builder = Inquiry::builder("GET", "/").unwrap().signal_headers(&signals);
        let once = builder.header("x-risk-nd", values[0].as_bytes()).unwrap();
        let twice = once.header("X-Risk-ND", values[1].as_bytes());
        assert_eq!(twice.unwrap_err().code(), "header_twice", "{values:?}");
    }
}

#[test]
fn credentials_are_taken_once() {
    let good: [(&[u8], &[u8], &str); 7] = [
        (b"Bearer a.b.c", b"a.b.c", "Bearer"),
        (b"bEARER   a.b.c ", b"a.b.c", "bEARER"),
        (b"Bearer", b"", "Bearer"),
        (b"Bearer ", b"", "Bearer"),
        (b"Basic dTpw", b"", "Basic"),
        (b"", b"", "?"),
        (b"a.b.c", b"", "?"),
    ];
    for (value, token, scheme) in good {
        let inquiry = of(&[("Authorization", value)]).unwrap();
        assert_eq!(inquiry.bearer(), token, "{value:?}");
        let header = inquiry.facts().headers().iter().find(|(name, _)| name == "authorization");
        assert_eq!(header.map(|(_, value)| value.as_str()), Some(scheme));
        assert!(!format!("{inquiry:?}").contains("a.b.c"));
    }
    let bad: [&[(&str, &[u8])]; 4] = [
        &[("Authorization", b"Bearer a.b.c"), ("authorization", b"Bearer a.b.c")],
        &[("Authorization", b"Basic dTpw"), ("Authorization", b"Bearer a.b.c")],
        &[("Authorization", b"Bearer a.b.c, Bearer d.e.f")],
        &[("Authorization", b"Bearer a.b.c d.e.f")],
    ];
    for headers in bad {
        assert_eq!(of(headers).unwrap_err(), InquiryError::SeveralCredentials, "{headers:?}");
    }
    let elsewhere = Inquiry::builder("GET", "/").unwrap();
    let elsewhere = elsewhere.bearer(b"a.b.c", TokenLocation::Cookie).unwrap();
    assert!(elsewhere.header("Authorization", b"Bearer x").is_err());
}

#[test]
fn bytes_that_are_no_text_stay_harmless() {
    let inquiry = of(&[("x-a", b"\xff\xfe"), ("Authorization", b"Bearer \xff.\x00.c")]).unwrap();
    assert_eq!(inquiry.bearer(), b"\xff.\x00.c");
    assert_eq!(inquiry.facts().headers()[0].1, "\u{fffd}\u{fffd}");
    assert!(matches!(of(&[("x-a", b"a\r\nb: c")]), Err(InquiryError::Request(_))));
    assert!(matches!(of(&[("x a", b"a")]), Err(InquiryError::Request(_))));
}

#[test]
fn signals_are_what_the_gateway_says() {
    let headers = SignalHeaders::none()
        .with(HeaderName::from_static("x-risk-new-device"), "new-device")
        .with(HeaderName::from_static("x-risk-country"), "country")
        .with_fact(HeaderName::from_static("x-session"), "session.active");
    let of = |given: &[(&str, &[u8])]| {
        let mut builder = Inquiry::builder("GET", "/").unwrap().signal_headers(&headers);
        for (name, value) in given {
            builder = builder.header(name, value)?;
        }
        Ok::<_, InquiryError>(builder.build())
    };
    let given: [(&str, &[u8]); 4] = [
        ("X-Risk-New-Device", b"true"),
        ("x-risk-country", b"DE"),
        ("x-session", b"3"),
        ("x-other", b"1"),
    ];
    let inquiry = of(&given).unwrap();
    assert_eq!(inquiry.signals.get("new-device").unwrap().value, Json::Bool(true));
    assert_eq!(inquiry.signals.get("country").unwrap().value, Json::from("DE"));
    assert_eq!(inquiry.told.get("session.active"), Some(&Json::Integer(3)));
    // A signal is no header for policies.
    assert_eq!(inquiry.facts().headers().len(), 1);
    assert!(of(&[("x-risk-country", b"")]).unwrap().signals.get("country").is_none());
    let twice: [(&str, &[u8]); 2] = [("x-risk-country", b"DE"), ("x-risk-country", b"US")];
    assert_eq!(of(&twice).unwrap_err().code(), "header_twice");
    for bad in [&b"\xff"[..], b"a\nb", &[b'a'; 1025]] {
        assert_eq!(of(&[("x-risk-country", bad)]).unwrap_err().code(), "header_value");
    }
}

#[test]
fn paths_that_are_read_in_two_ways_are_refused() {
    for plain in
        ["/", "/a", "/a/", "/a/b.c", "/a?x=//..", "/%C3%A9", "https://h", "https://h/a/", "/a.."]
    {
        assert!(Inquiry::builder("GET", plain).is_ok(), "{plain}");
    }
    for other in [
        "//a",
        "/a//b",
        "/a/../b",
        "/a/.",
        "/a/%2e%2E/b",
        "/a;x=1/b",
        "/a\\b",
        "https://h//a",
        "/a//",
        "https://h/a/..",
    ] {
        let error = Inquiry::builder("GET", other).unwrap_err();
        assert_eq!(error.code(), "path_not_plain", "{other}");
    }
    for wrong in ["/a%2Fb", "/a%00", "a", "ftp://h/", "/a#b"] {
        assert_eq!(Inquiry::builder("GET", wrong).unwrap_err().code(), "request_malformed");
    }
}

#[test]
fn identifiers_are_bounded() {
    let id = |value: &[u8]| of(&[("X-Request-ID", value)]).unwrap().request_id().map(str::to_owned);
    assert_eq!(id(b"r-1").as_deref(), Some("r-1"));
    assert_eq!(id(&[b'a'; 129]), None);
    assert_eq!(id("é".as_bytes()), None);
}
