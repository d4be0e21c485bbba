//! JWT-01 to JWT-08 and JWT-10: forged tokens, and tokens that are no longer valid.

use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000_000;
const HS256: &str = r#"{"alg":"HS256","typ":"at+jwt"}"#;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn tokens() -> AccessTokens {
    AccessTokens::new(&SecretKey::new(&[7; 32]).unwrap(), "https://sho.rt")
}

fn access_claims() -> AccessClaims {
    AccessClaims {
        user: UserId::new(12).unwrap(),
        epoch: 3,
        family: TokenHash::from_bytes([5; 32]),
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://sho.rt", "aud": "https://sho.rt", "sub": "12", "iat": NOW / 1000,
        "exp": NOW / 1000 + 900, "jti": "abc", "epoch": 3, "sid": URL_SAFE_NO_PAD.encode([5; 32]),
    })
}

/// Signed with the right key, with any content.
fn signed(header: &str, claims: &str) -> String {
    let [header, claims] = [header, claims].map(|json| URL_SAFE_NO_PAD.encode(json));
    tokens().sign(&format!("{header}.{claims}"))
}

fn verify(token: &str) -> Result<AccessClaims, InvalidToken> {
    tokens().verify(token, now())
}

/// The result for valid claims with one of them changed.
fn with(name: &str, value: Value) -> Result<AccessClaims, InvalidToken> {
    let mut claims = claims();
    claims[name] = value;
    verify(&signed(HS256, &claims.to_string()))
}

#[test]
fn a_token_speaks_for_its_user_until_it_is_over() {
    let token = tokens().issue(access_claims(), now());
    assert_eq!(verify(&token), Ok(access_claims()));
    let last = now().plus(ACCESS_AGE_MAX).plus(Duration::from_secs(4));
    assert_eq!(tokens().verify(&token, last), Ok(access_claims()));
    assert_eq!(
        with("exp", json!(NOW / 1000 + 900)),
        Ok(access_claims()),
        "the other tests are sound"
    );
    assert_ne!(token, tokens().issue(access_claims(), now()), "each has a name of its own");
}

#[test]
fn a_token_of_another_deployment_is_refused() {
    let other = AccessTokens::new(&SecretKey::new(&[8; 32]).unwrap(), "https://sho.rt");
    assert_eq!(verify(&other.issue(access_claims(), now())), Err(InvalidToken));
    let moved = AccessTokens::new(&SecretKey::new(&[7; 32]).unwrap(), "https://other.example");
    assert_eq!(verify(&moved.issue(access_claims(), now())), Err(InvalidToken));
}

#[test]
fn jwt_01_and_02_there_is_one_algorithm() {
    for header in [
        r#"{"alg":"none","typ":"at+jwt"}"#,
        r#"{"alg":"None","typ":"at+jwt"}"#,
        r#"{"alg":"HS384","typ":"at+jwt"}"#,
        r#"{"alg":"HS512","typ":"at+jwt"}"#,
        r#"{"alg":"RS256","typ":"at+jwt"}"#,
        r#"{"typ":"at+jwt"}"#,
        "{}",
    ] {
        assert_eq!(verify(&signed(header, &claims().to_string())), Err(InvalidToken), "{header}");
    }
    let good = signed(HS256, &claims().to_string());
    let (message, _) = good.rsplit_once('.').unwrap();
    for unsigned in [format!("{message}."), message.to_owned(), format!("{message}.AAAA")] {
        assert_eq!(verify(&unsigned), Err(InvalidToken), "{unsigned}");
    }
}

#[test]
fn jwt_03_04_and_05_every_claim_is_needed_and_no_other_is_known() {
    for name in ["iss", "aud", "sub", "iat", "exp", "jti", "epoch"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        let token = signed(HS256, &claims.to_string());
        assert_eq!(verify(&token), Err(InvalidToken), "without {name}");
        assert_eq!(with(name, Value::Null), Err(InvalidToken), "{name} is null");
    }
    for (name, value) in [
        ("exp", json!("1900000000")),
        ("exp", json!(1e300)),
        ("nbf", json!(NOW / 1000 + 3600)),
        ("nbf", json!("9999")),
        ("aud", json!("https://other.example")),
        ("aud", json!(["https://sho.rt"])),
        ("iss", json!("https://other.example")),
        ("sub", json!("012")),
        ("sub", json!("12 or 1=1")),
        ("sub", json!(12)),
        ("jti", json!("")),
        ("epoch", json!(-1)),
        ("iat", json!(NOW / 1000 + 60)),
        ("role", json!("admin")),
    ] {
        assert_eq!(with(name, value.clone()), Err(InvalidToken), "{name}: {value}");
    }
}

#[test]
fn jwt_06_over_is_over() {
    assert_eq!(with("exp", json!(NOW / 1000 - 30)), Err(InvalidToken));
    assert_eq!(with("exp", json!(NOW / 1000 - 6)), Err(InvalidToken));
    assert_eq!(with("exp", json!(NOW / 1000 - 4)), Ok(access_claims()), "clocks differ a little");
}

#[test]
fn jwt_07_other_kinds_of_tokens_are_refused() {
    for kind in ["JWT", "rt+jwt", "at+JWT", "jwt", "dpop+jwt"] {
        let header = format!(r#"{{"alg":"HS256","typ":"{kind}"}}"#);
        assert_eq!(verify(&signed(&header, &claims().to_string())), Err(InvalidToken), "{kind}");
    }
}

#[test]
fn jwt_08_what_a_header_points_to_is_never_looked_at() {
    for more in [
        r#""kid":"../../etc/passwd""#,
        r#""kid":"' OR 1=1""#,
        r#""jku":"https://evil.example/keys""#,
        r#""x5u":"https://evil.example/cert""#,
        r#""jwk":{"kty":"oct","k":"AA"}"#,
        r#""crit":["exp"]"#,
    ] {
        let header = format!(r#"{{"alg":"HS256","typ":"at+jwt",{more}}}"#);
        assert_eq!(verify(&signed(&header, &claims().to_string())), Err(InvalidToken), "{more}");
    }
}

#[test]
fn jwt_10_long_and_deep_tokens_cost_nothing() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(verify(&signed(HS256, &deep)), Err(InvalidToken));
    assert_eq!(verify(&format!("{HEADER}.{}", "A".repeat(1 << 20))), Err(InvalidToken));
    let shallow = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    assert_eq!(verify(&signed(HS256, &shallow)), Err(InvalidToken));
    for junk in ["", ".", "..", "...", "a.b.c", "a.b.c.d", HEADER, "€.€.€"] {
        assert_eq!(verify(junk), Err(InvalidToken), "{junk}");
    }
}
