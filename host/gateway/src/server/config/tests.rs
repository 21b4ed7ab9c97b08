use super::*;

const LEAST: &str = "[trust]\nfile = \"trust.toml\"\n[bundle]\nbuilt-in = \"gdpr\"\n";

fn read(text: &str) -> Result<Config, ConfigError> {
    Config::from_toml(text, Path::new("etc"))
}

#[test]
fn the_built_in_one_is_accepted_and_stays_on_loopback() {
    let config = Config::built_in().unwrap();
    assert!(config.listen.address.ip().is_loopback() && config.admin.address.ip().is_loopback());
    assert!(config.trust.file.is_none() && config.admin.playground);
    assert!(matches!(&config.bundle, BundleSource::Fixed(name) if name == "baseline"));
}

#[test]
fn what_is_not_said_has_a_default() {
    let config = read(LEAST).unwrap();
    assert_eq!(config.listen.address.port(), 9191);
    assert_eq!(config.admin.address.port(), 9192);
    assert!(!config.admin.playground);
    assert_eq!(config.trust.file.as_deref(), Some(Path::new("etc/trust.toml")));
    assert_eq!(config.trust.refresh, Duration::from_mins(5));
    assert_eq!(config.identity, Identity::default());
    assert_eq!(config.remember_tokens, MemoryOfTokens::Bytes(16 << 20));
    assert!(config.decision_log.is_none() && config.trace.is_none());
}

#[test]
fn everything_can_be_said() {
    let config = read(
        r#"
        [listen]
        address = "0.0.0.0:443"
        tls = { certificate = "a.pem", key = "/k.pem", client-ca = "ca.pem" }
        connections = 10
        header-timeout = 5
        request-timeout = 6
        settle = 0
        drain = 7
        [admin]
        address = "0.0.0.0:444"
        token-file = "token"
        [trust]
        file = "trust.toml"
        refresh = 60
        cooldown = 10
        max-stale = 0
        key-ages = "ages.json"
        [bundle]
        oci = "registry.example/acme:stable"
        trust = "bundles.toml"
        store = "/var/store"
        poll = 5
        return-on-faults = { at-least = 10, share = 0.5 }
        [token]
        max-bytes = 8192
        remember-verified = false
        [upstream]
        headers = { x-tokenward-user = "/sub" }
        claims = "x-tokenward-claims"
        authorization = "keep"
        [signals]
        new-device = "x-risk-new-device"
        [reply]
        reasons = "none"
        [authzen]
        token-file = "pep.token"
        public-url = "https://pdp.example"
        [log]
        level = "debug"
        format = "text"
        [decision-log]
        file = "-"
        when-full = "refuse"
        queue = 10
        mask = ["/request/path"]
        [trace]
        otlp = "http://user:secret@otel.example/x?key=secret"
        ratio = 0.5
        "#,
    )
    .unwrap();
    let tls = config.listen.tls.unwrap();
    assert_eq!(tls.certificate, Path::new("etc/a.pem"));
    assert_eq!(tls.key, Path::new("/k.pem"));
    let BundleSource::Shipped(shipped) = &config.bundle else { panic!("packed") };
    assert_eq!(shipped.store, Path::new("/var/store"));
    assert!(matches!(&shipped.from, From::Oci(name) if name == "registry.example/acme:stable"));
    let log = config.decision_log.unwrap();
    assert_eq!((log.file.as_path(), log.rotate), (Path::new("-"), None));
    // For an operator's eyes: no secret.
    let shown = config.shown.to_string();
    assert!(!shown.contains("secret") && shown.contains("http://…@otel.example"), "{shown}");
}

#[test]
fn what_is_wrong_is_named_with_what_is_accepted() {
    let with = |more: &str| format!("{LEAST}{more}");
    for (text, expected) in [
        (String::new(), "missing field `trust`"),
        (with("[listen]\nadress = \"a\""), "unknown field `adress`, expected"),
        (with("[listen]\naddress = \"localhost\""), "invalid socket address"),
        (with("[listen]\nconnections = 0"), "`listen.connections` is 0"),
        (with("[listen]\ndrain = 86401"), "`listen.drain` is 86401; accepted: seconds, 0 to"),
        (with("[admin]\naddress = \"0.0.0.0:1\""), "`admin.address` is 0.0.0.0:1, which others"),
        (with("[token]\nmax-bytes = 1"), "`token.max-bytes` is 1; accepted: 256 to"),
        (with("[upstream]\nheaders = { x-user = \"/sub\" }"), "`upstream.headers` is not accepted"),
        (with("[signals]\na = \"Authorization\""), "`signals.a` is `authorization`, which says"),
        (with("[signals]\na = \"x\"\nb = \"X\""), "`signals.b` is `x`, which says another"),
        (with("[signals]\na = \"x y\""), "`signals.a` is `x y`; accepted: a header's name"),
        (with("[signals]\na = \"x-tokenward-a\""), "`signals.a` is `x-tokenward-a`, which says"),
        (with("[trace]\notlp = \"https://x\""), "`trace.otlp` is not accepted; accepted: the `http"),
        (with("[upstream]\nclaims = \"x-tokenward-subject\""), "`upstream.claims` is not accepted"),
        (with("[decision-log]\nfile = \"-\"\nsync = true"), "`decision-log.file` is `-`"),
        (with("[decision-log]\nfile = \"a\"\nqueue = 0"), "`decision-log.queue` is 0"),
        (with("[decision-log]\nfile = \"a\"\nrotate-mib = 1\nkeep = 0"), "`decision-log.keep` is 0"),
        (with("[trace]\notlp = \"x\""), "`trace.otlp` is not accepted"),
        (with("[trace]\notlp = \"http://a b\""), "`trace.otlp` is not accepted"),
        (with("[trace]\notlp = \"http://x\"\nratio = 2.0"), "`trace.ratio` is 2"),
        ("[trust]\n[bundle]\nbuilt-in = \"a\"".into(), "`trust` names nobody"),
        ("[trust]\nplayground = true\nfile = \"a\"\n[bundle]\nbuilt-in = \"a\"".into(), "`trust.playground` is true beside"),
        ("[trust]\nplayground = true\n[bundle]\nbuilt-in = \"a\"".into(), "`admin.playground` is not"),
        (
            "[listen]\naddress = \"0.0.0.0:1\"\n[admin]\nplayground = true\n[trust]\nplayground = true\n[bundle]\nbuilt-in = \"a\"".into(),
            "accepted only where both listeners",
        ),
        ("[trust]\nfile = \"a\"\n[bundle]".into(), "`bundle` names none; accepted: one of"),
        ("[trust]\nfile = \"a\"\n[bundle]\nfile = \"a\"\nurl = \"b\"".into(), "names more than one"),
        ("[trust]\nfile = \"a\"\n[bundle]\nfile = \"a\"".into(), "`bundle.trust` must say who"),
        ("[trust]\nfile = \"a\"\n[bundle]\nfile = \"a\"\nunsigned = true".into(), "`bundle.store` is missing"),
        ("[trust]\nfile = \"a\"\n[bundle]\nbuilt-in = \"a\"\npoll = 1".into(), "`bundle.poll` belongs to packed"),
    ] {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

/// What the check of a configuration accepts is what starts.
#[test]
fn what_cannot_start_is_told_by_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let key = tokenward::mint::PrivateKey::generate(tokenward::Algorithm::ES256).unwrap();
    std::fs::write(at("idp.jwk"), key.public_jwk().unwrap()).unwrap();
    let trust = "[[issuer]]\nissuer = \"https://idp.example\"\nkeys = \"idp.jwk\"\n\
                 algorithms = [\"ES256\"]\naudiences = [\"a\"]\n";
    std::fs::write(at("trust.toml"), trust).unwrap();
    std::fs::create_dir(at("acme")).unwrap();
    let bundle = |lifetime: &str| {
        let manifest = format!(
            "name = \"acme\"\nversion = \"1.0.0\"\ntitle = \"A\"\n[[policy]]\n\
             module = \"lifetime-limits\"\nsettings = {{ max-lifetime = {{ access = {lifetime} }} }}\n"
        );
        std::fs::write(at("acme/bundle.toml"), manifest).unwrap();
    };
    let check = |more: &str| {
        let text = format!("[trust]\nfile = \"trust.toml\"\n[bundle]\npath = \"acme\"\n{more}");
        let config = Config::from_toml(&text, folder.path()).unwrap();
        config.check().map_err(|error| error.to_string())
    };
    bundle("900");
    assert_eq!(check(""), Ok(()));
    let same = "[listen]\naddress = \"127.0.0.1:9\"\n[admin]\naddress = \"127.0.0.1:9\"";
    let anywhere = "[listen]\naddress = \"0.0.0.0:9\"\n[admin]\naddress = \"127.0.0.1:9\"";
    let log = |more: &str| format!("[decision-log]\nfile = \"d.jsonl\"\n{more}");
    let apart = "[listen]\naddress = \"0.0.0.0:9\"\n[admin]\naddress = \"[::1]:9\"";
    assert_eq!(check(apart), Ok(()));
    for (more, expected) in [
        (same, "`admin.address` is 127.0.0.1:9, and `listen.address` is 127.0.0.1:9"),
        (anywhere, "accepted: another port"),
        ("[decision-log]\nfile = \"acme\"", "is a folder; accepted: a file"),
        (&log("mask = [\"/request/client_address\"]"), "no record has `/request/client_address`"),
        (&log("mask = [\"/status/code\"]"), "no record has `/status/code`"),
    ] {
        let error = check(more).unwrap_err();
        assert!(error.contains(expected), "{more}\n{error}");
    }
    assert_eq!(
        check(&log("mask = [\"/request/client-address\", \"/findings/*/message\"]")),
        Ok(())
    );
    bundle("\"abc\"");
    let error = check("").unwrap_err();
    assert!(
        error.contains("the bundle cannot be loaded") && error.contains("max-lifetime"),
        "{error}"
    );
}
