//! Whether what was measured again and again stays at its level.

use std::collections::BTreeMap;
use std::fmt;

/// Something that is measured, by how much it may differ without having grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    pub name: &'static str,
    pub allowance: u64,
}

/// What was measured at one time.
pub type Sample = BTreeMap<Quantity, u64>;

/// All samples, the first one first.
#[derive(Default)]
pub struct Series(Vec<Sample>);

impl Series {
    pub fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// What was more in the last quarter than in the second one, and by more than its allowance.
    pub fn grown(&self) -> Vec<String> {
        let quantities = self.0.first().into_iter().flat_map(Sample::keys);
        let grown = quantities.filter_map(|quantity| {
            let [second, last] = [1, 3].map(|quarter| self.most(*quantity, quarter));
            let Quantity { name, allowance } = quantity;
            (last > second + allowance).then(|| format!("{name}: from {second} to {last}"))
        });
        grown.collect()
    }

    /// The most of it in a quarter, of which there are four.
    fn most(&self, quantity: Quantity, quarter: usize) -> u64 {
        let all = self.0.len();
        let samples = &self.0[all * quarter / 4..all * (quarter + 1) / 4];
        let values = samples.iter().filter_map(|sample| sample.get(&quantity));
        values.copied().max().unwrap_or(0)
    }
}

/// A line for each quantity, with the most of it in each quarter.
impl fmt::Display for Series {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for quantity in self.0.first().into_iter().flat_map(Sample::keys) {
            let quarters = [0, 1, 2, 3].map(|quarter| self.most(*quantity, quarter).to_string());
            writeln!(out, "{:<42} {}", quantity.name, quarters.join("  "))?;
        }
        Ok(())
    }
}

#[test]
fn what_grows_in_every_sample_has_grown_and_what_goes_up_and_down_has_not() {
    let [memory, files] = [("memory", 3), ("files", 0)].map(|(name, allowance)| Quantity { name, allowance });
    let mut series = Series::default();
    for number in 0..8 {
        series.push(Sample::from([(memory, 100 + number % 4), (files, number / 2)]));
    }
    assert_eq!(series.grown(), ["files: from 1 to 3"]);
}
