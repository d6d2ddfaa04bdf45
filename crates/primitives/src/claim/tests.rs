use super::*;
use crate::{merkle_root, top_entries, MerkleTree, Width};
use proptest::prelude::*;

struct Index {
	leaves: Vec<Leaf>,
	hashes: Vec<H256>,
	commitment: IndexCommitment,
}

fn index(sketches: Vec<Vec<i8>>) -> Index {
	let dimension = sketches[0].len() as u32;
	let leaves: Vec<_> = (100..)
		.zip(sketches)
		.map(|(contribution, v)| Leaf { contribution, sketch: Sketch::Int8(v) })
		.collect();
	let hashes: Vec<_> = leaves.iter().map(Leaf::hash).collect();
	let commitment = IndexCommitment {
		root: merkle_root(&hashes),
		leaf_count: leaves.len() as u32,
		dimension,
		width: Width::Int8,
	};
	Index { leaves, hashes, commitment }
}

fn attribute(index: &Index, query: Sketch, limit: usize) -> Attribution {
	let scores = index.leaves.iter().map(|leaf| Entry {
		contribution: leaf.contribution,
		score: query.dot(&leaf.sketch).unwrap(),
	});
	let entries = top_entries(scores, limit)
		.into_iter()
		.map(|e| {
			let leaf_index = (e.contribution - 100) as u32;
			ProvenEntry {
				leaf: index.leaves[leaf_index as usize].clone(),
				leaf_index,
				proof: MerkleTree::new(index.hashes.clone()).proof(leaf_index as usize).unwrap(),
				score: e.score,
			}
		})
		.collect();
	Attribution { query, entries }
}

/// Three leaves with scores 8, 6 and 6 for the query `(1, 2)`.
fn sample() -> (Index, Attribution) {
	let index = index(vec![vec![0, 4], vec![2, 2], vec![4, 1], vec![-1, -1]]);
	let attribution = attribute(&index, Sketch::Int8(vec![1, 2]), 8);
	assert_eq!(attribution.entries.iter().map(|e| e.score).collect::<Vec<_>>(), [8, 6, 6]);
	(index, attribution)
}

#[test]
fn check_should_return_entries_when_all_holds() {
	let (index, attribution) = sample();
	let entries = attribution.check(&index.commitment, 3).unwrap();
	assert_eq!(entries.iter().map(|e| e.contribution).collect::<Vec<_>>(), [100, 101, 102]);
}

#[test]
fn check_should_name_the_fault_when_an_entry_is_wrong() {
	type Bend = fn(&mut Attribution);
	let cases: [(Bend, ClaimError); 10] = [
		(|a| a.query = Sketch::Int8(vec![1]), ClaimError::QueryDimension),
		(
			|a| a.entries[0].leaf.sketch = Sketch::Int8(vec![8]),
			ClaimError::LeafDimension { entry: 0 },
		),
		(
			|a| a.entries[0].leaf.sketch = Sketch::Int16(vec![0, 4]),
			ClaimError::LeafWidth { entry: 0 },
		),
		(|a| a.entries[2].leaf_index = 4, ClaimError::NoSuchLeaf { entry: 2 }),
		(|a| a.entries[2] = a.entries[1].clone(), ClaimError::Repeated { entry: 2 }),
		(|a| a.entries.swap(0, 1), ClaimError::Unsorted { entry: 1 }),
		(|a| a.entries.swap(1, 2), ClaimError::Unsorted { entry: 2 }),
		(|a| a.entries[2].score = 0, ClaimError::NotPositive { entry: 2 }),
		(|a| a.entries[0].score = 9, ClaimError::WrongScore { entry: 0 }),
		(|a| a.entries[1].leaf_index = 2, ClaimError::WrongProof { entry: 1 }),
	];
	for (bend, expected) in cases {
		let (index, mut attribution) = sample();
		bend(&mut attribution);
		assert_eq!(attribution.check(&index.commitment, 3), Err(expected));
	}
}

#[test]
fn check_should_refuse_when_entries_exceed_the_limit() {
	let (index, attribution) = sample();
	assert_eq!(attribution.check(&index.commitment, 2), Err(ClaimError::TooManyEntries));
}

#[test]
fn check_should_refuse_when_the_leaf_is_of_another_index() {
	let (_, attribution) = sample();
	let other = index(vec![vec![0, 5], vec![2, 2], vec![4, 1], vec![-1, -1]]);
	assert_eq!(attribution.check(&other.commitment, 3), Err(ClaimError::WrongProof { entry: 0 }));
}

proptest! {
	#[test]
	fn check_should_accept_when_the_engine_is_honest(
		sketches in prop::collection::vec(prop::collection::vec(any::<i8>(), 5), 1..20),
		query in prop::collection::vec(any::<i16>(), 5),
		limit in 1usize..10,
	) {
		let index = index(sketches);
		let attribution = attribute(&index, Sketch::Int16(query), limit);
		let entries = attribution.check(&index.commitment, limit as u32).unwrap();
		prop_assert_eq!(entries.len(), attribution.entries.len());
	}

	#[test]
	fn check_should_refuse_when_any_leaf_coordinate_is_changed(
		sketches in prop::collection::vec(prop::collection::vec(1i8..100, 5), 2..20),
		coordinate in 0usize..5,
		change in 1i8..20,
	) {
		let index = index(sketches);
		let mut attribution = attribute(&index, Sketch::Int8(vec![1; 5]), 1);
		let Sketch::Int8(v) = &mut attribution.entries[0].leaf.sketch else { unreachable!() };
		v[coordinate] -= change;
		// A liar would claim the score that fits the leaf it made up.
		attribution.entries[0].score -= i64::from(change);
		let refused = attribution.check(&index.commitment, 1).unwrap_err();
		let acceptable = [ClaimError::WrongProof { entry: 0 }, ClaimError::NotPositive { entry: 0 }];
		prop_assert!(acceptable.contains(&refused));
	}
}
