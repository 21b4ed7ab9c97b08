//! Cookies that carry a token, or are about to.

use tokenward_policy::prelude::*;

use crate::rules::{finding, push_number};
use crate::settings::{Effect, Reaction, SameSiteDemand};

/// The most cookies that are judged one by one, so that a verdict keeps to the
/// limits of the host.
const MOST: usize = 64;

/// What cookies must be like.
pub(crate) struct Cookies {
    pub(crate) effect: Effect,
    pub(crate) same_site: SameSiteDemand,
    pub(crate) prefix: Reaction,
    pub(crate) max_age: Option<u64>,
}

impl Cookies {
    pub(crate) fn judge(&self, cookies: &[Cookie], found: &mut Vec<Finding>) {
        for cookie in cookies.iter().take(MOST) {
            self.judge_one(cookie, found);
        }
        if cookies.len() > MOST {
            let message = "more than 64 cookies carry a token; the others are not judged";
            found.extend(finding(Reaction::Deny, "cookie-attributes", message));
        }
    }

    fn judge_one(&self, cookie: &Cookie, found: &mut Vec<Finding>) {
        let about = |message: &str| named(cookie, message);
        let mut missing = String::new();
        let mut lacks = |attribute: &str| {
            missing.push_str(if missing.is_empty() { "lacks " } else { ", " });
            missing.push_str(attribute);
        };
        if !cookie.secure {
            lacks("Secure");
        }
        if !cookie.http_only {
            lacks("HttpOnly");
        }
        match (self.same_site, cookie.same_site) {
            (_, SameSite::Strict) | (SameSiteDemand::Lax, SameSite::Lax) => {}
            (SameSiteDemand::Lax, _) => lacks("SameSite=Lax or Strict"),
            (SameSiteDemand::Strict, _) => lacks("SameSite=Strict"),
        }
        if !missing.is_empty() {
            found.extend(finding(self.effect.into(), "cookie-attributes", &about(&missing)));
        }
        // Browsers compare the prefix in any case of letters, and servers must not rely on that.
        let has_prefix = ["__Host-", "__Secure-"]
            .iter()
            .any(|prefix| cookie.name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()));
        if !has_prefix {
            let message = "has a name without `__Host-` or `__Secure-` before it";
            found.extend(finding(self.prefix, "cookie-name", &about(message)));
        }
        if let (Some(max), Some(age)) = (self.max_age, cookie.max_age)
            && age > max
        {
            let mut message = String::from("is kept longer than ");
            push_number(&mut message, max);
            message.push_str(" seconds");
            found.extend(finding(self.effect.into(), "cookie-lifetime", &about(&message)));
        }
    }
}

/// Names the cookie, if its name is short and in the characters of one.
fn named(cookie: &Cookie, message: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    let name = &cookie.name;
    let can_be_shown = (1..=64).contains(&name.len()) && name.bytes().all(plain);
    if can_be_shown {
        ["the cookie `", name, "` ", message].concat()
    } else {
        ["a cookie ", message].concat()
    }
}
