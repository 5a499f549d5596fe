//! What is told together, since it is alike.

use std::collections::BTreeMap;

/// The items in groups that are alike, in the order in which the first of each comes up. What is `None` is like no other.
pub(super) fn grouped<T, K: Ord>(items: impl IntoIterator<Item = T>, alike: impl Fn(&T) -> Option<K>) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut known: BTreeMap<K, usize> = BTreeMap::new();
    for item in items {
        let group = alike(&item).map(|key| *known.entry(key).or_insert(groups.len()));
        match group.and_then(|index| groups.get_mut(index)) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_stands_where_its_first_item_does() {
        let alike = |number: &i32| (*number != 0).then_some(*number % 2);
        assert_eq!(
            grouped([1, 0, 2, 3, 0, 4], alike),
            [vec![1, 3], vec![0], vec![2, 4], vec![0]]
        );
    }
}
