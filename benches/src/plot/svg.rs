//! The few elements of an SVG that the plots need.

use std::fmt::Write;

/// A picture that is being drawn.
pub(super) struct Picture {
    body: String,
    width: f64,
    height: f64,
}

/// The part of a text that is at its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Picture {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.element(&format!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#,
            escaped(text)
        ));
    }

    pub(super) fn title(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        self.element(&format!(r#"<text x="{x:.1}" y="{y:.1}" font-weight="bold">{text}</text>"#));
    }

    pub(super) fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), color: &str) {
        self.element(&format!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{color}"/>"#
        ));
    }

    /// Draws a thin line of the grid.
    pub(super) fn grid(&mut self, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.element(&format!(
            r##"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="#dddddd"/>"##
        ));
    }

    /// Draws a line through these points, with a dot at each.
    pub(super) fn curve(&mut self, points: &[(f64, f64)], color: &str) {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.element(&format!(
            r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="1.5"/>"#,
            path.join(" ")
        ));
        for (x, y) in points {
            self.element(&format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="2.5" fill="{color}"/>"#));
        }
    }

    fn element(&mut self, element: &str) {
        self.body.push_str("  ");
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub(super) fn finish(self) -> String {
        let Self { body, width, height } = self;
        let mut out = String::new();
        let _ = writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="sans-serif" font-size="11">"#
        );
        let _ = writeln!(out, r#"  <rect width="100%" height="100%" fill="white"/>"#);
        out.push_str(&body);
        out.push_str("</svg>\n");
        out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_would_take_for_markup_is_escaped() {
        let mut picture = Picture::new(10.0, 10.0);
        picture.text((1.0, 2.0), Anchor::End, "a < b & c");
        let drawn = picture.finish();
        assert!(drawn.contains(r#"text-anchor="end">a &lt; b &amp; c</text>"#), "{drawn}");
        assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"), "{drawn}");
    }
}
