//! Who may see the tree, and who may do something to it.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;

use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use subtle::ConstantTimeEq;

/// The shortest token that is taken, in bytes.
const SHORTEST: usize = 16;

/// The error for a page that would be open to everybody, or whose tokens do not protect it. The tree is
/// then not shown at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// The address can be reached from other machines, and there is no token.
    Open(SocketAddr),
    /// The token can be guessed: it is shorter than 16 bytes.
    ShortToken,
    /// An operator has no name.
    NoName,
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(address) => write!(
                f,
                "{address} can be reached from other machines, and the page has no token: bind to \
                 127.0.0.1, or give it a token by `.with_token(…)`; `Web::probes` shows no more \
                 than `/livez` and `/readyz`, and needs no token"
            ),
            Self::ShortToken => write!(
                f,
                "a token has to have at least {SHORTEST} bytes: `openssl rand -hex 16` makes one"
            ),
            Self::NoName => {
                f.write_str("an operator has to have a name, by which the log calls it")
            }
        }
    }
}

impl Error for AccessError {}

/// A secret, and the access that it gives.
#[derive(Clone)]
struct Token {
    secret: String,
    /// The name of an operator; `None` if the token only reads.
    operator: Option<String>,
}

/// The tokens that give access.
#[derive(Clone, Default)]
pub(crate) struct Access {
    tokens: Vec<Token>,
}

/// The access of whoever sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// The request has no valid token, and reading needs one: only the probes answer.
    Unknown,
    /// The sender may read.
    Reader,
    /// The sender may read and act, under this name.
    Operator(String),
}

impl Access {
    pub(crate) fn add_token(&mut self, secret: String) {
        self.tokens.push(Token { secret, operator: None });
    }

    pub(crate) fn add_operator(&mut self, name: String, secret: String) {
        self.tokens.push(Token { secret, operator: Some(name) });
    }

    /// Returns `true` if there are operators.
    pub(crate) fn has_operators(&self) -> bool {
        self.tokens.iter().any(|token| token.operator.is_some())
    }

    /// Returns `true` if a token is needed to read.
    pub(crate) fn is_closed(&self) -> bool {
        self.tokens.iter().any(|token| token.operator.is_none())
    }

    /// Checks that each token is long enough, and that each operator has a name.
    pub(crate) fn check(&self) -> Result<(), AccessError> {
        if self.tokens.iter().any(|token| token.secret.len() < SHORTEST) {
            return Err(AccessError::ShortToken);
        }
        let nameless = |token: &Token| token.operator.as_ref().is_some_and(String::is_empty);
        if self.tokens.iter().any(nameless) {
            return Err(AccessError::NoName);
        }
        Ok(())
    }

    /// Checks that this address may be bound.
    pub(crate) fn check_address(&self, address: SocketAddr) -> Result<(), AccessError> {
        if address.ip().to_canonical().is_loopback() || self.is_closed() {
            return Ok(());
        }
        Err(AccessError::Open(address))
    }

    /// Returns the access of the sender of a request. Every token is compared, in a time that does not
    /// depend on where it differs.
    pub(crate) fn visitor(&self, headers: &HeaderMap) -> Visitor {
        let given = headers.get(AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
            scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
        });
        let mut found = None;
        for token in &self.tokens {
            let is_it = given.is_some_and(|given| token.secret.as_bytes().ct_eq(given).into());
            if is_it {
                found = Some(token);
            }
        }
        match found {
            Some(Token { operator: Some(name), .. }) => Visitor::Operator(name.clone()),
            None if self.is_closed() => Visitor::Unknown,
            Some(_) | None => Visitor::Reader,
        }
    }
}

// Tokens are not printed.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operators = self.tokens.iter().filter_map(|token| token.operator.as_deref());
        f.debug_struct("Access")
            .field("is_closed", &self.is_closed())
            .field("operators", &operators.collect::<Vec<_>>())
            .finish()
    }
}

/// Returns `true` if the `Host` of the request is a name or an address of this machine.
///
/// This protects against DNS rebinding: another site can have its own name resolve to 127.0.0.1, so
/// that the browser lets its scripts talk to this server. Their requests have that name as their
/// `Host`.
pub(crate) fn is_to_loopback(headers: &HeaderMap) -> bool {
    // A browser always sends a `Host`.
    let Some(host) = headers.get(HOST) else { return true };
    let Ok(host) = host.to_str() else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let is_local = |address: std::net::IpAddr| address.to_canonical().is_loopback();
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_local)
}

/// Returns `true` unless a browser says that the request comes from another site's page.
pub(crate) fn is_from_same_origin(headers: &HeaderMap) -> bool {
    let site = headers.get(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin.is_some_and(|(_, origin)| host.is_some_and(|host| host.eq_ignore_ascii_case(origin)))
}

#[cfg(test)]
mod tests;
