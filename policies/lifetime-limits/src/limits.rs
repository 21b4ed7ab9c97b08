//! The limits for one kind of token, and what the settings must hold.

use tokenward_policy::{SettingError, TokenKind, pointer};

use crate::settings::{Limit, PerKind, Settings};

/// The most seconds that may lie between two clocks.
const MOST_SKEW: u32 = 600;

/// The limits for one kind of token, in seconds; none where there is no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_lifetime: Option<i64>,
    pub(crate) warn_lifetime: Option<i64>,
    pub(crate) max_remaining: Option<i64>,
    pub(crate) max_age: Option<i64>,
}

/// The limits for every kind.
pub(crate) struct AllLimits {
    access: Limits,
    refresh: Limits,
    id: Limits,
    other: Limits,
}

impl AllLimits {
    pub(crate) fn new(settings: &Settings) -> Self {
        let defaults = Settings::default().max_lifetime;
        let limits = |of: fn(&PerKind) -> Option<Limit>| Limits {
            max_lifetime: seconds(of(&settings.max_lifetime).or(of(&defaults))),
            warn_lifetime: seconds(of(&settings.warn_lifetime)),
            max_remaining: seconds(of(&settings.max_remaining)),
            max_age: seconds(of(&settings.max_age_since_issue)),
        };
        Self {
            access: limits(|kinds| kinds.access),
            refresh: limits(|kinds| kinds.refresh),
            id: limits(|kinds| kinds.id),
            other: limits(|kinds| kinds.other),
        }
    }

    /// The limits for a kind; where it is not known, those for access tokens.
    pub(crate) fn of(&self, kind: Option<&TokenKind>) -> &Limits {
        match kind {
            Some(TokenKind::Access) | None => &self.access,
            Some(TokenKind::Refresh) => &self.refresh,
            Some(TokenKind::Id) => &self.id,
            Some(TokenKind::Other(_)) => &self.other,
        }
    }

    pub(crate) fn any(&self, has: impl Fn(&Limits) -> bool) -> bool {
        [&self.access, &self.refresh, &self.id, &self.other].into_iter().any(has)
    }
}

fn seconds(limit: Option<Limit>) -> Option<i64> {
    match limit {
        Some(Limit::Seconds(seconds)) => Some(seconds),
        Some(Limit::Unlimited) | None => None,
    }
}

/// Checks the settings.
pub(crate) fn check(settings: &Settings, limits: &AllLimits) -> Vec<SettingError> {
    let mut errors = Vec::new();
    let kinds = [
        ("access", limits.access),
        ("refresh", limits.refresh),
        ("id", limits.id),
        ("other", limits.other),
    ];
    for (kind, limits) in kinds {
        if let (Some(warn), Some(max)) = (limits.warn_lifetime, limits.max_lifetime)
            && warn >= max
        {
            errors.push(SettingError::new(
                pointer(["warn-lifetime", kind]),
                "is not below `max-lifetime` for the same kind, so that it never applies; \
                 give fewer seconds",
            ));
        }
    }
    if settings.max_session_age.is_some_and(|max| !(1..=Limit::MOST).contains(&max.into())) {
        errors.push(SettingError::new(
            "/max-session-age",
            "is out of range; give 1 to 315360000 seconds, or leave it out",
        ));
    }
    if settings.skew > MOST_SKEW {
        errors.push(SettingError::new("/skew", "is out of range; give 0 to 600 seconds"));
    }
    errors
}
