//! Amounts: `1`, `0.5`, `100m`, `1Gi`, `1e3`.

/// An amount, exact to a billionth, as the API server keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    billionths: i128,
}

impl Quantity {
    /// Reads an amount: a decimal number with a suffix of thousands (`n`, `u`, `m`, `k`, `M`, …), of
    /// 1024s (`Ki`, `Mi`, …), or an exponent. What is finer than a billionth is rounded away from zero.
    ///
    /// ```
    /// use stackanetes::ssa::canonical::Quantity;
    ///
    /// assert_eq!(Quantity::read("1024Mi"), Quantity::read("1Gi"));
    /// assert_eq!(Quantity::read("0.5"), Quantity::read("500m"));
    /// assert_eq!(Quantity::read("one"), None);
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = unsigned
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let places = i32::try_from(fraction.len()).ok()?;
        let billionths = match scale(suffix)? {
            Scale::Ten(exponent) => scaled(digits, exponent.checked_add(9)?.checked_sub(places)?)?,
            Scale::Two(exponent) => scaled(digits.checked_mul(1 << exponent)?, 9 - places)?,
        };
        Some(Self {
            billionths: sign * billionths,
        })
    }

    /// An amount as the API server writes it: the largest suffix of the kind it has that leaves no
    /// fraction. Less than `1Ki` is not written in 1024s.
    ///
    /// ```
    /// use stackanetes::ssa::canonical::Quantity;
    ///
    /// let written = |text| Quantity::written(text).unwrap_or_default();
    /// assert_eq!([written("1024Mi"), written("0.5"), written("1000")], ["1Gi", "500m", "1k"]);
    /// ```
    pub fn written(text: &str) -> Option<String> {
        const BILLION: i128 = 1_000_000_000;
        let amount = Self::read(text)?.billionths;
        if amount == 0 {
            return Some("0".to_owned());
        }
        if text.ends_with('i') && amount.abs() >= 1024 * BILLION {
            if amount % BILLION != 0 {
                return None;
            }
            let (number, index) = without_factors(amount / BILLION, 1024, 6);
            return Some(format!("{number}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][index]));
        }
        let (number, index) = without_factors(amount, 1000, 9);
        // As it is read: an `E` at the end is a suffix, one before a number an exponent.
        let has_exponent = text.trim_end_matches('E').contains(['e', 'E']);
        Some(match (has_exponent, index) {
            (_, 3) => number.to_string(),
            (true, index) => format!("{number}e{}", i32::try_from(index).ok()? * 3 - 9),
            (false, index) => format!("{number}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][index]),
        })
    }
}

/// A number as often divided by `factor` as that leaves no rest, and how often that was, at `most`.
fn without_factors(mut number: i128, factor: i128, most: usize) -> (i128, usize) {
    let mut count = 0;
    while count < most && number % factor == 0 {
        number /= factor;
        count += 1;
    }
    (number, count)
}

enum Scale {
    Ten(i32),
    Two(u32),
}

fn scale(suffix: &str) -> Option<Scale> {
    Some(match suffix {
        "n" => Scale::Ten(-9),
        "u" => Scale::Ten(-6),
        "m" => Scale::Ten(-3),
        "" => Scale::Ten(0),
        "k" => Scale::Ten(3),
        "M" => Scale::Ten(6),
        "G" => Scale::Ten(9),
        "T" => Scale::Ten(12),
        "P" => Scale::Ten(15),
        "E" => Scale::Ten(18),
        "Ki" => Scale::Two(10),
        "Mi" => Scale::Two(20),
        "Gi" => Scale::Two(30),
        "Ti" => Scale::Two(40),
        "Pi" => Scale::Two(50),
        "Ei" => Scale::Two(60),
        exponent => Scale::Ten(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

/// `digits` times ten to the `exponent`, rounded away from zero.
fn scaled(digits: i128, exponent: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(exponent.unsigned_abs());
    if exponent >= 0 {
        digits.checked_mul(power?)
    } else {
        // What is too fine to count is still more than nothing.
        Some(power.map_or(i128::from(digits != 0), |power| {
            digits.div_euclid(power) + i128::from(digits.rem_euclid(power) != 0)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_amount_has_many_spellings() {
        let same = |texts: &[&str]| {
            let amounts: Vec<_> = texts
                .iter()
                .map(|text| Quantity::read(text).expect("an amount"))
                .collect();
            assert!(amounts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:?}");
        };
        same(&["1", "1000m", "1.0", "1e0", "0.001k", "+1"]);
        same(&["1Gi", "1024Mi", "1073741824", "1.0Gi"]);
        same(&["0.1", "100m", "1e-1"]);
        same(&["-2", "-2000m"]);
        same(&["0.0000000001", "1n"]);
        same(&["1E", "1e18", "1000P"]);
    }

    #[test]
    fn an_amount_is_written_in_one_spelling() {
        for (text, written) in [
            ("1", "1"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("1000e0", "1e3"),
            ("1E", "1E"),
            ("1000E", "1000E"),
            ("1024Mi", "1Gi"),
            ("0.5Mi", "512Ki"),
            ("512Mi", "512Mi"),
            ("0.5Ki", "512"),
            ("-2000", "-2k"),
            ("0", "0"),
            ("0Gi", "0"),
            ("0.0000000001", "1n"),
        ] {
            assert_eq!(Quantity::written(text).as_deref(), Some(written), "{text}");
        }
        assert_eq!(Quantity::written("one"), None);
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in ["", ".", "Gi", "1.2.3", "1Qi", "a1", "1e", "1 Gi"] {
            assert_eq!(Quantity::read(text), None, "{text}");
        }
    }
}
