//! Rows that models are trained on: rows of numbers with a class label in the last column, or rows
//! of text.

use crate::{header::needs_header, number::is_missing_name, Error, Note, Result, TextDataset};
use openledger_primitives::{encode_row, H256};
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;

/// Rows in order: rows of numbers with one class label each, or rows of text with a label each or
/// none.
///
/// Every feature is finite and zero has no sign, so equal rows have equal bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
	content: Content,
	/// One label a row, or zeros where rows have none.
	labels: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
	/// Features, row-major `[rows][columns]`.
	Numbers { columns: usize, features: Vec<f32> },
	/// Texts, and with each the bytes at its beginning that are given, not predicted.
	Text { rows: TextDataset, prompts: Vec<usize> },
}

impl Dataset {
	/// Takes `features`, row-major `[labels.len()][columns]`, and `labels`.
	///
	/// # Errors
	/// [`Error::NoRows`], [`Error::FeatureCount`] if the lengths do not fit, [`Error::NotFinite`].
	pub fn new(columns: usize, mut features: Vec<f32>, labels: Vec<u32>) -> Result<Self> {
		if labels.is_empty() || columns == 0 {
			return Err(Error::NoRows);
		}
		if labels.len().checked_mul(columns) != Some(features.len()) {
			return Err(Error::FeatureCount {
				found: features.len() / labels.len(),
				expected: columns,
			});
		}
		if features.iter().any(|x| !x.is_finite()) {
			return Err(Error::NotFinite("a feature"));
		}
		// Adding zero turns -0 into 0 and changes nothing else.
		features.iter_mut().for_each(|x| *x += 0.0);
		Ok(Self { content: Content::Numbers { columns, features }, labels })
	}

	/// Takes rows of text. Classifiers learn their labels, and language models the whole texts.
	pub fn from_text(rows: TextDataset) -> Self {
		let labels = rows.labels().map_or_else(|| vec![0; rows.len()], <[u32]>::to_vec);
		let prompts = vec![0; rows.len()];
		Self { content: Content::Text { rows, prompts }, labels }
	}

	/// Takes one text that continues a prompt: only the continuation is to be predicted.
	///
	/// # Errors
	/// [`Error::Empty`], [`Error::TooLong`].
	pub fn continued(prompt: &str, continuation: &str) -> Result<Self> {
		let rows = TextDataset::new(vec![format!("{prompt}{continuation}")], None, Vec::new())?;
		let prompts = vec![prompt.len()];
		Ok(Self { content: Content::Text { rows, prompts }, labels: vec![0] })
	}

	/// The number of rows, at least one.
	pub fn len(&self) -> usize {
		self.labels.len()
	}

	/// Whether there are no rows, which never happens.
	pub fn is_empty(&self) -> bool {
		self.labels.is_empty()
	}

	/// The number of features of each row, without the label; 0 for text.
	pub fn columns(&self) -> usize {
		match &self.content {
			Content::Numbers { columns, .. } => *columns,
			Content::Text { .. } => 0,
		}
	}

	/// All features, row-major `[len][columns]`; none for text.
	pub fn features(&self) -> &[f32] {
		match &self.content {
			Content::Numbers { features, .. } => features,
			Content::Text { .. } => &[],
		}
	}

	/// The rows of text; `None` if rows are of numbers.
	pub fn texts(&self) -> Option<&TextDataset> {
		match &self.content {
			Content::Numbers { .. } => None,
			Content::Text { rows, .. } => Some(rows),
		}
	}

	/// The text of row `i`; `None` if rows are of numbers or there is no such row.
	pub fn text(&self, i: usize) -> Option<&str> {
		self.texts()?.texts().get(i).map(String::as_str)
	}

	/// The beginning of row `i`'s text that is given, not predicted; empty for rows of numbers.
	pub fn prompt(&self, i: usize) -> &str {
		match &self.content {
			Content::Numbers { .. } => "",
			Content::Text { rows, prompts } => {
				let text = rows.texts().get(i).zip(prompts.get(i));
				text.and_then(|(text, bytes)| text.get(..*bytes)).unwrap_or("")
			},
		}
	}

	/// Whether rows have labels. Rows of numbers always do.
	pub fn is_labelled(&self) -> bool {
		self.texts().is_none_or(|rows| rows.labels().is_some())
	}

	/// The labels of all rows, `[len]`.
	pub fn labels(&self) -> &[u32] {
		&self.labels
	}

	/// The number of classes: the largest label plus one, or the number of names.
	pub fn classes(&self) -> u32 {
		if let Some(rows) = self.texts() {
			return rows.classes();
		}
		self.labels.iter().max().map_or(0, |label| label.saturating_add(1))
	}

	/// The names of the classes 0, 1, …; empty if they have none.
	pub fn class_names(&self) -> &[String] {
		self.texts().map_or(&[], TextDataset::class_names)
	}

	/// What class `label` is called: its name, or its number.
	pub fn class_name(&self, label: u32) -> String {
		let name = usize::try_from(label).ok().and_then(|label| self.class_names().get(label));
		name.cloned().unwrap_or_else(|| label.to_string())
	}

	/// The features of row `i`, `[columns]`; none for text.
	///
	/// # Panics
	/// If there is no such row.
	pub fn row(&self, i: usize) -> &[f32] {
		&self.features()[i * self.columns()..][..self.columns()]
	}

	/// The label of row `i`.
	///
	/// # Panics
	/// If there is no such row.
	pub fn label(&self, i: usize) -> u32 {
		self.labels[i]
	}

	/// The features and the label of each row, in order; none for text.
	pub fn rows(&self) -> impl Iterator<Item = (&[f32], u32)> {
		let rows = self.features().chunks_exact(self.columns().max(1));
		rows.zip(self.labels.iter().copied())
	}

	/// The input of an inference that row `i` makes: its features as one comma-separated line, or its
	/// text.
	///
	/// # Panics
	/// If there is no such row.
	pub fn row_text(&self, i: usize) -> String {
		if let Some(rows) = self.texts() {
			return rows.texts()[i].clone();
		}
		let mut text = String::new();
		write_features(self.row(i), &mut text);
		text
	}

	/// Writes the rows as a file: CSV with the label last, or JSON Lines for text. There is a header
	/// only where the first row or column could be taken for one or for numbers of rows. Reading it
	/// gives the same rows bit for bit.
	pub fn to_bytes(&self) -> Vec<u8> {
		if let Some(rows) = self.texts() {
			return rows.to_json_lines();
		}
		let mut text = String::new();
		if needs_header(self.columns(), self.features(), self.labels()) {
			(1..=self.columns()).for_each(|column| text.push_str(&format!("x{column},")));
			text.push_str("label\n");
		}
		for (row, label) in self.rows() {
			write_features(row, &mut text);
			// Writing to a string cannot fail.
			let _ = writeln!(text, ",{label}");
		}
		text.into_bytes()
	}

	/// The rows with these numbers, in the order given. Repeats are allowed.
	///
	/// # Errors
	/// [`Error::NoRows`] if `rows` is empty.
	///
	/// # Panics
	/// If there is no such row.
	pub fn select(&self, rows: &[usize]) -> Result<Self> {
		let labels = rows.iter().map(|&i| self.labels[i]).collect();
		match &self.content {
			Content::Numbers { columns, .. } => {
				let features = rows.iter().flat_map(|&i| self.row(i)).copied().collect();
				Self::new(*columns, features, labels)
			},
			Content::Text { rows: texts, prompts } => {
				let prompts = rows.iter().map(|&i| prompts[i]).collect();
				Ok(Self { content: Content::Text { rows: texts.select(rows)?, prompts }, labels })
			},
		}
	}

	/// All rows of `parts`, one after the other.
	///
	/// # Errors
	/// [`Error::NoRows`] if there are none, [`Error::FeatureCount`] if the parts differ in width,
	/// [`Error::WrongKind`] if some are of text, [`Error::Mixed`] if their labels differ in kind.
	pub fn concat(parts: &[&Self]) -> Result<Self> {
		let first = *parts.first().ok_or(Error::NoRows)?;
		if let Some(other) = parts.iter().find(|part| part.kind() != first.kind()) {
			return Err(Error::WrongKind { found: other.kind(), expected: first.kind() });
		}
		let columns = first.columns();
		if let Some(other) = parts.iter().find(|part| part.columns() != columns) {
			return Err(Error::FeatureCount { found: other.columns(), expected: columns });
		}
		if first.texts().is_some() {
			let texts: Vec<&TextDataset> = parts.iter().filter_map(|part| part.texts()).collect();
			let prompts = parts.iter().flat_map(|part| part.prompt_lengths()).copied();
			// Names of classes may get other numbers when more of them come together.
			let joined = Self::from_text(TextDataset::concat(&texts)?);
			let Content::Text { rows, .. } = joined.content else { return Err(Error::NoRows) };
			let content = Content::Text { rows, prompts: prompts.collect() };
			return Ok(Self { content, labels: joined.labels });
		}
		let features = parts.iter().flat_map(|part| part.features()).copied().collect();
		let labels = parts.iter().flat_map(|part| &part.labels).copied().collect();
		Self::new(columns, features, labels)
	}

	/// What the rows are, as messages call it: `numbers` or `text`.
	pub fn kind(&self) -> &'static str {
		match &self.content {
			Content::Numbers { .. } => "numbers",
			Content::Text { .. } => "text",
		}
	}

	fn prompt_lengths(&self) -> &[usize] {
		match &self.content {
			Content::Numbers { .. } => &[],
			Content::Text { prompts, .. } => prompts,
		}
	}

	/// The same features with other labels, `[len]`.
	///
	/// # Errors
	/// [`Error::FeatureCount`] if their number differs; [`Error::NotALabel`] if they are no classes.
	pub fn with_labels(&self, labels: Vec<u32>) -> Result<Self> {
		match &self.content {
			Content::Numbers { columns, features } => Self::new(*columns, features.clone(), labels),
			Content::Text { rows, prompts } => {
				let names = rows.class_names().to_vec();
				let rows = TextDataset::new(rows.texts().to_vec(), Some(labels.clone()), names)?;
				Ok(Self { content: Content::Text { rows, prompts: prompts.clone() }, labels })
			},
		}
	}

	/// The same rows with classes numbered by `names`, which are sorted, as another data set has
	/// them. Rows of numbers stay as they are.
	///
	/// # Errors
	/// [`Error::NotALabel`] if a label is none of the names.
	pub fn with_classes(self, names: &[String]) -> Result<Self> {
		match self.content {
			Content::Text { rows, prompts } if rows.class_names() != names => {
				let Self { content, labels } = Self::from_text(rows.with_classes(names)?);
				let Content::Text { rows, .. } = content else { return Err(Error::NoRows) };
				Ok(Self { content: Content::Text { rows, prompts }, labels })
			},
			content => Ok(Self { content, ..self }),
		}
	}

	/// Shuffles the rows with `seed` and splits off the first `train_rows`; the rest comes second.
	///
	/// # Errors
	/// [`Error::NoRows`] if either part would be empty.
	pub fn split(&self, train_rows: usize, seed: u64) -> Result<(Self, Self)> {
		let mut order: Vec<usize> = (0..self.len()).collect();
		order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
		let (train, rest) = order.split_at_checked(train_rows).ok_or(Error::NoRows)?;
		Ok((self.select(train)?, self.select(rest)?))
	}

	/// The content root that a contributor commits to, a curator checks and an attester recomputes.
	///
	/// It is the Merkle root over the blake2-256 hashes of the rows' encodings, in order: of
	/// [`encode_row`], and for text of [`encode_text_row`](openledger_primitives::encode_text_row).
	pub fn content_root(&self) -> [u8; 32] {
		match &self.content {
			Content::Numbers { .. } => numbers_root(self).0,
			Content::Text { rows, .. } => rows.content_root(),
		}
	}

	/// What is worth knowing about the rows before a model learns from them.
	pub fn notes(&self) -> Vec<Note> {
		let mut notes: Vec<Note> = self.scale().into_iter().collect();
		if self.is_labelled() {
			let mut found = self.labels.clone();
			found.sort_unstable();
			found.dedup();
			if let [label] = found.as_slice() {
				notes.push(Note::OneClass { label: self.class_name(*label) });
			}
			let largest = found.last().copied().unwrap_or(0);
			// Some rows of many classes are usual, stray labels are not.
			if self.class_names().is_empty() && found.len() < (largest as usize).div_ceil(2) {
				notes.push(Note::Gaps { largest, found: found.len() });
			}
		}
		let texts = self.texts().map_or(&[][..], TextDataset::texts);
		let missing = || (1..).zip(texts).filter(|(_, text)| is_missing_name(text.trim()));
		if let Some((row, text)) = missing().next() {
			notes.push(Note::MissingTexts { count: missing().count(), row, text: text.clone() });
		}
		notes
	}

	/// Whether some features are thousands of times as large as others.
	fn scale(&self) -> Option<Note> {
		let mut largest = vec![0f32; self.columns()];
		for (row, _) in self.rows() {
			for (most, x) in largest.iter_mut().zip(row) {
				*most = most.max(x.abs());
			}
		}
		let sizes = || (1..).zip(&largest).filter(|(_, most)| **most > 0.0);
		let (large, most) = sizes().max_by(|a, b| a.1.total_cmp(b.1))?;
		let (small, least) = sizes().min_by(|a, b| a.1.total_cmp(b.1))?;
		(most / 1000.0 > *least).then_some(Note::Scale {
			large,
			largest: *most,
			small,
			smallest: *least,
		})
	}

	/// The number of classes for a model of these rows, where nobody says another.
	///
	/// # Errors
	/// [`Error::Unlabelled`], and [`Error::OneClass`] if all rows have the same label.
	pub fn class_count(&self) -> Result<usize> {
		if !self.is_labelled() {
			return Err(Error::Unlabelled);
		}
		let first = self.labels.first().copied().unwrap_or(0);
		match self.labels.iter().all(|label| *label == first) {
			true => Err(Error::OneClass { label: self.class_name(first) }),
			false => Ok(usize::try_from(self.classes()).unwrap_or(usize::MAX)),
		}
	}

	/// Checks that the rows fit a model of `columns` features and `classes` classes.
	///
	/// # Errors
	/// [`Error::WrongKind`], [`Error::FeatureCount`], [`Error::ClassCount`].
	pub fn check_fits(&self, columns: usize, classes: usize) -> Result<()> {
		if self.texts().is_some() {
			return Err(Error::WrongKind { found: "text", expected: "numbers" });
		}
		if self.columns() != columns {
			return Err(Error::FeatureCount { found: self.columns(), expected: columns });
		}
		match self.labels.iter().find(|&&label| label as usize >= classes) {
			Some(&label) => Err(Error::ClassCount { label, classes }),
			None => Ok(()),
		}
	}
}

fn write_features(row: &[f32], text: &mut String) {
	for (i, value) in row.iter().enumerate() {
		let separator = if i == 0 { "" } else { "," };
		// The shortest digits that read back to the same number. Writing to a string cannot fail.
		let _ = write!(text, "{separator}{value}");
	}
}

fn numbers_root(data: &Dataset) -> H256 {
	openledger_primitives::content_root(data.rows().map(|(row, label)| encode_row(row, label)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Schema;
	use proptest::prelude::*;

	fn small() -> Dataset {
		Dataset::new(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![0, 1, 2]).unwrap()
	}

	#[test]
	fn new_should_refuse_when_shapes_do_not_fit() {
		assert!(matches!(
			Dataset::new(2, vec![1.0; 5], vec![0, 1]),
			Err(Error::FeatureCount { .. })
		));
		assert!(matches!(Dataset::new(2, vec![], vec![]), Err(Error::NoRows)));
		assert!(matches!(Dataset::new(1, vec![f32::NAN], vec![0]), Err(Error::NotFinite(_))));
	}

	#[test]
	fn check_should_name_the_label_when_it_is_no_class() {
		let error = small().check_fits(2, 2).unwrap_err();
		assert_eq!(error.to_string(), "label 2 is not one of the 2 classes, 0 to 1");
		assert!(small().check_fits(2, 3).is_ok());
		assert!(small().check_fits(3, 3).is_err());
	}

	#[test]
	fn split_should_part_all_rows_and_depend_on_the_seed_alone() {
		let data = Dataset::new(1, (0..50).map(|i| i as f32).collect(), vec![0; 50]).unwrap();
		let (train, rest) = data.split(30, 7).unwrap();
		assert_eq!((train.len(), rest.len()), (30, 20));
		let mut all: Vec<f32> = train.features().iter().chain(rest.features()).copied().collect();
		all.sort_by(f32::total_cmp);
		assert_eq!(all, data.features());
		assert_eq!(data.split(30, 7).unwrap().0, train);
		assert_ne!(data.split(30, 8).unwrap().0, train);
		assert!(data.split(51, 7).is_err());
		assert!(data.split(50, 7).is_err());
	}

	#[test]
	fn concat_should_join_rows_and_refuse_other_widths() {
		let joined = Dataset::concat(&[&small(), &small()]).unwrap();
		assert_eq!(joined.len(), 6);
		assert_eq!(joined.row(3), [1.0, 2.0]);
		let other = Dataset::new(1, vec![1.0], vec![0]).unwrap();
		assert!(Dataset::concat(&[&small(), &other]).is_err());
		assert!(Dataset::concat(&[]).is_err());
	}

	proptest! {
		#[test]
		fn csv_should_read_back_the_same_bits_when_written(
			bits in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 3..30),
		) {
			let rows = bits.len() / 3;
			let data = Dataset::new(3, bits[..rows * 3].to_vec(), (0..rows as u32).collect()).unwrap();
			let read = Dataset::from_csv(&data.to_bytes(), &Schema::default()).unwrap();
			prop_assert_eq!(&read, &data);
			prop_assert_eq!(read.content_root(), data.content_root());
			prop_assert_eq!(crate::parse_input(&data.row_text(0), 3).unwrap(), data.row(0));
		}
	}

	#[test]
	fn file_should_have_a_header_only_when_its_first_row_or_column_counts() {
		for (features, labels) in
			[(vec![0.0, 1.0], vec![2]), (vec![1.0, 9.0, 2.0, 7.0, 3.0, 5.0], vec![0, 1, 0])]
		{
			let data = Dataset::new(2, features, labels).unwrap();
			let bytes = data.to_bytes();
			assert!(bytes.starts_with(b"x1,x2,label\n"));
			assert_eq!(Dataset::from_csv(&bytes, &Schema::default()).unwrap(), data);
		}
		assert!(small().to_bytes().starts_with(b"1,2,0\n"));
	}

	#[test]
	fn classes_should_be_refused_when_all_rows_have_the_same() {
		for label in [0, 1] {
			let data = Dataset::new(1, vec![1.0, 2.0], vec![label; 2]).unwrap();
			assert!(matches!(data.class_count(), Err(Error::OneClass { .. })));
		}
		assert_eq!(small().class_count().unwrap(), 3);
	}

	fn root(text: &str) -> [u8; 32] {
		Dataset::from_csv(text.as_bytes(), &Schema::default()).unwrap().content_root()
	}

	#[test]
	fn root_should_be_equal_when_only_the_spelling_differs() {
		assert_eq!(root("a,b,class\n1,-0,7\n"), root("1.0, 0e3 ,7"));
	}

	#[test]
	fn root_should_differ_when_value_label_order_or_shape_differ() {
		let roots = [
			root("1,2,0\n3,4,1\n"),
			root("1,2,0\n3,5,1\n"),
			root("1,2,0\n3,4,2\n"),
			root("3,4,1\n1,2,0\n"),
			root("1,2,0\n"),
			root("1,2,0\n3,4,1\n3,4,1\n"),
			root("1,2,3,4,0\n"),
		];
		for (i, a) in roots.iter().enumerate() {
			assert!(roots[..i].iter().all(|b| a != b));
		}
	}
}
