//! The index file: safetensors with the builder's parameters as metadata.
//!
//! | tensor | type | shape | |
//! | --- | --- | --- | --- |
//! | `leaves` | I8 or I16 | `[leaves, dimension]` | the sketches |
//! | `contributions` | U64 | `[leaves]` | whose they are |
//! | `basis.L.inputs` | F32 | `[inputs + 1, inputs + 1]` | basis of layer `L`'s input side, in columns |
//! | `basis.L.outputs` | F32 | `[outputs, outputs]` | and of its output side |
//! | `inverse_curvature` | F32 | `[dimension]` | diagonal in the basis |
//! | `scales.leaf`, `scales.query` | F32 | `[dimension]` | the factors of quantisation |

use super::{Basis, IndexBuilder, LayerBasis, Scales};
use crate::{
	model::network::Network,
	tensors::{Reader, Writer},
	Error, Hash, Model, Result,
};
use openledger_proof::{Leaf, Sketch, Width};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What errors call this file.
pub(super) const WHAT: &str = "index file";

const FORMAT: u32 = 1;

/// The metadata of an index file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
	format: u32,
	builder: String,
	parameters: Value,
	/// The weights it was built for.
	#[serde(with = "crate::hex_hash")]
	pub weights: Hash,
	/// Bits of each coordinate.
	pub width: Width,
}

impl Header {
	pub fn new(builder: &dyn IndexBuilder, model: &Model, width: Width) -> Self {
		Self {
			format: FORMAT,
			builder: builder.name().to_owned(),
			parameters: builder.parameters(),
			weights: model.hash(),
			width,
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

type Parts = (Header, Basis, Vec<f32>, Scales, Vec<Leaf>);

pub(super) fn write(
	header: &Header,
	basis: &Basis,
	inverse_curvature: &[f32],
	scales: &Scales,
	leaves: &[Leaf],
) -> Result<Vec<u8>> {
	let (count, dimension) = (leaves.len(), basis.dimension());
	let mut file = Writer::default();
	for (l, layer) in basis.layers.iter().enumerate() {
		let (inputs, outputs) = (layer.inputs + 1, layer.outputs);
		file.f32(format!("basis.{l}.inputs"), &[inputs, inputs], &layer.input_vectors);
		file.f32(format!("basis.{l}.outputs"), &[outputs, outputs], &layer.output_vectors);
	}
	file.f32("inverse_curvature", &[dimension], inverse_curvature);
	file.f32("scales.leaf", &[dimension], &scales.leaf);
	file.f32("scales.query", &[dimension], &scales.query);
	let ids = leaves.iter().flat_map(|leaf| leaf.contribution.to_le_bytes()).collect();
	file.bytes("contributions", Dtype::U64, &[count], ids);
	let sketches = leaves.iter().flat_map(|leaf| sketch_bytes(&leaf.sketch)).collect();
	file.bytes("leaves", dtype(header.width), &[count, dimension], sketches);
	file.finish(WHAT, header)
}

pub(super) fn read(bytes: &[u8], model: &Model) -> Result<Parts> {
	let (file, header) = Reader::open::<Header>(WHAT, bytes)?;
	if header.format != FORMAT {
		let reason = format!("its format is {}, this program reads {FORMAT}", header.format);
		return Err(Error::malformed(WHAT, reason));
	}
	header.check_model(model)?;
	let basis = read_basis(&file, model.network())?;
	let dimension = basis.dimension();
	let inverse_curvature = file.f32("inverse_curvature", &[dimension])?;
	let scales = Scales {
		leaf: file.f32("scales.leaf", &[dimension])?,
		query: file.f32("scales.query", &[dimension])?,
	};
	let count = file.shape("contributions")?.first().copied().unwrap_or(0);
	if u32::try_from(count).is_err() || count == 0 {
		return Err(Error::malformed(WHAT, format!("it has {count} leaves")));
	}
	let (ids, _) = file.bytes("contributions", Dtype::U64, &[count])?.as_chunks::<8>();
	let sketches = file.bytes("leaves", dtype(header.width), &[count, dimension])?;
	let row = dimension * header.width.bytes() as usize;
	let leaves: Vec<Leaf> = ids
		.iter()
		.zip(sketches.chunks_exact(row.max(1)))
		.map(|(id, bytes)| Leaf {
			contribution: u64::from_le_bytes(*id),
			sketch: read_sketch(bytes, header.width),
		})
		.collect();
	let mut seen = std::collections::HashSet::new();
	if let Some(leaf) = leaves.iter().find(|leaf| !seen.insert(leaf.contribution)) {
		let reason = format!("contribution {} has two leaves", leaf.contribution);
		return Err(Error::malformed(WHAT, reason));
	}
	Ok((header, basis, inverse_curvature, scales, leaves))
}

fn read_basis(file: &Reader, network: &Network) -> Result<Basis> {
	let layers = network.layers.iter().enumerate().map(|(l, layer)| {
		let (inputs, outputs) = (layer.inputs + 1, layer.outputs);
		let input_vectors = file.f32(&format!("basis.{l}.inputs"), &[inputs, inputs])?;
		let output_vectors = file.f32(&format!("basis.{l}.outputs"), &[outputs, outputs])?;
		Ok(LayerBasis::new(layer, input_vectors, output_vectors))
	});
	Ok(Basis { layers: layers.collect::<Result<_>>()? })
}

fn dtype(width: Width) -> Dtype {
	match width {
		Width::Int8 => Dtype::I8,
		Width::Int16 => Dtype::I16,
	}
}

fn sketch_bytes(sketch: &Sketch) -> Vec<u8> {
	match sketch {
		Sketch::Int8(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
		Sketch::Int16(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
	}
}

fn read_sketch(bytes: &[u8], width: Width) -> Sketch {
	match width {
		Width::Int8 => Sketch::Int8(bytes.iter().map(|x| i8::from_le_bytes([*x])).collect()),
		Width::Int16 => {
			let (pairs, _) = bytes.as_chunks::<2>();
			Sketch::Int16(pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
		},
	}
}
