use super::*;

#[test]
fn several_ends_are_one_when_they_are_the_same() {
    let all = |exits: &[Exit]| exits.iter().copied().fold(Exit::Success, Exit::and);
    assert_eq!(all(&[]), Exit::Success);
    assert_eq!(all(&[Exit::NotFound, Exit::Success, Exit::NotFound]), Exit::NotFound);
    assert_eq!(all(&[Exit::NotFound, Exit::Rejected]), Exit::Failed);
    assert_eq!(all(&[Exit::NotFound, Exit::Rejected, Exit::NotFound]), Exit::Failed);
}
