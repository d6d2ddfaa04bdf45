use super::*;
use openledger_testing::gzip;
use proptest::prelude::*;

fn read(text: &str) -> Result<TextDataset> {
	TextDataset::from_bytes(text.as_bytes(), &TextSchema::default())
}

fn message(text: &str) -> String {
	read(text).unwrap_err().to_string()
}

fn required() -> TextSchema {
	TextSchema { labels_required: true, ..Default::default() }
}

#[test]
fn json_lines_should_be_read_when_labels_are_numbers_names_or_absent() {
	let numbers =
		read("{\"text\":\"good\",\"label\":1}\n\n{\"label\":0,\"text\":\" bad\",\"id\":7}\r\n");
	let numbers = numbers.unwrap();
	assert_eq!(numbers.texts(), ["good", " bad"]);
	assert_eq!(numbers.labels(), Some(&[1, 0][..]));
	assert_eq!((numbers.classes(), numbers.class_names().len()), (2, 0));
	let names =
		read("{\"text\":\"a\",\"label\":\"pos\"}\n{\"text\":\"b\",\"label\":\"neg\"}").unwrap();
	assert_eq!(names.labels(), Some(&[1, 0][..]));
	assert_eq!(names.class_names(), ["neg", "pos"]);
	let none = read("{\"text\":\"a\"}\n{\"text\":\"b\",\"label\":null}").unwrap();
	assert_eq!((none.labels(), none.classes()), (None, 0));
}

#[test]
fn csv_should_be_read_when_it_has_quotes_lines_and_other_columns() {
	let data = read("id, label ,text\n1,0,\"a, \"\"b\"\"\nc\"\n\n2, 3 ,d\n").unwrap();
	assert_eq!(data.texts(), ["a, \"b\"\nc", "d"]);
	assert_eq!(data.labels(), Some(&[0, 3][..]));
	let names = read("text,label\na,pos\nb,7\nc,neg\n").unwrap();
	assert_eq!(names.class_names(), ["7", "neg", "pos"]);
	assert_eq!(names.labels(), Some(&[2, 0, 1][..]));
	assert_eq!(read("text,label\na,\nb,\n").unwrap().labels(), None);
	assert_eq!(read("\u{feff}text\na\n").unwrap().texts(), ["a"]);
}

#[test]
fn rows_should_be_read_when_compressed_or_in_other_columns() {
	let bytes = gzip(b"review,stars,text\na,4,x\nb,2,y\n");
	let schema = TextSchema {
		text_column: "review".to_owned(),
		label_column: Some("stars".to_owned()),
		..required()
	};
	let data = TextDataset::from_bytes(&bytes, &schema).unwrap();
	assert_eq!(data.texts(), ["a", "b"]);
	assert_eq!(data.labels(), Some(&[4, 2][..]));
	let cut = TextDataset::from_bytes(&bytes[..bytes.len() - 6], &schema);
	assert!(matches!(cut, Err(Error::Decompress(_))));
	let unlabelled = TextSchema { label_column: None, ..schema };
	assert_eq!(TextDataset::from_bytes(&bytes, &unlabelled).unwrap().labels(), None);
}

#[test]
fn row_and_column_should_be_named_when_a_value_is_wrong() {
	for (rows, expected) in [
		("text,label\na,0\n\n ,1\n", "row 4, column 'text': the text is empty"),
		("{\"text\":\"\"}", "row 1, column 'text': the text is empty"),
		("{\"text\":7}", "row 1, column 'text': 7 is not a text"),
		("{\"text\":\"a\"}\n{\"txt\":1,\"b\":2}", "row 2: there is no column 'text'; there are 'b', 'txt'"),
		("txt,label\na,0\n", "row 1: there is no column 'text'; there are 'txt', 'label'"),
		("{\"text\":\"a\"}\n{\"text\":", "row 2, column 8: not a JSON object: EOF while parsing a value; a whole object must stand on one line"),
		("[1,2]", "row 1, column 0: not a JSON object: invalid type: sequence, expected a map; write one object on each line, without brackets around all"),
		("text,label\na,0\nb\n", "row 3: 1 columns instead of 2"),
		(
			"text,text\na,b\n",
			"row 1: 'text' (column 1) and 'text' (column 2) may each be the text: call the right one 'label' \
			 or 'text', and delete or rename the other",
		),
		("text,label\na,0\nb,\n", "row 3, column 'label': there is no label"),
		("text,label\na,\nb,0\n", "row 2, column 'label': there is no label"),
		("{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\"}", "row 2, column 'label': there is no label"),
		(
			"text,label\na,0\nb,seven\n",
			"row 3, column 'label': 'seven' is not a label; labels are whole numbers from 0 to 9999",
		),
		(
			"text,label\na,70000\n",
			"row 2, column 'label': 70000 is not a label; labels are whole numbers from 0 to 9999",
		),
		(
			"{\"text\":\"a\",\"label\":-1}",
			"row 1, column 'label': -1 is not a label; labels are whole numbers from 0 to 9999 or names; \
			 count classes from 0",
		),
		(
			"{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"a\",\"label\":1}",
			"row 2, column 'label': 1 is not a label; labels are names, as in the rows before",
		),
		("", "there are no rows"),
		("text,label\n", "there are no rows"),
	] {
		if rows.is_empty() {
			assert!(message(rows).contains("there are no rows"));
		} else {
			assert_eq!(message(rows), expected, "{rows}");
		}
	}
	let long = format!("text\n{}\n", "x".repeat(MAX_TEXT_BYTES + 1));
	assert!(
		message(&long).starts_with("row 2, column 'text': the text has more than 1048576 bytes")
	);
}

#[test]
fn row_and_column_should_be_named_when_text_is_not_utf8() {
	for bytes in
		[&b"label,text\n0,a\n1,\xff\n"[..], b"label,t\xfft\n0,a\n", b"{\"text\":\"a\xff\"}"]
	{
		let error = TextDataset::from_bytes(bytes, &TextSchema::default()).unwrap_err();
		let Error::NotUtf8 { row, column } = error else { panic!("{error}") };
		assert!(matches!((row, column), (3, 2) | (1, 2) | (1, 11)), "{row} {column}");
	}
}

#[test]
fn labels_should_be_needed_when_the_schema_says_so() {
	let read = |text: &str| TextDataset::from_bytes(text.as_bytes(), &required());
	assert!(matches!(read("text\na\n"), Err(Error::MissingColumn { row: 1, .. })));
	assert!(matches!(read("text,label\na,\n"), Err(Error::MissingLabel { row: 2, .. })));
	assert!(matches!(read("\n{\"text\":\"a\"}"), Err(Error::MissingLabel { row: 2, .. })));
	assert!(read("text,label\na,x\n").is_ok());
}

#[test]
fn labels_should_be_those_of_the_schema_when_it_has_some() {
	let three = TextSchema { classes: Some(3), ..Default::default() };
	for rows in ["text,label\na,3\n", "text,label\na,x\n", "{\"text\":\"a\",\"label\":\"1\"}"] {
		let error = TextDataset::from_bytes(rows.as_bytes(), &three).unwrap_err().to_string();
		assert!(error.ends_with("labels are whole numbers from 0 to 2"), "{error}");
	}
	let class_names = vec!["pos".to_owned(), "neg".to_owned(), "1".to_owned()];
	let named = TextSchema { class_names, ..Default::default() };
	let data = TextDataset::from_bytes(b"text,label\na,1\nb,pos\n", &named).unwrap();
	assert_eq!(data.class_names(), ["1", "neg", "pos"]);
	assert_eq!(data.labels(), Some(&[0, 2][..]));
	for rows in ["text,label\na,neutral\n", "{\"text\":\"a\",\"label\":1}"] {
		let error = TextDataset::from_bytes(rows.as_bytes(), &named).unwrap_err().to_string();
		assert!(error.ends_with("labels are one of 1, neg, pos"), "{error}");
	}
}

#[test]
fn columns_should_be_found_without_case_or_by_similar_names_and_others_told() {
	for (rows, told) in [
		("Text,Label\ngood film,1\n", "text is taken from 'Text'; label is taken from 'Label'"),
		("text,sentiment\ngood film,1\n", "label is taken from 'sentiment'"),
		("Review,Class\ngood film,1\n", "text is taken from 'Review'; label is taken from 'Class'"),
		("id,text,label\n7,good film,1\n", "not read: 'id'"),
		("text,label,label_text\ngood film,1,good\n", "not read: 'label_text'"),
		(
			"{\"TEXT\":\"good film\",\"target\":1}\n",
			"text is taken from 'TEXT'; label is taken from 'target'",
		),
		("{\"text\":\"good film\",\"label\":1,\"stars\":5}\n", "not read: 'stars'"),
	] {
		let (read, notes) = noted(rows);
		assert_eq!((read.texts(), read.labels()), (&["good film".to_owned()][..], Some(&[1][..])));
		let words: Vec<String> =
			notes.iter().map(|note| note.to_string().replace("the ", "")).collect();
		assert_eq!(words.join("; "), told, "{rows}");
	}
	let (read, notes) = noted("text,stars\ngood film,5\n");
	assert_eq!(read.labels(), None);
	assert!(notes[0].to_string().contains("'stars'; the rows have no labels"), "{}", notes[0]);
	for rows in ["text,Text\na,b\n", "text,class,target\na,0,1\n", "review,comment\na,b\n"] {
		assert!(message(rows).contains("may each be the"), "{}", message(rows));
	}
}

fn noted(rows: &str) -> (TextDataset, Vec<crate::Note>) {
	let mut notes = Vec::new();
	let rows = TextDataset::plain(rows.as_bytes(), &TextSchema::default(), &mut notes).unwrap();
	(rows, notes)
}

#[test]
fn row_should_be_refused_when_a_quote_never_closes_or_no_character_shows() {
	let open = "label,text\n0,dull\n1,\"good film\n0,bad\n1,fine\n0,poor\n";
	assert!(message(open).starts_with("row 3, column 2: a quote opens here"), "{}", message(open));
	let (read, notes) = noted("label,text\n1,\"good\n\nfilm\"\n0,bad\n");
	assert_eq!(read.len(), 2);
	assert!(notes[0].to_string().contains("row 2 and takes 3"), "{}", notes[0]);
	for text in ["\u{200b}", "\u{ad}", "\u{feff}\u{2060} "] {
		let rows = format!("text,label\ngood,1\n{text},0\n");
		assert!(
			message(&rows).starts_with("row 3, column 'text': the text is empty: it has invisible")
		);
		let lines = format!("{{\"text\":\"{text}\"}}");
		assert!(message(&lines)
			.starts_with("row 1, column 'text': the text is empty: it has invisible"));
	}
}

#[test]
fn label_should_be_refused_with_what_to_do_when_it_is_no_class_and_no_name() {
	for (rows, words) in [
		("text,label\na,1.0\n", "without a decimal point"),
		("text,label\na,0\nb,1.0\n", "without a decimal point"),
		("{\"text\":\"a\",\"label\":1.0}", "without a decimal point"),
		("text,label\na,-1\n", "count classes from 0"),
		("text,label\na,NA\n", "no label"),
		("text,label\na,None\n", "no label"),
		("text,label\na,65535\n", "from 0 to 9999"),
	] {
		assert!(message(rows).contains(words), "{}", message(rows));
	}
	assert_eq!(read("text,label\na,TRUE\nb,none\n").unwrap().class_names(), ["TRUE", "none"]);
}

#[test]
fn rows_should_have_the_numbers_of_their_lines_when_carriage_returns_end_them() {
	let error = message("text,label\ra,0\r\rb,x\r");
	assert!(error.starts_with("row 4, column 'label': 'x' is not a label"), "{error}");
	let error = message("{\"text\":\"a\"}\r{\"text\":7}\r");
	assert_eq!(error, "row 2, column 'text': 7 is not a text");
}

#[test]
fn rows_should_be_refused_when_they_are_too_many() {
	let schema = TextSchema { max_rows: Some(2), ..Default::default() };
	assert!(TextDataset::from_bytes(b"text\na\nb\n", &schema).is_ok());
	let error = TextDataset::from_bytes(b"text\na\nb\nc\n", &schema).unwrap_err();
	assert_eq!(error.to_string(), "there are more than 2 rows: split the file");
}

#[test]
fn concat_should_number_named_classes_anew() {
	let first = read("text,label\na,pos\nb,neg\n").unwrap();
	let second = read("text,label\nc,mixed\nd,pos\n").unwrap();
	let all = TextDataset::concat(&[&first, &second]).unwrap();
	assert_eq!(all.class_names(), ["mixed", "neg", "pos"]);
	assert_eq!(all.labels(), Some(&[2, 1, 0, 2][..]));
	let back = all.select(&[0, 1]).unwrap();
	assert_eq!(back.content_root(), first.content_root());
	assert_eq!(back.classes(), 3);
	let (numbers, none) = (read("text,label\na,0\n").unwrap(), read("text\na\n").unwrap());
	assert!(matches!(TextDataset::concat(&[&first, &numbers]), Err(Error::Mixed(_))));
	assert!(matches!(TextDataset::concat(&[&first, &none]), Err(Error::Mixed(_))));
	assert!(matches!(TextDataset::concat(&[]), Err(Error::NoRows)));
	assert!(matches!(first.select(&[]), Err(Error::NoRows)));
}

#[test]
fn new_should_refuse_what_a_file_could_not_hold() {
	let texts = || vec!["a".to_owned(), "b".to_owned()];
	let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
	assert!(TextDataset::new(texts(), Some(vec![0, 1]), names(["x", "y"])).is_ok());
	let unsorted = TextDataset::new(texts(), Some(vec![0, 1]), names(["y", "x"]));
	assert!(matches!(unsorted, Err(Error::Mixed(_))));
	let few = TextDataset::new(texts(), Some(vec![0]), vec![]);
	assert!(matches!(few, Err(Error::Mixed(_))));
	let beyond = TextDataset::new(texts(), Some(vec![0, 2]), names(["x", "y"]));
	assert!(matches!(beyond, Err(Error::NotALabel { row: 2, .. })));
	let empty = TextDataset::new(vec![String::new()], None, vec![]);
	assert!(matches!(empty, Err(Error::Empty { row: 1, .. })));
}

#[test]
fn check_should_name_the_label_when_it_is_no_class() {
	let data = read("text,label\na,0\nb,2\n").unwrap();
	data.check_classes(3).unwrap();
	let error = data.check_classes(2).unwrap_err().to_string();
	assert_eq!(
		error,
		"row 2, column 'label': 2 is not a label; labels are whole numbers from 0 to 1"
	);
	let none = read("text\na\n").unwrap();
	assert!(matches!(none.check_classes(2), Err(Error::MissingLabel { row: 1, .. })));
}

proptest! {
	#[test]
	fn json_lines_should_read_back_the_same_rows_when_written(
		rows in prop::collection::vec(("\\PC{0,20}[a-z]", 0u32..3), 1..8),
		kind in 0..3,
	) {
		let texts = rows.iter().map(|row| row.0.clone()).collect();
		let labels = rows.iter().map(|row| row.1).collect();
		let names = if kind == 2 { ["7", "neg", "pos"].map(str::to_owned).to_vec() } else { vec![] };
		let data = TextDataset::new(texts, (kind > 0).then_some(labels), names.clone()).unwrap();
		let schema = TextSchema { class_names: names, ..Default::default() };
		let read = TextDataset::from_bytes(&data.to_json_lines(), &schema).unwrap();
		prop_assert_eq!(&read, &data);
		prop_assert_eq!(read.content_root(), data.content_root());
	}
}

fn root(lines: &str) -> [u8; 32] {
	TextDataset::from_bytes(lines.as_bytes(), &TextSchema::default()).unwrap().content_root()
}

#[test]
fn root_should_be_equal_when_only_the_spelling_differs() {
	let csv = root("label,note,text\nneg,,\"dull, \u{e9}\"\npos,x,good\n");
	let json = concat!(
		r#"{"text": "dull, \u00e9", "label": "neg"}"#,
		"\n\n",
		r#"{"label":"pos","text":"good"}"#
	);
	assert_eq!(csv, root(json));
}

#[test]
fn root_should_differ_when_text_label_or_order_differ() {
	let roots = [
		root("text,label\na,0\nb,1\n"),
		root("text,label\na,0\nc,1\n"),
		root("text,label\na,0\nb,2\n"),
		root("text,label\nb,1\na,0\n"),
		root("text,label\na,0\n"),
		root("text,label\na,0\nb,1\nb,1\n"),
		root("text,label\na,x0\nb,x1\n"),
		root("text\na\nb\n"),
		root("text,label\n a,0\nb,1\n"),
	];
	for (i, a) in roots.iter().enumerate() {
		assert!(roots[..i].iter().all(|b| a != b), "{i}");
	}
}
