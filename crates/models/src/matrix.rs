//! Matrices, and flat vectors in pieces.

use openledger_kernels::{matmul, matmul_tn};
use std::ops::{Index, IndexMut, Range};

/// A row-major matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix<T> {
	rows: usize,
	columns: usize,
	values: Vec<T>,
}

impl<T> Matrix<T> {
	/// Takes `values`, row after row.
	///
	/// # Panics
	/// If there are not `rows · columns` of them.
	pub fn new(rows: usize, columns: usize, values: Vec<T>) -> Self {
		assert_eq!(values.len(), rows * columns, "a matrix of {rows} rows, {columns} columns");
		Self { rows, columns, values }
	}

	/// Takes `values`, as many whole rows of `columns` as there are.
	///
	/// # Panics
	/// If the last row is not whole.
	pub fn with_columns(columns: usize, values: Vec<T>) -> Self {
		Self::new(values.len() / columns.max(1), columns, values)
	}

	/// The matrix whose entry in row `i` and column `j` is `entry(i, j)`.
	pub fn from_fn(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> T) -> Self {
		let mut values = Vec::with_capacity(rows * columns);
		for i in 0..rows {
			values.extend((0..columns).map(|j| entry(i, j)));
		}
		Self { rows, columns, values }
	}

	/// Number of rows.
	pub fn rows(&self) -> usize {
		self.rows
	}

	/// Number of columns.
	pub fn columns(&self) -> usize {
		self.columns
	}

	/// All entries, row after row.
	pub fn values(&self) -> &[T] {
		&self.values
	}

	/// All entries, row after row.
	pub fn values_mut(&mut self) -> &mut [T] {
		&mut self.values
	}

	/// All entries, row after row.
	pub fn into_values(self) -> Vec<T> {
		self.values
	}

	/// The entries of row `i`, `[columns]`.
	///
	/// # Panics
	/// If there is no such row.
	pub fn row(&self, i: usize) -> &[T] {
		&self.values[i * self.columns..][..self.columns]
	}

	/// The entries of row `i`, `[columns]`, to be changed.
	///
	/// # Panics
	/// If there is no such row.
	pub fn row_mut(&mut self, i: usize) -> &mut [T] {
		&mut self.values[i * self.columns..][..self.columns]
	}

	/// The entries of these rows, one row after the other.
	///
	/// # Panics
	/// If there are no such rows.
	pub fn slice(&self, rows: Range<usize>) -> &[T] {
		&self.values[rows.start * self.columns..rows.end * self.columns]
	}

	/// The rows in order; none where there are no columns.
	pub fn each_row(&self) -> std::slice::ChunksExact<'_, T> {
		self.values.chunks_exact(self.columns.max(1))
	}

	/// The rows in order; none where there are no columns.
	pub fn each_row_mut(&mut self) -> std::slice::ChunksExactMut<'_, T> {
		self.values.chunks_exact_mut(self.columns.max(1))
	}
}

impl<T: Clone + Default> Matrix<T> {
	/// A matrix of zeros.
	pub fn zeros(rows: usize, columns: usize) -> Self {
		Self { rows, columns, values: vec![T::default(); rows * columns] }
	}

	/// The columns as rows.
	pub fn transposed(&self) -> Self {
		let mut turned = Self::zeros(self.columns, self.rows);
		for (i, row) in self.each_row().enumerate() {
			let column = turned.values.iter_mut().skip(i).step_by(self.rows);
			column.zip(row).for_each(|(to, x)| *to = x.clone());
		}
		turned
	}
}

impl<T: From<u8>> Matrix<T> {
	/// The identity of `n` rows.
	pub fn identity(n: usize) -> Self {
		Self::from_fn(n, n, |i, j| T::from(u8::from(i == j)))
	}
}

impl Matrix<f32> {
	/// `self · other`, the same bits on every machine.
	///
	/// # Panics
	/// If the shapes do not fit.
	pub fn product(&self, other: &Self) -> Self {
		assert_eq!(self.columns, other.rows, "a product of matrices that fit");
		let mut product = Self::zeros(self.rows, other.columns);
		let (m, k, n) = (self.rows, self.columns, other.columns);
		matmul(&self.values, &other.values, &mut product.values, m, k, n);
		product
	}

	/// `selfᵀ · other`, the same bits on every machine.
	///
	/// # Panics
	/// If the shapes do not fit.
	pub fn transposed_product(&self, other: &Self) -> Self {
		assert_eq!(self.rows, other.rows, "a product of matrices that fit");
		let mut product = Self::zeros(self.columns, other.columns);
		let (m, k, n) = (self.columns, self.rows, other.columns);
		matmul_tn(&self.values, &other.values, &mut product.values, m, k, n);
		product
	}
}

impl<T> Index<(usize, usize)> for Matrix<T> {
	type Output = T;

	fn index(&self, (i, j): (usize, usize)) -> &T {
		&self.row(i)[j]
	}
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
	fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
		&mut self.row_mut(i)[j]
	}
}

/// The pieces of `flat` that have these lengths, one after the other.
///
/// # Panics
/// When a piece is asked for that `flat` has no values for.
pub fn pieces<T>(
	flat: &[T],
	lengths: impl IntoIterator<Item = usize>,
) -> impl Iterator<Item = &[T]> {
	let mut rest = flat;
	lengths.into_iter().map(move |length| {
		let (here, after) = rest.split_at(length);
		rest = after;
		here
	})
}

/// As [`pieces`], to be changed.
///
/// # Panics
/// When a piece is asked for that `flat` has no values for.
pub fn pieces_mut<T>(
	flat: &mut [T],
	lengths: impl IntoIterator<Item = usize>,
) -> impl Iterator<Item = &mut [T]> {
	let mut rest = flat;
	lengths.into_iter().map(move |length| {
		let (here, after) = std::mem::take(&mut rest).split_at_mut(length);
		rest = after;
		here
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn rows_and_entries_should_be_where_they_were_put() {
		let mut matrix = Matrix::new(2, 3, vec![1, 2, 3, 4, 5, 6]);
		assert_eq!((matrix.rows(), matrix.columns(), matrix.row(1)), (2, 3, &[4, 5, 6][..]));
		assert_eq!((matrix[(0, 2)], matrix.slice(1..2)), (3, &[4, 5, 6][..]));
		matrix[(1, 0)] = 9;
		assert_eq!(matrix.transposed(), Matrix::new(3, 2, vec![1, 9, 2, 5, 3, 6]));
		assert_eq!(matrix, Matrix::from_fn(2, 3, |i, j| [[1, 2, 3], [9, 5, 6]][i][j]));
		assert_eq!(matrix.each_row().count(), 2);
		assert_eq!(Matrix::<f32>::zeros(4, 0).each_row().count(), 0);
	}

	#[test]
	fn products_should_be_those_of_the_matrices() {
		let (a, b) =
			(Matrix::new(1, 2, vec![2.0, 3.0]), Matrix::new(2, 2, vec![1.0, 4.0, 5.0, 6.0]));
		assert_eq!(a.product(&b).values(), [17.0, 26.0]);
		assert_eq!(a.transposed().transposed_product(&b), a.product(&b));
		assert_eq!(b.product(&Matrix::identity(2)), b);
	}

	#[test]
	#[should_panic = "a matrix of 2 rows, 2 columns"]
	fn matrix_should_be_refused_when_values_are_missing() {
		let _ = Matrix::new(2, 2, vec![0.0; 3]);
	}

	#[test]
	fn pieces_should_follow_each_other() {
		let mut values = [1, 2, 3, 4, 5];
		let found: Vec<&[i32]> = pieces(&values, [2, 0, 3]).collect();
		assert_eq!(found, [&[1, 2][..], &[], &[3, 4, 5]]);
		pieces_mut(&mut values, [4, 1]).for_each(|piece| piece[0] = 0);
		assert_eq!(values, [0, 2, 3, 4, 0]);
	}
}
