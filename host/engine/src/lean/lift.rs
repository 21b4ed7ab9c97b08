//! Lifts a verdict by the canonical ABI.
//!
//! The memory is a guest's and may hold anything: every pointer, length,
//! discriminant and text is checked, with the rules of wasmtime, and what is
//! read counts against the same budget, before anything is made of it.

use wasmtime::component::ComponentType;

use super::lower::{VALUE, align_up, record, variant};
use crate::bindings::contract as c;

/// Why a verdict cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AbiError {
    #[error("it takes more host memory than a verdict may")]
    TooLarge,
    #[error("realloc return: result not aligned")]
    AllocationNotAligned,
    #[error("realloc return: beyond end of memory")]
    AllocationOutOfBounds,
    #[error("pointer not aligned")]
    NotAligned,
    #[error("pointer/length out of bounds of memory")]
    OutOfBounds,
    #[error("unexpected discriminant {0}")]
    Discriminant(u8),
    #[error("a string is not UTF-8")]
    NotUtf8,
}

/// The verdict at this address. `budget` is the bytes of host memory that it
/// may take.
pub(crate) fn verdict(memory: &[u8], at: u32, budget: usize) -> Result<c::Verdict, AbiError> {
    let at = index(at);
    if !at.is_multiple_of(c::Verdict::ALIGN) {
        return Err(AbiError::NotAligned);
    }
    let place = memory.get(at..).and_then(|rest| rest.get(..c::Verdict::SIZE));
    let mut reader = Reader { memory, budget };
    c::Verdict::lift(&mut reader, place.ok_or(AbiError::OutOfBounds)?)
}

struct Reader<'a> {
    memory: &'a [u8],
    budget: usize,
}

impl<'a> Reader<'a> {
    /// The bytes of a list: its pointer and its length are at the beginning of
    /// `place`. `host_size` is what an item takes in the host.
    fn list(
        &mut self,
        place: &[u8],
        align: usize,
        size: usize,
        host_size: usize,
    ) -> Result<&'a [u8], AbiError> {
        let (start, items) = (index(u32::lift_at(place, 0)?), index(u32::lift_at(place, 4)?));
        let end = items.checked_mul(size).and_then(|bytes| start.checked_add(bytes));
        let range = start..end.ok_or(AbiError::OutOfBounds)?;
        let bytes = self.memory.get(range).ok_or(AbiError::OutOfBounds)?;
        let cost = items.checked_mul(host_size).ok_or(AbiError::TooLarge)?;
        self.budget = self.budget.checked_sub(cost).ok_or(AbiError::TooLarge)?;
        if start.is_multiple_of(align) { Ok(bytes) } else { Err(AbiError::NotAligned) }
    }
}

/// An address as an index. A 16-bit host has no engine to run this on.
pub(super) fn index(address: u32) -> usize {
    usize::try_from(address).unwrap_or(usize::MAX)
}

/// A type that can be lifted from memory.
trait Lift: Sized {
    const ALIGN: usize;
    const SIZE: usize;

    /// Reads it from these bytes, of which there are at least [`Self::SIZE`].
    fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError>;
}

const fn layout<T: Lift>() -> (usize, usize) {
    (T::ALIGN, T::SIZE)
}

/// What of `place` begins at this offset.
fn from(place: &[u8], offset: usize) -> Result<&[u8], AbiError> {
    place.get(offset..).ok_or(AbiError::OutOfBounds)
}

fn byte(place: &[u8]) -> Result<u8, AbiError> {
    place.first().copied().ok_or(AbiError::OutOfBounds)
}

trait LiftAt: Sized {
    fn lift_at(place: &[u8], offset: usize) -> Result<Self, AbiError>;
}

macro_rules! scalar {
    ($($type:ty),*) => {$(
        impl LiftAt for $type {
            fn lift_at(place: &[u8], offset: usize) -> Result<Self, AbiError> {
                let bytes = from(place, offset)?.first_chunk().ok_or(AbiError::OutOfBounds)?;
                Ok(Self::from_le_bytes(*bytes))
            }
        }

        impl Lift for $type {
            const ALIGN: usize = size_of::<Self>();
            const SIZE: usize = size_of::<Self>();

            fn lift(_: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
                Self::lift_at(place, 0)
            }
        }
    )*};
}

scalar!(u32, u64, i64, f64);

impl Lift for bool {
    const ALIGN: usize = 1;
    const SIZE: usize = 1;

    fn lift(_: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
        Ok(byte(place)? != 0)
    }
}

impl Lift for String {
    const ALIGN: usize = 4;
    const SIZE: usize = 8;

    fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
        let bytes = reader.list(place, 1, 1, 1)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| AbiError::NotUtf8)
    }
}

impl<T: Lift> Lift for Vec<T> {
    const ALIGN: usize = 4;
    const SIZE: usize = 8;

    fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
        let bytes = reader.list(place, T::ALIGN, T::SIZE, size_of::<T>())?;
        if bytes.is_empty() {
            return Ok(Self::new());
        }
        bytes.chunks_exact(T::SIZE).map(|item| T::lift(reader, item)).collect()
    }
}

impl<T: Lift> Lift for Option<T> {
    const ALIGN: usize = variant(&[layout::<T>()]).0;
    const SIZE: usize = variant(&[layout::<T>()]).1;

    fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
        match byte(place)? {
            0 => Ok(None),
            1 => T::lift(reader, from(place, Self::ALIGN)?).map(Some),
            other => Err(AbiError::Discriminant(other)),
        }
    }
}

/// Stops compilation where the layout is not that of wasmtime.
macro_rules! as_wasmtime {
    ($type:ty) => {
        const _: () = {
            assert!(<$type as Lift>::SIZE == <$type as ComponentType>::SIZE32);
            assert!(<$type as Lift>::ALIGN == <$type as ComponentType>::ALIGN32 as usize);
        };
    };
}

/// Fields, in the order of the contract.
macro_rules! records {
    ($($type:ty { $($field:ident: $of:ty),* $(,)? })*) => {$(
        impl Lift for $type {
            const ALIGN: usize = record(&[$(layout::<$of>()),*]).0;
            const SIZE: usize = record(&[$(layout::<$of>()),*]).1;

            fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
                let mut end = 0;
                $(
                    let start = align_up(end, <$of>::ALIGN);
                    let $field = <$of>::lift(reader, from(place, start)?)?;
                    end = start + <$of>::SIZE;
                )*
                let _ = end;
                Ok(Self { $($field),* })
            }
        }
        as_wasmtime!($type);
    )*};
}

/// Cases, in the order of the contract.
macro_rules! enums {
    ($($type:ty { $($number:literal => $case:ident),* $(,)? })*) => {$(
        impl Lift for $type {
            const ALIGN: usize = 1;
            const SIZE: usize = 1;

            fn lift(_: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
                match byte(place)? {
                    $($number => Ok(Self::$case),)*
                    other => Err(AbiError::Discriminant(other)),
                }
            }
        }
        as_wasmtime!($type);
    )*};
}

enums! {
    c::Severity { 0 => Info, 1 => Low, 2 => Medium, 3 => High, 4 => Critical }
    c::Effect { 0 => Advise, 1 => Require, 2 => Deny }
}

records! {
    c::Verdict {
        findings: Vec<c::Finding>,
        requirements: Vec<c::Requirement>,
        risk: Option<c::Risk>,
        valid_until: Option<i64>,
        facts: Vec<c::FactResult>,
    }
    c::Finding {
        rule: String,
        severity: c::Severity,
        effect: c::Effect,
        claim: Option<String>,
        message: String,
    }
    c::StepUp { acr_values: Vec<String>, max_age: Option<u64> }
    c::RiskFactor { signal: String, points: u32, reason: String }
    c::Risk { score: u32, factors: Vec<c::RiskFactor> }
    c::FactResult { name: String, value: c::ValueResult }
}

impl Lift for c::Requirement {
    const ALIGN: usize =
        variant(&[layout::<c::StepUp>(), layout::<Vec<String>>(), layout::<c::FactResult>()]).0;
    const SIZE: usize =
        variant(&[layout::<c::StepUp>(), layout::<Vec<String>>(), layout::<c::FactResult>()]).1;

    fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
        let payload = from(place, Self::ALIGN)?;
        Ok(match byte(place)? {
            0 => Self::StepUp(Lift::lift(reader, payload)?),
            1 => Self::Scope(Lift::lift(reader, payload)?),
            2 => Self::Withhold(Lift::lift(reader, payload)?),
            3 => Self::Other(Lift::lift(reader, payload)?),
            other => return Err(AbiError::Discriminant(other)),
        })
    }
}
as_wasmtime!(c::Requirement);

impl Lift for c::ValueResult {
    const ALIGN: usize = VALUE.0;
    const SIZE: usize = VALUE.1;

    fn lift(reader: &mut Reader<'_>, place: &[u8]) -> Result<Self, AbiError> {
        let payload = from(place, Self::ALIGN)?;
        Ok(match byte(place)? {
            0 => Self::Null,
            1 => Self::Boolean(Lift::lift(reader, payload)?),
            2 => Self::Integer(Lift::lift(reader, payload)?),
            3 => Self::Number(Lift::lift(reader, payload)?),
            4 => Self::Text(Lift::lift(reader, payload)?),
            5 => Self::Texts(Lift::lift(reader, payload)?),
            6 => Self::Json(Lift::lift(reader, payload)?),
            other => return Err(AbiError::Discriminant(other)),
        })
    }
}
as_wasmtime!(c::ValueResult);
