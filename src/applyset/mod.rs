//! The ApplySet: its parent object, what is recorded on it, who its members are, and its digest key.
//!
//! Follows [KEP-3659](https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune).

pub mod inventory;
pub mod jobs;
pub mod journal;
pub mod key;
pub mod parent;
pub mod put_back;
pub mod source;
pub mod tally;
pub mod unlisted;
