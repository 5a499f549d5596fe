//! Wall time against the number of objects, as a picture in SVG.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::arguments::Part;
use crate::table::Table;

/// The size of the picture, and what is left beside the plot for its labels, in pixels.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 300.0;
const EDGE: f64 = 40.0;

/// They can be told apart by people who do not see all colours (the palette of Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// Numbers of objects and seconds, by what was run.
type Lines<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

/// An axis in powers of ten: its ends, as exponents, and where these are in the picture.
struct Axis {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

/// The diffs of what is in sync, a line for each tool. Both axes are logarithmic: what is twice as far to
/// the right and twice as high costs the same for each object.
pub fn svg(tables: &[Table]) -> String {
    let lines = lines(tables);
    let points = || lines.values().flatten();
    let across = Axis::over(points().map(|point| point.0), LEFT, WIDTH - RIGHT);
    let up = Axis::over(points().map(|point| point.1), HEIGHT - EDGE, EDGE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<text x=\"{LEFT}\" y=\"20\">seconds of a diff that finds nothing, by objects</text>\n"
    );
    for (exponent, x) in across.powers() {
        let bottom = HEIGHT - EDGE;
        let _ = writeln!(svg, "<path d=\"M{x:.1} {EDGE}V{bottom}\" stroke=\"#ddd\"/>");
        let label = 10f64.powf(exponent);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            bottom + 18.0
        );
    }
    for (exponent, y) in up.powers() {
        let _ = writeln!(svg, "<path d=\"M{LEFT} {y:.1}H{}\" stroke=\"#ddd\"/>", WIDTH - RIGHT);
        let label = 10f64.powf(exponent);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 8.0,
            y + 4.0
        );
    }
    for (place, (name, points)) in lines.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let points = points
            .iter()
            .map(|(objects, seconds)| (across.place(*objects), up.place(*seconds)));
        svg.push_str(&line(colour, points));
        let (x, y) = (WIDTH - RIGHT + 16.0, up.end + 18.0 * as_float(place));
        let name = name.replace('`', "");
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{name}</text>");
    }
    svg + "</svg>\n"
}

fn lines(tables: &[Table]) -> Lines<'_> {
    let mut lines = Lines::new();
    for table in tables.iter().filter(|table| table.part == Part::Steady) {
        for row in &table.rows {
            let point = (as_float(table.objects), row.wall().as_secs_f64());
            lines.entry(&row.name).or_default().push(point);
        }
    }
    for points in lines.values_mut() {
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
    lines
}

fn line(colour: &str, points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    let mut dots = String::new();
    for (x, y) in points {
        let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
        let _ = writeln!(dots, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n{dots}")
}

impl Axis {
    /// One from the power of ten below all `values`, which are positive, to the one above. Without values it
    /// is from 1 to 10.
    fn over(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Axis {
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for exponent in values.map(f64::log10) {
            from = from.min(exponent.floor());
            to = to.max(exponent.ceil());
        }
        if !from.is_finite() {
            from = 0.0;
        }
        let to = to.max(from + 1.0);
        Axis { from, to, start, end }
    }

    fn place(&self, value: f64) -> f64 {
        self.start + (value.log10() - self.from) / (self.to - self.from) * (self.end - self.start)
    }

    /// The powers of ten as exponents, and where each is.
    fn powers(&self) -> impl Iterator<Item = (f64, f64)> {
        let exponents = std::iter::successors(Some(self.from), |exponent| Some(exponent + 1.0));
        let exponents = exponents.take_while(|exponent| *exponent <= self.to);
        exponents.map(|exponent| (exponent, self.place(10f64.powf(exponent))))
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn as_float(number: usize) -> f64 {
    number as f64
}
