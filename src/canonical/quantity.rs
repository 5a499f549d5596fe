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
    /// use stackanetes::canonical::Quantity;
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
    fn what_is_no_amount_is_none() {
        for text in ["", ".", "Gi", "1.2.3", "1Qi", "a1", "1e", "1 Gi"] {
            assert_eq!(Quantity::read(text), None, "{text}");
        }
    }
}
