//! From a record to its line, in the thread of the caller.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::RecordError;
use crate::mask::Mask;
use crate::moment::Moment;
use crate::rewrite;

/// The line of a record, from `"at"` on: `"at":"…",…}` and a newline. What comes before is known
/// when it is written.
pub(crate) fn rest_of_line<R: Serialize + ?Sized>(
    record: &R,
    masks: &[Mask],
    limit: usize,
) -> Result<Vec<u8>, RecordError> {
    let at = Moment::now();
    let mut json = Bounded { bytes: Vec::with_capacity(512), limit };
    serde_json::to_writer(&mut json, record).map_err(|error| {
        if error.is_io() { RecordError::TooLarge { limit } } else { RecordError::NotSerializable }
    })?;
    let start = format!("\"at\":\"{at}\"");
    rewrite::members(start.into_bytes(), &json.bytes, masks, limit)
}

/// Takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Serialize, Serializer, ser::Error};

    use super::rest_of_line;
    use crate::error::RecordError;

    #[test]
    fn a_record_is_bounded() {
        let record = BTreeMap::from([("a", "xxx")]);
        let exact = r#"{"a":"xxx"}"#.len();
        assert!(rest_of_line(&record, &[], exact).is_ok());
        for limit in 0..exact {
            assert_eq!(rest_of_line(&record, &[], limit), Err(RecordError::TooLarge { limit }));
        }
    }

    #[test]
    fn what_refuses_to_be_serialized_is_not_quoted() {
        struct Refuses;
        impl Serialize for Refuses {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(S::Error::custom("alice@example.com"))
            }
        }
        let error = rest_of_line(&Refuses, &[], 1000).unwrap_err();
        assert_eq!(error, RecordError::NotSerializable);
        assert!(!format!("{error} {error:?}").contains("alice"));
    }
}
