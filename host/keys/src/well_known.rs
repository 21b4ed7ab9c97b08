//! The addresses at which an issuer's metadata is.

use serde::Serialize;
use url::Url;

/// One of the two places of an issuer's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WellKnown {
    /// After the issuer's path: OpenID Connect Discovery 1.0 section 4.
    OpenId,
    /// Before the issuer's path: RFC 8414 section 3.1.
    OAuth,
}

impl WellKnown {
    /// The address of the metadata of an issuer that is this address.
    ///
    /// ```
    /// use tokenward_keys::WellKnown;
    ///
    /// let issuer = "https://example.com/issuer1".parse()?;
    /// assert_eq!(
    ///     WellKnown::OpenId.address(&issuer).as_str(),
    ///     "https://example.com/issuer1/.well-known/openid-configuration"
    /// );
    /// assert_eq!(
    ///     WellKnown::OAuth.address(&issuer).as_str(),
    ///     "https://example.com/.well-known/oauth-authorization-server/issuer1"
    /// );
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[must_use]
    pub fn address(self, issuer: &Url) -> Url {
        // Both standards have a `/` at the end taken away first.
        let path = issuer.path();
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = match self {
            Self::OpenId => format!("{path}/.well-known/openid-configuration"),
            Self::OAuth => format!("/.well-known/oauth-authorization-server{path}"),
        };
        let mut address = issuer.clone();
        address.set_path(&path);
        address.set_query(None);
        address.set_fragment(None);
        address
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::OpenId => Self::OAuth,
            Self::OAuth => Self::OpenId,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPENID: &str = "/.well-known/openid-configuration";
    const OAUTH: &str = "/.well-known/oauth-authorization-server";

    fn addresses(issuer: &str) -> [String; 2] {
        let issuer = issuer.parse().unwrap();
        [WellKnown::OpenId, WellKnown::OAuth].map(|form| form.address(&issuer).to_string())
    }

    #[test]
    fn addresses_are_those_of_the_standards() {
        for (issuer, openid, oauth) in [
            // RFC 8414 section 3.1, OpenID Connect Discovery 1.0 section 4.1.
            (
                "https://example.com",
                "https://example.com/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server",
            ),
            (
                "https://example.com/issuer1",
                "https://example.com/issuer1/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server/issuer1",
            ),
            // With a slash at the end.
            (
                "https://example.com/",
                "https://example.com/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server",
            ),
            (
                "https://example.com/issuer1/",
                "https://example.com/issuer1/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server/issuer1",
            ),
            (
                "https://example.com:8443/realms/a/b",
                "https://example.com:8443/realms/a/b/.well-known/openid-configuration",
                "https://example.com:8443/.well-known/oauth-authorization-server/realms/a/b",
            ),
            (
                "http://127.0.0.1:3000/a",
                "http://127.0.0.1:3000/a/.well-known/openid-configuration",
                "http://127.0.0.1:3000/.well-known/oauth-authorization-server/a",
            ),
            // Beyond ASCII, and what is escaped already.
            (
                "https://bücher.example/schlüssel",
                "https://xn--bcher-kva.example/schl%C3%BCssel/.well-known/openid-configuration",
                "https://xn--bcher-kva.example/.well-known/oauth-authorization-server/schl%C3%BCssel",
            ),
            (
                "https://example.com/a%2Fb%20c",
                "https://example.com/a%2Fb%20c/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server/a%2Fb%20c",
            ),
        ] {
            assert_eq!(addresses(issuer), [openid, oauth], "{issuer}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// The host stays, and the path is the issuer's with the well-known part
        /// after or before it: no two issuers that differ share an address.
        #[test]
        fn addresses_keep_the_origin_and_tell_issuers_apart(
            paths in prop::array::uniform2(
                prop::collection::vec("[a-zA-Z0-9._~üß%20-]{1,8}", 0..4),
            ),
        ) {
            let issuers = paths.map(|path| {
                let text = format!("https://example.com:8443/{}", path.join("/"));
                text.parse::<Url>().unwrap()
            });
            for form in [WellKnown::OpenId, WellKnown::OAuth] {
                let [first, second] = issuers.each_ref().map(|issuer| form.address(issuer));
                prop_assert_eq!(first.origin(), issuers[0].origin());
                let bare = |url: &Url| url.path().trim_end_matches('/').to_owned();
                prop_assert_eq!(
                    first == second,
                    bare(&issuers[0]) == bare(&issuers[1]),
                );
                let kept = match form {
                    WellKnown::OpenId => first.path().strip_suffix(OPENID),
                    WellKnown::OAuth => first.path().strip_prefix(OAUTH),
                };
                prop_assert_eq!(kept.map(str::to_owned), Some(bare(&issuers[0])));
            }
        }
    }
}
