//! What is not what it must be to be sent: credentials and names that no HTTP header may hold, and URLs that hold a
//! credential themselves.

use http::HeaderValue;
use kube::config::AuthInfo;
use serde_json::Value;

use crate::cluster::{ClusterError, Failure};

/// Refuses a server, as it is written, that holds more than where it is: every error names the server, and a
/// credential in it would be repeated. It is refused before anything else is said of it, and not quoted.
pub(super) fn refuse_server(server: &str) -> Result<(), ClusterError> {
    if server.contains('@') {
        refused("the URL of the server holds a user name: leave it out, and pass --token")
    } else if server.contains(['?', '#']) {
        refused("the URL of the server has a query: leave it out, and pass --token")
    } else {
        Ok(())
    }
}

/// Refuses a user of whom something cannot be sent. Nothing of it is quoted.
pub(super) fn refuse_user(user: &AuthInfo) -> Result<(), ClusterError> {
    unsendable(user).map_or(Ok(()), refused)
}

fn refused(why: &str) -> Result<(), ClusterError> {
    Err(ClusterError::new(Failure::Configuration, why))
}

/// What no header may hold: a character other than those of RFC 9110, section 5.5, such as a line break.
fn unsendable(user: &AuthInfo) -> Option<&'static str> {
    let is_sendable = |text: &str| HeaderValue::from_str(text).is_ok();
    // `kube` shows a token to nobody but who writes the kubeconfig.
    let written = serde_json::to_value(user).unwrap_or_default();
    let is_wrong = |field: &str| {
        written
            .get(field)
            .and_then(Value::as_str)
            .is_some_and(|text| !is_sendable(text))
    };
    let groups = user.impersonate_groups.iter().flatten();
    if is_wrong("token") {
        Some("the token holds a character that no HTTP header may hold, such as a line break")
    } else if is_wrong("username") || is_wrong("password") {
        Some("the user name or the password holds a character that no HTTP header may hold")
    } else if user.impersonate.as_deref().is_some_and(str::is_empty) {
        Some("nobody is named to act as: --as takes the name of a user")
    } else if user
        .impersonate
        .iter()
        .chain(&user.impersonate_uid)
        .chain(groups)
        .any(|text| !is_sendable(text))
    {
        Some("who to act as is named with a character that no HTTP header may hold")
    } else {
        None
    }
}
