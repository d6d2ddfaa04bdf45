//! What the pages of several commands have in common.

use crate::html::{element, picture::Look, Markup};
use openledger_client::amount::Amount;

/// Decimals of an amount that are shown in full size. The finer ones are small: few read them.
const DECIMALS: usize = 6;

/// An exact amount of OPEN, its finer decimals small.
pub(super) fn amount(units: u128) -> Markup {
	let text = Amount(units).to_string();
	let read = text.find('.').map_or(text.len(), |point| text.len().min(point + 1 + DECIMALS));
	let (read, fine) = text.split_at(read);
	let fine = (!fine.is_empty()).then(|| element("span").class("fine").with(fine));
	element("span").class("amount").with(read).with_all(fine).into()
}

/// Writes a part of one in percent, so that it is not broken into two lines.
pub(super) fn percent(part: f64) -> String {
	format!("{:.2}\u{a0}%", 100.0 * part)
}

/// One row with what there is to say about it.
pub(super) struct Card {
	/// The row, as its [`Look`] shows it.
	pub row: Markup,
	/// The heading, such as the label that the row has.
	pub title: Option<String>,
	/// What was found about it.
	pub lines: Vec<String>,
}

/// Rows beside each other.
pub(super) fn row_cards(look: Look, cards: impl Iterator<Item = Card>) -> Markup {
	let class = match look {
		Look::Picture { .. } => "rows",
		Look::Numbers => "rows wide",
	};
	let card = |Card { row, title, lines }: Card| {
		let title = title.map(|title| element("p").with(element("strong").with(title)));
		element("li")
			.with(row)
			.with_all(title)
			.with_all(lines.into_iter().map(|line| element("p").with(line)))
	};
	element("ol").class(class).with_all(cards.map(card)).into()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amount_should_be_exact_and_its_fine_decimals_apart() {
		let shown = |units| amount(units).to_string();
		let amount = |text: &str| format!("<span class=\"amount\">{text}</span>");
		assert_eq!(shown(1_500_000_000_000_000_000), amount("1.5"));
		assert_eq!(shown(0), amount("0"));
		let fine = amount("0.012345<span class=\"fine\">678901234567</span>");
		assert_eq!(shown(12_345_678_901_234_567), fine);
	}

	#[test]
	fn percent_should_have_two_decimals() {
		assert_eq!(percent(0.12345), "12.35\u{a0}%");
	}
}
