//! Messages to product support, made up by a small grammar.

use openledger_models::Result;
use openledger_rows::Dataset;
use openledger_rows::TextDataset;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What messages complain about, and the classes' names, sorted.
const TOPICS: [&str; 3] = ["billing", "delivery", "device"];

/// What each topic's messages name. Some things belong to two.
const THINGS: [&[&str]; 3] = [
	&["bill", "payment", "refund", "invoice", "order"],
	&["parcel", "courier", "box", "address", "order"],
	&["screen", "battery", "camera", "speaker", "box"],
];

/// What is wrong with these things. Some words belong to two topics.
const FAULTS: [&[&str]; 3] = [
	&["wrong", "too high", "overdue", "missing"],
	&["late", "lost", "damaged", "missing"],
	&["broken", "slow", "damaged", "wrong"],
];

/// What is said of things that are in order, whatever the topic.
const GOOD: &[&str] = &["fine", "good", "perfect"];

const FILLERS: &[&str] = &["please help", "thank you", "i waited a week", "what now"];

/// The part of messages that also name a thing of another topic, with which all is well.
const CONTRASTS: f64 = 0.4;

/// The part of labels that are another topic's.
const NOISE: f64 = 0.05;

/// `count` short messages, each labelled by what it complains about: billing, delivery or device.
///
/// Two in five also name a thing of another topic that is in order, before or after. Things and
/// faults of two topics, negation (`is not good`, `is not late`) and one label in twenty that is wrong
/// keep words alone from settling the class. Equal seeds give equal rows.
///
/// # Errors
/// [`openledger_rows::Error`] if `count` is zero or too large.
pub fn messages(count: usize, seed: u64) -> Result<Dataset> {
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let (mut texts, mut labels) = (Vec::new(), Vec::new());
	for _ in 0..count {
		let topic = rng.random_range(0..TOPICS.len());
		texts.push(message(topic, &mut rng));
		let label = if rng.random_bool(NOISE) { other(topic, &mut rng) } else { topic };
		labels.push(label as u32);
	}
	let names = TOPICS.map(str::to_owned).to_vec();
	Ok(Dataset::from_text(TextDataset::new(texts, Some(labels), names)?))
}

fn message(topic: usize, rng: &mut ChaCha8Rng) -> String {
	let complaint = statement(topic, false, rng);
	if !rng.random_bool(CONTRASTS) {
		return format!("{complaint}, {}", one(FILLERS, rng));
	}
	let praise = statement(other(topic, rng), true, rng);
	match rng.random_bool(0.5) {
		true => format!("{praise} but {complaint}"),
		false => format!("{complaint} though {praise}"),
	}
}

/// A statement that a thing of the topic is in order or, unless `fine`, that it is not.
fn statement(topic: usize, fine: bool, rng: &mut ChaCha8Rng) -> String {
	let determiner = one(&["the", "my"], rng);
	let [thing, fault] = [THINGS, FAULTS].map(|words| one(words[topic], rng));
	let good = one(GOOD, rng);
	match (fine, rng.random_bool(0.6)) {
		(false, true) => format!("{determiner} {thing} is {fault}"),
		(false, false) => format!("{determiner} {thing} is not {good}"),
		(true, true) => format!("{determiner} {thing} is {good}"),
		(true, false) => format!("{determiner} {thing} is not {fault}"),
	}
}

/// A topic drawn among all but one.
fn other(topic: usize, rng: &mut ChaCha8Rng) -> usize {
	(topic + rng.random_range(1..TOPICS.len())) % TOPICS.len()
}

fn one<'a>(words: &[&'a str], rng: &mut ChaCha8Rng) -> &'a str {
	words.get(rng.random_range(0..words.len().max(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn messages_should_be_the_same_for_a_seed_and_others_for_another() {
		let data = messages(200, 3).unwrap();
		assert_eq!((data.len(), data.classes()), (200, 3));
		assert_eq!(data.content_root(), messages(200, 3).unwrap().content_root());
		assert_ne!(data.content_root(), messages(200, 4).unwrap().content_root());
		let different: BTreeSet<&String> = data.texts().unwrap().texts().iter().collect();
		assert!(different.len() > 170, "{}", different.len());
		assert!(messages(0, 3).is_err());
	}

	#[test]
	fn words_alone_should_not_settle_the_class() {
		let data = messages(600, 1).unwrap();
		// The topic of most of the things named: what a bag of words can know at best.
		let votes = |text: &str| -> [usize; 3] {
			let words: Vec<&str> = text.split([' ', ',']).collect();
			THINGS.map(|things| words.iter().filter(|word| things.contains(word)).count())
		};
		let (mut settled, mut right) = (0, 0);
		for (row, text) in data.texts().unwrap().texts().iter().enumerate() {
			let votes = votes(text);
			let most = votes.iter().max().copied().unwrap_or(0);
			let leading: Vec<usize> = (0..3).filter(|topic| votes[*topic] == most).collect();
			settled += usize::from(leading.len() == 1);
			right += usize::from(leading == [data.label(row) as usize]);
		}
		assert!((150..350).contains(&settled), "{settled}");
		assert!(right < settled && right > settled * 8 / 10, "{right} of {settled}");
	}
}
