//! What each kind of finding is called, how grave it is, and what it is about.

use std::fmt;

use super::error::Error;
use super::nearest::nearest;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An API server refuses it, a pod cannot start, or something means what is not there.
    Error,
    /// The object can be applied and runs, and probably does not do what was meant.
    Warning,
}

impl Severity {
    /// The word for it: that of SARIF's levels and of GitHub's workflow commands, too.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Declares the identifiers, with the name, the severity and the meaning of each.
macro_rules! identifiers {
    ($($variant:ident, $name:literal, $severity:ident, $about:literal;)*) => {
        /// What a finding is of. The names are part of what users write and programs read: one that is there keeps
        /// its meaning. `stackanetes help check` lists them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Identifier {
            $(#[doc = $about] $variant),*
        }

        impl Identifier {
            /// All of them, in the order of the manual.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How grave it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// The mistakes that the identifier stands for, in a line.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }
        }
    };
}

identifiers! {
    UnreadableInput, "unreadable-input", Error, "a file, template or parameter that cannot be read; it cannot be ignored";
    DuplicateObject, "duplicate-object", Error, "the same object twice";
    RepeatedObject, "repeated-object", Warning, "the same object twice, with the same content";
    UnexpectedNamespace, "unexpected-namespace", Warning, "a namespace on an object whose kind has none";
    UnknownKind, "unknown-kind", Error, "a kind that its API version does not have";
    UnknownField, "unknown-field", Error, "a field that the kind does not have";
    MissingField, "missing-field", Error, "a field that the kind requires and the manifest lacks";
    InvalidValue, "invalid-value", Error, "a value of another type or form than its field takes";
    DuplicateItem, "duplicate-item", Error, "two items of a list with the same key";
    DuplicateName, "duplicate-name", Error, "two containers, or two ports, with the same name";
    UnnamedPort, "unnamed-port", Error, "a port without a name in a Service with several";
    MoreFindings, "more-findings", Error, "more invalid fields of one object than are listed";
    MissingObject, "missing-object", Error, "a reference to an object that is not in the directory";
    MissingKey, "missing-key", Error, "a reference to a key that the ConfigMap or Secret does not have";
    MissingVolume, "missing-volume", Error, "a mount of a volume that the pod does not have";
    MissingPort, "missing-port", Error, "a reference to a port that pods or the Service do not have";
    InvalidReference, "invalid-reference", Error, "a `depends-on` that is not a reference to an object";
    MismatchedSelector, "mismatched-selector", Error, "a workload that does not select its own pods";
    EmptySelection, "empty-selection", Warning, "a Service, disruption budget or network policy that selects no pods";
    BlockingBudget, "blocking-budget", Warning, "a disruption budget that blocks every drain of a node";
    IdleBudget, "idle-budget", Warning, "a disruption budget that protects nothing";
    InvalidSchema, "invalid-schema", Error, "an option schema that cannot be read";
    UnreadableLine, "unreadable-line", Error, "a line of a configuration file that its service cannot read";
    UnknownOption, "unknown-option", Error, "an option, or a group of options, that the service does not have";
    InvalidOption, "invalid-option", Error, "a value that the service refuses for an option";
    DeprecatedOption, "deprecated-option", Warning, "an option that will go, or has another name now";
    UnknownIdentifier, "unknown-identifier", Error, "an annotation that names a finding which does not exist";
}

impl Identifier {
    /// What this name names. The error says which names there are, and has no place yet.
    pub fn parse(name: &str) -> Result<Self, Error> {
        if let Some(identifier) = Self::ALL.iter().find(|identifier| identifier.name() == name) {
            return Ok(*identifier);
        }
        let error = Error::new(format!("there is no finding `{name}`"));
        let names = Self::ALL.iter().map(|identifier| identifier.name());
        Err(match nearest(names, name) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`stackanetes help check` lists them"),
        })
    }

    /// Whether it is wrong whatever a cluster has, does or adds: what admission, a controller or an operator may still
    /// make right is not.
    pub const fn is_certain(self) -> bool {
        matches!(
            self,
            Self::DuplicateObject
                | Self::UnknownField
                | Self::InvalidValue
                | Self::DuplicateItem
                | Self::DuplicateName
                | Self::UnreadableLine
                | Self::UnknownOption
                | Self::InvalidOption
        )
    }

    /// Whether it may be ignored. Of what could not be read, nothing else can be told.
    pub const fn may_be_ignored(self) -> bool {
        !matches!(self, Self::UnreadableInput)
    }
}

/// The name.
impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest_right_one() {
        assert_eq!(Identifier::parse("missing-key"), Ok(Identifier::MissingKey));
        let error = Identifier::parse("mising-object").expect_err("misspelt");
        assert_eq!(error.hints(), ["did you mean `missing-object`?"]);
        let error = Identifier::parse("SA1000").expect_err("unknown");
        assert_eq!(error.hints(), ["`stackanetes help check` lists them"]);
    }

    #[test]
    fn no_two_have_one_name() {
        let mut names: Vec<_> = Identifier::ALL.iter().map(|identifier| identifier.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Identifier::ALL.len());
    }
}
