//! Lowers the input of a policy by the canonical ABI.
//!
//! What is lowered is first written into an [`Image`]: blocks of bytes in the
//! order in which the ABI asks the guest to allocate them, and the places that
//! hold pointers to blocks. Only then is the guest asked for room, so that
//! nothing here touches a guest. Sizes and alignments come from the rules of the
//! ABI; that they are those of wasmtime is checked when this is compiled.

use wasmtime::component::ComponentType;

use crate::bindings::contract as c;

/// The lowered input, before it has addresses.
pub(crate) struct Image {
    /// The blocks one after the other, each aligned as its type asks.
    pub(crate) bytes: Vec<u8>,
    blocks: Vec<Block>,
    pointers: Vec<Pointer>,
    /// Of each block, once the guest has been asked.
    addresses: Vec<u32>,
}

/// What one call of the guest's allocator is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// Where in the image it begins.
    pub(crate) offset: usize,
    pub(crate) size: usize,
    pub(crate) align: usize,
}

/// Four bytes of the image that are to hold the address of a block.
#[derive(Clone, Copy)]
struct Pointer {
    /// Where in the image they stand.
    at: usize,
    /// The block, by its number.
    block: usize,
}

/// No type of the contract asks for more.
pub(crate) const MAX_ALIGN: usize = 8;

impl Default for Image {
    /// With room for a usual input, so that it need not grow.
    fn default() -> Self {
        Self {
            bytes: Vec::with_capacity(4096),
            blocks: Vec::with_capacity(128),
            pointers: Vec::with_capacity(128),
            addresses: Vec::with_capacity(128),
        }
    }
}

impl Image {
    /// The image of this input.
    pub(crate) fn of(input: &c::Input<'_>) -> Self {
        let mut image = Self::default();
        image.lower(input);
        image
    }

    /// The image of this input, in the room of the last one.
    pub(crate) fn lower(&mut self, input: &c::Input<'_>) {
        self.bytes.clear();
        self.blocks.clear();
        self.pointers.clear();
        let block = self.block(c::Input::ALIGN, c::Input::SIZE);
        input.lower(self, block.offset);
    }

    /// Asks for room for each block, in order, and writes the addresses into the
    /// image.
    pub(crate) fn place<E>(
        &mut self,
        mut room: impl FnMut(Block) -> Result<u32, E>,
    ) -> Result<(), E> {
        self.addresses.clear();
        for block in &self.blocks {
            self.addresses.push(room(*block)?);
        }
        for pointer in &self.pointers {
            let address = self.addresses.get(pointer.block).copied().unwrap_or_default();
            let place = self.bytes.get_mut(pointer.at..).and_then(<[u8]>::first_chunk_mut);
            if let Some(place) = place {
                *place = address.to_le_bytes();
            }
        }
        Ok(())
    }

    /// Each block's address and bytes, once they are placed.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.blocks.iter().zip(&self.addresses).map(|(block, address)| {
            let bytes = self.bytes.get(block.offset..block.offset + block.size);
            (*address, bytes.unwrap_or_default())
        })
    }

    /// The address of the input itself, once it is placed.
    pub(crate) fn address(&self) -> u32 {
        self.addresses.first().copied().unwrap_or_default()
    }

    /// A new block, all zero.
    fn block(&mut self, align: usize, size: usize) -> Block {
        let offset = align_up(self.bytes.len(), align);
        let block = Block { offset, size, align };
        self.bytes.resize(offset + size, 0);
        self.blocks.push(block);
        block
    }

    /// A new block for so many items, with its pointer and their count at `at`.
    fn list(&mut self, at: usize, items: usize, align: usize, size: usize) -> usize {
        let block = self.block(align, items * size);
        self.pointers.push(Pointer { at, block: self.blocks.len() - 1 });
        // An input is at most a token and a request: far below 4 GiB. A count
        // cut short would be one that the guest has no room for in any case.
        self.put(at + POINTER, u32::try_from(items).unwrap_or(u32::MAX).to_le_bytes());
        block.offset
    }

    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        if let Some(place) = self.bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = bytes;
        }
    }
}

/// Bytes of a pointer, and of a length.
const POINTER: usize = 4;

pub(crate) const fn align_up(offset: usize, align: usize) -> usize {
    offset.next_multiple_of(align)
}

pub(crate) const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// The alignment and the size of a record with these fields.
pub(crate) const fn record(fields: &[(usize, usize)]) -> (usize, usize) {
    let (mut align, mut end, mut index) = (1, 0, 0);
    while index < fields.len() {
        let (field_align, field_size) = fields[index];
        align = max(align, field_align);
        end = align_up(end, field_align) + field_size;
        index += 1;
    }
    (align, align_up(end, align))
}

/// The alignment and the size of a variant of at most 256 cases, of which these
/// are the payloads.
pub(crate) const fn variant(cases: &[(usize, usize)]) -> (usize, usize) {
    let (mut align, mut size, mut index) = (1, 0, 0);
    while index < cases.len() {
        align = max(align, cases[index].0);
        size = max(size, cases[index].1);
        index += 1;
    }
    (align, align_up(align_up(1, align) + size, align))
}

/// A type that can be lowered into memory.
trait Lower {
    const ALIGN: usize;
    const SIZE: usize;

    /// Writes it at this place of the image, which holds zeros.
    fn lower(&self, image: &mut Image, at: usize);
}

const fn layout<T: Lower>() -> (usize, usize) {
    (T::ALIGN, T::SIZE)
}

macro_rules! scalar {
    ($($type:ty),*) => {$(
        impl Lower for $type {
            const ALIGN: usize = size_of::<Self>();
            const SIZE: usize = size_of::<Self>();

            fn lower(&self, image: &mut Image, at: usize) {
                image.put(at, self.to_le_bytes());
            }
        }
    )*};
}

scalar!(u8, u32, u64, i64, f64);

impl Lower for bool {
    const ALIGN: usize = 1;
    const SIZE: usize = 1;

    fn lower(&self, image: &mut Image, at: usize) {
        u8::from(*self).lower(image, at);
    }
}

impl Lower for &str {
    const ALIGN: usize = POINTER;
    const SIZE: usize = 2 * POINTER;

    fn lower(&self, image: &mut Image, at: usize) {
        let start = image.list(at, self.len(), 1, 1);
        if let Some(place) = image.bytes.get_mut(start..start + self.len()) {
            place.copy_from_slice(self.as_bytes());
        }
    }
}

impl<T: Lower> Lower for &[T] {
    const ALIGN: usize = POINTER;
    const SIZE: usize = 2 * POINTER;

    fn lower(&self, image: &mut Image, at: usize) {
        let mut place = image.list(at, self.len(), T::ALIGN, T::SIZE);
        for item in *self {
            item.lower(image, place);
            place += T::SIZE;
        }
    }
}

impl<T: Lower> Lower for Option<T> {
    const ALIGN: usize = variant(&[layout::<T>()]).0;
    const SIZE: usize = variant(&[layout::<T>()]).1;

    fn lower(&self, image: &mut Image, at: usize) {
        if let Some(payload) = self {
            1_u8.lower(image, at);
            payload.lower(image, at + Self::ALIGN);
        }
    }
}

/// Fields, in the order of the contract.
macro_rules! records {
    ($($type:ty { $($field:ident: $of:ty),* $(,)? })*) => {$(
        impl Lower for $type {
            const ALIGN: usize = record(&[$(layout::<$of>()),*]).0;
            const SIZE: usize = record(&[$(layout::<$of>()),*]).1;

            fn lower(&self, image: &mut Image, at: usize) {
                let mut end = at;
                $(
                    let place = align_up(end, <$of>::ALIGN);
                    self.$field.lower(image, place);
                    end = place + <$of>::SIZE;
                )*
                let _ = end;
            }
        }
        as_wasmtime!($type);
    )*};
}

/// Stops compilation where the layout is not that of wasmtime.
macro_rules! as_wasmtime {
    ($type:ty) => {
        const _: () = {
            assert!(<$type as Lower>::SIZE == <$type as ComponentType>::SIZE32);
            assert!(<$type as Lower>::ALIGN == <$type as ComponentType>::ALIGN32 as usize);
        };
    };
}

macro_rules! enums {
    ($($type:ty),*) => {$(
        impl Lower for $type {
            const ALIGN: usize = 1;
            const SIZE: usize = 1;

            fn lower(&self, image: &mut Image, at: usize) {
                // The generated enums are numbered as in the contract.
                (*self as u8).lower(image, at);
            }
        }
        as_wasmtime!($type);
    )*};
}

enums!(c::Phase, c::Binding, c::TokenLocation, c::SameSite);

records! {
    c::Input<'_> {
        phase: c::Phase,
        now: Option<i64>,
        token: Option<c::Token<'_>>,
        claims: &[c::Claim<'_>],
        request: Option<c::Request<'_>>,
        signals: &[c::Signal<'_>],
        facts: &[c::FactParam<'_>],
    }
    c::Claim<'_> { path: &str, value: c::ValueParam<'_> }
    c::FactParam<'_> { name: &str, value: c::ValueParam<'_> }
    c::Token<'_> {
        kind: c::TokenKind<'_>,
        header: &[c::FactParam<'_>],
        key: Option<c::Key<'_>>,
        encryption: Option<c::Encryption<'_>>,
        binding: Option<c::Binding>,
    }
    c::Key<'_> {
        id: Option<&str>,
        key_type: &str,
        curve: Option<&str>,
        bits: u32,
        age_seconds: Option<u64>,
    }
    c::Encryption<'_> { algorithm: &str, content: &str }
    c::Request<'_> {
        method: Option<&str>,
        scheme: Option<&str>,
        host: Option<&str>,
        path: Option<&str>,
        query: &[c::FactParam<'_>],
        headers: &[c::FactParam<'_>],
        client_address: Option<&str>,
        token_location: Option<c::TokenLocation>,
        tls: Option<c::Tls<'_>>,
        cookies: &[c::Cookie<'_>],
    }
    c::Tls<'_> { version: Option<&str>, cipher: Option<&str>, client_certificate: bool }
    c::Cookie<'_> {
        name: &str,
        http_only: bool,
        secure: bool,
        same_site: c::SameSite,
        max_age: Option<u64>,
    }
    c::Signal<'_> {
        name: &str,
        value: c::ValueParam<'_>,
        confidence: u8,
        age_seconds: Option<u64>,
        source: Option<&str>,
    }
}

/// The layout of `value`, which claims, facts and verdicts share.
pub(crate) const VALUE: (usize, usize) = variant(&[(1, 1), (8, 8), (8, 8), (4, 8), (4, 8), (4, 8)]);

impl Lower for c::ValueParam<'_> {
    const ALIGN: usize = VALUE.0;
    const SIZE: usize = VALUE.1;

    fn lower(&self, image: &mut Image, at: usize) {
        let payload = at + Self::ALIGN;
        let case: u8 = match self {
            Self::Null => 0,
            Self::Boolean(boolean) => {
                boolean.lower(image, payload);
                1
            }
            Self::Integer(integer) => {
                integer.lower(image, payload);
                2
            }
            Self::Number(number) => {
                number.lower(image, payload);
                3
            }
            Self::Text(text) => {
                text.lower(image, payload);
                4
            }
            Self::Texts(texts) => {
                texts.lower(image, payload);
                5
            }
            Self::Json(text) => {
                text.lower(image, payload);
                6
            }
        };
        case.lower(image, at);
    }
}
as_wasmtime!(c::ValueParam<'_>);

impl Lower for c::TokenKind<'_> {
    const ALIGN: usize = variant(&[layout::<&str>()]).0;
    const SIZE: usize = variant(&[layout::<&str>()]).1;

    fn lower(&self, image: &mut Image, at: usize) {
        let case: u8 = match self {
            Self::Access => 0,
            Self::Refresh => 1,
            Self::Id => 2,
            Self::Other(subtype) => {
                subtype.lower(image, at + Self::ALIGN);
                3
            }
        };
        case.lower(image, at);
    }
}
as_wasmtime!(c::TokenKind<'_>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_in_the_order_of_the_abi_and_pointers_name_them() {
        let texts = ["a", "bc"];
        let claims = [
            c::Claim { path: "/x", value: c::ValueParam::Texts(&texts) },
            c::Claim { path: "/y", value: c::ValueParam::Integer(-2) },
        ];
        let input = c::Input {
            phase: c::Phase::Use,
            now: Some(7),
            token: None,
            claims: &claims,
            request: None,
            signals: &[],
            facts: &[],
        };
        let mut image = Image::default();
        image.lower(&input);
        let sizes: Vec<_> = image.blocks.iter().map(|b| (b.align, b.size)).collect();
        // The input, the claims, `/x`, its list, `a`, `bc`, `/y`, no signals, no facts.
        let claim = (c::Claim::ALIGN, 2 * c::Claim::SIZE);
        let none = |align| (align, 0);
        assert_eq!(
            sizes,
            [
                (c::Input::ALIGN, c::Input::SIZE),
                claim,
                (1, 2),
                (4, 16),
                (1, 1),
                (1, 2),
                (1, 2),
                none(8),
                none(8)
            ]
        );
        let named: Vec<_> = image.pointers.iter().map(|p| p.block).collect();
        assert_eq!(named, [1, 2, 3, 4, 5, 6, 7, 8]);
        for block in &image.blocks {
            assert_eq!(block.offset % block.align, 0);
            assert!(block.align <= MAX_ALIGN);
        }
        // Lowering again leaves nothing of the first.
        image.lower(&c::Input { claims: &[], now: None, ..input });
        assert_eq!(image.blocks.len(), 4);
        assert_eq!(image.bytes.iter().filter(|b| **b != 0).count(), 1, "the phase");
    }
}
