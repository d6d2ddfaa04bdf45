//! Files of named tensors: safetensors.
//!
//! The header is eight bytes of length and a JSON object with type, shape and place of each tensor;
//! behind it lie the tensors, row-major and little-endian. Only the header is kept in memory.

use super::{FileError, Hash, TensorError};
use openledger_blobs::blob_hash;
use safetensors::{
	tensor::{Metadata, TensorInfo},
	Dtype,
};
use serde::Serialize;
use std::{
	collections::{BTreeMap, HashMap},
	fs,
	io::{self, Cursor, Read, Seek, SeekFrom},
	path::{Path, PathBuf},
	sync::{Mutex, PoisonError},
};

/// The largest header that the format allows, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// The number of bytes before the header, which are its length.
const PREFIX: u64 = 8;

/// A file that is being read.
#[derive(Debug)]
pub(super) struct TensorFile<R> {
	path: PathBuf,
	source: Mutex<R>,
	header: Metadata,
	/// The position of the first tensor, in bytes.
	start: u64,
}

impl TensorFile<fs::File> {
	/// Opens a file and reads its header.
	pub fn open(path: &Path) -> Result<Self, FileError> {
		let file = fs::File::open(path).map_err(|source| FileError::io("read", path, source))?;
		Self::new(path, file)
	}
}

impl<'a> TensorFile<Cursor<&'a [u8]>> {
	/// Reads the header of a file in memory, which errors will call `name`.
	pub fn from_bytes(name: &Path, bytes: &'a [u8]) -> Result<Self, FileError> {
		Self::new(name, Cursor::new(bytes))
	}
}

impl<R: Read + Seek> TensorFile<R> {
	fn new(path: &Path, mut source: R) -> Result<Self, FileError> {
		let failed = |source| FileError::io("read", path, source);
		let wrong = |source| FileError::tensor(path, source);
		let found = source.seek(SeekFrom::End(0)).map_err(failed)?;
		source.rewind().map_err(failed)?;
		if found < PREFIX {
			return Err(wrong(TensorError::Truncated { found, expected: PREFIX }));
		}
		let mut prefix = [0; PREFIX as usize];
		source.read_exact(&mut prefix).map_err(failed)?;
		let length = u64::from_le_bytes(prefix);
		if length > MAX_HEADER {
			return Err(wrong(TensorError::HeaderTooLarge { found: length, limit: MAX_HEADER }));
		}
		let start = PREFIX + length;
		if start > found {
			return Err(wrong(TensorError::Truncated { found, expected: start }));
		}
		// The header lies within the file, which bounds the memory taken.
		let mut json = vec![0; length as usize];
		source.read_exact(&mut json).map_err(failed)?;
		let header: Metadata =
			serde_json::from_slice(&json).map_err(|error| wrong(explain(&json, &error)))?;
		let expected = start.saturating_add(header.data_len() as u64);
		if expected > found {
			return Err(wrong(TensorError::Truncated { found, expected }));
		}
		if expected < found {
			return Err(wrong(TensorError::TrailingBytes { found, expected }));
		}
		Ok(Self { path: path.to_owned(), source: Mutex::new(source), header, start })
	}

	pub fn path(&self) -> &Path {
		&self.path
	}

	/// The names of all tensors, sorted.
	pub fn names(&self) -> Vec<String> {
		let mut names = self.header.offset_keys();
		names.sort_unstable();
		names
	}

	/// The value of an entry of the file's free metadata.
	pub fn metadata(&self, key: &str) -> Option<&str> {
		self.header.metadata().as_ref()?.get(key).map(String::as_str)
	}

	/// The type, the shape and the place of a tensor.
	pub fn info(&self, name: &str) -> Option<&TensorInfo> {
		self.header.info(name)
	}

	/// Reads a tensor of `shape` and of finite numbers, row-major. If its `hash` is given, its
	/// bytes must have that hash.
	pub fn get(
		&self,
		name: &str,
		shape: &[usize],
		hash: Option<&Hash>,
	) -> Result<Vec<f32>, FileError> {
		let wrong = |source| FileError::tensor(&self.path, source);
		let name = || name.to_owned();
		let info = self.info(&name()).ok_or_else(|| wrong(TensorError::Missing(name())))?;
		if info.shape != shape {
			let (found, expected) = (info.shape.clone(), shape.to_vec());
			return Err(wrong(TensorError::Shape { name: name(), found, expected }));
		}
		let decode = match info.dtype {
			Dtype::F32 => from_f32,
			Dtype::F16 => from_f16,
			Dtype::BF16 => from_bf16,
			other => {
				return Err(wrong(TensorError::Type { name: name(), found: other.to_string() }))
			},
		};
		let bytes = self.bytes(info)?;
		if hash.is_some_and(|hash| *hash != blob_hash(&bytes)) {
			return Err(wrong(TensorError::Changed(name())));
		}
		let values = decode(&bytes);
		match values.iter().position(|x| !x.is_finite()) {
			Some(position) => {
				let value = values.get(position).copied().unwrap_or(f32::NAN);
				Err(wrong(TensorError::NotFinite { name: name(), value, position }))
			},
			None => Ok(values),
		}
	}

	/// Reads the bytes of a tensor as they lie in the file.
	pub fn bytes(&self, info: &TensorInfo) -> Result<Vec<u8>, FileError> {
		let failed = |source| FileError::io("read", &self.path, source);
		let (from, to) = info.data_offsets;
		// Both lie within the file, which bounds the memory taken.
		let mut bytes = vec![0; to.saturating_sub(from)];
		// A reader that panicked left at most a position behind, and the position is set here.
		let mut locked = self.source.lock().unwrap_or_else(PoisonError::into_inner);
		locked.seek(SeekFrom::Start(self.start.saturating_add(from as u64))).map_err(failed)?;
		locked.read_exact(&mut bytes).map_err(|source| match source.kind() {
			io::ErrorKind::UnexpectedEof => {
				// The file was whole when it was opened.
				let found = locked.seek(SeekFrom::End(0)).unwrap_or_default();
				let expected = self.start.saturating_add(self.header.data_len() as u64);
				FileError::tensor(&self.path, TensorError::Truncated { found, expected })
			},
			_ => failed(source),
		})?;
		Ok(bytes)
	}
}

/// Tells a type of tensor that nobody knows from a header that is none.
fn explain(json: &[u8], error: &serde_json::Error) -> TensorError {
	use serde_json::Value;
	let tensors: HashMap<String, Value> = serde_json::from_slice(json).unwrap_or_default();
	let mut unknown: Vec<(String, String)> = tensors
		.into_iter()
		.filter_map(|(name, info)| {
			let dtype = info.get("dtype")?;
			let known = serde_json::from_value::<Dtype>(dtype.clone()).is_ok();
			let text = dtype.as_str().map_or_else(|| dtype.to_string(), str::to_owned);
			(!known).then(|| (super::shorten(&name), super::shorten(&text)))
		})
		.collect();
	// The first by name, so that a file always gets the same message.
	unknown.sort_unstable();
	match unknown.into_iter().next() {
		Some((name, found)) => TensorError::Type { name, found },
		None => TensorError::Header(super::shorten_message(error)),
	}
}

fn from_f32(bytes: &[u8]) -> Vec<f32> {
	bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn from_f16(bytes: &[u8]) -> Vec<f32> {
	bytes.as_chunks::<2>().0.iter().map(|bytes| half(u16::from_le_bytes(*bytes))).collect()
}

fn from_bf16(bytes: &[u8]) -> Vec<f32> {
	let widen = |bytes: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
	bytes.as_chunks::<2>().0.iter().map(widen).collect()
}

/// Widens IEEE 754 half precision, exactly: a sign, 5 bits of exponent and 10 of mantissa.
fn half(bits: u16) -> f32 {
	let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
	let mantissa = f32::from(bits & 0x3ff);
	let magnitude = match (bits >> 10) & 0x1f {
		0 => mantissa / 16_777_216.0,
		31 if mantissa == 0.0 => f32::INFINITY,
		31 => f32::NAN,
		exponent => {
			let scale = f32::from_bits((u32::from(exponent) + 127 - 15) << 23);
			scale * (1.0 + mantissa / 1024.0)
		},
	};
	sign * magnitude
}

/// Tensors that are to be written as 32-bit floats. Equal content gives equal bytes.
#[derive(Default)]
pub(super) struct TensorWriter<'a> {
	tensors: BTreeMap<String, (Vec<usize>, &'a [f32])>,
}

#[derive(Serialize)]
struct FileHeader<'a> {
	#[serde(rename = "__metadata__")]
	metadata: BTreeMap<&'a str, &'a str>,
	#[serde(flatten)]
	tensors: BTreeMap<&'a str, TensorInfo>,
}

impl<'a> TensorWriter<'a> {
	/// Adds a tensor of `shape`. The caller has checked that its product is the number of values.
	pub fn add(&mut self, name: impl Into<String>, shape: &[usize], values: &'a [f32]) {
		self.tensors.insert(name.into(), (shape.to_vec(), values));
	}

	/// Makes the file. Tensors and metadata are sorted by name.
	pub fn finish(self, path: &Path, metadata: &[(&str, &str)]) -> Result<Vec<u8>, FileError> {
		let mut end = 0;
		let tensors = self.tensors.iter().map(|(name, (shape, values))| {
			let start = end;
			end += size_of_val(*values);
			let (dtype, data_offsets) = (Dtype::F32, (start, end));
			(name.as_str(), TensorInfo { dtype, shape: shape.clone(), data_offsets })
		});
		let header =
			FileHeader { tensors: tensors.collect(), metadata: metadata.iter().copied().collect() };
		let mut json =
			serde_json::to_vec(&header).map_err(|source| FileError::json(path, source))?;
		// Tensors begin at a multiple of their size.
		json.resize(json.len().next_multiple_of(PREFIX as usize), b' ');
		let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
		bytes.reserve(json.len() + end);
		bytes.extend(json);
		for (_, values) in self.tensors.values() {
			bytes.extend(values.iter().flat_map(|x| x.to_le_bytes()));
		}
		Ok(bytes)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use candle_core::{DType, Device, Tensor};
	use proptest::prelude::*;

	const PATH: &str = "model.safetensors";

	fn open(bytes: &[u8]) -> Result<TensorFile<Cursor<&[u8]>>, TensorError> {
		TensorFile::from_bytes(Path::new(PATH), bytes).map_err(|error| match error {
			FileError::Tensor { source, .. } => source,
			other => panic!("{other}"),
		})
	}

	fn get(bytes: &[u8], shape: &[usize]) -> Result<Vec<f32>, TensorError> {
		open(bytes)?.get("x", shape, None).map_err(|error| match error {
			FileError::Tensor { source, .. } => source,
			other => panic!("{other}"),
		})
	}

	fn raw(header: &str, data: &[u8]) -> Vec<u8> {
		[&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
	}

	fn file(values: &[f32]) -> Vec<u8> {
		let mut writer = TensorWriter::default();
		writer.add("x", &[values.len()], values);
		writer.finish(Path::new(PATH), &[("format", "pt")]).unwrap()
	}

	#[test]
	fn half_precision_should_widen_as_candle_does_for_every_bit_pattern() {
		let patterns: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
		for (dtype, decode) in
			[(DType::F16, from_f16 as fn(&[u8]) -> Vec<f32>), (DType::BF16, from_bf16)]
		{
			let tensor = Tensor::from_raw_buffer(&patterns, dtype, &[1 << 16], &Device::Cpu);
			let expected = tensor.unwrap().to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap();
			for (found, expected) in decode(&patterns).iter().zip(expected) {
				assert!(
					found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan()
				);
			}
		}
	}

	#[test]
	fn writing_should_give_what_the_safetensors_library_reads() {
		let (a, b) = ([1.0, -2.5, 3.0, 0.0, 5.0, 6.0], [7.0]);
		let mut writer = TensorWriter::default();
		writer.add("b", &[1], &b);
		writer.add("a", &[2, 3], &a);
		let bytes = writer.finish(Path::new(PATH), &[("z", "1"), ("format", "pt")]).unwrap();
		let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
		assert_eq!(read.tensor("a").unwrap().shape(), [2, 3]);
		assert_eq!(from_f32(read.tensor("a").unwrap().data()), a);
		assert_eq!(from_f32(read.tensor("b").unwrap().data()), b);
		let file = open(&bytes).unwrap();
		assert_eq!(file.names(), ["a", "b"]);
		assert_eq!(file.metadata("format"), Some("pt"));
		assert_eq!(file.get("a", &[2, 3], None).unwrap(), a);
		assert_eq!(file.get("b", &[1], None).unwrap(), b);
	}

	#[test]
	fn file_should_be_refused_with_its_own_reason_when_damaged() {
		let whole = file(&[1.0, 2.0]);
		for length in 0..whole.len() {
			let cut = open(&whole[..length]).unwrap_err();
			assert!(matches!(cut, TensorError::Truncated { found, .. } if found == length as u64));
		}
		let long = [&whole[..], &[0]].concat();
		assert!(matches!(open(&long), Err(TensorError::TrailingBytes { .. })));
		let huge = [&(1u64 << 60).to_le_bytes(), &whole[8..]].concat();
		assert!(matches!(open(&huge), Err(TensorError::HeaderTooLarge { .. })));
		let header = r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
		assert_eq!(get(&raw(header, &[0; 8]), &[2]).unwrap(), [0.0, 0.0]);
		for header in [
			"",
			"[]",
			r#"{"x":1}"#,
			r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
			r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
			r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
			r#"{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#,
		] {
			let error = open(&raw(header, &[0; 8])).unwrap_err();
			assert!(matches!(error, TensorError::Header(_)), "{header}: {error}");
		}
	}

	#[test]
	fn tensor_should_be_refused_with_its_own_reason_when_it_is_another() {
		let bytes = file(&[1.0, 2.0]);
		let error = get(&bytes, &[2, 1]).unwrap_err().to_string();
		assert_eq!(error, "tensor 'x' has shape [2] instead of [2, 1]");
		let missing = open(&bytes).unwrap().get("y", &[2], None).unwrap_err().to_string();
		assert_eq!(missing, "model.safetensors: there is no tensor 'y'");
		let header = r#"{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#;
		let known = get(&raw(header, &[0; 8]), &[1]).unwrap_err();
		assert!(matches!(known, TensorError::Type { found, .. } if found == "I64"));
		let unknown = open(&raw(&header.replace("I64", "F7"), &[0; 8])).unwrap_err();
		assert!(matches!(unknown, TensorError::Type { found, .. } if found == "F7"));
		for value in [f32::NAN, f32::INFINITY] {
			let error = get(&file(&[1.0, value]), &[2]).unwrap_err();
			assert!(matches!(error, TensorError::NotFinite { position: 1, .. }));
		}
	}

	proptest! {
		#[test]
		fn writing_should_be_deterministic_and_read_back(
			tensors in prop::collection::btree_map(
				"[a-z.]{1,12}",
				prop::collection::vec(-1e30f32..1e30, 0..8),
				0..8,
			),
		) {
			let write = |names: Vec<&String>| {
				let mut writer = TensorWriter::default();
				for name in names {
					writer.add(name, &[tensors[name].len()], &tensors[name]);
				}
				writer.finish(Path::new(PATH), &[]).unwrap()
			};
			let bytes = write(tensors.keys().collect());
			prop_assert_eq!(&bytes, &write(tensors.keys().rev().collect()));
			let file = open(&bytes).unwrap();
			for (name, values) in &tensors {
				prop_assert_eq!(&file.get(name, &[values.len()], None).unwrap(), values);
			}
		}
	}
}
