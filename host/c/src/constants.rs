//! The numbers of `tokenward.h`; a test compares them. Zero is what is read where something failed.

pub(crate) const TOKENWARD_ERROR_NONE: i32 = 0;
pub(crate) const TOKENWARD_ERROR_INTERNAL: i32 = 1;
pub(crate) const TOKENWARD_ERROR_ARGUMENT: i32 = 2;
pub(crate) const TOKENWARD_ERROR_REQUEST: i32 = 3;
pub(crate) const TOKENWARD_ERROR_FILE: i32 = 4;
pub(crate) const TOKENWARD_ERROR_TRUST: i32 = 5;
pub(crate) const TOKENWARD_ERROR_BUNDLE: i32 = 6;
pub(crate) const TOKENWARD_ERROR_UNVERIFIED: i32 = 7;
pub(crate) const TOKENWARD_ERROR_PROCESS: i32 = 8;

pub(crate) const TOKENWARD_BUNDLE_UNSIGNED: u32 = 1;
pub(crate) const TOKENWARD_ACTIVATE_OLDER: u32 = 1;

pub(crate) const TOKENWARD_LOCATION_AUTHORIZATION: i32 = 1;
pub(crate) const TOKENWARD_LOCATION_BODY: i32 = 2;
pub(crate) const TOKENWARD_LOCATION_QUERY: i32 = 3;
pub(crate) const TOKENWARD_LOCATION_COOKIE: i32 = 4;
pub(crate) const TOKENWARD_LOCATION_OTHER_HEADER: i32 = 5;

pub(crate) const TOKENWARD_SAME_SITE_UNSET: i32 = 0;
pub(crate) const TOKENWARD_SAME_SITE_NONE: i32 = 1;
pub(crate) const TOKENWARD_SAME_SITE_LAX: i32 = 2;
pub(crate) const TOKENWARD_SAME_SITE_STRICT: i32 = 3;

pub(crate) const TOKENWARD_BINDING_NONE: i32 = 0;
pub(crate) const TOKENWARD_BINDING_DPOP: i32 = 1;
pub(crate) const TOKENWARD_BINDING_MUTUAL_TLS: i32 = 2;

pub(crate) const TOKENWARD_PHASE_USE: i32 = 1;
pub(crate) const TOKENWARD_PHASE_REFRESH: i32 = 2;
pub(crate) const TOKENWARD_PHASE_ISSUE: i32 = 3;
pub(crate) const TOKENWARD_PHASE_LOGIN: i32 = 4;

pub(crate) const TOKENWARD_OUTCOME_FAULT: i32 = 0;
pub(crate) const TOKENWARD_OUTCOME_PERMIT: i32 = 1;
pub(crate) const TOKENWARD_OUTCOME_DENY: i32 = 2;
pub(crate) const TOKENWARD_OUTCOME_STEP_UP: i32 = 3;

pub(crate) const TOKENWARD_REFUSAL_FAULT: i32 = 0;
pub(crate) const TOKENWARD_REFUSAL_NONE: i32 = 1;
pub(crate) const TOKENWARD_REFUSAL_TOKEN_MISSING: i32 = 2;
pub(crate) const TOKENWARD_REFUSAL_TOKEN: i32 = 3;
pub(crate) const TOKENWARD_REFUSAL_POLICY: i32 = 4;
pub(crate) const TOKENWARD_REFUSAL_SCOPE: i32 = 5;
pub(crate) const TOKENWARD_REFUSAL_STEP_UP: i32 = 6;

pub(crate) const TOKENWARD_SEVERITY_UNKNOWN: i32 = 0;
pub(crate) const TOKENWARD_SEVERITY_INFO: i32 = 1;
pub(crate) const TOKENWARD_SEVERITY_LOW: i32 = 2;
pub(crate) const TOKENWARD_SEVERITY_MEDIUM: i32 = 3;
pub(crate) const TOKENWARD_SEVERITY_HIGH: i32 = 4;
pub(crate) const TOKENWARD_SEVERITY_CRITICAL: i32 = 5;

pub(crate) const TOKENWARD_EFFECT_UNKNOWN: i32 = 0;
pub(crate) const TOKENWARD_EFFECT_ADVISE: i32 = 1;
pub(crate) const TOKENWARD_EFFECT_REQUIRE: i32 = 2;
pub(crate) const TOKENWARD_EFFECT_DENY: i32 = 3;

pub(crate) const TOKENWARD_ENFORCEMENT_UNKNOWN: i32 = 0;
pub(crate) const TOKENWARD_ENFORCEMENT_ENFORCE: i32 = 1;
pub(crate) const TOKENWARD_ENFORCEMENT_WARN: i32 = 2;
pub(crate) const TOKENWARD_ENFORCEMENT_SHADOW: i32 = 3;
