//! Every reader of rows against damaged files: it may refuse or read, and what it reads must keep the
//! promises of its type. See `openledger_testing::mutations`.

use openledger_rows::{parse_input, Dataset, Schema, TextDataset, TextSchema};
use openledger_testing::{
	gzip,
	mutations::{attack, Watched},
};

#[global_allocator]
static ALLOCATOR: Watched = Watched;

#[test]
fn tables_should_be_read_or_refused_when_damaged() {
	let csv = b"x,y,class\n0.5,1e3,0\n-2,.25,1\n\n3,4,2\n";
	let check = |bytes: &[u8]| match Dataset::from_csv(bytes, &Schema::default()) {
		Ok(data) => {
			assert!(data.features().iter().all(|x| x.is_finite()));
			let again = Dataset::from_csv(&data.to_bytes(), &Schema::default()).unwrap();
			assert_eq!(again.content_root(), data.content_root());
			true
		},
		Err(error) => error.to_string().is_empty(),
	};
	attack("table", csv, check);
	attack("compressed table", &gzip(csv), check);
	attack("input", b"0.5,-1e3,7", |bytes| {
		let Ok(text) = std::str::from_utf8(bytes) else { return false };
		match parse_input(text, 3) {
			Ok(row) => row.len() == 3,
			Err(error) => error.to_string().is_empty(),
		}
	});
}

#[test]
fn texts_should_be_read_or_refused_when_damaged() {
	let csv = "id,text,label\n1,\"a, \"\"good\"\"\nfilm\",pos\n\n2,\u{fc}ber,neg\n3,x,pos\n";
	let lines = concat!(
		"{\"text\":\"a \\\"good\\\" film\",\"label\":1}\n",
		"{\"label\":0,\"text\":\"\\u00fcber\",\"more\":[1,{}]}\n\n",
		"{\"text\":\"x\",\"label\":12}\n",
	);
	let check = |bytes: &[u8]| match TextDataset::from_bytes(bytes, &TextSchema::default()) {
		Ok(data) => {
			assert!(data.labels().is_none_or(|labels| labels.len() == data.len()));
			assert!(data.labels().iter().flat_map(|x| x.iter()).all(|x| *x < data.classes()));
			let schema =
				TextSchema { class_names: data.class_names().to_vec(), ..Default::default() };
			let again = TextDataset::from_bytes(&data.to_json_lines(), &schema).unwrap();
			assert_eq!(again, data);
			true
		},
		Err(error) => error.to_string().is_empty(),
	};
	attack("csv", csv.as_bytes(), check);
	attack("gzip", &gzip(csv.as_bytes()), check);
	attack("json lines", lines.as_bytes(), check);
}
