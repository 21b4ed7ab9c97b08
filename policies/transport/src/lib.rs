//! Tokens travel over sound TLS, and where nobody else reads them.

mod check;
mod cookie;
mod rules;
mod settings;
#[cfg(test)]
mod tests;
mod tls;

use tokenward_policy::prelude::*;

pub use settings::{Demand, Effect, Reaction, SameSiteDemand, Settings, TlsVersion};

use cookie::Cookies;
use rules::finding;
use tls::{Cipher, Version};

/// Judges the channel and the place in which a token travels.
pub struct Transport {
    settings: Settings,
    cookies: Cookies,
}

const ABOUT: About = About {
    name: "transport",
    version: env!("CARGO_PKG_VERSION"),
    title: "Tokens travel over sound TLS, and where nobody else reads them",
    description: include_str!("../description.md"),
    schema: include_str!("../settings.schema.json"),
    rules: rules::RULES,
};

impl Policy for Transport {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
            reads: reads(&Settings::default()),
            ..about!(ABOUT)
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        let errors = check::check(&settings);
        if !errors.is_empty() {
            return Err(errors);
        }
        let cookies = Cookies {
            effect: settings.cookie_effect,
            same_site: settings.same_site,
            prefix: settings.cookie_prefix,
            max_age: settings.max_cookie_age,
        };
        Ok(Self { settings, cookies })
    }

    fn reads(&self) -> Reads {
        reads(&self.settings)
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = Verdict::permit();
        let found = &mut verdict.findings;
        let Some(request) = &input.request else {
            self.judge_no_request(input, found);
            return verdict;
        };
        if self.judge_scheme(request, found) == Channel::Tls {
            self.judge_tls(request.tls.as_ref(), found);
        }
        let shown = request.tls.as_ref().is_some_and(|tls| tls.client_certificate);
        if self.settings.client_certificate == Demand::Require && !shown {
            found.extend(no_client_certificate());
        }
        let refresh = self.refresh_not_in_cookie(input, Some(request));
        // A token that is about to be issued was not found anywhere.
        if input.phase != Phase::Issue {
            found.extend(self.judge_query(request));
            if refresh.is_none() {
                found.extend(self.judge_location(input.phase, request));
            }
        }
        found.extend(refresh);
        self.cookies.judge(&request.cookies, found);
        verdict
    }
}

fn reads(settings: &Settings) -> Reads {
    let mut parts = RequestParts::SCHEME
        | RequestParts::TLS
        | RequestParts::TOKEN_LOCATION
        | RequestParts::COOKIES;
    if !settings.exempt_hosts.is_empty() {
        parts |= RequestParts::HOST;
    }
    Reads { query: settings.query_parameters.clone(), ..Reads::nothing().and_request(parts) }
}

/// What is known of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Tls,
    /// It has none, or is not known: that is judged already.
    Other,
}

impl Transport {
    /// What is demanded cannot be seen to be so, and is denied.
    fn judge_no_request(&self, input: &Input, found: &mut Vec<Finding>) {
        if self.settings.client_certificate == Demand::Require {
            found.extend(no_client_certificate());
        }
        found.extend(self.refresh_not_in_cookie(input, None));
        if found.is_empty() {
            let message = "there is no request, so that it is not known how the token travels";
            found.extend(finding(self.settings.unknown, "unknown-transport", message));
        }
    }

    fn judge_scheme(&self, request: &Request, found: &mut Vec<Finding>) -> Channel {
        match (request.scheme.as_deref(), &request.tls) {
            (Some("https"), _) | (None, Some(_)) => return Channel::Tls,
            _ if self.is_exempt(request.host.as_deref()) => {}
            (Some("http"), _) => {
                let message = "the request came over HTTP without TLS";
                found.extend(finding(self.settings.plaintext.into(), "plaintext", message));
            }
            (scheme, _) => {
                let message = match scheme {
                    None => "the scheme of the request is not known",
                    Some(_) => "the scheme of the request is neither `https` nor `http`",
                };
                found.extend(finding(self.settings.unknown_scheme, "unknown-transport", message));
            }
        }
        Channel::Other
    }

    fn is_exempt(&self, host: Option<&str>) -> bool {
        let exempt = &self.settings.exempt_hosts;
        host.is_some_and(|host| exempt.iter().any(|exempt| exempt == host))
    }

    fn judge_tls(&self, tls: Option<&Tls>, found: &mut Vec<Finding>) {
        let version = tls.and_then(|tls| tls.version.as_deref());
        let cipher = tls.and_then(|tls| tls.cipher.as_deref());
        let unknown = match (version, cipher) {
            (None, None) => Some("neither the version of TLS nor the cipher suite is known"),
            (None, Some(_)) => Some("the version of TLS is not known"),
            (Some(_), None) => Some("the cipher suite is not known"),
            (Some(_), Some(_)) => None,
        };
        if let Some(message) = unknown {
            found.extend(finding(self.settings.unknown_tls, "unknown-transport", message));
        }
        if let Some(version) = version {
            found.extend(self.judge_version(version));
        }
        if let Some(cipher) = cipher {
            found.extend(self.judge_cipher(cipher));
        }
    }

    fn judge_version(&self, version: &str) -> Option<Finding> {
        let too_old = |message| finding(Reaction::Deny, "old-tls", message);
        match Version::of(version) {
            Version::Sound(version) if version >= self.settings.min_tls => None,
            Version::Sound(_) => too_old("the version of TLS is below 1.3"),
            Version::Old => too_old("the version of TLS is below 1.2"),
            Version::Unreadable => self.unreadable("the version of TLS is not one that is known"),
        }
    }

    fn judge_cipher(&self, cipher: &str) -> Option<Finding> {
        match (Cipher::of(cipher), &self.settings.ciphers) {
            (Cipher::Weak, _) => {
                let message =
                    "the cipher suite does not encrypt, does not authenticate, or is broken";
                finding(Reaction::Deny, "weak-cipher", message)
            }
            (_, Some(allowed)) => {
                let message = "the cipher suite is not one of those allowed";
                let is_allowed = allowed.iter().any(|allowed| allowed == cipher);
                let reaction = if is_allowed { Reaction::Ignore } else { Reaction::Deny };
                finding(reaction, "cipher-not-allowed", message)
            }
            (Cipher::Sound, None) => None,
            (Cipher::Dated, None) => {
                let message = "the cipher suite uses SHA-1 in CBC mode, or has no forward secrecy";
                finding(self.settings.dated_ciphers, "dated-cipher", message)
            }
            (Cipher::Unreadable, None) => {
                self.unreadable("the cipher suite is not given by its IANA name")
            }
        }
    }

    /// What is given but cannot be read is told at least.
    fn unreadable(&self, message: &str) -> Option<Finding> {
        let reaction = match self.settings.unknown_tls {
            Reaction::Ignore | Reaction::Advise => Reaction::Advise,
            Reaction::Deny => Reaction::Deny,
        };
        finding(reaction, "unknown-transport", message)
    }

    fn judge_query(&self, request: &Request) -> Option<Finding> {
        if request.token_location != Some(TokenLocation::Query) && request.query.is_empty() {
            return None;
        }
        let message = "a token stands in the query of the URL";
        finding(self.settings.token_in_query.into(), "token-in-url", message)
    }

    /// Where the token was, unless that was the query.
    fn judge_location(&self, phase: Phase, request: &Request) -> Option<Finding> {
        let settings = &self.settings;
        let (reaction, rule, message) = match request.token_location {
            Some(TokenLocation::AuthorizationHeader | TokenLocation::Query) => return None,
            Some(TokenLocation::Cookie) if !request.cookies.is_empty() => return None,
            Some(TokenLocation::Cookie) => (
                settings.unknown_cookie,
                "unknown-location",
                "the token was in a cookie, of which nothing is known",
            ),
            // Where RFC 6749 section 6 has a refresh token sent.
            Some(TokenLocation::Body) if phase == Phase::Refresh => return None,
            Some(TokenLocation::Body) => {
                (settings.token_in_body, "token-location", "the token was in the body")
            }
            Some(TokenLocation::OtherHeader) => (
                settings.token_in_other_header,
                "token-location",
                "the token was in a header other than `Authorization`",
            ),
            None if !request.query.is_empty() => return None,
            None => (
                settings.unknown_location,
                "unknown-location",
                "it is not known where in the request the token was",
            ),
        };
        finding(reaction, rule, message)
    }

    /// For a refresh token that must be in a cookie and is not. A kind that is
    /// not known could be a refresh token's.
    fn refresh_not_in_cookie(&self, input: &Input, request: Option<&Request>) -> Option<Finding> {
        if self.settings.refresh_in_cookie == Demand::Ignore
            || !matches!(input.kind(), None | Some(TokenKind::Refresh))
        {
            return None;
        }
        let message = match request {
            None => "there is no request, and so no cookie with the refresh token",
            Some(request) if input.phase == Phase::Issue && request.cookies.is_empty() => {
                "the refresh token is about to be delivered other than in a cookie"
            }
            Some(request)
                if input.phase != Phase::Issue
                    && request.token_location != Some(TokenLocation::Cookie) =>
            {
                "the refresh token was not sent in a cookie"
            }
            Some(_) => return None,
        };
        finding(Reaction::Deny, "refresh-not-in-cookie", message)
    }
}

fn no_client_certificate() -> Option<Finding> {
    let message = "no client certificate was verified";
    finding(Reaction::Deny, "no-client-certificate", message)
}

export_policy!(Transport);
