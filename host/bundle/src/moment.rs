//! A moment in a manifest: RFC 3339 text.

use serde::{Deserialize, Deserializer, Serializer, de};
use tokenward_token::UnixTime;

#[allow(clippy::ref_option, reason = "serde asks for it")]
pub(crate) fn serialize<S: Serializer>(
    moment: &Option<UnixTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => serializer.collect_str(moment),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UnixTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| de::Error::custom(format!("{error}")))
}
