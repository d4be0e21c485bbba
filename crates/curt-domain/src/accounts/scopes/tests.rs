//! AUTH-11: sets of scopes never widen.

use proptest::prelude::*;

use super::*;

fn scopes() -> impl Strategy<Value = Scopes> {
    proptest::sample::subsequence(Scope::ALL.to_vec(), 0..=4)
        .prop_map(|all| all.into_iter().collect())
}

#[test]
fn words_are_read_back_the_same() {
    let all = "links:read links:write analytics:read admin";
    assert_eq!(Scopes::ALL.to_string(), all);
    assert_eq!(all.parse(), Ok(Scopes::ALL));
    assert_eq!("".parse(), Ok(Scopes::NONE));
    assert_eq!("admin links:read admin".parse::<Scopes>().unwrap().to_string(), "links:read admin");
    for word in ["Admin", "links", "links:*", "*", "links:read,admin"] {
        assert_eq!(word.parse::<Scopes>(), Err(InvalidScope), "{word}");
    }
    for role in Role::ALL {
        assert_eq!(Role::from_word(role.as_str()), Some(role));
    }
    assert_eq!(Role::from_word("root"), None);
}

#[test]
fn no_scope_includes_another() {
    for scope in Scope::ALL {
        let alone: Scopes = [scope].into_iter().collect();
        assert_eq!(alone.iter().collect::<Vec<_>>(), [scope]);
        for other in Scope::ALL {
            assert_eq!(alone.covers(other), other == scope);
        }
    }
}

proptest! {
    #[test]
    fn auth_11_scopes_never_widen(have in scopes(), want in scopes()) {
        let both = want.narrowed_to(have);
        prop_assert!(both.are_within(have) && both.are_within(want));
        for scope in Scope::ALL {
            prop_assert_eq!(both.covers(scope), have.covers(scope) && want.covers(scope));
        }
        prop_assert_eq!(want.are_within(have), both == want);
        prop_assert_eq!(both.to_string().parse(), Ok(both));
    }
}
