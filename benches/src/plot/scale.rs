//! A logarithmic axis.

/// Maps values to coordinates: 10 to the power of `low` to `from`, 10 to the power of `high` to
/// `to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    low: i32,
    high: i32,
    from: f64,
    to: f64,
}

impl Log {
    /// Creates an axis with room for all of these values; `None` if there are none.
    pub(super) fn around(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (least, most) = (least.min(value), most.max(value));
        }
        let low = power_below(least)?;
        let mut high = low + 1;
        while 10_f64.powi(high) < most {
            high += 1;
        }
        Some(Self { low, high, from, to })
    }

    /// Returns the coordinate of a value.
    pub(super) fn place(self, value: f64) -> f64 {
        let decades = f64::from(self.high - self.low);
        let at = (value.log10() - f64::from(self.low)) / decades;
        self.from + (self.to - self.from) * at.clamp(0.0, 1.0)
    }

    /// Returns the powers of ten on the axis.
    pub(super) fn ticks(self) -> impl Iterator<Item = f64> {
        (self.low..=self.high).map(|power| 10_f64.powi(power))
    }
}

/// Returns the exponent of the largest power of ten that is not above the value.
fn power_below(value: f64) -> Option<i32> {
    (-3..=15).rev().find(|&power| 10_f64.powi(power) <= value * 1.000_001 && value.is_finite())
}

/// Returns the label of a tick.
pub(super) fn label(tick: f64) -> String {
    match tick {
        tick if tick >= 1e9 => format!("{:.0} G", tick / 1e9),
        tick if tick >= 1e6 => format!("{:.0} M", tick / 1e6),
        tick if tick >= 1e3 => format!("{:.0} k", tick / 1e3),
        tick if tick >= 1.0 => format!("{tick:.0}"),
        tick => format!("{tick}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_have_equal_widths() {
        let axis = Log::around([1.0, 500.0].into_iter(), 0.0, 300.0).unwrap();
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1000.0]);
        assert!((axis.place(10.0) - 100.0).abs() < 1e-9);
        assert!((axis.place(100.0) - 200.0).abs() < 1e-9);
    }

    #[test]
    fn one_value_has_an_axis_too() {
        let axis = Log::around([874.0].into_iter(), 100.0, 0.0).unwrap();
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [100.0, 1000.0]);
        assert!(axis.place(874.0) < 10.0);
    }

    #[test]
    fn without_a_value_there_is_none() {
        assert!(Log::around([0.0].into_iter(), 0.0, 1.0).is_none());
    }

    #[test]
    fn ticks_are_short() {
        let labels = [0.1, 1.0, 100.0, 1e4, 1e6].map(label);
        assert_eq!(labels, ["0.1", "1", "100", "10 k", "1 M"]);
    }
}
