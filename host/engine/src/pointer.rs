//! JSON Pointers (RFC 6901).

/// Whether this is a JSON Pointer: empty, or `/` before each token, with `~`
/// only as `~0` and `~1`, and no control characters.
#[must_use]
pub fn is_json_pointer(text: &str) -> bool {
    if !(text.is_empty() || text.starts_with('/')) || text.chars().any(char::is_control) {
        return false;
    }
    let mut tildes = text.split('~');
    tildes.next();
    tildes.all(|rest| rest.starts_with(['0', '1']))
}

/// Appends a member name as a reference token.
pub(crate) fn push_member(pointer: &mut String, name: &str) {
    pointer.push('/');
    for c in name.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers() {
        for good in ["", "/", "/a", "/a/0/b", "/a~1b", "/m~0n", "//"] {
            assert!(is_json_pointer(good), "{good}");
        }
        for bad in ["a", "a/b", "/a~", "/a~2", "#/a", "/a\n", "/~/a"] {
            assert!(!is_json_pointer(bad), "{bad}");
        }
    }

    #[test]
    fn members_are_escaped() {
        let mut pointer = String::new();
        push_member(&mut pointer, "a/b");
        push_member(&mut pointer, "m~n");
        assert_eq!(pointer, "/a~1b/m~0n");
    }
}
