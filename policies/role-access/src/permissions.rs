//! Permissions: the numbered ones that settings name, sets of them, and what a
//! pattern such as `orders:*` covers.

use tokenward_policy::text::cut;

/// Of a permission, in bytes.
const LONGEST: usize = 128;

/// The permissions that routes and conflicts name, each with a number: whatever
/// else a role gives is asked for nowhere.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// Sorted.
    names: Vec<String>,
}

impl Numbering {
    pub(crate) fn add(&mut self, name: &str) {
        if let Err(at) = self.find(name) {
            tokenward_policy::list::insert(&mut self.names, at, name.to_owned());
        }
    }

    /// The number of a permission, once all are added.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.find(name).ok().and_then(|at| u32::try_from(at).ok())
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|known| known.as_str().cmp(name))
    }

    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    /// No permission, with room for all.
    pub(crate) fn none(&self) -> Set {
        Set { words: vec![0; self.names.len().div_ceil(64)] }
    }

    /// Those that a pattern covers.
    pub(crate) fn covered(&self, pattern: &str, into: &mut Set) {
        for (number, name) in (0..).zip(&self.names) {
            if covers(pattern, name) {
                into.add(number);
            }
        }
    }
}

/// A set of permissions, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    words: Vec<u64>,
}

impl Set {
    fn add(&mut self, number: u32) {
        if let Some(word) = self.words.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

/// Whether this names one permission: parts of visible ASCII with `:` between them.
pub(crate) fn is_permission(text: &str) -> bool {
    is_pattern(text) && !text.as_bytes().contains(&b'*')
}

/// Whether this is a permission, or a pattern of some: a part may be `*` alone.
pub(crate) fn is_pattern(text: &str) -> bool {
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (part, after) = cut(text, b':');
        rest = after;
        let is_plain = part.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'*' | b'`'));
        if part.is_empty() || !(is_plain || part == "*") {
            return false;
        }
    }
    text.len() <= LONGEST
}

/// Whether a pattern covers a permission. A part `*` stands for any one part,
/// and as the last part for any number more.
pub(crate) fn covers(pattern: &str, permission: &str) -> bool {
    let (mut pattern, mut permission) = (pattern, permission);
    loop {
        let (part, rest) = cut(pattern, b':');
        let (name, more) = cut(permission, b':');
        if part != "*" && part != name {
            return false;
        }
        match (rest, more) {
            (None, None) => return true,
            (None, Some(_)) => return part == "*",
            (Some(_), None) => return false,
            (Some(rest), Some(more)) => (pattern, permission) = (rest, more),
        }
    }
}
