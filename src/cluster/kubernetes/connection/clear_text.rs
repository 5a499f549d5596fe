//! No credential goes where anybody on the way can read it.
//!
//! kubectl leaves the credential off when the server's URL is `http` (client-go, `tools/clientcmd/client_config.go`),
//! and the server then answers somebody who has no name. Here that is an error, of a server on this machine too:
//! every process of it may listen on a port that the right one does not hold.

use kube::Config;
use kube::config::AuthInfo;

use crate::cluster::{ClusterError, Failure};

/// Refuses a configuration by which a credential would be sent without TLS.
pub(super) fn refuse(config: &Config) -> Result<(), ClusterError> {
    let is_encrypted = config.cluster_url.scheme_str() != Some("http");
    let Some(what) = credential(&config.auth_info).filter(|_| !is_encrypted) else {
        return Ok(());
    };
    let server = config.cluster_url.to_string();
    let server = server.trim_end_matches('/');
    let message = format!("failed to use {server}: it has no TLS, and {what} would be sent for everybody to read");
    Err(ClusterError::new(Failure::ClearText, message))
}

/// What a user proves to be themselves by; nothing where it is taken on trust.
fn credential(user: &AuthInfo) -> Option<&'static str> {
    let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if user.token.is_some() || has(&user.token_file) {
        Some("the token")
    } else if has(&user.client_certificate) || has(&user.client_certificate_data) {
        Some("the client certificate")
    } else if user.password.is_some() {
        Some("the password")
    } else if user.exec.is_some() || user.auth_provider.is_some() {
        Some("the credential of a plugin")
    } else {
        None
    }
}
