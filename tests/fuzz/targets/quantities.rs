//! Amounts.

use stackanetes::ssa::canonical::Quantity;

/// An amount that is written as an API server does is the same amount, and is written so again.
pub fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let amount = Quantity::read(text);
    if let Some(written) = Quantity::written(text) {
        assert_eq!(Quantity::read(&written), amount, "{text} is written {written}");
        assert_eq!(Quantity::written(&written).as_ref(), Some(&written), "{text}");
    }
}
