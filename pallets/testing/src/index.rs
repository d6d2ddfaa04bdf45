//! Influence indices with all their leaves and proofs.

use openledger_primitives::{
	merkle_root, top_entries, Attribution, Entry, IndexCommitment, Leaf, MerkleTree, ProvenEntry,
	Sketch, H256,
};

/// All leaves of a model, in their order. There is one at least.
#[derive(Clone, Debug)]
pub struct Index(pub Vec<Leaf>);

impl Index {
	/// The hashes of the leaves, in their order.
	pub fn hashes(&self) -> Vec<H256> {
		self.0.iter().map(Leaf::hash).collect()
	}

	/// What a model with this index commits to.
	pub fn commitment(&self) -> IndexCommitment {
		let sketch = &self.0[0].sketch;
		IndexCommitment {
			root: merkle_root(&self.hashes()),
			leaf_count: self.0.len() as u32,
			dimension: sketch.dimension() as u32,
			width: sketch.width(),
		}
	}

	/// The leaf of that number, with its score for `query` and its proof.
	///
	/// # Panics
	/// If there is no such leaf, or it has another dimension than the query.
	pub fn prove(&self, number: usize, query: &Sketch) -> ProvenEntry {
		let leaf = self.0[number].clone();
		let Ok(score) = query.dot(&leaf.sketch) else { panic!("the query does not fit the index") };
		let Some(proof) = MerkleTree::new(self.hashes()).proof(number) else {
			panic!("there is no leaf {number}")
		};
		ProvenEntry { leaf, leaf_index: number as u32, proof, score }
	}

	/// The true attribution of `query`, to its `limit` best contributions at most.
	pub fn attribution(&self, query: Sketch, limit: usize) -> Attribution {
		let proven: Vec<_> = (0..self.0.len()).map(|number| self.prove(number, &query)).collect();
		let best = top_entries(proven.iter().map(ProvenEntry::entry), limit);
		let of = |entry: &Entry| {
			proven.iter().find(|proven| proven.leaf.contribution == entry.contribution).cloned()
		};
		let entries = best.iter().filter_map(of).collect();
		Attribution { query, entries }
	}
}
