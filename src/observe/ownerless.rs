//! Asks again about objects of which git dropped something that would stay: that is known once it is known what git said
//! when they were last applied.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::Query;
use super::ask_one::{Inquiry, ServerView, bind};
use super::payload::Payload;
use super::predict::{not_yet, predict_or_refuse};
use crate::diagnostic::error::Result;
use crate::object::{DesiredObject, ObjectRef};
use crate::plan::{Answered, ObjectVersion, Observation, Past, Unverified};

/// Looks again at the objects whose base says that fields have to become ours first. Of Jobs, which are never changed,
/// none has.
pub async fn take_ownerless(
    server: &ServerView<'_>,
    objects: &mut [Observation],
    pasts: &BTreeMap<ObjectRef, Past>,
    query: &Query,
) -> Result<()> {
    let based = objects.iter_mut().filter_map(|observation| {
        let base = pasts.get(&observation.desired.reference)?.base.as_deref()?;
        Some((observation, base))
    });
    let looks = stream::iter(based).map(Ok);
    looks
        .try_for_each_concurrent(query.concurrency, |(observation, base)| {
            look_again(server, observation, base, query)
        })
        .await
}

async fn look_again(
    server: &ServerView<'_>,
    observation: &mut Observation,
    base: &DesiredObject,
    query: &Query,
) -> Result<()> {
    let (Some(live), None) = (&observation.live, &observation.desired.inputs) else {
        return Ok(());
    };
    let unasked = match &observation.answer {
        Answered::ByServer { .. } => None,
        // What is going is not what is applied to, and what is in the way is taken already.
        Answered::Unverified { reason, .. }
            if !matches!(reason, Unverified::BeingDeleted | Unverified::Defaulted(_)) =>
        {
            Some(reason.clone())
        }
        Answered::Unverified { .. }
        | Answered::Refused { .. }
        | Answered::Immutable(_)
        | Answered::NotOurs(..)
        | Answered::UpToDate => return Ok(()),
    };
    let around = (server.discovery, server.schema);
    let mut payload = Payload::new(query, around, (&observation.desired, Some(base)), Some(live));
    if payload.migration.is_none() || payload.migration == observation.migration {
        return Ok(());
    }
    match unasked {
        None => {
            let asking = Inquiry {
                cluster: server.cluster,
                query,
                discovery: server.discovery,
                recorded: None,
                may_ask: true,
                schema: server.schema,
                is_changing: false,
                base: Some(base),
            };
            let (desired, resource) = (observation.desired.clone(), observation.resource.clone());
            *observation = asking.ask(desired, resource, Some(live.clone())).await?;
        }
        Some(reason) => {
            bind(&mut payload.sent, Some(&ObjectVersion::of(live)));
            observation.answer = not_yet(reason);
            observation.sent = payload.sent;
            observation.ruled = payload.ruled;
            observation.migration = payload.migration;
        }
    }
    predict_or_refuse(observation, server.schema, query);
    Ok(())
}
