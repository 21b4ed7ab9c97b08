//! Text that people read, and JSON that programs read.

pub(crate) mod decision;
pub(crate) mod explain;
pub(crate) mod findings;
pub(crate) mod hint;
pub(crate) mod json;
pub(crate) mod page;
pub(crate) mod rules;
pub(crate) mod safe;
pub(crate) mod style;
pub(crate) mod words;
