//! Files of named tensors (safetensors) with one JSON document as metadata.
//!
//! The safetensors format keeps its metadata in a map whose order varies from run to run; with a
//! single entry there is one order, so equal content has equal bytes and one hash.

use crate::{error::Error, matrix::Matrix, Result};
use safetensors::{
	tensor::{Metadata, TensorInfo},
	Dtype, SafeTensors,
};
use serde::{de::DeserializeOwned, Serialize};
use std::{borrow::Cow, cmp::Reverse, collections::HashMap};

const METADATA: &str = "openledger";

/// Takes the bytes of a file in order.
pub type Put<'a> = dyn FnMut(&[u8]) -> Result<()> + Send + 'a;

/// Hands over the bytes of a tensor.
type WriteBytes<'a> = Box<dyn FnOnce(&mut Put<'_>) -> Result<()> + 'a>;

/// The tensors of a file to be written.
#[derive(Default)]
pub struct Writer<'a> {
	tensors: Vec<PendingTensor<'a>>,
}

struct PendingTensor<'a> {
	name: String,
	dtype: Dtype,
	shape: Vec<usize>,
	write: WriteBytes<'a>,
}

impl<'a> Writer<'a> {
	/// Adds a tensor of `shape`.
	pub fn f32(
		&mut self,
		name: impl Into<String>,
		shape: &[usize],
		values: impl Into<Cow<'a, [f32]>>,
	) {
		/// Values copied at a time.
		const BLOCK: usize = 1 << 16;
		let values = values.into();
		self.stream(name, Dtype::F32, shape, move |put| {
			let bytes = |x: &f32| x.to_le_bytes();
			let mut blocks = values.chunks(BLOCK);
			blocks.try_for_each(|block| put(&block.iter().flat_map(bytes).collect::<Vec<_>>()))
		});
	}

	/// Adds a tensor of two dimensions, `[rows, columns]`.
	pub fn matrix(&mut self, name: impl Into<String>, matrix: &'a Matrix<f32>) {
		self.f32(name, &[matrix.rows(), matrix.columns()], matrix.values());
	}

	/// Adds a tensor given by its little-endian bytes.
	pub fn bytes(
		&mut self,
		name: impl Into<String>,
		dtype: Dtype,
		shape: &[usize],
		bytes: Vec<u8>,
	) {
		self.stream(name, dtype, shape, move |put| put(&bytes));
	}

	/// Adds a tensor whose little-endian bytes are computed when their turn comes.
	pub fn stream(
		&mut self,
		name: impl Into<String>,
		dtype: Dtype,
		shape: &[usize],
		write: impl FnOnce(&mut Put<'_>) -> Result<()> + 'a,
	) {
		let (name, shape, write) = (name.into(), shape.to_vec(), Box::new(write));
		self.tensors.push(PendingTensor { name, dtype, shape, write });
	}

	/// The bytes of the file.
	pub fn finish(self, what: &'static str, metadata: &impl Serialize) -> Result<Vec<u8>> {
		let mut bytes = Vec::new();
		self.write(what, metadata, &mut |more| {
			bytes.extend_from_slice(more);
			Ok(())
		})?;
		Ok(bytes)
	}

	/// Writes the file: its header, then wide types before narrow ones, each in the order of names.
	pub fn write(
		mut self,
		what: &'static str,
		metadata: &impl Serialize,
		put: &mut Put<'_>,
	) -> Result<()> {
		self.tensors.sort_by(|a, b| (Reverse(a.dtype), &a.name).cmp(&(Reverse(b.dtype), &b.name)));
		let (header, sizes) = self.header(what, metadata)?;
		put(&(header.len() as u64).to_le_bytes())?;
		put(&header)?;
		for (tensor, size) in self.tensors.into_iter().zip(sizes) {
			let mut written = 0usize;
			(tensor.write)(&mut |bytes| {
				written = written.saturating_add(bytes.len());
				put(bytes)
			})?;
			if written != size {
				let reason =
					format!("tensor '{}' has {written} bytes instead of {size}", tensor.name);
				return Err(Error::malformed(what, reason));
			}
		}
		Ok(())
	}

	/// The header, its length a multiple of 8, and the bytes of each tensor.
	fn header(
		&self,
		what: &'static str,
		metadata: &impl Serialize,
	) -> Result<(Vec<u8>, Vec<usize>)> {
		let json = |source| Error::Json { what, source };
		let (mut infos, mut sizes, mut start) = (Vec::new(), Vec::new(), 0usize);
		for PendingTensor { name, dtype, shape, .. } in &self.tensors {
			let bits = shape.iter().try_fold(dtype.bitsize(), |size, n| size.checked_mul(*n));
			let end = bits.and_then(|bits| start.checked_add(bits / 8));
			let end = end.ok_or_else(|| {
				Error::malformed(what, format!("tensor '{name}' is too large for a file"))
			})?;
			let info =
				TensorInfo { dtype: *dtype, shape: shape.clone(), data_offsets: (start, end) };
			infos.push((name.clone(), info));
			sizes.push(end - start);
			start = end;
		}
		let metadata = serde_json::to_string(metadata).map_err(json)?;
		let metadata = Some(HashMap::from([(METADATA.to_owned(), metadata)]));
		let metadata =
			Metadata::new(metadata, infos).map_err(|error| Error::malformed(what, error))?;
		let mut header = serde_json::to_vec(&metadata).map_err(json)?;
		header.resize(header.len().next_multiple_of(8), b' ');
		Ok((header, sizes))
	}
}

/// A file being read.
pub struct Reader<'a> {
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

	/// A tensor of finite numbers, `[rows, columns]`.
	pub fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix<f32>> {
		Ok(Matrix::new(rows, columns, self.f32(name, &[rows, columns])?))
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

#[cfg(test)]
mod tests {
	use super::*;
	use safetensors::{serialize, tensor::TensorView};

	const WHAT: &str = "test file";

	#[test]
	fn file_should_be_that_of_the_library_when_written_in_pieces() {
		let (numbers, wide) = ([1.5f32, -2.0, 0.25], [7u64, 9]);
		let mut file = Writer::default();
		file.bytes("small", Dtype::U8, &[2], vec![3, 4]);
		file.stream("pieces", Dtype::I8, &[2, 2], |put| (1..5u8).try_for_each(|x| put(&[x])));
		file.f32("b", &[3], numbers.as_slice());
		file.f32("a", &[1], vec![8.0]);
		file.bytes("wide", Dtype::U64, &[2], wide.iter().flat_map(|x| x.to_le_bytes()).collect());
		let found = file.finish(WHAT, &"about").unwrap();
		let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect();
		let wide: Vec<u8> = wide.iter().flat_map(|x| x.to_le_bytes()).collect();
		let (a, b): (Vec<u8>, Vec<u8>) = (bytes(&[8.0]), bytes(&numbers));
		let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes);
		let views = [
			("small", view(Dtype::U8, &[2], &[3, 4]).unwrap()),
			("pieces", view(Dtype::I8, &[2, 2], &[1, 2, 3, 4]).unwrap()),
			("b", view(Dtype::F32, &[3], &b).unwrap()),
			("a", view(Dtype::F32, &[1], &a).unwrap()),
			("wide", view(Dtype::U64, &[2], &wide).unwrap()),
		];
		let metadata = HashMap::from([(METADATA.to_owned(), "\"about\"".to_owned())]);
		assert_eq!(found, serialize(views, Some(metadata)).unwrap());
	}

	#[test]
	fn file_should_be_refused_when_a_tensor_has_other_bytes_than_its_shape() {
		for count in [1, 3] {
			let mut file = Writer::default();
			file.bytes("t", Dtype::U8, &[2], vec![0; count]);
			let error = file.finish(WHAT, &"about").unwrap_err().to_string();
			assert!(error.contains(&format!("{count} bytes instead of 2")), "{error}");
		}
		let mut file = Writer::default();
		file.bytes("t", Dtype::U64, &[usize::MAX, 2], Vec::new());
		assert!(file.finish(WHAT, &"about").is_err());
	}
}
