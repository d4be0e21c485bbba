//! Access tokens: who the caller is, for a quarter of an hour, signed by this deployment (RFC
//! 9068).
//!
//! The one header that we write is the one header that we read, byte for byte. So there is no
//! algorithm to choose, no key to look up and no kind of token to mistake for another: whatever a
//! header could say beside that is refused before anything is parsed. The crates for JWT know every
//! algorithm and bring the code of all of them along, RSA's included, which is why none is used.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_domain::{SecretKey, Timestamp, TokenHash, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::random::random;

/// How long an access token is good for.
pub(crate) const ACCESS_AGE_MAX: Duration = Duration::from_mins(15);

/// What the clocks of two nodes may differ by.
const LEEWAY: Duration = Duration::from_secs(5);

/// `{"alg":"HS256","typ":"at+jwt"}`
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9";

/// Longest token, in bytes: past what any public URL makes of it.
const TOKEN_LEN_MAX: usize = 8 * 1024;

/// Random bytes of a token's name.
const ID_BYTES: usize = 16;

/// Makes access tokens, and knows its own.
#[derive(Clone)]
pub(crate) struct AccessTokens {
    mac: Hmac<Sha256>,
    /// The public URL, which is also where the tokens are for.
    issuer: Box<str>,
}

/// Whom a token was made for, in which of that user's epochs, and of which login it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessClaims {
    pub user: UserId,
    /// Raised when all tokens of the user shall end.
    pub epoch: u64,
    /// Of its refresh tokens: when that ends, so does this.
    pub family: TokenHash,
}

/// It is not one of ours, or no longer good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid access token")]
pub(crate) struct InvalidToken;

/// All of them are needed, and no others are known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
    jti: String,
    epoch: u64,
    /// The family, which for a program is what a session is for a browser.
    sid: String,
}

impl AccessTokens {
    pub(crate) fn new(secret: &SecretKey, public_url: &str) -> Self {
        let key = secret.derive("curt access tokens");
        let mac = Hmac::new_from_slice(&key).expect("HMAC takes a key of any length");
        Self { mac, issuer: public_url.into() }
    }

    pub(crate) fn issue(&self, claims: AccessClaims, now: Timestamp) -> String {
        let issued_at = now.as_millis().div_euclid(1000);
        let age_max = i64::try_from(ACCESS_AGE_MAX.as_secs()).expect("a quarter of an hour fits");
        let claims = Claims {
            iss: self.issuer.to_string(),
            aud: self.issuer.to_string(),
            sub: claims.user.get().to_string(),
            iat: issued_at,
            exp: issued_at + age_max,
            jti: URL_SAFE_NO_PAD.encode(random::<ID_BYTES>()),
            epoch: claims.epoch,
            sid: URL_SAFE_NO_PAD.encode(claims.family.as_bytes()),
        };
        let claims = serde_json::to_vec(&claims).expect("claims are texts and numbers");
        self.sign(&format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims)))
    }

    fn sign(&self, message: &str) -> String {
        let mac = self.mac.clone().chain_update(message).finalize().into_bytes();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Whom the token speaks for. Whether that user still wants it to, only the store knows.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        if TOKEN_LEN_MAX < token.len() {
            return Err(InvalidToken);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(InvalidToken)?;
        let claims = message.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('.'));
        let claims = claims.ok_or(InvalidToken)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| InvalidToken)?;
        let mac = self.mac.clone().chain_update(message);
        mac.verify_slice(&signature).map_err(|_| InvalidToken)?;
        // Signed by us from here on, though perhaps long ago, or with another public URL.
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| InvalidToken)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| InvalidToken)?;
        self.accept(&claims, now)
    }

    fn accept(&self, claims: &Claims, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        let seconds = |timestamp: Timestamp| timestamp.as_millis().div_euclid(1000);
        let is_ours = claims.iss == *self.issuer && claims.aud == *self.issuer;
        let is_current =
            seconds(now.minus(LEEWAY)) < claims.exp && claims.iat <= seconds(now.plus(LEEWAY));
        if !is_ours || !is_current || claims.jti.is_empty() {
            return Err(InvalidToken);
        }
        let user = crate::request::extract::decimal(&claims.sub).and_then(UserId::new);
        let family = URL_SAFE_NO_PAD.decode(&claims.sid).map_err(|_| InvalidToken)?;
        let family = family.try_into().map_err(|_| InvalidToken)?;
        Ok(AccessClaims {
            user: user.ok_or(InvalidToken)?,
            epoch: claims.epoch,
            family: TokenHash::from_bytes(family),
        })
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens(…)")
    }
}

#[cfg(test)]
mod tests;
