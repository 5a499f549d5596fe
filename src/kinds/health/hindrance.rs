//! What keeps an object from becoming Current, so that it need not be waited for.

use std::time::Duration;

use super::pods::{EventMessage, runs_pods};
use crate::object::GroupKind;

/// What keeps a pod, or a claim, from what it is to be, or a namespace from going, in facts that can be acted on before
/// the time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hindrance {
    /// No node takes the pod.
    Unschedulable,
    /// The image of a container cannot be pulled.
    ImageUnavailable,
    /// A container ends again and again.
    Crashing,
    /// A container cannot be started: its configuration names something that is not there, or cannot be run.
    CannotStart,
    /// Its pods are not even created: a quota or an admission plugin is in the way.
    PodsRefused,
    /// Nothing provides the volume that a claim asks for.
    ClaimPending,
    /// A namespace is being deleted, and something in it is still there.
    NamespaceHeld,
}

impl Hindrance {
    /// How long it must last until it is not expected to pass by itself; none where it may pass at any time, as a
    /// provisioner may succeed at its next try. The time is kstatus', whose `Failed` is an unschedulable pod after 15 s
    /// ([`scheduleWindow`](https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/status/core.go)).
    pub fn lasts_after(self) -> Option<Duration> {
        match self {
            Self::Unschedulable | Self::PodsRefused => Some(Duration::from_secs(15)),
            Self::ImageUnavailable | Self::Crashing | Self::CannotStart => Some(Duration::ZERO),
            Self::ClaimPending | Self::NamespaceHeld => None,
        }
    }

    /// The hindrance that a container's reason to wait says, as the kubelet gives it.
    pub(super) fn of_container(reason: &str) -> Option<Self> {
        Some(match reason {
            "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "ImageInspectError" => {
                Self::ImageUnavailable
            }
            "CrashLoopBackOff" => Self::Crashing,
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => Self::CannotStart,
            _ => return None,
        })
    }

    /// The hindrance that the reason of the last Event says, about an object that has no pod to tell more.
    pub fn of_event(said: &EventMessage, kind: &GroupKind) -> Option<Self> {
        match said.reason.as_str() {
            "FailedCreate" if runs_pods(kind) => Some(Self::PodsRefused),
            "ProvisioningFailed" | "FailedBinding" if kind.is("", "PersistentVolumeClaim") => Some(Self::ClaimPending),
            _ => None,
        }
    }
}
