//! From the file to what the server is built of: each setting checked, with what is accepted.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::header::HeaderName;
use tokenward::{MemoryOfTokens, ParseLimits};

use super::{
    Admin, AuthZen, BundleSource, Config, ConfigError, DecisionLog, From, Listener, Shipped,
    TlsFiles, Trace, TrustSource, file, wrong,
};
use crate::identity::{Credentials, Identity};
use crate::inquiry::SignalHeaders;
use crate::reply::Reasons;

/// The longest wait that is accepted anywhere, in seconds: a day.
const LONGEST: u64 = 86_400;

/// Names, each with that of its header.
type Names = BTreeMap<String, String>;

pub(super) fn checked(file: file::File, folder: &Path) -> Result<Config, ConfigError> {
    let shown = serde_json::to_value(shown(file.clone())).unwrap_or_default();
    let at = |path: PathBuf| folder.join(path);
    let tls = |tls: file::Tls| TlsFiles {
        certificate: at(tls.certificate),
        key: at(tls.key),
        client_ca: tls.client_ca.map(at),
    };
    if file.listen.connections == 0 {
        return Err(wrong("listen.connections", "is 0; accepted: 1 or more"));
    }
    let listen = Listener {
        address: file.listen.address,
        tls: file.listen.tls.map(tls),
        connections: file.listen.connections,
        header_timeout: seconds("listen.header-timeout", file.listen.header_timeout, 1, LONGEST)?,
        request_timeout: seconds(
            "listen.request-timeout",
            file.listen.request_timeout,
            1,
            LONGEST,
        )?,
        settle: seconds("listen.settle", file.listen.settle, 0, LONGEST)?,
        drain: seconds("listen.drain", file.listen.drain, 0, LONGEST)?,
    };
    let admin = Admin {
        address: file.admin.address,
        tls: file.admin.tls.map(tls),
        token_file: file.admin.token_file.map(at),
        playground: file.admin.playground,
    };
    check_exposure(&admin)?;
    let trust = trust(file.trust, &listen, &admin, at)?;
    let (level, format) = (file.log.level, file.log.format);
    Ok(Config {
        trust,
        bundle: bundle(file.bundle, at)?,
        parse: parse_limits(&file.token)?,
        remember_tokens: if file.token.remember_verified {
            MemoryOfTokens::Bytes(file.token.remember_mib.saturating_mul(1 << 20))
        } else {
            MemoryOfTokens::Off
        },
        remember_verdicts: file.token.remember_verdicts,
        identity: identity(file.upstream)?,
        signals: vouched_headers(file.signals, file.facts)?,
        reasons: match file.reply.reasons {
            file::Reasons::Rules => Reasons::Rules,
            file::Reasons::None => Reasons::None,
        },
        authzen: AuthZen {
            token_file: file.authzen.token_file.map(at),
            public_url: file.authzen.public_url,
        },
        log: (level, format),
        decision_log: file.decision_log.map(|log| decision_log(log, at)).transpose()?,
        trace: file.trace.map(trace).transpose()?,
        listen,
        admin,
        compiled: None,
        shown,
    })
}

fn seconds(setting: &str, value: u64, least: u64, most: u64) -> Result<Duration, ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(Duration::from_secs(value));
    }
    Err(wrong(setting, format_args!("is {value}; accepted: seconds, {least} to {most}")))
}

/// Both listen at addresses of their own.
pub(super) fn check_addresses(listen: &Listener, admin: &Admin) -> Result<(), ConfigError> {
    let (data, operators) = (listen.address, admin.address);
    let (one, other) = (data.ip().to_canonical(), operators.ip().to_canonical());
    // `[::]` takes addresses of IPv4 too, unless a system is set otherwise; `0.0.0.0` only those.
    let takes =
        |any: IpAddr, address: IpAddr| any.is_unspecified() && (any.is_ipv6() || address.is_ipv4());
    let meet = one == other || takes(one, other) || takes(other, one);
    if data.port() == 0 || data.port() != operators.port() || !meet {
        return Ok(());
    }
    let problem =
        format_args!("is {operators}, and `listen.address` is {data}; accepted: another port");
    Err(wrong("admin.address", problem))
}

/// Whoever can reach it must be known, or be on this machine.
pub(super) fn check_exposure(admin: &Admin) -> Result<(), ConfigError> {
    let certificates = admin.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
    if admin.address.ip().is_loopback() || admin.token_file.is_some() || certificates {
        return Ok(());
    }
    Err(wrong(
        "admin.address",
        format_args!(
            "is {}, which others can reach; accepted: a loopback address, or another with \
             `token-file` or `tls.client-ca`",
            admin.address
        ),
    ))
}

/// Tokens that anyone makes who reaches the playground are good for nothing that others reach.
pub(super) fn check_playground(listen: &Listener, admin: &Admin) -> Result<(), ConfigError> {
    if !(listen.address.ip().is_loopback() && admin.address.ip().is_loopback()) {
        return Err(wrong(
            "trust.playground",
            "is true; accepted only where both listeners have loopback addresses",
        ));
    }
    if !admin.playground {
        return Err(wrong("trust.playground", "is true, and `admin.playground` is not"));
    }
    Ok(())
}

fn trust(
    file: file::Trust,
    listen: &Listener,
    admin: &Admin,
    at: impl Fn(PathBuf) -> PathBuf,
) -> Result<TrustSource, ConfigError> {
    match (&file.file, file.playground) {
        (None, false) => {
            return Err(wrong(
                "trust",
                "names nobody; accepted: `file`, a trust file, or `playground = true`, to try it out",
            ));
        }
        (Some(_), true) => {
            return Err(wrong(
                "trust.playground",
                "is true beside `file`; accepted: one of them, as anyone who reaches the \
                 playground makes tokens there",
            ));
        }
        (None, true) => check_playground(listen, admin)?,
        (Some(_), false) => {}
    }
    Ok(TrustSource {
        file: file.file.map(&at),
        refresh: seconds("trust.refresh", file.refresh, 1, LONGEST)?,
        cooldown: seconds("trust.cooldown", file.cooldown, 1, 3600)?,
        max_stale: seconds("trust.max-stale", file.max_stale, 0, 30 * LONGEST)?,
        key_ages: file.key_ages.map(at),
    })
}

fn bundle(
    file: file::Bundle,
    at: impl Fn(PathBuf) -> PathBuf,
) -> Result<BundleSource, ConfigError> {
    const ONE: &str = "accepted: one of `built-in`, `path` (an unpacked folder), and, packed, \
                       `file`, `folder`, `url`, `oci`";
    let packed = [
        file.file.map(|path| From::File(at(path))),
        file.folder.map(|path| From::Folder(at(path))),
        file.url.map(From::Url),
        file.oci.map(From::Oci),
    ];
    let mut packed = packed.into_iter().flatten();
    let fixed = [file.built_in, file.path.map(|path| at(path).to_string_lossy().into_owned())];
    let mut fixed = fixed.into_iter().flatten();
    match (fixed.next(), fixed.next(), packed.next(), packed.next()) {
        (Some(name), None, None, None) => {
            for (setting, given) in [
                ("bundle.trust", file.trust.is_some()),
                ("bundle.unsigned", file.unsigned),
                ("bundle.store", file.store.is_some()),
                ("bundle.poll", file.poll.is_some()),
                ("bundle.return-on-faults", file.return_on_faults.is_some()),
                ("bundle.authorization-file", file.authorization_file.is_some()),
            ] {
                if given {
                    return Err(wrong(setting, "belongs to packed bundles, and this is none"));
                }
            }
            Ok(BundleSource::Fixed(name))
        }
        (None, None, Some(from), None) => {
            let trust = match (file.trust, file.unsigned) {
                (Some(trust), false) => Some(at(trust)),
                (None, true) => None,
                _ => {
                    return Err(wrong(
                        "bundle.trust",
                        "must say who signs bundles; accepted: a trust file of bundles here, or \
                         `unsigned = true`, and not both",
                    ));
                }
            };
            let store = file.store.ok_or_else(|| {
                wrong("bundle.store", "is missing; accepted: a folder of its own, that stays")
            })?;
            let poll = seconds("bundle.poll", file.poll.unwrap_or(30), 1, LONGEST)?;
            if let Some(limit) = file.return_on_faults
                && !(limit.at_least > 0 && limit.share > 0.0 && limit.share <= 1.0)
            {
                return Err(wrong(
                    "bundle.return-on-faults",
                    "is not accepted; accepted: `{ at-least = 20, share = 0.5 }`, 1 or more \
                     faults, and a share of the decisions above 0, at most 1",
                ));
            }
            Ok(BundleSource::Shipped(Box::new(Shipped {
                from,
                authorization_file: file.authorization_file.map(&at),
                trust,
                store: at(store),
                poll,
                return_on_faults: file.return_on_faults,
            })))
        }
        (None, None, None, None) => Err(wrong("bundle", format_args!("names none; {ONE}"))),
        _ => Err(wrong("bundle", format_args!("names more than one; {ONE}"))),
    }
}

fn parse_limits(token: &file::Token) -> Result<ParseLimits, ConfigError> {
    if !(256..=1 << 20).contains(&token.max_bytes) {
        let problem = format_args!("is {}; accepted: 256 to 1048576", token.max_bytes);
        return Err(wrong("token.max-bytes", problem));
    }
    if token.remember_verified && !(1..=4096).contains(&token.remember_mib) {
        let problem = format_args!("is {}; accepted: 1 to 4096", token.remember_mib);
        return Err(wrong("token.remember-mib", problem));
    }
    Ok(ParseLimits { max_bytes: token.max_bytes, ..ParseLimits::default() })
}

fn identity(file: file::Upstream) -> Result<Identity, ConfigError> {
    let mut identity = match file.headers {
        None => Identity::default(),
        Some(headers) => {
            let mut identity = Identity::none();
            for (header, pointer) in headers {
                let with = identity.with_claim(&header, &pointer);
                identity = with.map_err(|error| wrong("upstream.headers", Colon(error)))?;
            }
            identity
        }
    };
    if let Some(header) = file.claims {
        let with = identity.with_claims(&header);
        identity = with.map_err(|error| wrong("upstream.claims", Colon(error)))?;
    }
    Ok(identity.credentials(match file.authorization {
        file::Authorization::Remove => Credentials::Remove,
        file::Authorization::Keep => Credentials::Keep,
    }))
}

struct Colon<T>(T);

impl<T: fmt::Display> fmt::Display for Colon<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "is not accepted: {}", self.0)
    }
}

/// Headers by which the gateway vouches: one for each, and none that says something else.
fn vouched_headers(signals: Names, facts: Names) -> Result<SignalHeaders, ConfigError> {
    const TAKEN: [&str; 8] = [
        "authorization",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "traceparent",
        "x-real-ip",
        "x-request-id",
    ];
    let mut headers = SignalHeaders::none();
    let signals = signals.into_iter().map(|pair| ("signals", pair));
    for (section, (name, header)) in signals.chain(facts.into_iter().map(|pair| ("facts", pair))) {
        let setting = format!("{section}.{name}");
        let header: HeaderName = header.to_ascii_lowercase().parse().map_err(|_| {
            let header = header.escape_debug();
            wrong(&setting, format_args!("is `{header}`; accepted: a header's name"))
        })?;
        let text = header.as_str();
        if TAKEN.contains(&text)
            || text.starts_with("x-forwarded-")
            || text.starts_with("x-original-")
            || Identity::is_reserved(text)
        {
            return Err(wrong(&setting, format_args!("is `{header}`, which says something else")));
        }
        if headers.is_one(&header) {
            let problem = format_args!("is `{header}`, which says another signal or fact");
            return Err(wrong(&setting, problem));
        }
        headers = match section {
            "signals" => headers.with(header, name),
            _ => headers.with_fact(header, name),
        };
    }
    Ok(headers)
}

fn decision_log(
    file: file::DecisionLog,
    at: impl Fn(PathBuf) -> PathBuf,
) -> Result<DecisionLog, ConfigError> {
    if !(1..=1 << 20).contains(&file.queue) {
        let problem = format_args!("is {}; accepted: 1 to 1048576 records", file.queue);
        return Err(wrong("decision-log.queue", problem));
    }
    let rotate = match file.rotate_mib {
        None => None,
        Some(_) if !(1..=100_000).contains(&file.keep) => {
            let problem = format_args!("is {}; accepted: 1 to 100000 files", file.keep);
            return Err(wrong("decision-log.keep", problem));
        }
        Some(mib @ 1..=1_048_576) => Some((mib << 20, file.keep)),
        Some(mib) => {
            let problem = format_args!("is {mib}; accepted: 1 to 1048576");
            return Err(wrong("decision-log.rotate-mib", problem));
        }
    };
    let is_stdout = file.file == Path::new("-");
    if is_stdout && (file.sync || rotate.is_some()) {
        let problem = "is `-`, standard output, which is neither synced nor rotated";
        return Err(wrong("decision-log.file", problem));
    }
    Ok(DecisionLog {
        file: if is_stdout { file.file } else { at(file.file) },
        when_full: file.when_full,
        queue: file.queue,
        sync: file.sync,
        mask: file.mask,
        rotate,
    })
}

fn trace(file: file::Trace) -> Result<Trace, ConfigError> {
    if !(0.0..=1.0).contains(&file.ratio) {
        return Err(wrong("trace.ratio", format_args!("is {}; accepted: 0 to 1", file.ratio)));
    }
    let host = file.otlp.strip_prefix("http://").unwrap_or_default();
    if host.is_empty() || host.starts_with('/') || file.otlp.parse::<http::Uri>().is_err() {
        let problem = "is not accepted; accepted: the `http://` address of an OTLP receiver by gRPC, \
                       for instance a collector beside this server, `http://127.0.0.1:4317`";
        return Err(wrong("trace.otlp", problem));
    }
    Ok(Trace { otlp: file.otlp, ratio: file.ratio })
}

/// What an address may hold that is secret is left out.
fn shown(mut file: file::File) -> file::File {
    let bare = |address: &mut String| {
        if let Some((start, _)) = address.split_once('?') {
            *address = format!("{start}?…");
        }
        if let Some((scheme, rest)) = address.split_once("://") {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            if let Some((_, host)) = authority.rsplit_once('@') {
                *address = format!("{scheme}://…@{host}{path}");
            }
        }
    };
    if let Some(url) = &mut file.bundle.url {
        bare(url);
    }
    if let Some(trace) = &mut file.trace {
        bare(&mut trace.otlp);
    }
    file
}
