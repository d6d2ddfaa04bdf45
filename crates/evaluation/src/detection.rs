//! How well a ranking finds rows that are known to be wrong.

use super::{Bootstrap, Estimate};
use serde::{Deserialize, Serialize};

/// What inspecting rows in the order of a ranking finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
	/// The probability that a wrong row ranks before a right one (area under the ROC curve).
	pub auc: Estimate,
	/// The part of wrong rows found after inspecting 10 % of all.
	pub found_at_10: Estimate,
	/// The part of wrong rows found after inspecting 20 % of all.
	pub found_at_20: Estimate,
	/// The part of wrong rows found after inspecting 0, 1, ... 100 % of all, `[101]`.
	pub curve: Vec<f64>,
}

impl Detection {
	/// Ranks rows by falling `suspicion`, `[rows]`, and rows of equal suspicion in their order. `wrong` tells
	/// which rows are wrong. Intervals come from resampling the rows.
	pub(super) fn new(suspicion: &[f64], wrong: &[bool], bootstrap: &Bootstrap) -> Self {
		let ranking = Ranking::new(suspicion, wrong);
		let of = |statistic: &(dyn Fn(&[u32]) -> f64 + Sync)| {
			bootstrap.estimate([wrong.len()], |[counts]| statistic(counts))
		};
		let ones = vec![1; wrong.len()];
		Self {
			auc: of(&|counts| ranking.auc(counts)),
			found_at_10: of(&|counts| ranking.found(counts, 0.1)),
			found_at_20: of(&|counts| ranking.found(counts, 0.2)),
			curve: (0..=100).map(|part| ranking.found(&ones, f64::from(part) / 100.0)).collect(),
		}
	}
}

struct Ranking<'a> {
	suspicion: &'a [f64],
	wrong: &'a [bool],
	/// Rows, the most suspect first.
	order: Vec<usize>,
}

impl<'a> Ranking<'a> {
	fn new(suspicion: &'a [f64], wrong: &'a [bool]) -> Self {
		let mut order: Vec<usize> = (0..wrong.len()).collect();
		order.sort_by(|&a, &b| suspicion[b].total_cmp(&suspicion[a]));
		Self { suspicion, wrong, order }
	}

	/// The Mann-Whitney statistic over all pairs, where ties count one half and row `i` stands
	/// `counts[i]` times. It is one half if all rows are wrong or all are right.
	fn auc(&self, counts: &[u32]) -> f64 {
		let (mut wrong_before, mut right_before, mut pairs) = (0.0, 0.0, 0.0);
		for equal in self.order.chunk_by(|&a, &b| self.suspicion[a] == self.suspicion[b]) {
			let (mut wrong, mut right) = (0.0, 0.0);
			for &row in equal {
				*(if self.wrong[row] { &mut wrong } else { &mut right }) += f64::from(counts[row]);
			}
			pairs += right * (wrong_before + wrong / 2.0);
			wrong_before += wrong;
			right_before += right;
		}
		let all = wrong_before * right_before;
		if all > 0.0 {
			pairs / all
		} else {
			0.5
		}
	}

	/// The part of wrong rows that are among the first `part` of all rows, whose number is rounded up. Row
	/// `i` stands `counts[i]` times. It is 0 if no row is wrong.
	fn found(&self, counts: &[u32], part: f64) -> f64 {
		let total: u32 = counts.iter().sum();
		// Not a row more because 0.1 is a little more than a tenth.
		let mut left = (part * f64::from(total) - 1e-9).ceil().max(0.0) as u32;
		let (mut found, mut wrong) = (0, 0);
		for &row in &self.order {
			let inspected = counts[row].min(left);
			left -= inspected;
			if self.wrong[row] {
				found += inspected;
				wrong += counts[row];
			}
		}
		f64::from(found) / f64::from(wrong.max(1))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const BOOTSTRAP: Bootstrap = Bootstrap { resamples: 300, seed: 1 };

	#[test]
	fn detection_should_be_perfect_when_wrong_rows_come_first() {
		let wrong: Vec<bool> = (0..50).map(|row| row % 10 == 3).collect();
		let suspicion: Vec<f64> = wrong.iter().map(|wrong| f64::from(u8::from(*wrong))).collect();
		let found = Detection::new(&suspicion, &wrong, &BOOTSTRAP);
		assert_eq!((found.auc.value, found.auc.low), (1.0, 1.0));
		assert_eq!((found.found_at_10.value, found.found_at_20.value), (1.0, 1.0));
		assert_eq!((found.curve[0], found.curve[4], found.curve[100]), (0.0, 0.4, 1.0));
		let opposite: Vec<f64> = suspicion.iter().map(|x| -x).collect();
		let found = Detection::new(&opposite, &wrong, &BOOTSTRAP);
		assert_eq!((found.auc.value, found.found_at_20.value), (0.0, 0.0));
		let blind = Detection::new(&vec![0.0; 50], &wrong, &BOOTSTRAP);
		assert_eq!((blind.auc.value, blind.auc.low, blind.auc.high), (0.5, 0.5, 0.5));
	}

	#[test]
	fn detection_should_be_known_when_computed_by_hand() {
		let wrong = [true, false, true, false, false];
		let ranking = Ranking::new(&[0.9, 0.8, 0.5, 0.5, 0.1], &wrong);
		// Of six pairs 3 + 1.5 are in order.
		assert_eq!(ranking.auc(&[1; 5]), 4.5 / 6.0);
		assert_eq!(ranking.found(&[1; 5], 0.2), 0.5);
		assert_eq!(ranking.found(&[1; 5], 0.4), 0.5);
		assert_eq!(ranking.found(&[1; 5], 0.41), 1.0);
	}

	proptest! {
		#[test]
		fn counted_rows_should_be_as_repeated_ones(
			rows in prop::collection::vec((0u8..9, any::<bool>(), 0u32..4), 1..40),
			part in 0.0f64..1.0,
		) {
			let column = |repeated: bool| -> (Vec<f64>, Vec<bool>) {
				let times = |count| if repeated { count as usize } else { 1 };
				rows.iter()
					.flat_map(|(x, wrong, n)| std::iter::repeat_n((f64::from(*x), *wrong), times(*n)))
					.unzip()
			};
			let ((suspicion, wrong), (all_suspicion, all_wrong)) = (column(false), column(true));
			let counts: Vec<u32> = rows.iter().map(|row| row.2).collect();
			let (once, often) =
				(Ranking::new(&suspicion, &wrong), Ranking::new(&all_suspicion, &all_wrong));
			let ones = vec![1; all_wrong.len()];
			prop_assert!((once.auc(&counts) - often.auc(&ones)).abs() < 1e-12);
			prop_assert!((once.found(&counts, part) - often.found(&ones, part)).abs() < 1e-12);
		}
	}
}
