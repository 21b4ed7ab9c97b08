//! The proof that a request may pass, and what of its token may be passed on.

use std::borrow::Cow;

use tokenward_token::{Json, Object, VerifiedToken};

/// Proof that a request may pass: only a permitting [`Decision`](crate::Decision) has one.
#[derive(Debug)]
pub struct Permit {
    pub(crate) token: Option<VerifiedToken>,
    pub(crate) withhold: Vec<String>,
}

impl Permit {
    /// The verified token; none when claims were judged before they were signed.
    ///
    /// All its claims are here. What an upstream may see is [`Permit::claim`] and
    /// [`Permit::claims_upstream`].
    #[must_use]
    pub fn token(&self) -> Option<&VerifiedToken> {
        self.token.as_ref()
    }

    /// The subject (`sub`, RFC 7519 section 4.1.2), unless it is to be withheld.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let withheld = self.withhold.iter().any(|path| path == "/sub" || path.is_empty());
        self.claims().filter(|_| !withheld)?.get("sub")?.as_str()
    }

    /// Claims, as JSON Pointers, that are not to be passed on upstream.
    #[must_use]
    pub fn withhold(&self) -> &[String] {
        &self.withhold
    }

    /// The claim at a JSON Pointer (RFC 6901) as it may be passed on upstream: without what is to
    /// be withheld in it, and nothing if it is to be withheld itself.
    #[must_use]
    pub fn claim(&self, pointer: &str) -> Option<Cow<'_, Json>> {
        let (mut path, claims) = (tokens(pointer)?, self.claims()?);
        let name = path.first()?.clone();
        path.remove(0);
        let mut rest = pointer.get(1..)?.splitn(2, '/');
        rest.next();
        let below = rest.next().map(|rest| format!("/{rest}")).unwrap_or_default();
        let value = claims.get(&name)?.pointer(&below)?;
        path.insert(0, name);
        let withheld: Option<Vec<_>> = self.withhold.iter().map(|w| tokens(w)).collect();
        // What is no pointer withholds everything: the engine lets none through.
        let mut inside = Vec::new();
        for withheld in withheld? {
            if path.starts_with(&withheld) {
                return None;
            }
            if let Some(below) = withheld.strip_prefix(path.as_slice()) {
                inside.push(below.to_vec());
            }
        }
        if inside.is_empty() {
            return Some(Cow::Borrowed(value));
        }
        Some(Cow::Owned(without(value, &inside)))
    }

    /// All claims that may be passed on upstream.
    #[must_use]
    pub fn claims_upstream(&self) -> Object {
        let Some(claims) = self.claims() else { return Object::new() };
        let withheld: Option<Vec<_>> = self.withhold.iter().map(|w| tokens(w)).collect();
        match withheld {
            Some(withheld) if !withheld.iter().any(Vec::is_empty) => object(claims, &withheld),
            _ => Object::new(),
        }
    }

    fn claims(&self) -> Option<&Object> {
        self.token.as_ref().map(VerifiedToken::claims)
    }
}

/// The reference tokens of a JSON Pointer, decoded; none if it is not one.
fn tokens(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let rest = pointer.strip_prefix('/')?;
    Some(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
}

/// The value without what these paths name in it.
fn without(value: &Json, paths: &[Vec<String>]) -> Json {
    match value {
        Json::Object(members) => Json::Object(object(members, paths)),
        Json::Array(items) => {
            let kept = items.iter().enumerate();
            let kept = kept.filter_map(|(index, item)| member(&index.to_string(), item, paths));
            Json::Array(kept.collect())
        }
        other => other.clone(),
    }
}

fn object(members: &Object, paths: &[Vec<String>]) -> Object {
    let kept = members.iter();
    Object::from_pairs(kept.filter_map(|(name, value)| Some((name, member(name, value, paths)?))))
}

/// A member without what the paths name in it; none if they name itself.
fn member(name: &str, value: &Json, paths: &[Vec<String>]) -> Option<Json> {
    let mut inside = Vec::new();
    for path in paths {
        match path.split_first() {
            Some((first, [])) if first == name => return None,
            Some((first, below)) if first == name => inside.push(below.to_vec()),
            _ => {}
        }
    }
    Some(if inside.is_empty() { value.clone() } else { without(value, &inside) })
}

#[cfg(test)]
mod tests {
    use tokenward_token::mint::PrivateKey;
    use tokenward_token::{
        Algorithm, ParseLimits, Trust, UnixTime, UnverifiedToken,
        json::{JsonLimits, parse_strict},
    };

    use super::*;

    fn permit(withhold: &[&str]) -> Permit {
        let claims =
            br#"{"sub":"u-1","exp":1800000600,"a/b":{"c":[1,{"d":2,"e":3}],"f":"x"},"g":null}"#;
        let claims = parse_strict(claims, &JsonLimits::default()).unwrap();
        let key = PrivateKey::generate(Algorithm::ES256).unwrap();
        let text = key.mint(None, claims.as_object().unwrap()).unwrap();
        let token = UnverifiedToken::parse(text.as_bytes(), &ParseLimits::default()).unwrap();
        let trust = Trust::key_only(key.key_set().unwrap());
        let token = token.verify(&trust, UnixTime(1_800_000_000)).unwrap();
        let withhold = withhold.iter().map(|path| (*path).to_owned()).collect();
        Permit { token: Some(token), withhold }
    }

    #[test]
    fn claims_are_passed_on_without_what_is_withheld() {
        let cases: [(&[&str], &str, Option<&str>); 14] = [
            (&[], "/sub", Some("\"u-1\"")),
            (&[], "/none", None),
            (&[], "/a~1b/c/1/d", Some("2")),
            (&[], "", None),
            (&[], "sub", None),
            (&["/sub"], "/sub", None),
            (&[""], "/sub", None),
            (&["/a~1b"], "/a~1b/f", None),
            (&["/a~1b/c"], "/a~1b", Some(r#"{"f":"x"}"#)),
            (&["/a~1b/c/1/d", "/a~1b/f"], "/a~1b", Some(r#"{"c":[1,{"e":3}]}"#)),
            (&["/a~1b/c/0"], "/a~1b/c", Some(r#"[{"d":2,"e":3}]"#)),
            (&["/a~1b/c/1/d"], "/a~1b/f", Some("\"x\"")),
            (&["/su"], "/sub", Some("\"u-1\"")),
            (&["no pointer"], "/sub", None),
        ];
        for (withhold, pointer, expected) in cases {
            let permit = permit(withhold);
            let claim = permit.claim(pointer).map(|claim| claim.to_compact());
            assert_eq!(claim.as_deref(), expected, "{withhold:?} {pointer}");
        }
    }

    #[test]
    fn all_claims_without_what_is_withheld() {
        let all = |withhold: &[&str]| Json::Object(permit(withhold).claims_upstream()).to_compact();
        let whole =
            r#"{"sub":"u-1","exp":1800000600,"a/b":{"c":[1,{"d":2,"e":3}],"f":"x"},"g":null}"#;
        assert_eq!(all(&[]), whole);
        assert_eq!(all(&["/a~1b", "/exp", "/g"]), r#"{"sub":"u-1"}"#);
        assert_eq!(all(&[""]), "{}");
        assert_eq!(all(&["no pointer"]), "{}");
        let none = Permit { token: None, withhold: Vec::new() };
        assert!(none.claims_upstream().is_empty());
    }
}
