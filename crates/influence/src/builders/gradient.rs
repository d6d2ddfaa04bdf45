//! Gradients without curvature.

use crate::{
	basis::{GradientBasis, Part},
	Contribution, IndexBuilder, Influence, Result,
};
use openledger_models::{Model, Progress};
use serde_json::{json, Value};

/// Gradient dot product: `psi_c = -Σ ∇L(row)`, no curvature. The baseline that every other builder
/// must beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradientDot;

impl IndexBuilder for GradientDot {
	fn name(&self) -> &'static str {
		"gradient-dot"
	}

	fn parameters(&self) -> Value {
		json!({})
	}

	fn influence(
		&self,
		model: &Model,
		_contributions: &[Contribution],
		_progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let basis = GradientBasis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Influence::Local(parts))
	}
}
