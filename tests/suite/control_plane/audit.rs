//! Reads the API server's audit log. `tests/controlplane/audit-policy.yaml`
//! says what is in it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A request to the API server, and its answer's status. What a request does
/// not have (a namespace, a name, a subresource) is empty.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or
    /// `deletecollection`; the HTTP method's where there is no resource.
    pub verb: String,
    /// The path and the query.
    pub uri: String,
    pub group: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    /// The HTTP status.
    pub code: u16,
    pub dry_run: bool,
    pub user_agent: String,
    /// Whom the user asked to be taken for: their name, groups and id; null for nobody.
    pub impersonated: Value,
    /// The body of a write; null for the rest.
    pub request: Value,
    /// When it arrived, in a form that sorts.
    pub received: String,
}

impl AuditEvent {
    /// Whether it would change something if it were allowed. An access review
    /// is created but not stored, so it is none.
    pub fn is_write(&self) -> bool {
        let changes = ["create", "update", "patch", "delete", "deletecollection"];
        changes.contains(&self.verb.as_str())
            && !self.dry_run
            && !["authorization.k8s.io", "authentication.k8s.io"].contains(&self.group.as_str())
    }

    fn new(event: &Value) -> AuditEvent {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let target = &event["objectRef"];
        let uri = text(&event["requestURI"]);
        let request = event["requestObject"].clone();
        AuditEvent {
            verb: text(&event["verb"]),
            group: text(&target["apiGroup"]),
            resource: text(&target["resource"]),
            subresource: text(&target["subresource"]),
            namespace: text(&target["namespace"]),
            name: text(&target["name"]),
            code: event["responseStatus"]["code"]
                .as_u64()
                .and_then(|code| code.try_into().ok())
                .unwrap_or_default(),
            // A deletion may say so in its body.
            dry_run: uri.contains("dryRun=All") || request["dryRun"] == json!(["All"]),
            user_agent: text(&event["userAgent"]),
            impersonated: event["impersonatedUser"].clone(),
            received: text(&event["requestReceivedTimestamp"]),
            request,
            uri,
        }
    }
}

/// The requests of one user by the time they arrived.
///
/// The API server writes an event before it ends its answer, but a client that
/// does not wait for the end can be here before: so this reads until nothing
/// more comes.
pub fn of_user(log: &Path, user: &str) -> Vec<AuditEvent> {
    let mut before = None;
    loop {
        let now = read(log, user);
        if now.is_some() && before == now {
            break;
        }
        before = now;
        thread::sleep(Duration::from_millis(20));
    }
    events(before.unwrap_or_default())
}

/// The lines about one user, or nothing if the last line is being written.
fn read(log: &Path, user: &str) -> Option<Vec<String>> {
    let text = fs::read_to_string(log).unwrap_or_else(|error| panic!("failed to read {}: {error}", log.display()));
    let of_user = format!("\"user\":{{\"username\":\"{user}\"");
    (text.is_empty() || text.ends_with('\n')).then(|| {
        text.lines()
            .filter(|line| line.contains(&of_user))
            .map(str::to_owned)
            .collect()
    })
}

/// One event a request: of a watch there are lines for its begin and its end.
fn events(lines: Vec<String>) -> Vec<AuditEvent> {
    let mut latest: HashMap<String, AuditEvent> = HashMap::new();
    for line in lines {
        let event: Value = serde_json::from_str(&line).expect("the audit log is JSON");
        latest.insert(event["auditID"].to_string(), AuditEvent::new(&event));
    }
    let mut events: Vec<AuditEvent> = latest.into_values().collect();
    events.sort_by(|one, other| one.received.cmp(&other.received));
    events
}
