//! RT-02: one successor, which only a holder of the secret can compute.

use super::*;

#[test]
fn rt_02_a_token_has_one_successor_and_no_other_deployment_knows_it() {
    let [ours, theirs] = [[7; 32], [8; 32]].map(|key| SecretKey::new(&key).unwrap());
    let (ours, theirs) = (RefreshChain::new(&ours), RefreshChain::new(&theirs));
    let [one, other] = [[1; 32], [2; 32]].map(Token::from_random);
    let next = ours.of(&one);
    assert_eq!(next, ours.of(&one));
    for token in [&one, &other, &ours.of(&other), &theirs.of(&one), &ours.of(&next)] {
        assert_ne!(&next, token);
    }
}
