//! Draws marks in rows, and lines between them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::view::document::Mark;
use crate::view::html::lines::Text;
use crate::view::html::objects;

/// The size of a mark, and what is between two: beside each other, of one wave below each other, and of two waves; in
/// pixels.
const WIDTH: usize = 208;
const HEIGHT: usize = 44;
const ASIDE: usize = 16;
const BELOW: usize = 10;
const BETWEEN: usize = 40;
/// How many marks stand beside each other; more of a wave stand in a row below.
const WIDEST: usize = 5;
/// How many letters a line of a mark has room for.
const LETTERS: usize = 26;

/// Where the upper left corner of a mark is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Corner {
    x: usize,
    y: usize,
}

/// The picture.
pub(super) fn drawing(marks: &[Mark]) -> Markup {
    let corners = corners(marks);
    let width = corners.iter().map(|corner| corner.x + WIDTH).max().unwrap_or(0) + 2;
    let height = corners.iter().map(|corner| corner.y + HEIGHT).max().unwrap_or(0) + 2;
    let lines = marks.iter().zip(&corners);
    let lines = lines.flat_map(|(mark, corner)| mark.after.iter().map(|other| line(corners[*other], *corner)));
    html! {
        svg role="group" aria-label="what waits for what" xmlns="http://www.w3.org/2000/svg"
            width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) { "\n"
            @for line in lines { path.edge d=(line) {} "\n" }
            @for (mark, corner) in marks.iter().zip(&corners) { (drawn(mark, *corner)) "\n" }
        }
    }
}

/// Where each mark stands: in the rows of its wave, near to what it has lines to.
fn corners(marks: &[Mark]) -> Vec<Corner> {
    let mut waves: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, mark) in marks.iter().enumerate() {
        waves.entry(mark.wave).or_default().push(index);
    }
    let mut corners = vec![Corner { x: 0, y: 0 }; marks.len()];
    let mut y = 1;
    for mut wave in waves.into_values() {
        wave.sort_by_key(|index| {
            let places = marks[*index].after.iter().map(|other| corners[*other].x);
            let count = marks[*index].after.len();
            places.sum::<usize>().checked_div(count).unwrap_or(usize::MAX)
        });
        for part in wave.chunks(WIDEST) {
            for (column, index) in part.iter().enumerate() {
                corners[*index] = Corner {
                    x: 1 + column * (WIDTH + ASIDE),
                    y,
                };
            }
            y += HEIGHT + BELOW;
        }
        y += BETWEEN - BELOW;
    }
    corners
}

/// The path of a line from below one mark to above another.
fn line(from: Corner, to: Corner) -> String {
    let (x, y) = (from.x + WIDTH / 2, from.y + HEIGHT);
    let (end, end_y) = (to.x + WIDTH / 2, to.y);
    let (bend, end_bend) = (y + BETWEEN / 2, end_y.saturating_sub(BETWEEN / 2));
    format!("M{x} {y}C{x} {bend} {end} {end_bend} {end} {end_y}")
}

fn drawn(mark: &Mark, corner: Corner) -> Markup {
    let Corner { x, y } = corner;
    let restarts = if mark.restarts { " ↻" } else { "" };
    let shape = html! {
        title { (Text(&mark.told)) }
        rect x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="6" {}
        text.action x=(x + 10) y=(y + 18) { (Text(&shortened(&mark.action))) (restarts) }
        text x=(x + 10) y=(y + 35) { (Text(&shortened(&mark.name))) }
    };
    let class = format!("mark {}", mark.class);
    html! {
        @match mark.position {
            Some(position) => a class=(class) href={ "#" (objects::id(position)) } { (shape) },
            None => g class=(class) { (shape) },
        }
    }
}

/// A name as far as there is room for it.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    text.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn mark(wave: usize, after: &[usize]) -> Mark {
        Mark {
            class: "update",
            action: String::new(),
            name: String::new(),
            told: String::new(),
            position: None,
            restarts: false,
            wave,
            after: after.iter().copied().collect::<BTreeSet<_>>(),
        }
    }

    #[test]
    fn a_line_leads_down_and_marks_stand_below_what_they_wait_for() {
        let marks = [mark(0, &[]), mark(0, &[]), mark(1, &[1]), mark(1, &[0])];
        let corners = corners(&marks);
        assert!(
            corners[0].x < corners[1].x && corners[3].x < corners[2].x,
            "{corners:?}"
        );
        assert!(corners[0].y + HEIGHT < corners[3].y);
    }

    #[test]
    fn no_two_marks_of_a_long_wave_stand_in_one_place() {
        let marks: Vec<Mark> = (0..40).map(|_| mark(0, &[])).collect();
        let corners = corners(&marks);
        let places: BTreeSet<(usize, usize)> = corners.iter().map(|corner| (corner.x, corner.y)).collect();
        assert_eq!(places.len(), 40);
    }
}
