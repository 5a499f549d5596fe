//! Option schemas: what `oslo-config-generator --format json` writes, and a little more.
//!
//! The generator leaves out what `tests/programs/option_schemas.py` adds; that file names the keys. Where
//! they are not there, less is checked.

use std::collections::BTreeMap;
use std::io::Read as _;

use fancy_regex::RegexBuilder;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

use super::values::{ItemRules, NumberRules, OptionType, OptionVersion, TextRules};

/// The options that a service has.
#[derive(Debug)]
pub struct OptionSchema {
    pub(super) groups: Vec<OptionGroup>,
    /// Which option, by its group and name, an old group and name stand for.
    pub(super) renamed: BTreeMap<(String, String), (String, String)>,
}

/// The options of one group, or of groups that are named elsewhere.
#[derive(Debug)]
pub(super) struct OptionGroup {
    /// Its name, or one with a `*`.
    pub(super) name: String,
    pub(super) options: BTreeMap<String, Opt>,
    /// What names the groups that have these options, besides.
    pub(super) owner: Option<GroupNaming>,
}

/// The option whose value names groups.
#[derive(Debug)]
pub(super) struct GroupNaming {
    pub(super) group: String,
    pub(super) option: String,
    /// What a group's name has before what the option says.
    pub(super) prefix: String,
    /// The kind that counts where an item is NAME:KIND; items of other kinds name no group.
    pub(super) kind: Option<String>,
}

/// One option.
#[derive(Debug)]
pub(super) struct Opt {
    pub(super) takes: OptionType,
    /// Why the option is deprecated; none where it is not.
    pub(super) leaving: Option<String>,
}

#[derive(Deserialize)]
struct OptionSchemaFile {
    options: BTreeMap<String, WrittenGroup>,
    #[serde(default)]
    deprecated_options: BTreeMap<String, Vec<Renamed>>,
}

#[derive(Deserialize)]
struct WrittenGroup {
    opts: Vec<WrittenOption>,
    #[serde(default)]
    dynamic_group_owner: Option<String>,
    #[serde(default)]
    dynamic_group_prefix: String,
    #[serde(default)]
    dynamic_group_kind: Option<String>,
}

#[derive(Deserialize)]
struct WrittenOption {
    name: String,
    #[serde(default)]
    dest: Option<String>,
    #[serde(flatten)]
    takes: WrittenType,
    #[serde(default)]
    deprecated_for_removal: bool,
    #[serde(default)]
    deprecated_reason: Option<String>,
}

#[derive(Deserialize)]
struct WrittenType {
    #[serde(rename = "type")]
    name: String,
    /// Each a value, and what it means.
    #[serde(default)]
    choices: Vec<(Value, Value)>,
    min: Option<f64>,
    max: Option<f64>,
    regex: Option<String>,
    ignore_case: Option<bool>,
    max_length: Option<usize>,
    #[serde(default)]
    quotes: bool,
    #[serde(default)]
    bounds: bool,
    #[serde(default)]
    min_length: usize,
    key_value_separator: Option<String>,
    item_type: Option<Box<WrittenType>>,
    value_type: Option<Box<WrittenType>>,
    #[serde(default)]
    schemes: Vec<String>,
    version: Option<u8>,
}

#[derive(Deserialize)]
struct Renamed {
    name: String,
    replacement_name: String,
    replacement_group: String,
}

impl OptionSchema {
    /// Reads JSON, which may be compressed by gzip.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut unpacked = Vec::new();
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
            GzDecoder::new(bytes).read_to_end(&mut unpacked)?;
            &unpacked
        } else {
            bytes
        };
        Ok(Self::new(serde_json::from_slice(bytes)?))
    }

    fn new(written: OptionSchemaFile) -> Self {
        let groups = written
            .options
            .into_iter()
            .map(|(name, group)| OptionGroup::new(name, group));
        let renamed = written.deprecated_options.into_iter().flat_map(|(group, options)| {
            options.into_iter().map(move |option| {
                let now = (option.replacement_group, file_name(&option.replacement_name));
                ((group.clone(), option.name), now)
            })
        });
        Self {
            groups: groups.collect(),
            renamed: renamed.collect(),
        }
    }
}

impl OptionGroup {
    fn new(name: String, written: WrittenGroup) -> Self {
        let options = written.opts.into_iter().map(|option| {
            let name = option.dest.unwrap_or_else(|| file_name(&option.name));
            let leaving = option.deprecated_for_removal;
            let option = Opt {
                takes: option.takes.read(),
                leaving: leaving.then(|| option.deprecated_reason.unwrap_or_default()),
            };
            (name, option)
        });
        let owner = written.dynamic_group_owner.filter(|owner| !owner.is_empty());
        let owner = owner.map(|owner| {
            let (group, option) = owner.split_once('.').unwrap_or(("DEFAULT", &owner));
            GroupNaming {
                group: group.to_owned(),
                option: option.to_owned(),
                prefix: written.dynamic_group_prefix,
                kind: written.dynamic_group_kind,
            }
        });
        Self {
            name,
            options: options.collect(),
            owner,
        }
    }
}

/// What an option is called in a file.
fn file_name(name: &str) -> String {
    name.replace('-', "_")
}

impl WrittenType {
    /// The type that the generator calls so; one that it does not know takes anything.
    fn read(self) -> OptionType {
        let version = match self.version {
            Some(4) => OptionVersion::Four,
            Some(6) => OptionVersion::Six,
            _ => OptionVersion::Any,
        };
        match self.name.as_str() {
            "string value" | "multi valued" => OptionType::Text(self.text()),
            "boolean value" => OptionType::Boolean,
            "integer value" => OptionType::Integer(self.limits()),
            "port" | "port value" => OptionType::Integer(NumberRules {
                min: self.min.or(Some(0.0)),
                max: self.max.or(Some(65_535.0)),
                ..self.limits()
            }),
            "floating point value" => OptionType::Float(self.limits()),
            "range value" => OptionType::Range(self.limits()),
            "list value" => OptionType::List(self.items()),
            "dict value" => OptionType::Pairs(self.items()),
            "IP address value" => OptionType::Address(version),
            "hostname value" => OptionType::Hostname,
            "host address value" => OptionType::Host(version),
            "host domain value" => OptionType::Domain(version),
            "URI value" | "uri value" => OptionType::Uri {
                schemes: self.schemes,
                most: self.max_length,
            },
            _ => OptionType::Unknown,
        }
    }

    fn text(&self) -> TextRules {
        let choices = self.choices.iter().filter_map(|(choice, _)| match choice {
            Value::String(choice) => Some(choice.clone()),
            Value::Null => None,
            choice => Some(choice.to_string()),
        });
        let ignores_case = self.ignore_case.unwrap_or(true);
        let pattern = self.regex.as_ref().and_then(|pattern| {
            // Python's own syntax may say what this one cannot: that is not checked.
            let case = self.ignore_case.unwrap_or(false);
            RegexBuilder::new(pattern).case_insensitive(case).build().ok()
        });
        TextRules {
            choices: choices.collect(),
            // The generator does not say, and what is not known is not a mistake.
            ignores_case,
            pattern,
            most: self.max_length.filter(|most| *most > 0),
            is_quoted: self.quotes,
        }
    }

    fn limits(&self) -> NumberRules {
        NumberRules {
            min: self.min,
            max: self.max,
            choices: self.choices.iter().filter_map(|(choice, _)| choice.as_f64()).collect(),
        }
    }

    fn items(self) -> ItemRules {
        let of = self.item_type.or(self.value_type);
        ItemRules {
            of: Box::new(of.map_or(OptionType::Text(TextRules::default()), |of| of.read())),
            is_bounded: self.bounds,
            least: self.min_length,
            separator: self.key_value_separator.unwrap_or_else(|| ":".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `tests/programs/option_values.py` from oslo.config itself.
    #[test]
    fn types_take_what_those_of_oslo_config_take() {
        let mut wrong = Vec::new();
        let table = include_str!("../../../fixtures/options/values.tsv");
        for line in table.lines() {
            let mut columns = line.split('\t');
            let mut next = || columns.next().expect("three columns");
            let (kind, value, is_taken) = (next(), next(), next());
            let takes = serde_json::from_str::<WrittenType>(kind).expect("a type").read();
            let value: String = serde_json::from_str(value).expect("text");
            if takes.takes(&value).to_string() != is_taken {
                wrong.push(line);
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(table.lines().count() > 800);
    }
}
