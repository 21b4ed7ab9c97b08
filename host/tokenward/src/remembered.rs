//! Verified tokens that are remembered: the signature of one that comes again is not checked again.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokenward_token::{TokenDigest, TokenError, Trust, UnixTime, VerifiedToken};

/// Whether verified tokens are remembered.
///
/// A token that comes again is known by its SHA-256 digest, under the same trust. Its signature was
/// verified; its claims are validated again each time, so that it expires when it expires. When
/// trusted keys change, all is forgotten. Only tokens that were verified are remembered, so that
/// nobody fills the memory with what he made up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemoryOfTokens {
    /// Every token is verified each time.
    #[default]
    Off,
    /// At most about this many bytes of tokens are kept.
    Bytes(u64),
}

/// What a token takes beside its own text: header and claims as read, and the entry.
const OVERHEAD: u64 = 1024;

/// How much more than its text a token takes when it was read.
const READ: u64 = 4;

/// Verified tokens by their digest.
pub(crate) struct RememberedTokens {
    entries: Option<Cache<TokenDigest, Remembered, ByBytes>>,
}

#[derive(Clone)]
struct Remembered {
    token: VerifiedToken,
    /// That verified it.
    trust: Arc<Trust>,
    bytes: u64,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<TokenDigest, Remembered> for ByBytes {
    fn weight(&self, _: &TokenDigest, remembered: &Remembered) -> u64 {
        remembered.bytes
    }
}

impl RememberedTokens {
    pub(crate) fn new(memory: MemoryOfTokens) -> Self {
        let entries = match memory {
            MemoryOfTokens::Off | MemoryOfTokens::Bytes(0) => None,
            MemoryOfTokens::Bytes(bytes) => {
                let usual = usize::try_from(bytes / (OVERHEAD + READ * 1024)).unwrap_or(1 << 20);
                Some(Cache::with_weighter(usual.max(16), bytes, ByBytes))
            }
        };
        Self { entries }
    }

    /// The verified token of these bytes, if it is remembered and was verified by this trust; an
    /// error, if it is not accepted any more.
    pub(crate) fn get(
        &self,
        bearer: &[u8],
        trust: &Arc<Trust>,
        now: UnixTime,
    ) -> Option<Result<VerifiedToken, TokenError>> {
        let entries = self.entries.as_ref()?;
        let digest = TokenDigest::of(bearer);
        let remembered = entries.get(&digest)?;
        if !Arc::ptr_eq(&remembered.trust, trust) {
            return None;
        }
        Some(remembered.token.revalidate(trust, now).map(|()| remembered.token))
    }

    pub(crate) fn insert(&self, bearer: &[u8], token: &VerifiedToken, trust: &Arc<Trust>) {
        if let Some(entries) = &self.entries {
            let bytes = OVERHEAD + READ * bearer.len() as u64;
            let (token, trust) = (token.clone(), Arc::clone(trust));
            entries.insert(token.digest(), Remembered { token, trust, bytes });
        }
    }

    pub(crate) fn clear(&self) {
        if let Some(entries) = &self.entries {
            entries.clear();
        }
    }
}

impl fmt::Debug for RememberedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries.as_ref().map_or(0, Cache::len);
        write!(f, "RememberedTokens({count})")
    }
}

#[cfg(test)]
mod tests {
    use tokenward_token::mint::PrivateKey;
    use tokenward_token::{Algorithm, Json, Object, ParseLimits, UnverifiedToken};

    use super::*;

    const NOW: UnixTime = UnixTime(1_800_000_000);

    fn token(key: &PrivateKey, trust: &Trust, subject: &str) -> (String, VerifiedToken) {
        let mut claims = Object::from_pairs([("sub", subject)]);
        claims.set("iat", Json::Integer(NOW.seconds()));
        claims.set("exp", Json::Integer(NOW.seconds() + 600));
        let text = key.mint(None, &claims).unwrap();
        let parsed = UnverifiedToken::parse(text.as_bytes(), &ParseLimits::default()).unwrap();
        let verified = parsed.verify(trust, NOW).unwrap();
        (text, verified)
    }

    fn trust() -> (PrivateKey, Arc<Trust>) {
        let key = PrivateKey::generate(Algorithm::ES256).unwrap();
        let trust = Arc::new(Trust::key_only(key.key_set().unwrap()));
        (key, trust)
    }

    #[test]
    fn a_remembered_token_expires_all_the_same() {
        let (key, trust) = trust();
        let (text, verified) = token(&key, &trust, "a");
        let memory = RememberedTokens::new(MemoryOfTokens::Bytes(1 << 20));
        assert!(memory.get(text.as_bytes(), &trust, NOW).is_none());
        memory.insert(text.as_bytes(), &verified, &trust);
        let again = memory.get(text.as_bytes(), &trust, NOW.plus(60)).unwrap().unwrap();
        assert_eq!(again.digest(), verified.digest());
        let late = memory.get(text.as_bytes(), &trust, NOW.plus(3600)).unwrap().unwrap_err();
        assert_eq!(late.code(), "expired");
        let early = memory.get(text.as_bytes(), &trust, UnixTime(NOW.seconds() - 3600)).unwrap();
        assert_eq!(early.unwrap_err().code(), "issued_in_future");
    }

    #[test]
    fn another_trust_knows_nothing_of_it() {
        let (key, trust) = trust();
        let (text, verified) = token(&key, &trust, "a");
        let memory = RememberedTokens::new(MemoryOfTokens::Bytes(1 << 20));
        memory.insert(text.as_bytes(), &verified, &trust);
        // Also not one that is equal: it might have come after the keys were replaced.
        assert!(memory.get(text.as_bytes(), &Arc::new(Trust::clone(&trust)), NOW).is_none());
        assert!(memory.get(text.as_bytes(), &trust, NOW).is_some());
        memory.clear();
        assert!(memory.get(text.as_bytes(), &trust, NOW).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let (key, trust) = trust();
        let memory = RememberedTokens::new(MemoryOfTokens::Bytes(64 << 10));
        let (mut texts, mut bytes) = (Vec::new(), 0);
        for index in 0..200 {
            let (text, verified) = token(&key, &trust, &index.to_string());
            memory.insert(text.as_bytes(), &verified, &trust);
            texts.push(text);
        }
        for text in &texts {
            if memory.get(text.as_bytes(), &trust, NOW).is_some() {
                bytes += OVERHEAD + READ * text.len() as u64;
            }
        }
        assert!(bytes > 0 && bytes <= 64 << 10, "{bytes}");
        let off = RememberedTokens::new(MemoryOfTokens::Off);
        let (text, verified) = token(&key, &trust, "a");
        off.insert(text.as_bytes(), &verified, &trust);
        assert!(off.get(text.as_bytes(), &trust, NOW).is_none());
    }
}
