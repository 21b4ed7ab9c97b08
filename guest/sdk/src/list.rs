//! Lists put in order with little code.

/// Puts an item at this place of a short list, or at its end: `Vec::insert`
/// without its panic, whose message brings the formatting of numbers into a
/// component. The work is that of moving each item behind the place.
pub fn insert<T>(list: &mut Vec<T>, at: usize, item: T) {
    let mut place = list.len();
    list.push(item);
    while place > at {
        if let Some([earlier, inserted]) = list.get_mut(place - 1..=place) {
            core::mem::swap(earlier, inserted);
        }
        place -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::insert;

    #[test]
    fn an_item_is_put_at_its_place() {
        let mut list = Vec::new();
        for (at, item) in [(0, 'b'), (0, 'a'), (2, 'd'), (2, 'c'), (9, 'e')] {
            insert(&mut list, at, item);
        }
        assert_eq!(list, ['a', 'b', 'c', 'd', 'e']);
    }
}
