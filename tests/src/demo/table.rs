//! The demo's result for people.

use super::report::Report;
use crate::amount::in_open;
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};

/// Draws the table of contributors, who was paid what, and the checks.
pub fn render(report: &Report) -> String {
	let mut contributors = Table::new();
	contributors.load_preset(UTF8_FULL_CONDENSED).set_header([
		"contributor",
		"speciality",
		"rows",
		"income (OPEN)",
		"per row",
		"from 0 and 1",
	]);
	for line in &report.contributors {
		contributors.add_row([
			line.contributor.trim_start_matches('/').to_string(),
			line.speciality.clone(),
			line.rows.to_string(),
			in_open(line.income.0),
			in_open(line.income_per_row.0),
			percentage(line.income_from_zeros_and_ones.0, line.income.0),
		]);
	}
	for column in contributors.column_iter_mut().skip(2) {
		column.set_cell_alignment(CellAlignment::Right);
	}

	let mut split = Table::new();
	split.load_preset(UTF8_FULL_CONDENSED).set_header(["fees charged", "OPEN", ""]);
	let role = |role: &'static str| {
		(role, report.paid_by_role.get(role).map(|amount| amount.0).unwrap_or_default())
	};
	let parts = [
		role("contributors"),
		role("owners"),
		role("attesters"),
		("treasury", report.treasury.0),
		("total", report.fees_charged.0),
	];
	for (part, amount) in parts {
		split.add_row([
			part.to_string(),
			in_open(amount),
			percentage(amount, report.fees_charged.0),
		]);
	}
	for column in split.column_iter_mut().skip(1) {
		column.set_cell_alignment(CellAlignment::Right);
	}

	let mut text = format!("{contributors}\n\n{split}\n\n");
	for check in &report.checks {
		text += &match check.passed {
			true => format!("ok      {}\n", check.name),
			false => format!("FAILED  {}: {}\n", check.name, check.detail),
		};
	}
	text += &format!(
		"\n{} of {} queries settled, {:.0} % answered right, {} blocks, {:.0} seconds; \
		 transaction fees {} OPEN.\n",
		report.settled,
		report.queries,
		100.0 * report.accuracy,
		report.blocks,
		report.wall_seconds,
		in_open(report.transaction_fees.0),
	);
	text
}

fn percentage(part: u128, whole: u128) -> String {
	match whole {
		0 => "-".into(),
		whole => format!("{} %", (part * 200 + whole) / (2 * whole)),
	}
}

#[cfg(test)]
mod tests {
	use super::percentage;

	#[test]
	fn percentage_should_round_to_the_nearest_when_it_is_no_whole_number() {
		assert_eq!(percentage(1, 3), "33 %");
		assert_eq!(percentage(2, 3), "67 %");
		assert_eq!(percentage(5, 5), "100 %");
		assert_eq!(percentage(0, 0), "-");
	}
}
