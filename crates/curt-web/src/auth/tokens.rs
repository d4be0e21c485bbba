//! Access tokens: they name the caller for a quarter of an hour, signed by this deployment (RFC
//! 9068).
//!
//! Only the one header that we write is accepted, byte for byte. So there is no algorithm to
//! choose, no key to look up and no kind of token to confuse with another: any other header is
//! refused before anything is parsed. No JWT crate is used because those bring the code of all
//! algorithms along, including RSA.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_domain::{SecretKey, Timestamp, TokenHash, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::random::random;

/// How long an access token is valid.
pub(crate) const ACCESS_AGE_MAX: Duration = Duration::from_mins(15);

/// Allowed difference between the clocks of two nodes.
const LEEWAY: Duration = Duration::from_secs(5);

/// `{"alg":"HS256","typ":"at+jwt"}`
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9";

/// Longest token, in bytes: more than any public URL needs.
const TOKEN_LEN_MAX: usize = 8 * 1024;

/// Random bytes of a token's id.
const ID_BYTES: usize = 16;

/// Makes access tokens and verifies them.
#[derive(Clone)]
pub(crate) struct AccessTokens {
    mac: Hmac<Sha256>,
    /// The public URL, which is also the tokens' audience.
    issuer: Box<str>,
}

/// The user a token was made for, in which of that user's epochs, and from which login it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessClaims {
    pub user: UserId,
    /// Raised to end all tokens of the user.
    pub epoch: u64,
    /// The family of its refresh tokens: when that ends, so does this token.
    pub family: TokenHash,
}

/// The token is not one of ours, or no longer valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid access token")]
pub(crate) struct InvalidToken;

/// All of them are required, and no others are accepted.
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
    /// The family, which is to a program what a session is to a browser.
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

    /// The user and login that the token names. Whether they are still valid, only the store knows.
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
        // From here on it is known to be ours, though perhaps old or for another public URL.
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
