//! Lexical relevance of texts to a query: what attributions of text models must beat, without any
//! model. It does not apply to tables of numbers.

use std::collections::HashMap;

/// Saturation of term frequencies, the usual value (Robertson and Zaragoza 2009, section 3.4).
pub(crate) const K1: f64 = 1.2;

/// Normalisation by length, the usual value (ibid.).
pub(crate) const B: f64 = 0.75;

/// Okapi BM25 over a list of texts (Robertson and Zaragoza 2009, *The Probabilistic Relevance
/// Framework: BM25 and Beyond*, section 3.4): `k1` 1.2 and `b` 0.75.
///
/// Words are the lower-cased runs of Unicode letters and digits. A word in `d` of `n` texts weighs
/// `ln(1 + (n - d + 0.5) / (d + 0.5))`: with the 1, one that is in most texts cannot count against
/// a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Bm25 {
	/// Per word the texts that have it and how often, in order of the texts.
	postings: HashMap<String, Vec<(usize, f64)>>,
	/// `k1 (1 - b + b · length / mean length)` of each text.
	normalisers: Vec<f64>,
}

impl Bm25 {
	/// Counts the words of `texts`.
	pub fn new(texts: &[&str]) -> Self {
		let mut postings: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
		let mut lengths = Vec::with_capacity(texts.len());
		for (text, content) in texts.iter().enumerate() {
			let mut length = 0.0;
			for word in words(content) {
				length += 1.0;
				let posting = postings.entry(word).or_default();
				match posting.last_mut() {
					Some((last, count)) if *last == text => *count += 1.0,
					_ => posting.push((text, 1.0)),
				}
			}
			lengths.push(length);
		}
		let mean = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
		// The mean is zero only where no text has words, and then no normaliser is asked for.
		let normaliser = |length: &f64| K1 * (1.0 - B + B * length / mean);
		Self { postings, normalisers: lengths.iter().map(normaliser).collect() }
	}

	/// The relevance of each text to `query`, not negative, `[texts]`. A word counts as often as the
	/// query has it.
	pub fn scores(&self, query: &str) -> Vec<f64> {
		let mut scores = vec![0.0; self.normalisers.len()];
		for word in words(query) {
			let Some(posting) = self.postings.get(&word) else { continue };
			let (texts, having) = (scores.len() as f64, posting.len() as f64);
			let weight = (1.0 + (texts - having + 0.5) / (having + 0.5)).ln();
			for (text, count) in posting {
				scores[*text] += weight * count * (K1 + 1.0) / (count + self.normalisers[*text]);
			}
		}
		scores
	}
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
	let runs = text.split(|c: char| !c.is_alphanumeric());
	runs.filter(|run| !run.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const TEXTS: [&str; 3] = ["The cat sat.", "the dog; the dog, the DOG!", "A mouse"];

	#[test]
	fn words_should_be_lower_case_runs_of_letters_and_digits() {
		let found: Vec<String> = words("  Änderung: x_2,don't—ΣΑΣ 3.5%").collect();
		assert_eq!(found, ["änderung", "x", "2", "don", "t", "σας", "3", "5"]);
		assert_eq!(words("...").count(), 0);
	}

	#[test]
	fn scores_should_be_those_computed_by_hand() {
		let bm25 = Bm25::new(&TEXTS);
		// Lengths 3, 6 and 2, their mean 11/3. `dog` is in one text of three, thrice:
		// ln(1 + 2.5/1.5) = 0.980829, and 1.2 (0.25 + 0.75 · 6 · 3/11) = 1.772727.
		let dog = bm25.scores("Dog");
		assert!((dog[1] - 0.980829 * 3.0 * 2.2 / 4.772727).abs() < 1e-5, "{dog:?}");
		assert_eq!((dog[0], dog[2]), (0.0, 0.0));
		// `the` is in two texts: ln(1 + 1.5/2.5) = 0.470004; the first text's normaliser is
		// 1.2 (0.25 + 0.75 · 9/11) = 1.036364.
		let the = bm25.scores("the");
		assert!((the[0] - 0.470004 * 2.2 / 2.036364).abs() < 1e-5, "{the:?}");
		assert!((the[1] - 0.470004 * 3.0 * 2.2 / 4.772727).abs() < 1e-5, "{the:?}");
	}

	#[test]
	fn scores_should_add_up_over_the_words_of_the_query() {
		let bm25 = Bm25::new(&TEXTS);
		let (the, dog, both) =
			(bm25.scores("the"), bm25.scores("dog"), bm25.scores("dog, THE dog"));
		for text in 0..3 {
			assert!((both[text] - the[text] - 2.0 * dog[text]).abs() < 1e-12);
		}
	}

	#[test]
	fn scores_should_be_zero_when_no_word_is_shared() {
		assert_eq!(Bm25::new(&TEXTS).scores("horse ..."), [0.0; 3]);
		assert_eq!(Bm25::new(&["", "..."]).scores("cat"), [0.0; 2]);
		assert!(Bm25::new(&[]).scores("cat").is_empty());
	}

	#[test]
	fn shorter_text_should_score_higher_when_words_are_as_frequent() {
		let scores = Bm25::new(&["cat", "cat and much else", "dog"]).scores("cat");
		assert!(scores[0] > scores[1] && scores[1] > 0.0);
	}

	proptest! {
		#[test]
		fn scores_should_be_finite_and_positive_where_a_word_is_shared(
			texts in prop::collection::vec("[a-c ]{0,12}", 1..8),
			query in "[a-c ]{0,6}",
		) {
			let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
			for (text, score) in texts.iter().zip(Bm25::new(&texts).scores(&query)) {
				let shared = words(text).any(|word| words(&query).any(|other| other == word));
				prop_assert!(score.is_finite());
				prop_assert_eq!(score > 0.0, shared);
			}
		}
	}
}
