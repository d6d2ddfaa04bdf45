"""dattri (Deng et al. 2024)."""

import torch
from dattri.algorithm import (
	IFAttributorArnoldi,
	IFAttributorCG,
	IFAttributorDataInf,
	IFAttributorEKFAC,
	IFAttributorExplicit,
	IFAttributorLiSSA,
	TRAKAttributor,
	TracInAttributor,
)
from dattri.task import AttributionTask
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from method import Method, decades
from network import build, dataset, loader, margins

LIBRARY = "dattri"


class Functions:
	"""The loss and the output attributed, in dattri's form; data are rows or one row."""

	def __init__(self, workload):
		self.network = build(workload)
		self.inputs = workload.train.features.shape[1]

	def logits(self, parameters, data):
		features, labels = data
		logits = functional_call(self.network, parameters, features.reshape(-1, self.inputs))
		# LiSSA hands labels over as floating-point numbers.
		return logits, labels.reshape(-1).long()

	def loss(self, parameters, data):
		return cross_entropy(*self.logits(parameters, data))

	def margin(self, parameters, data):
		return margins(*self.logits(parameters, data)).sum()

	def probability(self, parameters, data):
		return torch.exp(-self.loss(parameters, data))

	def task(self, loss, target=None):
		return AttributionTask(loss, self.network, [self.network.state_dict()], target)


def influence(attributor, setting="regularization"):
	"""Influence functions: the loss gives the curvature, the margin the query."""

	def scores(workload, damping, built):
		functions = Functions(workload)
		chosen = {} if damping is None else {setting: damping}
		if setting == "proj_dim":
			chosen = {name: int(value) for name, value in chosen.items()}
		method = attributor(functions.task(functions.loss, functions.margin), **chosen)
		# All rows at once, as dattri asks for: the Hessian of a batch is that of its rows.
		rows = dataset(workload.train)
		method.cache(torch.utils.data.DataLoader(rows, batch_size=len(rows)))
		built()
		return attributed(method, workload)

	return scores


def ekfac(workload, damping, built):
	functions = Functions(workload)
	# Its Fisher matrix is that of the target, which should be the loss; the query is the margin.
	method = IFAttributorEKFAC(functions.task(functions.loss), **({} if damping is None else {"damping": damping}))
	method.cache(loader(workload, workload.train))
	method.task = functions.task(functions.loss, functions.margin)
	built()
	return attributed(method, workload)


def attributed(method, workload):
	train, test = (loader(workload, rows) for rows in (workload.train, workload.test))
	# Without, some keep the graph of every Hessian product they have made.
	with torch.no_grad():
		scores = method.attribute(train, test)
	# dattri's is positive where training on the row lowers the target.
	return -scores.numpy().T


def tracin(normalised):
	def scores(workload, damping, built):
		functions = Functions(workload)
		method = TracInAttributor(functions.task(functions.loss, functions.margin), torch.ones(1), normalised)
		built()
		return attributed(method, workload)

	return scores


def trak(workload, damping, built):
	functions = Functions(workload)
	fixed = {} if damping is None else {"regularization": damping}
	method = TRAKAttributor(functions.task(functions.margin), functions.probability, **fixed)
	method.cache(loader(workload, workload.train))
	built()
	return method.attribute(loader(workload, workload.test)).detach().numpy().T


def hessian(workload):
	"""The explicit Hessian is held in three copies at least."""
	size = 3 * 4 * workload.parameters**2
	return f"its Hessian would take {size / 1e9:,.0f} GB" if size > 8e9 else None


METHODS = [
	Method(LIBRARY, "exact Hessian", influence(IFAttributorExplicit), "regularization", decades(-4, 0), hessian),
	Method(LIBRARY, "CG", influence(IFAttributorCG), "regularization", decades(-4, 0)),
	# Its projection divides by roots of eigenvalues, so keeping a negative one makes every score NaN:
	# how many are kept decides, not the damping.
	Method(LIBRARY, "Arnoldi", influence(IFAttributorArnoldi, "proj_dim"), "proj_dim", (10, 20, 40, 60, 80, 90)),
	Method(LIBRARY, "DataInf", influence(IFAttributorDataInf), "regularization", decades(-6, -2)),
	Method(LIBRARY, "EK-FAC", ekfac, "damping", decades(-6, -1)),
	Method(LIBRARY, "TRAK", trak, "regularization", decades(-2, 3)),
	Method(LIBRARY, "TracIn", tracin(False)),
	Method(LIBRARY, "TracIn normalised", tracin(True)),
	# 5,000 Hessian products for each test row: many minutes on two processors.
	Method(LIBRARY, "LiSSA", influence(IFAttributorLiSSA), optional=True),
]
