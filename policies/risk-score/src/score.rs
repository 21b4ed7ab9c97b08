//! The arithmetic of the score: integers only, so that it is the same everywhere.

use crate::settings::Combine;

/// The highest score, and the highest confidence.
pub(crate) const FULL: u32 = 100;

/// So many percent of points, rounded half up.
pub(crate) fn share(points: u8, percent: u8) -> u32 {
    (u32::from(points) * u32::from(percent).min(FULL) + FULL / 2) / FULL
}

/// The score that signals with these points make. With `Count`, each counts one.
pub(crate) fn combine(how: Combine, points: impl Iterator<Item = u32>) -> u32 {
    match how {
        Combine::Sum => points.fold(0u32, u32::saturating_add).min(FULL),
        Combine::Count => points.fold(0u32, |count, _| count.saturating_add(1)),
        Combine::NoisyOr => noisy_or(points),
    }
}

/// 100 × (1 - ∏ (1 - points / 100)), rounded half up: as if each signal's
/// points were the probability, independent of the others, that it is right.
/// The product is cut off after twelve digits at each step, never to a lesser risk.
fn noisy_or(points: impl Iterator<Item = u32>) -> u32 {
    const ONE: u64 = 1_000_000_000_000;
    let none_right = points
        .fold(ONE, |left, points| left * u64::from(FULL.saturating_sub(points)) / u64::from(FULL));
    let risk = (ONE - none_right) * u64::from(FULL);
    u32::try_from((risk + ONE / 2) / ONE).unwrap_or(FULL)
}
