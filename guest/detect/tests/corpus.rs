//! Whole claims sets: what must give a finding gives one, and nothing else does.

mod claims;

use claims::{claims, corpus};

#[test]
fn harmless_tokens_give_no_finding() {
    let cases = corpus("harmless.txt");
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut failures = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        for claim in claims(&case.claims) {
            if let Some(hit) = claim.hits.first() {
                let value = case.claims.pointer(&claim.pointer);
                failures.push(format!("{place}: {} {value:?}: {hit:?}", claim.pointer));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn data_is_found_where_it_stands_and_nowhere_else() {
    let cases = corpus("data.txt");
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut failures = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        assert!(!case.pointers.is_empty(), "{place}: no pointer");
        for pointer in &case.pointers {
            assert!(case.claims.pointer(pointer).is_some(), "{place}: no claim at {pointer}");
        }
        for claim in claims(&case.claims) {
            let expected = case.pointers.contains(&claim.pointer);
            if expected == claim.hits.is_empty() {
                let value = case.claims.pointer(&claim.pointer);
                let what = if expected { "missed" } else { "wrong" };
                failures
                    .push(format!("{place}: {what} {} {value:?}: {:?}", claim.pointer, claim.hits));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
