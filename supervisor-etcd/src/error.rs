//! The error of a request to etcd.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use etcd_client::Error as ClientError;

/// An error of a request to etcd. `Display` says what is wrong, at which endpoint, and what helps if that
/// is known; [`source`](Error::source) is the error of `etcd-client`, if there is one.
#[derive(Debug)]
pub struct EtcdLeaseError {
    words: String,
    source: Option<ClientError>,
}

impl EtcdLeaseError {
    /// Creates the error of a request that has failed at these endpoints, the last one at last.
    pub(crate) fn of(failures: Vec<(String, Trouble)>, prefix: &str) -> Self {
        let mut words = String::new();
        let mut said: Vec<(String, Vec<String>)> = Vec::new();
        let mut source = None;
        for (endpoint, trouble) in failures {
            let phrase = trouble.words(prefix);
            match said.iter_mut().find(|(of_others, _)| *of_others == phrase) {
                Some((_, endpoints)) => endpoints.push(endpoint),
                None => said.push((phrase, vec![endpoint])),
            }
            if let Trouble::Client(error) = trouble {
                source = Some(error);
            }
        }
        for (phrase, endpoints) in said {
            let separator = if words.is_empty() { "" } else { "; " };
            words.extend([separator, "etcd at ", &endpoints.join(", "), " ", &phrase]);
        }
        if words.is_empty() {
            words.push_str("etcd cannot be reached: no endpoint was given");
        }
        Self { words, source }
    }
}

impl fmt::Display for EtcdLeaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Error for EtcdLeaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

/// The reason why a request has failed at one endpoint.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The client's error.
    Client(ClientError),
    /// No answer within this time.
    Late(Duration),
    /// The endpoint belongs to another cluster than those before.
    OtherCluster,
    /// The answers do not say whether the request was carried out: a phrase about etcd.
    Unclear(&'static str),
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// The numbers of gRPC's status codes.
mod code {
    pub(super) const NOT_FOUND: i32 = 5;
    pub(super) const PERMISSION_DENIED: i32 = 7;
    pub(super) const FAILED_PRECONDITION: i32 = 9;
}

impl Trouble {
    /// Returns `true` if the etcd lease does not exist.
    pub(crate) fn is_not_found(error: &ClientError) -> bool {
        status(error).is_some_and(|(code, _)| code == code::NOT_FOUND)
    }

    /// Returns `true` if an etcd lease with this id exists.
    pub(crate) fn is_there_already(error: &ClientError) -> bool {
        status(error).is_some_and(|(code, said)| {
            code == code::FAILED_PRECONDITION && said.contains("lease already exists")
        })
    }

    /// Returns `true` if the request fails at all members alike.
    pub(crate) fn is_final(&self) -> bool {
        let Self::Client(error) = self else { return false };
        status(error).is_some_and(|(code, said)| {
            code == code::PERMISSION_DENIED || AUTHENTICATION.iter().any(|text| said.contains(text))
        })
    }

    /// Returns `true` if the members are there and are likely to answer in a moment: they elect a leader,
    /// or the rights of the user have changed, which the next connection takes into account.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unclear(_) => true,
            Self::Client(error) => status(error)
                .is_some_and(|(_, said)| PASSING.iter().any(|text| said.contains(text))),
            Self::Late(_) | Self::OtherCluster => false,
        }
    }

    /// Returns a phrase about etcd.
    fn words(&self, prefix: &str) -> String {
        match self {
            Self::Client(error) => of_client(error, prefix),
            Self::Late(time) => format!("has not answered within {time:.0?}"),
            Self::OtherCluster => {
                "is not the cluster that this process has used before: all endpoints have to belong to \
                 one cluster, and after a cluster was replaced, the replicas have to be restarted"
                    .to_owned()
            }
            Self::Unclear(words) => (*words).to_owned(),
        }
    }
}

const NO_USER: &str = "user name is empty";
const NOT_LET_IN: &str = "authentication failed";
const NO_AUTHENTICATION: &str = "authentication is not enabled";
const AUTHENTICATION: [&str; 3] = [NO_USER, NOT_LET_IN, NO_AUTHENTICATION];

const NO_LEADER: &str = "no leader";
/// The messages of members that are about to agree on a leader, or to ask for another token.
const PASSING: [&str; 5] =
    [NO_LEADER, "leader changed", "not leader", "request timed out", "auth store is old"];

/// The client's messages about a server that hangs up, or that answers with something else than gRPC. Which of
/// the two it sees of a server that does both is a matter of time.
const OTHER_LANGUAGE: [&str; 8] = [
    "broken pipe",
    "connection closed",
    "connection reset",
    "frame",
    "http2 error",
    "invalidcontenttype",
    "grpc-status",
    "unimplemented",
];

fn status(error: &ClientError) -> Option<(i32, &str)> {
    match error {
        ClientError::GRpcStatus(status) => Some((status.code().into(), status.message())),
        _ => None,
    }
}

fn of_client(error: &ClientError, prefix: &str) -> String {
    let (code, said) = match error {
        ClientError::InvalidArgs(said) if said.contains("HTTPS") => {
            return "needs TLS, which this program is built without: add the feature `tls` of \
                    `etcd-client` to its manifest"
                .to_owned();
        }
        ClientError::InvalidUri(error) => return format!("cannot be reached: {error}"),
        ClientError::GRpcStatus(status) => (i32::from(status.code()), status.message()),
        other => return format!("cannot be reached: {}", cause(other)),
    };
    let advice = if code == code::PERMISSION_DENIED {
        format!(
            "does not let the user of this replica use the keys below `{prefix}`: \
             `etcdctl role grant-permission --prefix ROLE readwrite {prefix}`"
        )
    } else if said.contains(NO_USER) {
        "asks for a user: set one by `ConnectOptions::with_user`".to_owned()
    } else if said.contains(NO_AUTHENTICATION) {
        "knows no users: leave out `ConnectOptions::with_user`".to_owned()
    } else if said.contains(NOT_LET_IN) {
        "does not let the user of this replica in".to_owned()
    } else if said.contains(NO_LEADER) {
        "has no leader: a majority of its members has to be up and connected".to_owned()
    } else if said.contains("database space exceeded") {
        "has no space left: compact and defragment it, and then `etcdctl alarm disarm`".to_owned()
    } else if said.starts_with("etcdserver: ") {
        "has refused a request".to_owned()
    } else {
        // The server has not answered, or it is none.
        let cause = match error {
            ClientError::GRpcStatus(status) => cause(status),
            other => cause(other),
        };
        let is_like = |text: &&str| cause.to_lowercase().contains(text);
        if OTHER_LANGUAGE.iter().any(is_like) {
            return format!(
                "has not let this client speak: it is being stopped, it is no etcd, or only one of the two \
                 uses TLS ({cause})"
            );
        }
        return format!("cannot be reached: {cause}");
    };
    format!("{advice} (it says: {said})")
}

/// Returns the innermost cause, which is what the system or the server has said.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost: &(dyn Error + 'static) = match error.downcast_ref() {
        Some(ClientError::TransportError(error)) => error,
        Some(ClientError::IoError(error)) => error,
        _ => error,
    };
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
