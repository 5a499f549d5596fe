//! All members of an ApplySet, as what is to go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::member_search::{MemberSearch, read_members};
use super::{Observations, Query, Served, in_containers, read_parent};
use crate::cluster::Cluster;
use crate::diagnostic::error::Result;
use crate::plan::{Facts, Observed};
use crate::ssa::schema::Schema;

/// Gathers all members, with nothing that git wants; nothing if the ApplySet was never synced.
pub async fn whole_set(cluster: &dyn Cluster, query: &Query) -> Result<Option<Observations>> {
    let discovery = super::discover(cluster).await?;
    super::check_kinds(&query.policy.prune_kinds, &discovery)?;
    let Some(set) = &query.set else { return Ok(None) };
    let parent = read_parent(cluster, set, &discovery).await?;
    let Some(found) = read_members(cluster, query, &discovery, parent.as_ref()).await? else {
        return Ok(None);
    };
    let MemberSearch {
        live: dropped,
        scopes,
        not_compared,
        forgotten,
    } = found;
    let contents = in_containers(cluster, &discovery, &dropped, query).await;
    let observed = Observed {
        facts: Facts {
            set: query.set.clone(),
            parent,
            not_compared,
            forgotten,
            server_version: discovery.server_version.clone(),
            ..Facts::default()
        },
        proved: Vec::new(),
        objects: Vec::new(),
        dropped,
        contents,
        not_selected: 0,
        pending: Vec::new(),
    };
    let served = Served {
        discovery,
        scopes,
        defined_by: BTreeMap::new(),
        schema: Arc::new(Schema::from_open_api([])),
    };
    Ok(Some(Observations { observed, served }))
}
