//! Settings of which the value is one of a few words. What `serde` derives is
//! compiled anew for each such type; this is compiled once for all.

use core::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// An enum of words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                const WORDS: &[&str] = &[$($word),+];
                const ALL: &[$name] = &[$($name::$variant),+];
                let index = $crate::choice::index(deserializer, WORDS)?;
                // The index is that of a word, and there are as many.
                ALL.get(index).copied().ok_or_else(|| serde::de::Error::custom("no such word"))
            }
        }
    };
}

pub(crate) use choice;

/// Which of the words comes.
pub(crate) fn index<'de, D: Deserializer<'de>>(
    deserializer: D,
    words: &'static [&'static str],
) -> Result<usize, D::Error> {
    deserializer.deserialize_str(Words(words))
}

struct Words(&'static [&'static str]);

impl Visitor<'_> for Words {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of")?;
        for word in self.0 {
            f.write_str(" `")?;
            f.write_str(word)?;
            f.write_str("`")?;
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<usize, E> {
        let index = self.0.iter().position(|word| *word == text);
        index.ok_or_else(|| E::unknown_variant(text, self.0))
    }
}
