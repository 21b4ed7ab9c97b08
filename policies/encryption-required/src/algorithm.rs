//! The algorithms of JWE that are known (RFC 7518 sections 4 and 5).

/// Key management algorithms. The last [`PASSWORD_BASED`] derive the key from a
/// password, and are allowed only where a bundle names them.
pub(crate) const KEY: [&str; 17] = [
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128KW",
    "A192KW",
    "A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "dir",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
];

const PASSWORD_BASED: usize = 3;

/// RSA with the oldest padding, broken by Bleichenbacher's attack: never allowed.
pub(crate) const RSA1_5: &str = "RSA1_5";

/// RSA-OAEP with SHA-1, of which the setting `rsa-oaep-sha1` decides.
pub(crate) const OAEP_SHA1: &str = "RSA-OAEP";

/// Content encryption algorithms: all of RFC 7518, all of them authenticated.
pub(crate) const CONTENT: [&str; 6] =
    ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"];

/// The key management algorithms that are allowed by default.
pub(crate) fn default_key() -> &'static [&'static str] {
    KEY.get(..KEY.len() - PASSWORD_BASED).unwrap_or_default()
}
