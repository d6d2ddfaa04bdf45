"""Runs a process to its end, within limits of time and memory."""

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional


@dataclass
class Ended:
	output: str  # standard output
	anonymous_bytes: Optional[int]  # the most seen; sampled, mapped files not counted
	error: Optional[str]


def run(line, seconds=None, gigabytes=None, threads=None, directory=None):
	variables = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
	environment = {**os.environ, **{name: str(threads) for name in variables if threads}}
	with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
		process = subprocess.Popen(
			[str(word) for word in line], stdout=output, stderr=errors, env=environment, cwd=directory
		)
		try:
			most, error = watch(process, seconds, gigabytes)
		finally:
			if process.poll() is None:
				process.kill()
				process.wait()
		for file in (output, errors):
			file.seek(0)
		lines = errors.read().strip().splitlines()
		if error is None and process.returncode:
			error = reason(process.returncode, lines)
		return Ended(output.read(), most or None, error)


def watch(process, seconds, gigabytes):
	start, most = time.monotonic(), 0
	while process.poll() is None:
		most = max(most, anonymous(process.pid))
		if seconds and time.monotonic() - start > seconds:
			return most, f"not done after {seconds:.0f} s"
		if gigabytes and most > gigabytes * 1e9:
			return most, f"took more than {gigabytes:g} GB after {time.monotonic() - start:.0f} s"
		time.sleep(0.02)
	return most, None


def reason(code, lines):
	if code < 0:
		return f"ended by {signal.Signals(-code).name}"
	last = [line.strip() for line in lines if line.strip()]
	return last[-1] if last else f"ended with status {code}"


def anonymous(pid):
	return status(pid, "RssAnon:") + status(pid, "RssShmem:")


def status(pid, name):
	"""A size in bytes that the kernel gives for a process; 0 if it is gone."""
	try:
		lines = Path(f"/proc/{pid}/status").read_text().splitlines()
	except OSError:
		return 0
	found = [line.split() for line in lines if line.startswith(name)]
	return int(found[0][1]) * 1024 if found else 0
