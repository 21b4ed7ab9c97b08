//! The memory that an instance of a plain policy begins with.
//!
//! All that can change in such an instance is its memory and its mutable globals
//! (see [`shape`](super::shape)). Memory is shared with other policies, and is
//! written, whole, before each request, so that nothing of an earlier request is
//! there, nor of a policy that used it before. So it is read from the module,
//! whose data segments need not be in the code that is compiled.

use wasmparser::{Data, DataKind, Operator, Parser, Payload};

/// Bytes of a page of memory.
pub(crate) const PAGE: usize = 64 << 10;

/// What the memory of an instance begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pristine {
    /// Bytes of memory.
    pub(crate) size: usize,
    /// Where in memory `content` begins; all before and after is zero.
    pub(crate) start: usize,
    pub(crate) content: Box<[u8]>,
}

impl Pristine {
    /// That of a module with one memory, of so many bytes. None if it is not known before an instance
    /// is made.
    pub(super) fn of(module: &[u8], size: usize) -> Option<Self> {
        let mut memory = vec![0; size];
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::DataSection(section) = payload.ok()? {
                for data in section {
                    let data = data.ok()?;
                    // Only an instruction could write it, of which a plain module has none: the
                    // snapshot leaves such segments, empty, in the place of others.
                    if matches!(data.kind, DataKind::Passive) {
                        continue;
                    }
                    let start = constant_offset(&data)?;
                    let place = memory.get_mut(start..)?.get_mut(..data.data.len())?;
                    place.copy_from_slice(data.data);
                }
            }
        }
        let start = memory.iter().position(|byte| *byte != 0).unwrap_or(size);
        let end = memory.iter().rposition(|byte| *byte != 0).map_or(start, |last| last + 1);
        Some(Self { size, start, content: memory.get(start..end)?.into() })
    }

    /// Gives memory this content. False when it is not of this size.
    pub(super) fn write(&self, memory: &mut [u8]) -> bool {
        if memory.len() != self.size {
            return false;
        }
        let Some((before, rest)) = memory.split_at_mut_checked(self.start) else { return false };
        let Some((content, after)) = rest.split_at_mut_checked(self.content.len()) else {
            return false;
        };
        before.fill(0);
        content.copy_from_slice(&self.content);
        after.fill(0);
        true
    }
}

/// Where a segment goes that is written when an instance is made.
fn constant_offset(data: &Data<'_>) -> Option<usize> {
    let DataKind::Active { memory_index: 0, offset_expr } = &data.kind else { return None };
    let mut operators = offset_expr.get_operators_reader();
    let Operator::I32Const { value } = operators.read().ok()? else { return None };
    let Operator::End = operators.read().ok()? else { return None };
    usize::try_from(value.cast_unsigned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(segments: &str) -> Option<Pristine> {
        let module = wat::parse_str(format!("(module (memory 1) {segments})")).expect("a module");
        Pristine::of(&module, PAGE)
    }

    #[test]
    fn segments_are_laid_over_one_another() {
        let (size, content) = (PAGE, Box::from(*b"abXYe"));
        assert_eq!(
            of(r#"(data (i32.const 65531) "abcde") (data (i32.const 65533) "XY")"#),
            Some(Pristine { size, start: 65531, content })
        );
        let nothing = Some(Pristine { size, start: size, content: Box::default() });
        assert_eq!(of(""), nothing);
        assert_eq!(of(r#"(data (i32.const 7) "\00\00")"#), nothing);
        assert_eq!(of(r#"(data (i32.const 65536) "")"#), nothing);
        assert_eq!(of(r#"(data "passive")"#), nothing);
    }

    #[test]
    fn what_is_not_known_before_is_not_taken() {
        for segments in [
            r#"(data (i32.const 65532) "abcde")"#,
            r#"(data (i32.const -1) "a")"#,
            r#"(data (i32.const 65537) "")"#,
            r#"(global $g i32 (i32.const 0)) (data (global.get $g) "a")"#,
            r#"(data (offset (i32.add (i32.const 1) (i32.const 2))) "a")"#,
        ] {
            assert_eq!(of(segments), None, "{segments}");
        }
    }

    #[test]
    fn all_of_memory_is_written() {
        let pristine = of(r#"(data (i32.const 1000) "abc")"#).expect("known");
        let mut memory = vec![7; PAGE];
        assert!(pristine.write(&mut memory));
        assert_eq!(memory.get(1000..1003), Some(&b"abc"[..]));
        assert_eq!(memory.iter().filter(|byte| **byte != 0).count(), 3);
        assert!(!pristine.write(&mut vec![0; PAGE + 1]) && !pristine.write(&mut []));
    }
}
