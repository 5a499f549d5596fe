//! The types of options, and which values they take: those of
//! [`oslo_config.types`](https://docs.openstack.org/oslo.config/latest/reference/types.html).

use std::net::{Ipv4Addr, Ipv6Addr};

use fancy_regex::Regex;

use super::uri::{is_hostname, is_uri};

/// What an option takes.
#[derive(Debug)]
pub(super) enum OptionType {
    Text(TextRules),
    Boolean,
    Integer(NumberRules),
    Float(NumberRules),
    List(ItemRules),
    Pairs(ItemRules),
    /// Two whole numbers with a `-` between them, or one.
    Range(NumberRules),
    Address(OptionVersion),
    Hostname,
    /// An address, or a host's name.
    Host(OptionVersion),
    /// An address, or a host's name that may have `_`.
    Domain(OptionVersion),
    Uri {
        schemes: Vec<String>,
        most: Option<usize>,
    },
    /// A type of the service's own.
    Unknown,
}

/// The texts that an option takes.
#[derive(Debug, Default)]
pub(super) struct TextRules {
    pub(super) choices: Vec<String>,
    pub(super) ignores_case: bool,
    pub(super) pattern: Option<Regex>,
    /// How many characters, at most.
    pub(super) most: Option<usize>,
    /// Whether it may stand in quotes, which then must be closed.
    pub(super) is_quoted: bool,
}

/// The numbers that an option takes.
#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) choices: Vec<f64>,
}

/// What is in a list, or the values of `NAME:VALUE` pairs.
#[derive(Debug)]
pub(super) struct ItemRules {
    pub(super) of: Box<OptionType>,
    /// Whether brackets, or braces, stand around them.
    pub(super) is_bounded: bool,
    /// How many, at least.
    pub(super) least: usize,
    /// What stands between a name and its value.
    pub(super) separator: String,
}

/// Which version of the Internet Protocol an address is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionVersion {
    Any,
    Four,
    Six,
}

impl OptionType {
    /// Whether a service takes this value.
    pub(super) fn takes(&self, value: &str) -> bool {
        match self {
            Self::Text(text) => text.takes(value),
            Self::Boolean => {
                let words = ["true", "1", "on", "yes", "false", "0", "off", "no"];
                words.contains(&value.to_lowercase().as_str())
            }
            Self::Integer(limits) => limits.take(value, integer),
            Self::Float(limits) => limits.take(value, float),
            Self::List(items) => items.take(value, ('[', ']'), Some(','), |item| items.of.takes(item)),
            Self::Pairs(items) => items.take_pairs(value),
            Self::Range(limits) => limits.take_range(value),
            Self::Address(version) => version.takes(value),
            Self::Hostname => is_hostname(value, false),
            Self::Host(version) => version.takes(value) || is_hostname(value, false),
            Self::Domain(version) => version.takes(value) || is_hostname(value, true),
            Self::Uri { schemes, most } => {
                is_uri(value, schemes) && most.is_none_or(|most| value.chars().count() <= most)
            }
            Self::Unknown => true,
        }
    }

    /// What a value must be, in words that follow `must be`.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Text(text) => text.expected(),
            Self::Boolean => "true or false".to_owned(),
            Self::Integer(limits) => limits.expected("a whole number"),
            Self::Float(limits) => limits.expected("a number"),
            Self::List(items) => {
                let bounds = if items.is_bounded { " in brackets" } else { "" };
                format!("a list{bounds}, with commas, each item {}", items.of.expected())
            }
            Self::Pairs(items) => {
                let bounds = if items.is_bounded { " in braces" } else { "" };
                let separator = &items.separator;
                let each = items.of.expected();
                format!("pairs{bounds} of the form `NAME{separator}VALUE`, with commas, each value {each}")
            }
            Self::Range(limits) => limits.expected("a range such as `1-9`"),
            Self::Address(version) => version.expected().to_owned(),
            Self::Hostname => "the name of a host".to_owned(),
            Self::Host(version) | Self::Domain(version) => format!("{} or the name of a host", version.expected()),
            Self::Uri { schemes, most } => {
                let schemes = match schemes.as_slice() {
                    [] => String::new(),
                    schemes => format!(" ({})", quoted(schemes)),
                };
                let most = most.map(|most| format!(", of at most {most} characters"));
                format!("a URI with a scheme{schemes} and a host{}", most.unwrap_or_default())
            }
            Self::Unknown => "anything".to_owned(),
        }
    }

    /// The texts of which it must be one.
    pub(super) fn choices(&self) -> &[String] {
        match self {
            Self::Text(text) => &text.choices,
            Self::Boolean
            | Self::Integer(_)
            | Self::Float(_)
            | Self::List(_)
            | Self::Pairs(_)
            | Self::Range(_)
            | Self::Address(_)
            | Self::Hostname
            | Self::Host(_)
            | Self::Domain(_)
            | Self::Uri { .. }
            | Self::Unknown => &[],
        }
    }
}

impl TextRules {
    fn takes(&self, value: &str) -> bool {
        let mut value = value;
        if let Some(quote) = value
            .chars()
            .next()
            .filter(|first| self.is_quoted && "\"'".contains(*first))
        {
            match value[1..].strip_suffix(quote) {
                Some(inside) => value = inside,
                None => return false,
            }
        }
        let is_chosen =
            |choice: &String| choice == value || (self.ignores_case && choice.to_lowercase() == value.to_lowercase());
        self.most.is_none_or(|most| value.chars().count() <= most)
            // One that gives up says nothing.
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(value).unwrap_or(true))
            && (self.choices.is_empty() || self.choices.iter().any(is_chosen))
    }

    fn expected(&self) -> String {
        if !self.choices.is_empty() {
            return match self.choices.as_slice() {
                [one] => format!("`{one}`"),
                choices => format!("one of {}", quoted(choices)),
            };
        }
        let pattern = self.pattern.as_ref();
        let pattern = pattern.map(|pattern| format!(" that matches `{}`", pattern.as_str()));
        let most = self.most.map(|most| format!(" of at most {most} characters"));
        format!("text{}{}", most.unwrap_or_default(), pattern.unwrap_or_default())
    }
}

fn quoted(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| format!("`{text}`")).collect();
    texts.join(", ")
}

impl NumberRules {
    /// Nothing at all is no number, and taken.
    fn take(&self, value: &str, read: fn(&str) -> Option<f64>) -> bool {
        let value = value.trim();
        value.is_empty() || read(value).is_some_and(|number| self.hold(number))
    }

    fn hold(&self, number: f64) -> bool {
        if !self.choices.is_empty() {
            return self.choices.contains(&number);
        }
        // As Python compares: a NaN is on neither side.
        !self.min.is_some_and(|min| number < min) && !self.max.is_some_and(|max| number > max)
    }

    fn take_range(&self, value: &str) -> bool {
        let is_number = |text: &str| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            text == "0" || (!digits.starts_with('0') && integer(text).is_some() && !text.starts_with('+'))
        };
        // The first `-` may be a sign.
        let between = value.char_indices().skip(1).find(|(_, letter)| *letter == '-');
        let (left, right) = match between {
            Some((at, _)) => (&value[..at], &value[at + 1..]),
            None => (value, value),
        };
        if value.contains('_') || !is_number(left) || !is_number(right) {
            return false;
        }
        let numbers = [integer(left), integer(right)];
        let [Some(left), Some(right)] = numbers else {
            return false;
        };
        self.hold(left.min(right)) && self.hold(left.max(right))
    }

    fn expected(&self, what: &str) -> String {
        if !self.choices.is_empty() {
            let choices: Vec<_> = self.choices.iter().map(ToString::to_string).collect();
            return format!("one of {}", quoted(&choices));
        }
        match (self.min, self.max) {
            (None, None) => what.to_owned(),
            (Some(min), None) => format!("{what}, {min} or more"),
            (None, Some(max)) => format!("{what}, {max} or less"),
            (Some(min), Some(max)) => format!("{what}, {min} to {max}"),
        }
    }
}

/// A whole number as Python's `int` reads it.
fn integer(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_one = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    is_one.then(|| text.replace('_', "").parse().ok())?
}

/// A number as Python's `float` reads it.
fn float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_between = |at: usize| {
        let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))
    };
    let fits = text.match_indices('_').all(|(at, _)| is_between(at));
    fits.then(|| text.replace('_', "").parse().ok())?
}

impl ItemRules {
    fn take_pairs(&self, value: &str) -> bool {
        let mut names: Vec<String> = Vec::new();
        self.take(value, ('{', '}'), None, |pair| {
            let Some((name, value)) = pair.split_once(&self.separator) else {
                return false;
            };
            if !self.of.takes(value.trim()) {
                return false;
            }
            names.push(name.trim().to_owned());
            true
        }) && names
            .iter()
            .enumerate()
            .all(|(at, name)| !name.is_empty() && !names[..at].contains(name))
    }

    /// Whether each part between commas is taken; one that is not may have been cut too early.
    fn take(
        &self,
        value: &str,
        (open, close): (char, char),
        may_end_with: Option<char>,
        mut takes: impl FnMut(&str) -> bool,
    ) -> bool {
        let mut text = value.trim();
        if let Some(end) = may_end_with {
            text = text.trim_end_matches(end);
        }
        if self.is_bounded {
            match text.strip_prefix(open).and_then(|text| text.strip_suffix(close)) {
                Some(inside) => text = inside,
                None => return false,
            }
        }
        if text.is_empty() {
            return self.least == 0;
        }
        let parts: Vec<&str> = text.split(',').collect();
        let (mut begin, mut count) = (0, 0);
        while begin < parts.len() {
            let end = (begin + 1..=parts.len()).find(|end| takes(parts[begin..*end].join(",").trim()));
            match end {
                Some(end) => begin = end,
                None => return false,
            }
            count += 1;
        }
        count >= self.least
    }
}

impl OptionVersion {
    fn takes(self, value: &str) -> bool {
        (self != Self::Six && value.parse::<Ipv4Addr>().is_ok())
            || (self != Self::Four && value.parse::<Ipv6Addr>().is_ok())
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Any => "an IP address",
            Self::Four => "an IPv4 address",
            Self::Six => "an IPv6 address",
        }
    }
}
