"""What methods have in common."""

from dataclasses import dataclass
from typing import Callable, Optional


@dataclass(frozen=True)
class Method:
	library: str
	name: str
	# (workload, damping, built) -> scores [test row][training row], positive where training on the
	# row raises the margin. Damping None is the library's default. `built` is called when all is
	# done that queries share.
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


@dataclass
class Result:
	library: str
	version: str
	method: str
	damping: Optional[str] = None  # the setting's name and value where it was tuned
	tuned: bool = False
	lds: Optional[float] = None
	interval: Optional[list] = None  # 95 %
	building_seconds: Optional[float] = None  # what queries share; not imports, loading and tuning
	scoring_seconds: Optional[float] = None  # all queries
	pairs_per_second: Optional[float] = None  # over both
	peak_bytes: Optional[int] = None  # of the whole process, mapped files counted
	more_bytes: Optional[int] = None  # beyond the process that has imported and loaded everything
	anonymous_bytes: Optional[int] = None  # at most, mapped files not counted; sampled
	error: Optional[str] = None

	@property
	def seconds(self):
		return None if self.building_seconds is None else self.building_seconds + self.scoring_seconds

	@property
	def label(self):
		return f"{self.library}/{self.method}" + (", tuned" if self.tuned else "")


# A method that takes less than this is run again, and its fastest run counts.
REPEATED_BELOW = 5.0
RUNS = 3
RESAMPLES = 1000


def again(times):
	"""Whether there should be another run after those that took `times`."""
	return not times or (len(times) < RUNS and sum(times) < REPEATED_BELOW)


def decades(low, high):
	"""Powers of ten from 10**low to 10**high, and the values half-way between."""
	return tuple(10.0 ** (exponent / 2) for exponent in range(2 * low, 2 * high + 1))
