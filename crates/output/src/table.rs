//! Tables and lists for a terminal.

use comfy_table::{presets::UTF8_BORDERS_ONLY, Cell, CellAlignment, Table};

/// A column of a table, with its heading.
#[derive(Clone, Copy, Debug)]
pub enum Column {
	/// A column of words, aligned to the left.
	Text(&'static str),
	/// A column of whole numbers, aligned to the right.
	Number(&'static str),
	/// A column of amounts of OPEN, their decimal points one below the other.
	Open(&'static str),
	/// A column of votes, aligned as amounts are.
	Votes(&'static str),
}

/// Draws a table; each row has as many cells as there are columns.
pub fn table(columns: &[Column], mut rows: Vec<Vec<String>>) -> String {
	let mut table = Table::new();
	table.load_preset(UTF8_BORDERS_ONLY).set_header(columns.iter().map(|column| match column {
		Column::Text(heading) | Column::Number(heading) | Column::Votes(heading) => {
			Cell::new(heading)
		},
		Column::Open(heading) => Cell::new(format!("{heading} (OPEN)")),
	}));
	for (at, column) in columns.iter().enumerate() {
		if let Column::Open(_) | Column::Votes(_) = column {
			align_points(rows.iter_mut().filter_map(|row| row.get_mut(at)).collect());
		}
	}
	for row in rows {
		table.add_row(row);
	}
	for (at, column) in columns.iter().enumerate() {
		let numbers = !matches!(column, Column::Text(_));
		if let (true, Some(cells)) = (numbers, table.column_mut(at)) {
			cells.set_cell_alignment(CellAlignment::Right);
		}
	}
	table.to_string()
}

/// Gives all amounts as many decimals as the one with the most; empty cells stay empty.
fn align_points(amounts: Vec<&mut String>) {
	let decimals = |amount: &str| amount.split_once('.').map_or(0, |(_, decimals)| decimals.len());
	let most = amounts.iter().map(|amount| decimals(amount)).max().unwrap_or(0);
	for amount in amounts.into_iter().filter(|amount| !amount.is_empty()) {
		let missing = most.saturating_sub(decimals(amount));
		if missing > 0 && !amount.contains('.') {
			amount.push('.');
		}
		amount.push_str(&"0".repeat(missing));
	}
}

/// Lists names and values, one pair a line, the values aligned.
pub fn fields(pairs: &[(&str, String)]) -> String {
	let width = pairs.iter().map(|p| p.0.len()).max().unwrap_or(0);
	let lines: Vec<_> =
		pairs.iter().map(|(name, value)| format!("{name:<width$}  {value}")).collect();
	lines.join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amounts_should_stand_point_below_point_when_their_decimals_differ() {
		let cells = ["1", "0.0402", "", "12.5"].map(String::from);
		let rows = cells.map(|cell| vec![cell, "x".into()]).to_vec();
		let shown = table(&[Column::Open("fee"), Column::Text("for")], rows);
		let lines: Vec<_> = shown.lines().collect();
		assert!(lines[1].contains("fee (OPEN)"), "{shown}");
		let points: Vec<_> = lines.iter().filter_map(|line| line.find('.')).collect();
		assert_eq!(points.len(), 3, "{shown}");
		assert!(points.iter().all(|at| *at == points[0]), "{shown}");
		assert!(shown.contains("12.5000") && shown.contains(" 1.0000"), "{shown}");
	}
}
