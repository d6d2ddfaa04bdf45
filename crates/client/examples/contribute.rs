//! Contributes a table of numbers to a datanet.
//!
//! ```text
//! contribute URL KEY DATANET TABLE BLOBS
//! contribute ws://127.0.0.1:9944 //Alice 0 rows.csv ~/.openledger/blobs
//! ```
//!
//! Each line of the table is one row: its features and, as the last column, the number of its class.
//! There is no header. The rows themselves stay off the chain: they are put into the folder of blobs, out
//! of which curators and validators get them, and the chain is given the two hashes that commit to them.

use openledger_blobs::{BlobStore, DirectoryStore};
use openledger_client::{
	chain::{call, events::Contributed, submit_one, types::DatanetStatus, Chain, Hash},
	format::{hex, open},
	keys::Key,
};
use openledger_primitives::{blake2_256, merkle_root};
use std::{env, error::Error, fs, process::ExitCode, time::Duration};

const USAGE: &str = "usage: contribute URL KEY DATANET TABLE BLOBS";
/// For how long the node is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The features of a row, and the number of its class.
type Row = (Vec<f32>, u32);

#[tokio::main]
async fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let result = match arguments.as_slice() {
		[url, key, datanet, table, blobs] => contribute(url, key, datanet, table, blobs).await,
		_ => Err(USAGE.into()),
	};
	match result {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

async fn contribute(
	url: &str,
	key: &str,
	datanet: &str,
	table: &str,
	blobs: &str,
) -> Result<(), Box<dyn Error>> {
	let key = Key::read(key)?;
	let datanet: u32 = datanet.parse()?;
	let blob = fs::read(table)?;
	let rows = parse(&String::from_utf8(blob.clone())?)?;
	let content_root = content_root(&rows);

	let chain = Chain::connect(url, PATIENCE).await?;
	let terms = match chain.best().await?.datanet(datanet).await? {
		found if found.status == DatanetStatus::Open => found.terms,
		_ => return Err(format!("datanet {datanet} takes no contributions").into()),
	};

	// Whoever is to decide on the rows, or train on them, must be able to read them.
	let blob_hash = DirectoryStore::open(blobs)?.put(&blob)?;
	let (count, bytes) = (u32::try_from(rows.len())?, u64::try_from(blob.len())?);
	let arguments = (datanet, Hash(content_root), count, bytes, Hash(blob_hash));
	let sent = submit_one(&chain, &key, call("Datanets", "contribute", arguments), false).await?;
	let Contributed { contribution } = sent.event("Datanets", "Contributed")?;

	println!("contribution {contribution} of {count} rows is pending review");
	println!("content root {}", hex(content_root));
	println!("{} held as bond, {} paid as fee", open(terms.contribution_bond), open(sent.fee));
	Ok(())
}

/// Reads the rows of a table.
fn parse(table: &str) -> Result<Vec<Row>, Box<dyn Error>> {
	let mut rows = Vec::new();
	for (at, line) in table.lines().enumerate() {
		let row = parse_row(line);
		rows.push(row.ok_or_else(|| format!("row {} is not numbers and a class", at + 1))?);
	}
	Ok(rows)
}

fn parse_row(line: &str) -> Option<Row> {
	let (features, class) = line.rsplit_once(',')?;
	let number = |cell: &str| cell.trim().parse::<f32>().ok().filter(|number| number.is_finite());
	// Zero has one encoding only, whatever its sign.
	let features = features.split(',').map(|cell| number(cell).map(|number| number + 0.0));
	Some((features.collect::<Option<_>>()?, class.trim().parse().ok()?))
}

/// The Merkle root over the rows that curators check and validators recompute. A row is encoded as a tag,
/// the number of its features, the features and the class, all little-endian.
fn content_root(rows: &[Row]) -> [u8; 32] {
	let hash = |(features, class): &Row| {
		let mut bytes = b"openledger/row/1".to_vec();
		bytes.extend((features.len() as u32).to_le_bytes());
		bytes.extend(features.iter().flat_map(|feature| feature.to_le_bytes()));
		bytes.extend(class.to_le_bytes());
		blake2_256(&bytes)
	};
	merkle_root(&rows.iter().map(hash).collect::<Vec<_>>()).0
}
