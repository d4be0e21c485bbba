use super::*;

fn hint_for(wrong: &str) -> String {
    let known = ["listen", "cache.max_age", "cache.max_bytes", "CURT_CACHE__MAX_AGE"];
    hint(wrong, known.into_iter().map(str::to_owned))
}

#[test]
fn typing_mistakes_are_recognised() {
    assert_eq!(hint_for("lisen"), "; did you mean listen?");
    assert_eq!(hint_for("cache.maxage"), "; did you mean cache.max_age?");
    assert_eq!(hint_for("cach.max_bytes"), "; did you mean cache.max_bytes?");
    assert_eq!(hint_for("CURT_CACHE_MAX_AGE"), "; did you mean CURT_CACHE__MAX_AGE?");
}

#[test]
fn a_name_unlike_any_gets_no_hint() {
    assert_eq!(hint_for("CURT_PORT"), "");
    assert_eq!(hint_for("x"), "");
}
