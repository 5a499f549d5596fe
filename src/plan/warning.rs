//! What to know of an object whatever becomes of it.

use crate::diagnostic::place::Place;
use crate::kinds::generate;
use crate::kinds::prerequisites::Prerequisite;
use crate::object::shown::ShownPath;
use crate::object::{DesiredObject, LiveObject};

/// What to know of an object whatever becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The server warns of it, in these words.
    Server(String),
    /// The object is cluster-scoped and has a namespace, at this place, which the server ignores.
    IgnoredNamespace(Place),
    /// Its manifest is there again, with the same content.
    Repeated {
        /// Where, the first time.
        place: Place,
        /// How many more times.
        more: usize,
    },
    /// A generated value is declared otherwise than when it was made, and stays as it is.
    Outdated {
        /// Its key in the Secret's data.
        key: String,
        /// Where it is declared; none of what no file declares.
        place: Option<Place>,
    },
    /// The server stores other values for these fields than git has, as admission decides.
    Overruled {
        /// The fields, as they may be shown.
        paths: Vec<ShownPath>,
        /// Where git says the first; none of what no file says.
        place: Option<Place>,
    },
    /// The object needs something that neither the directory nor the cluster has, and will not work without.
    Missing(Prerequisite),
}

impl Warning {
    /// The server's warnings.
    pub fn server(words: Vec<String>) -> impl Iterator<Item = Self> {
        words.into_iter().map(Self::Server)
    }

    /// What git itself gives reason to warn of.
    pub(super) fn of(desired: &DesiredObject, live: Option<&LiveObject>) -> Vec<Self> {
        let ignored = desired.ignored_namespace.clone().map(Self::IgnoredNamespace);
        let repeated = desired.repeated.split_first().map(|(place, more)| Self::Repeated {
            place: place.clone(),
            more: more.len(),
        });
        let outdated = live.into_iter().flat_map(|live| generate::outdated(desired, live));
        let outdated = outdated.map(|generated| Self::Outdated {
            key: generated.key.clone(),
            place: generated.place.clone(),
        });
        ignored.into_iter().chain(repeated).chain(outdated).collect()
    }
}
