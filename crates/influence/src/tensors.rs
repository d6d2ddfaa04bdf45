//! Files of named tensors (safetensors) with one JSON document as metadata.
//!
//! The safetensors format keeps its metadata in a map whose order varies from run to run; with a
//! single entry there is one order, so equal content has equal bytes and one hash.

use crate::{error::Error, Result};
use safetensors::{
	tensor::{serialize, TensorView},
	Dtype, SafeTensors,
};
use serde::{de::DeserializeOwned, Serialize};
use std::collections::HashMap;

const METADATA: &str = "openledger";

/// Tensors to be written.
#[derive(Default)]
pub(crate) struct Writer {
	tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Writer {
	/// Adds a tensor of `shape`.
	pub fn f32(&mut self, name: impl Into<String>, shape: &[usize], values: &[f32]) {
		let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
		self.bytes(name, Dtype::F32, shape, bytes);
	}

	/// Adds a tensor given by its little-endian bytes.
	pub fn bytes(
		&mut self,
		name: impl Into<String>,
		dtype: Dtype,
		shape: &[usize],
		bytes: Vec<u8>,
	) {
		self.tensors.push((name.into(), dtype, shape.to_vec(), bytes));
	}

	/// The file.
	pub fn finish(self, what: &'static str, metadata: &impl Serialize) -> Result<Vec<u8>> {
		let malformed = |error| Error::malformed(what, error);
		let json =
			serde_json::to_string(metadata).map_err(|source| Error::Json { what, source })?;
		let views = self.tensors.iter().map(|(name, dtype, shape, bytes)| {
			TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name, view))
		});
		let views = views.collect::<std::result::Result<Vec<_>, _>>().map_err(malformed)?;
		let metadata = HashMap::from([(METADATA.to_owned(), json)]);
		serialize(views, Some(metadata)).map_err(malformed)
	}
}

/// A file being read.
pub(crate) struct Reader<'a> {
	what: &'static str,
	file: SafeTensors<'a>,
}

impl<'a> Reader<'a> {
	/// Opens a file and decodes its metadata.
	pub fn open<M: DeserializeOwned>(what: &'static str, bytes: &'a [u8]) -> Result<(Self, M)> {
		let malformed = |error| Error::malformed(what, error);
		let (_, header) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
		let json = header.metadata().as_ref().and_then(|map| map.get(METADATA));
		let json = json.ok_or_else(|| {
			Error::malformed(what, format!("there is no metadata entry '{METADATA}'"))
		})?;
		let metadata = serde_json::from_str(json).map_err(|source| Error::Json { what, source })?;
		let file = SafeTensors::deserialize(bytes).map_err(malformed)?;
		Ok((Self { what, file }, metadata))
	}

	/// The little-endian bytes of a tensor, of which type and shape are checked.
	pub fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&'a [u8]> {
		let view = self.file.tensor(name).map_err(|error| Error::malformed(self.what, error))?;
		if view.dtype() != dtype || view.shape() != shape {
			let reason = format!(
				"tensor '{name}' is {:?} {:?} instead of {dtype:?} {shape:?}",
				view.dtype(),
				view.shape()
			);
			return Err(Error::malformed(self.what, reason));
		}
		Ok(view.data())
	}

	/// The shape of a tensor.
	pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
		let view = self.file.tensor(name).map_err(|error| Error::malformed(self.what, error))?;
		Ok(view.shape().to_vec())
	}

	/// A tensor of finite numbers.
	pub fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
		let (chunks, _) = self.bytes(name, Dtype::F32, shape)?.as_chunks::<4>();
		let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
		if values.iter().any(|x| !x.is_finite()) {
			let reason = format!("tensor '{name}' holds a value that is not finite");
			return Err(Error::malformed(self.what, reason));
		}
		Ok(values)
	}
}
