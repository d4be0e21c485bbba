//! AUTH-07 and AUTH-12: what is hashed, and how much of it at a time.

use std::time::Instant;

use futures_util::future::join_all;

use curt_domain::Email;

use super::*;

fn password(text: &str) -> Password {
    Password::new(text)
}

async fn verified(hasher: &Hasher, text: &str, stored: &str) -> Verified {
    hasher.verify(password(text), Some(PasswordHash::new(stored))).await.unwrap()
}

async fn hashed(hasher: &Hasher, text: &str) -> String {
    let usage = PasswordUse::Account(Email::parse("ada@example.com").unwrap());
    hasher.hash(password(text), usage).await.unwrap().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn a_password_is_known_again_and_no_other_is() {
    let hasher = Hasher::default();
    let hash = hashed(&hasher, "correct horse battery").await;
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(verified(&hasher, "correct horse battery", &hash).await, Verified::Right);
    assert_eq!(verified(&hasher, "correct horse batterz", &hash).await, Verified::Wrong);
    assert_eq!(verified(&hasher, "", &hash).await, Verified::Wrong);
    assert_ne!(hashed(&hasher, "correct horse battery").await, hash);
}

#[tokio::test]
async fn auth_07_passwords_beyond_the_72_bytes_of_bcrypt_differ() {
    let hasher = Hasher::default();
    let long = "a sentence that nobody would ever have thought of, and so on, and so on.";
    let [one, other] = ["AAAA", "ZZZZ"].map(|end| format!("{long}{end}"));
    assert_eq!(long.len(), 72);
    let hash = hashed(&hasher, &one).await;
    assert_eq!(verified(&hasher, &one, &hash).await, Verified::Right);
    assert_eq!(verified(&hasher, &other, &hash).await, Verified::Wrong);
}

#[tokio::test]
async fn hashes_of_bcrypt_and_of_other_costs_are_made_anew() {
    let hasher = Hasher::default();
    let bcrypt = bcrypt::hash("imported long ago", 4).unwrap();
    let cheap = Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(8 * 1024, 1, 1, None).unwrap(),
    );
    let cheap: phc::PasswordHash = cheap.hash_password(b"imported long ago").unwrap();
    for old in [bcrypt.clone(), bcrypt.replacen("$2b$", "$2y$", 1), cheap.to_string()] {
        assert_eq!(verified(&hasher, "imported long agp", &old).await, Verified::Wrong);
        let Verified::Outdated { hash } = verified(&hasher, "imported long ago", &old).await else {
            panic!("{old} is not of the kind that we make");
        };
        assert_eq!(verified(&hasher, "imported long ago", hash.as_str()).await, Verified::Right);
    }
}

#[tokio::test]
async fn a_hash_of_bcrypt_may_be_of_letters_in_any_form() {
    let hasher = Hasher::default();
    let [composed, decomposed] = ["caf\u{e9} au lait \u{fb01}n", "cafe\u{301} au lait \u{fb01}n"];
    for imported in [composed, decomposed, "caf\u{e9} au lait fin"] {
        let old = bcrypt::hash(imported, 4).unwrap();
        let Verified::Outdated { hash } = verified(&hasher, imported, &old).await else {
            panic!("{imported:?} is the password");
        };
        // From now on either form of typing matches.
        for typed in [composed, decomposed] {
            assert_eq!(verified(&hasher, typed, hash.as_str()).await, Verified::Right);
        }
        assert_eq!(verified(&hasher, "cafe au lait fin", &old).await, Verified::Wrong);
    }
}

#[tokio::test]
async fn hashes_that_would_take_for_ever_open_nothing() {
    let hasher = Hasher::default();
    let dear = bcrypt::hash("imported long ago", 4).unwrap().replacen("$04$", "$31$", 1);
    assert_eq!(verified(&hasher, "imported long ago", &dear).await, Verified::Wrong);
    let dear = NOBODY.replacen("m=19456", "m=4194304", 1);
    assert_eq!(verified(&hasher, "imported long ago", &dear).await, Verified::Wrong);
}

#[test]
fn nobody_has_a_hash_that_takes_as_long_as_any() {
    let parsed = phc::PasswordHash::new(NOBODY).unwrap();
    assert!(is_current(&parsed, &Params::try_from(&parsed).unwrap()));
    assert_eq!(parsed.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
}

#[tokio::test]
async fn auth_12_a_flood_is_refused_at_once_and_has_few_hashes_at_a_time() {
    let hasher = Hasher::default();
    let start = Instant::now();
    let logins = join_all((0..50).map(|_| async {
        let verified = hasher.verify(password("whatever it may be"), None).await;
        (verified, start.elapsed())
    }));
    let logins = logins.await;
    let refused = logins.iter().filter(|(verified, _)| verified.is_err());
    let refused: Vec<_> = refused.map(|(_, took)| *took).collect();
    let room = QUEUE_LEN_MAX + threads();
    assert!(50 - room <= refused.len(), "{refused:?}");
    // Logins that found the queue full were told so at once; any others timed out.
    let at_once = refused.iter().filter(|took| **took < Duration::from_millis(50)).count();
    assert!(50 - room <= at_once, "{refused:?}");
    assert!(
        logins
            .iter()
            .all(|(verified, _)| *verified.as_ref().unwrap_or(&Verified::Wrong) == Verified::Wrong)
    );
    assert!(logins.iter().any(|(verified, _)| verified.is_ok()));
}

#[tokio::test]
async fn auth_12_hashing_has_a_core_only_while_nobody_else_wants_it() {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let policy = Hasher::default().run(thread_priority::thread_schedule_policy).await.unwrap();
    assert_eq!(policy.unwrap(), idle);
}
