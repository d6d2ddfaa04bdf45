//! Reads and writes shares such as `Permill` as percent.

/// How many parts a whole has in the type with this name; `None` if the type is not a share.
pub(super) fn accuracy(name: &str) -> Option<u64> {
	match name {
		"Percent" => Some(100),
		"Permill" => Some(1_000_000),
		"Perbill" => Some(1_000_000_000),
		"Perquintill" => Some(1_000_000_000_000_000_000),
		_ => None,
	}
}

/// Writes a share as percent, such as `37.5 %`.
pub(super) fn text(parts: u64, accuracy: u64) -> String {
	let hundred = u128::from(parts) * 100;
	let (whole, rest) = (hundred / u128::from(accuracy), hundred % u128::from(accuracy));
	let digits = accuracy.ilog10().try_into().unwrap_or(0);
	let decimals = format!("{rest:0digits$}");
	match decimals.trim_end_matches('0') {
		"" => format!("{whole} %"),
		decimals => format!("{whole}.{decimals} %"),
	}
}

/// Reads the parts that a text such as `37.5 %` stands for; `None` if it is not a share, is too
/// fine, or is above the whole.
pub(super) fn parse(text: &str, accuracy: u64) -> Option<u64> {
	let text = text.strip_suffix('%')?.trim();
	let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
	let digits = [whole, decimals].concat();
	if whole.is_empty() || digits.len() > 18 || !digits.bytes().all(|digit| digit.is_ascii_digit())
	{
		return None;
	}
	let number: u128 = digits.parse().ok()?;
	let scale = 10u128.checked_pow(u32::try_from(decimals.len()).ok()?)?.checked_mul(100)?;
	let parts = number.checked_mul(accuracy.into())?;
	let parts = (parts % scale == 0).then_some(parts / scale)?;
	u64::try_from(parts).ok().filter(|parts| *parts <= accuracy)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn share_should_be_read_only_when_it_is_exact_and_no_more_than_all() {
		for (share, parts) in [
			("40 %", Some(400_000)),
			("0.2%", Some(2_000)),
			("100 %", Some(1_000_000)),
			("83.3333 %", Some(833_333)),
			("83.33333 %", None),
			("100.1 %", None),
			(".5 %", None),
			("-1 %", None),
			("40", None),
			("", None),
		] {
			assert_eq!(parse(share, 1_000_000), parts, "{share}");
		}
		assert_eq!(text(400_000, 1_000_000), "40 %");
		assert_eq!(text(7, 100), "7 %");
	}

	proptest! {
		#[test]
		fn share_should_read_back_the_same_when_written(parts in 0..=1_000_000_000u64) {
			for accuracy in [1_000_000_000, 1_000_000_000_000_000_000] {
				prop_assert_eq!(parse(&text(parts, accuracy), accuracy), Some(parts));
			}
			let permill = parts / 1_000;
			prop_assert_eq!(parse(&text(permill, 1_000_000), 1_000_000), Some(permill));
		}

		#[test]
		fn reading_should_not_panic_when_text_is_arbitrary(text in "[0-9.% ]{0,40}|.{0,20}") {
			let _ = parse(&text, u64::MAX);
		}
	}
}
