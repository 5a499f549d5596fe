//! All members of an ApplySet, as what is to go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::members::{Members, Observer, split_hidden};
use super::{Observations, Query, Served, in_containers, read_parent};
use crate::cluster::{Cluster, Resource};
use crate::diagnostic::error::Result;
use crate::kinds::jobs::Recorded;
use crate::object::LiveObject;
use crate::plan::{Facts, Observed};
use crate::ssa::schema::Schema;

/// Gathers all members, with nothing that git wants; nothing if the ApplySet was never synced.
pub async fn whole_set(cluster: &dyn Cluster, query: &Query) -> Result<Option<Observations>> {
    let discovery = super::discover(cluster).await?;
    super::check_kinds(&query.policy.prune_kinds, &discovery)?;
    let Some(set) = &query.set else { return Ok(None) };
    let parent = read_parent(cluster, set, &discovery).await?;
    let none = Recorded::new();
    let observer = Observer {
        cluster,
        query,
        discovery: &discovery,
        completed: parent.as_ref().map_or(&none, |parent| &parent.jobs),
        wanted: &BTreeSet::new(),
    };
    let Members {
        live,
        scopes,
        hidden,
        forgotten,
    } = observer.members(&[], parent.as_ref()).await?;
    if parent.is_none() && live.is_empty() {
        return Ok(None);
    }
    let (_, not_compared) = split_hidden(Vec::new(), hidden);
    let orphans: Vec<(Resource, LiveObject)> = live.into_values().collect();
    let contents = in_containers(cluster, &discovery, &orphans, query).await;
    let observed = Observed {
        facts: Facts {
            set: query.set.clone(),
            parent,
            not_compared,
            forgotten,
            server_version: discovery.server_version.clone(),
            ..Facts::default()
        },
        objects: Vec::new(),
        orphans,
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
