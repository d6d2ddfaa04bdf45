"""What the libraries' methods have in common."""

from dataclasses import dataclass
from typing import Callable, Optional


@dataclass(frozen=True)
class Method:
	library: str
	name: str
	# (workload, damping) -> scores [test row][training row], positive where training on the row
	# raises the margin. Damping None is the library's default.
	scores: Callable
	# The name of the setting that is tuned, the damping wherever there is one.
	damping: Optional[str] = None
	# Values among which the one with the highest LDS is taken for the tuned run.
	grid: tuple = ()
	# workload -> why it cannot be run, or None.
	refuses: Callable = lambda workload: None
	# Whether it runs only when named.
	optional: bool = False

	@property
	def key(self):
		return f"{self.library}/{self.name}"


def decades(low, high):
	"""Powers of ten from 10**low to 10**high, and the values half-way between."""
	return tuple(10.0 ** (exponent / 2) for exponent in range(2 * low, 2 * high + 1))
