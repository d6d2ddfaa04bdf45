//! The index file: safetensors with the builder's parameters as metadata.
//!
//! | tensor | type | shape | |
//! | --- | --- | --- | --- |
//! | `leaves` | I8 or I16 | `[leaves, dimension]` | the sketches |
//! | `contributions` | U64 | `[leaves]` | whose they are |
//! | `tree` | U8 | `[hashes, 32]` | the Merkle tree, leaf hashes first, level after level |
//! | `parts.P.inverse_curvature` | F32 | `[dimension of P]` | diagonal in the basis of part `P` |
//! | `parts.P.basis.S.inputs` | F32 | `[columns, columns]` | basis of site `S`'s input side, in columns |
//! | `parts.P.basis.S.outputs` | F32 | `[outputs, outputs]` | and of its output side |
//! | `parts.P.basis` | F32 | `[parameters, dimension of P]` | or one basis for all sites |
//! | `parts.P.companion` | U8 | `[bytes]` | the weights file of another model than the indexed one |
//! | `scales.leaf`, `scales.query` | F32 | `[dimension]` | the factors of quantisation |

use super::{IndexBuilder, Scales};
use crate::basis::{dimension, GradientBasis, LayerBasis, Part};
use crate::{Error, Result};
use openledger_models::{
	tensors::{Put, Reader, Writer},
	Hash, Model,
};
use openledger_primitives::{ContributionId, MerkleTree, Sketch, Width, H256};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{cell::RefCell, ops::Range};

/// What errors call this file.
pub(super) const WHAT: &str = "index file";

const FORMAT: u32 = 2;

/// The metadata of an index file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct IndexHeader {
	format: u32,
	builder: String,
	parameters: Value,
	/// The weights it was built for.
	#[serde(with = "openledger_models::hex_hash")]
	pub weights: Hash,
	/// Bits of each coordinate.
	pub width: Width,
	/// Whether leaves follow from their own rows: see [`super::FloatIndex::local`].
	pub local: bool,
	parts: Vec<PartKind>,
}

/// What a part of the index looks like in the file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct PartKind {
	companion: bool,
	basis: BasisKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BasisKind {
	Kronecker,
	Dense,
}

impl IndexHeader {
	pub fn new(
		builder: &dyn IndexBuilder,
		model: &Model,
		width: Width,
		local: bool,
		parts: &[Part],
	) -> Self {
		let kind = |part: &Part| PartKind {
			companion: part.companion.is_some(),
			basis: match part.basis {
				GradientBasis::Kronecker(_) => BasisKind::Kronecker,
				GradientBasis::Dense(_) => BasisKind::Dense,
			},
		};
		Self {
			format: FORMAT,
			builder: builder.name().to_owned(),
			parameters: builder.parameters(),
			weights: model.hash(),
			width,
			local,
			parts: parts.iter().map(kind).collect(),
		}
	}

	pub fn parameters_json(&self) -> String {
		serde_json::json!({ "builder": self.builder, "parameters": self.parameters }).to_string()
	}

	pub fn check_model(&self, model: &Model) -> Result<()> {
		if self.weights != model.hash() {
			let (expected, found) = (self.weights, model.hash());
			return Err(Error::WrongModel { what: WHAT, expected, found });
		}
		Ok(())
	}
}

/// What an index holds beside its sketches, which stay in the file's bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IndexContent {
	pub header: IndexHeader,
	pub parts: Vec<Part>,
	pub scales: Scales,
	pub contributions: Vec<ContributionId>,
	/// The Merkle tree over the leaves.
	pub tree: MerkleTree,
	/// Where the sketches are among the file's bytes, row-major `[leaves][dimension]`.
	pub sketches: Range<usize>,
}

/// Hands the file to `put`, piece by piece. `sketches` hands over the leaves' coordinates, leaf after
/// leaf, and returns the leaves' hashes.
pub(super) fn write(
	header: &IndexHeader,
	parts: &[Part],
	scales: &Scales,
	contributions: &[ContributionId],
	sketches: impl FnOnce(&mut Put<'_>) -> Result<Vec<H256>>,
	put: &mut Put<'_>,
) -> Result<()> {
	let (count, whole) = (contributions.len(), dimension(parts));
	let hashes = RefCell::new(Vec::new());
	let mut file = Writer::default();
	for (p, part) in parts.iter().enumerate() {
		let inverse = &part.inverse_curvature;
		file.f32(format!("parts.{p}.inverse_curvature"), &[inverse.len()], inverse);
		match &part.basis {
			GradientBasis::Kronecker(layers) => {
				for (s, layer) in layers.iter().enumerate() {
					let name = |side| format!("parts.{p}.basis.{s}.{side}");
					file.matrix(name("inputs"), &layer.input_vectors);
					file.matrix(name("outputs"), &layer.output_vectors);
				}
			},
			GradientBasis::Dense(vectors) => file.matrix(format!("parts.{p}.basis"), vectors),
		}
		if let Some(companion) = &part.companion {
			let bytes = companion.to_bytes();
			let name = format!("parts.{p}.companion");
			file.stream(name, Dtype::U8, &[bytes.len()], |put| put(bytes));
		}
	}
	file.f32("scales.leaf", &[whole], &scales.leaf);
	file.f32("scales.query", &[whole], &scales.query);
	let ids = contributions.iter().flat_map(|id| id.to_le_bytes()).collect();
	file.bytes("contributions", Dtype::U64, &[count], ids);
	// Signed and wider types come before bytes in the file: the tree's leaves are known by then.
	file.stream("leaves", dtype(header.width), &[count, whole], |put| {
		*hashes.borrow_mut() = sketches(put)?;
		Ok(())
	});
	file.stream("tree", Dtype::U8, &[MerkleTree::size(count), 32], |put| {
		let tree = MerkleTree::new(hashes.take());
		put(&tree.nodes().iter().flat_map(|hash| hash.0).collect::<Vec<_>>())
	});
	file.write(WHAT, header, put)
}

pub(super) fn read(bytes: &[u8], model: &Model) -> Result<IndexContent> {
	let (file, header) = Reader::open::<IndexHeader>(WHAT, bytes)?;
	if header.format != FORMAT {
		let reason = format!("its format is {}, this program reads {FORMAT}", header.format);
		return Err(Error::malformed(WHAT, reason));
	}
	header.check_model(model)?;
	if header.parts.is_empty() {
		return Err(Error::malformed(WHAT, "it has no parts"));
	}
	let parts = header.parts.iter().enumerate().map(|(p, kind)| read_part(&file, p, *kind, model));
	let parts = parts.collect::<Result<Vec<_>>>()?;
	let whole = dimension(&parts);
	let scales = Scales {
		leaf: file.f32("scales.leaf", &[whole])?,
		query: file.f32("scales.query", &[whole])?,
	};
	let count = file.shape("contributions")?.first().copied().unwrap_or(0);
	if u32::try_from(count).is_err() || count == 0 {
		return Err(Error::malformed(WHAT, format!("it has {count} leaves")));
	}
	let (ids, _) = file.bytes("contributions", Dtype::U64, &[count])?.as_chunks::<8>();
	let contributions: Vec<_> = ids.iter().map(|id| u64::from_le_bytes(*id)).collect();
	let mut seen = std::collections::HashSet::new();
	if let Some(id) = contributions.iter().find(|id| !seen.insert(**id)) {
		return Err(Error::malformed(WHAT, format!("contribution {id} has two leaves")));
	}
	let (hashes, _) =
		file.bytes("tree", Dtype::U8, &[MerkleTree::size(count), 32])?.as_chunks::<32>();
	let nodes = hashes.iter().map(|hash| H256(*hash)).collect();
	let tree = MerkleTree::from_nodes(nodes, count)
		.ok_or_else(|| Error::malformed(WHAT, "its Merkle tree has another number of nodes"))?;
	let sketches = file.bytes("leaves", dtype(header.width), &[count, whole])?;
	let start = sketches.as_ptr() as usize - bytes.as_ptr() as usize;
	Ok(IndexContent {
		header,
		parts,
		scales,
		contributions,
		tree,
		sketches: start..start + sketches.len(),
	})
}

fn read_part(file: &Reader, p: usize, kind: PartKind, model: &Model) -> Result<Part> {
	let companion = if kind.companion {
		let name = format!("parts.{p}.companion");
		let shape = file.shape(&name)?;
		let companion = Model::load(file.bytes(&name, Dtype::U8, &shape)?, None)?;
		if companion.architecture() != model.architecture() {
			let reason = format!("the companion of part {p} is of another architecture");
			return Err(Error::malformed(WHAT, reason));
		}
		Some(companion)
	} else {
		None
	};
	let basis = match kind.basis {
		BasisKind::Kronecker => {
			let sites = model.sites();
			let layers = sites.iter().enumerate().map(|(s, site)| {
				let read = |side, n| file.matrix(&format!("parts.{p}.basis.{s}.{side}"), n, n);
				Ok(LayerBasis {
					input_vectors: read("inputs", site.columns())?,
					output_vectors: read("outputs", site.outputs)?,
				})
			});
			GradientBasis::Kronecker(layers.collect::<Result<_>>()?)
		},
		BasisKind::Dense => {
			let name = format!("parts.{p}.basis");
			let (rows, shape) = (model.coordinates(), file.shape(&name)?);
			let dimension = shape.get(1).copied().unwrap_or(0);
			GradientBasis::Dense(file.matrix(&name, rows, dimension)?)
		},
	};
	let inverse_curvature =
		file.f32(&format!("parts.{p}.inverse_curvature"), &[basis.dimension()])?;
	Ok(Part { companion, basis, inverse_curvature })
}

fn dtype(width: Width) -> Dtype {
	match width {
		Width::Int8 => Dtype::I8,
		Width::Int16 => Dtype::I16,
	}
}

/// The little-endian bytes of a sketch.
pub(super) fn sketch_bytes(sketch: &Sketch) -> Vec<u8> {
	match sketch {
		Sketch::Int8(values) => values.iter().map(|x| x.to_le_bytes()[0]).collect(),
		Sketch::Int16(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
	}
}

/// The sketch of these bytes.
pub(super) fn read_sketch(bytes: &[u8], width: Width) -> Sketch {
	match width {
		Width::Int8 => Sketch::Int8(as_i8(bytes).to_vec()),
		Width::Int16 => Sketch::Int16(copy_i16(bytes)),
	}
}

/// The values in place.
pub(super) fn as_i8(bytes: &[u8]) -> &[i8] {
	// SAFETY: both types have one byte, any alignment and no invalid values.
	unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

/// The values in place, if they lie as this machine keeps them.
pub(super) fn as_i16(bytes: &[u8]) -> Option<&[i16]> {
	if cfg!(target_endian = "big") {
		return None;
	}
	// SAFETY: every pair of bytes is a valid value.
	match unsafe { bytes.align_to::<i16>() } {
		([], values, []) => Some(values),
		_ => None,
	}
}

/// The values copied, as every machine reads them.
pub(super) fn copy_i16(bytes: &[u8]) -> Vec<i16> {
	bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}
