//! Attacks on the serialization, the JSON and the header.

use tokenward_token::{Json, ParseLimits, UnverifiedToken};

use crate::support::{
    ES, RS, base64url, claims, header, outcome, parts, token, token_with_claims_text,
    token_with_header, token_with_header_text,
};

#[test]
fn alg_none_in_any_case() {
    for name in ["none", "None", "nOnE", "NONE"] {
        let signed = token_with_header("alg", name);
        assert_eq!(outcome(&signed), "alg_none", "{name}");
        let [header, payload, _] = parts(&signed);
        assert_eq!(outcome(format!("{header}.{payload}.")), "alg_none", "{name}");
    }
}

#[test]
fn alg_missing_unknown_or_of_another_type() {
    let mut without = header();
    without.remove("alg");
    assert_eq!(outcome(ES.sign(&without, &claims()).unwrap()), "alg_missing");
    for name in ["es256", "ES256K", "RS1", "", " ES256", "ES256\0", "none "] {
        assert_eq!(outcome(token_with_header("alg", name)), "alg_not_allowed", "{name}");
    }
    for value in [Json::Null, Json::Integer(1), vec![Json::from("ES256")].into()] {
        assert_eq!(outcome(token_with_header("alg", value)), "header_type");
    }
}

#[test]
fn key_members_in_the_header() {
    let jwk = tokenward_token::json::parse_strict(
        ES.public_jwk().unwrap().as_bytes(),
        &tokenward_token::json::JsonLimits::default(),
    );
    assert_eq!(outcome(token_with_header("jwk", jwk.unwrap())), "embedded_key");
    for member in ["jku", "x5u"] {
        let url = "https://evil.example/keys";
        assert_eq!(outcome(token_with_header(member, url)), "embedded_key", "{member}");
    }
    assert_eq!(outcome(token_with_header("x5c", vec![Json::from("MII")])), "embedded_key");
    assert_eq!(outcome(token_with_header("jku", Json::Null)), "embedded_key");
}

#[test]
fn crit_in_every_variant() {
    for value in [
        vec![Json::from("exp")].into(),
        vec![Json::from("alg")].into(),
        Json::Array(vec![]),
        Json::from("b64"),
        Json::Null,
        Json::Bool(false),
    ] {
        assert_eq!(outcome(token_with_header("crit", value)), "crit_present");
    }
}

#[test]
fn b64_and_zip_in_the_header() {
    for value in [true, false] {
        assert_eq!(outcome(token_with_header("b64", value)), "b64_unsupported");
    }
    assert_eq!(outcome(token_with_header("zip", "DEF")), "zip_present");
}

#[test]
fn kid_injection() {
    // Only a map is looked into: what is dangerous elsewhere is merely not found.
    for kid in ["../../dev/null", "/etc/passwd", "x' UNION SELECT 'key", "key|/bin/id", "es "] {
        assert_eq!(outcome(token_with_header("kid", kid)), "key_not_found", "{kid}");
    }
    let long = "k".repeat(257);
    for kid in ["es\0", "\0", "", "es\n", "ключ", long.as_str()] {
        assert_eq!(outcome(token_with_header("kid", kid)), "kid_invalid", "{kid}");
    }
    assert_eq!(outcome(token_with_header("kid", "k".repeat(256))), "key_not_found");
    for value in [Json::Integer(1), Json::Null, vec![Json::from("es")].into()] {
        assert_eq!(outcome(token_with_header("kid", value)), "header_type");
    }
}

#[test]
fn base64_that_is_not_canonical() {
    // ES256 signatures have 64 bytes: the last character carries 4 unused bits.
    let [header, payload, signature] = parts(&token());
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (last, body) = signature.as_bytes().split_last().unwrap();
    let value = alphabet.iter().position(|c| c == last).unwrap();
    let body = std::str::from_utf8(body).unwrap();
    for bits in 1..16 {
        let stray = char::from(alphabet[value | bits]);
        if value | bits != value {
            let forged = format!("{header}.{payload}.{body}{stray}");
            assert_eq!(outcome(forged), "non_canonical_base64", "{bits}");
        }
    }
    assert_eq!(outcome(format!("{header}.{payload}.{signature}==")), "non_canonical_base64");
    assert_eq!(outcome(format!("{header}=.{payload}.{signature}")), "non_canonical_base64");
    assert_eq!(outcome(format!("{header}.{payload}.{signature}A==A")), "malformed_compact");
    assert_eq!(outcome(format!("{header}.{payload}A.{signature}AAA")), "non_canonical_base64");
    for odd in ['+', '/', ' ', '\n', '?', '%', '\0', 'é'] {
        let forged = format!("{header}.{payload}{odd}.{signature}");
        assert_eq!(outcome(forged), "malformed_compact", "{odd}");
    }
}

#[test]
fn control_characters_in_member_names() {
    let good = claims().to_compact();
    let open = good.strip_suffix('}').unwrap();
    for name in ["\\u0000", "a\\u001b[31m", "\\u007f", "\\u0085", "a\\n"] {
        for more in [format!("\"{name}\":1"), format!("\"deep\":[{{\"{name}\":1}}]")] {
            let text = format!("{open},{more}}}");
            assert_eq!(outcome(token_with_claims_text(&text)), "member_name_invalid", "{more}");
        }
    }
    let header = r#"{"alg":"ES256","kid":"es","a\u0007":1}"#;
    assert_eq!(outcome(token_with_header_text(header)), "member_name_invalid");
}

#[test]
fn duplicate_members_escaped_or_not() {
    for text in [
        r#"{"alg":"none","alg":"ES256","kid":"es"}"#,
        r#"{"alg":"ES256","\u0061lg":"none","kid":"es"}"#,
        r#"{"alg":"ES256","kid":"es","kid":"rs"}"#,
    ] {
        assert_eq!(outcome(token_with_header_text(text)), "duplicate_member", "{text}");
    }
    let good = claims().to_compact();
    let open = good.strip_suffix('}').unwrap();
    for more in [
        r#""iss":"https://evil.example""#,
        r#""\u0069ss":"https://evil.example""#,
        r#""exp":9999999999"#,
        r#""e\u0078p":9999999999"#,
        r#""deep":[{"a":1,"a":1}]"#,
        r#""own":1,"own":2"#,
    ] {
        let text = format!("{open},{more}}}");
        assert_eq!(outcome(token_with_claims_text(&text)), "duplicate_member", "{more}");
    }
}

#[test]
fn claims_that_are_no_object() {
    for text in ["[]", r#"[{"iss":"https://idp.example"}]"#, "\"a\"", "1", "null", "", "{", "{}{}"]
    {
        assert_eq!(outcome(token_with_claims_text(text)), "claims_not_json", "{text}");
    }
    assert_eq!(outcome(token_with_claims_text(b"{\"sub\":\"\xff\"}")), "claims_not_json");
    assert_eq!(outcome(token_with_claims_text("\u{feff}{}")), "claims_not_json");
    for text in ["[]", "\"ES256\"", "{", "\0", "{}x"] {
        assert_eq!(outcome(token_with_header_text(text)), "header_not_json", "{text}");
    }
}

#[test]
fn lone_surrogates() {
    let good = claims().to_compact();
    for half in ["\\ud800", "\\udfff", "\\ud83d\\ud83d"] {
        let text = good.replace("alice", half);
        assert_eq!(outcome(token_with_claims_text(&text)), "lone_surrogate", "{half}");
    }
    let text = r#"{"alg":"ES256","kid":"es","x":"\udc00"}"#;
    assert_eq!(outcome(token_with_header_text(text)), "lone_surrogate");
}

#[test]
fn polyglots_of_compact_and_json() {
    let [header, payload, signature] = parts(&token());
    let json =
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#);
    assert_eq!(outcome(&json), "json_serialization");
    let general = format!(
        r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
    );
    assert_eq!(outcome(&general), "json_serialization");
    let polyglot = format!(r#"{{"a":"{}","payload":"x"}}"#, token());
    assert_eq!(outcome(&polyglot), "json_serialization");
    let trailing = format!(r#"{}{{"payload":"x"}}"#, token());
    assert_eq!(outcome(&trailing), "malformed_compact");
    assert_eq!(outcome(format!(" {json}")), "malformed_compact");
}

#[test]
fn headers_of_dots_and_wrong_counts_of_parts() {
    let [header, payload, signature] = parts(&token());
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        ".....".to_owned(),
        ".".repeat(16_000),
        format!("..{signature}"),
        format!(".{payload}.{signature}"),
        header.clone(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.a.b.c"),
    ] {
        let shown: String = text.chars().take(40).collect();
        assert_eq!(outcome(&text), "malformed_compact", "{shown}");
    }
    assert_eq!(outcome(format!("{header}..{signature}")), "claims_not_json");
}

#[test]
fn twenty_megabyte_token() {
    let [header, _, signature] = parts(&token());
    let huge = format!("{header}.{}.{signature}", "A".repeat(20 << 20));
    assert_eq!(outcome(&huge), "token_too_large");
    assert_eq!(outcome(".".repeat(20 << 20)), "token_too_large");
}

#[test]
fn the_size_limit_is_exact_and_configurable() {
    let token = token();
    let limits = |max_bytes| ParseLimits { max_bytes, ..ParseLimits::default() };
    assert!(UnverifiedToken::parse(token.as_bytes(), &limits(token.len())).is_ok());
    let error = UnverifiedToken::parse(token.as_bytes(), &limits(token.len() - 1)).unwrap_err();
    assert_eq!(error.code(), "token_too_large");
}

#[test]
fn depth_bomb_and_member_flood() {
    for bomb in ["[".repeat(9_000), "{\"a\":".repeat(2_000)] {
        assert_eq!(outcome(token_with_claims_text(&bomb)), "too_deep");
        assert_eq!(outcome(token_with_header_text(&bomb)), "too_deep");
    }
    let flood = format!("{{\"a\":[{}0]}}", "0,".repeat(3_000));
    assert_eq!(outcome(token_with_claims_text(&flood)), "too_many_values");
}

/// Five parts, which are refused before anything in them is looked at.
fn jwe(header: &str) -> String {
    format!("{}.AA.AA.AA.AA", base64url(header))
}

#[test]
fn pbes2_with_a_huge_count() {
    let header =
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAAAAAAAAA"}"#;
    assert_eq!(outcome(jwe(header)), "unexpected_jwe");
    assert_eq!(outcome(token_with_header("alg", "PBES2-HS256+A128KW")), "alg_not_allowed");
}

#[test]
fn zip_bomb() {
    let header = r#"{"alg":"dir","enc":"A128GCM","zip":"DEF"}"#;
    assert_eq!(outcome(jwe(header)), "unexpected_jwe");
    assert_eq!(outcome(token_with_header("zip", "DEF")), "zip_present");
}

#[test]
fn invalid_curve_epk() {
    let header =
        r#"{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}}"#;
    assert_eq!(outcome(jwe(header)), "unexpected_jwe");
    assert_eq!(outcome(token_with_header("alg", "ECDH-ES")), "alg_not_allowed");
}

#[test]
fn jwe_where_a_jws_is_expected_and_the_reverse() {
    for header in
        [r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#, r#"{"alg":"dir","enc":"A128GCM"}"#, "not json"]
    {
        assert_eq!(outcome(jwe(header)), "unexpected_jwe", "{header}");
    }
    assert_eq!(outcome("...."), "unexpected_jwe");
    // A JWE header in front of three parts, signed or not.
    for header in
        [r#"{"alg":"dir","enc":"A128GCM"}"#, r#"{"alg":"ES256","kid":"es","enc":"A128GCM"}"#]
    {
        assert_eq!(outcome(token_with_header_text(header)), "unexpected_jwe", "{header}");
    }
    // Key management algorithms in front of a signature.
    for name in ["dir", "RSA-OAEP-256", "RSA1_5", "A128KW"] {
        assert_eq!(outcome(token_with_header("alg", name)), "alg_not_allowed", "{name}");
    }
}

#[test]
fn signatures_cut_empty_padded_or_replaced() {
    let [header, payload, signature] = parts(&token());
    let with = |signature: &str| format!("{header}.{payload}.{signature}");
    assert_eq!(outcome(with(&signature)), "accepted");
    assert_eq!(outcome(with("")), "signature_missing");
    let cut = signature.get(..84).unwrap();
    assert_eq!(outcome(with(cut)), "signature_malformed");
    assert_eq!(outcome(with(&base64url([0; 64]))), "signature_invalid");
    assert_eq!(outcome(with(&base64url([0xff; 64]))), "signature_invalid");
    assert_eq!(outcome(with(&format!("{signature}AAAA"))), "signature_malformed");
    assert_eq!(outcome(with(&base64url([7; 65]))), "signature_malformed");
    assert_eq!(outcome(with(&base64url([7; 32]))), "signature_malformed");
    let of_another = parts(&RS.mint(Some("at+jwt"), &claims()).unwrap());
    assert_eq!(outcome(with(&of_another[2])), "signature_malformed");
}

#[test]
fn es256_with_r_and_s_zero_or_the_order() {
    let [header, payload, _] = parts(&token());
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut one = [0; 32];
    one[31] = 1;
    let zero = [0; 32];
    for r in [zero, one, order] {
        for s in [zero, one, order] {
            let forged = format!("{header}.{payload}.{}", base64url([r, s].concat()));
            assert_eq!(outcome(forged), "signature_invalid");
        }
    }
}

#[test]
fn der_instead_of_p1363() {
    use base64::Engine as _;
    let [header, payload, signature] = parts(&token());
    let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap();
    let integer = |bytes: &[u8]| {
        let digits: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
        let sign = if digits[0] >= 0x80 { vec![0] } else { vec![] };
        let length = u8::try_from(sign.len() + digits.len()).unwrap();
        [vec![2, length], sign, digits].concat()
    };
    let both = [integer(&raw[..32]), integer(&raw[32..])].concat();
    let der = [vec![0x30, u8::try_from(both.len()).unwrap()], both].concat();
    let forged = format!("{header}.{payload}.{}", base64url(der));
    assert_eq!(outcome(forged), "signature_malformed");
}
