// Sends each extrinsic of our pallets: one that succeeds where a user could make it so, else one that
// fails in the block with the error that the pallet names for the case.
import { randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { account, awaitBlock, awaitEvent, connect, OPEN, pallets, sender } from './chain.mjs';

const model = Number(process.env.OPENLEDGER_MODEL ?? 0);
const input = process.env.OPENLEDGER_INPUT ?? '';
const host = account(process.env.OPENLEDGER_HOST ?? '//Dave//stash');
// Endowed at genesis; no other test sends from them.
const owner = account('//Alice//stash');
const curator = account('//Bob//stash');
const contributor = account('//Charlie//stash');
const user = account('//Ferdie//stash');
const stranger = account('//Eve//stash');
// Has nothing yet.
const attester = account('//Attester');

let api;
let sent;
let submit;
let succeed;
let fail;
before(async () => {
	api = await connect();
	({ sent, submit, succeed, fail } = sender(api));
});
after(() => api?.disconnect());

const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`;
const hash = () => hex(randomBytes(32));

const terms = (change = {}) => ({
	name: 'from Node.js',
	licence: 'CC0-1.0',
	curators: [curator.address],
	approvals: 1,
	contributionBond: OPEN,
	maxRows: 100,
	maxBytes: 10_000,
	access: 'Open',
	...change,
});

const registration = (datanet, version) => ({
	name: 'from Node.js',
	weights: hash(),
	architecture: '{}',
	parent: null,
	sources: [{ datanet, version }],
	index: { root: hash(), leafCount: 1, dimension: 4, width: 'Int8' },
	indexParameters: '{}',
	indexFile: hash(),
	manifest: hash(),
	heldOut: hash(),
	host: host.address,
	pricing: { PerCall: OPEN },
	royalty: 100_000,
});

const attribution = {
	query: { Int8: [1, 2, 3, 4] },
	entries: [{
		leaf: { contribution: 0, sketch: { Int8: [1, 0, 0, 0] } },
		leafIndex: 0,
		proof: [],
		score: 1,
	}],
};

async function manageDatanet() {
	const { datanets } = api.tx;
	const { datanet } = await succeed(owner, datanets.create(terms()), 'datanets.Created');
	const contribute = (root = hash()) => datanets.contribute(datanet, root, 10, 1_000, hash());
	const contributed = async (tx) =>
		(await succeed(contributor, tx, 'datanets.Contributed')).contribution;
	const root = hash();
	const [accepted, rejected, withdrawn] =
		await Promise.all([contribute(root), contribute(), contribute()].map(contributed));
	const [vote] = await Promise.all([
		succeed(curator, datanets.approve(accepted), 'datanets.Accepted'),
		succeed(curator, datanets.reject(rejected, 'blurred', true), 'datanets.Rejected'),
		succeed(contributor, datanets.withdraw(withdrawn), 'datanets.Withdrawn'),
		fail(contributor, contribute(root), 'datanets.Duplicate'),
		fail(owner, datanets.approve(accepted), 'datanets.NotCurator'),
	]);
	assert.equal(vote.position.toNumber(), 0);
	const { state } = (await api.query.datanets.contributions(rejected)).unwrap();
	assert.equal(state.asRejected.reason.toUtf8(), 'blurred');

	const [published] = await Promise.all([
		succeed(owner, datanets.publishVersion(datanet), 'datanets.VersionPublished'),
		fail(contributor, datanets.releaseBond(accepted), 'datanets.BondPeriodNotOver'),
	]);
	assert.equal(published.contributions.toNumber(), 1);
	const permissioned = terms({ access: 'Permissioned' });
	await Promise.all([
		succeed(owner, datanets.update(datanet, permissioned), 'datanets.Updated'),
		manageModel(datanet, published.version),
	]);
	const parameters = await api.query.datanets.parameters();
	const allow = datanets.setContributor(datanet, contributor.address, true);
	await Promise.all([
		fail(curator, contribute(), 'datanets.NotAllowed'),
		succeed(owner, allow, 'datanets.ContributorSet'),
		fail(owner, datanets.setParameters(parameters), 'BadOrigin'),
	]);
	await succeed(owner, datanets.close(datanet), 'datanets.Closed');
}

async function manageModel(datanet, version) {
	const { modelRegistry } = api.tx;
	const register = modelRegistry.register(registration(datanet, version));
	const { model } = await succeed(owner, register, 'modelRegistry.Registered');
	const stored = (await api.query.modelRegistry.models(model)).unwrap();
	assert.equal(stored.registration.name.toUtf8(), 'from Node.js');
	const pricing = { PerThousandTokens: { input: 1, output: 2 } };
	const parameters = await api.query.modelRegistry.parameters();
	await Promise.all([
		fail(owner, modelRegistry.activate(model, attribution), 'modelRegistry.ManifestMismatch'),
		succeed(owner, modelRegistry.updatePrice(model, pricing), 'modelRegistry.PriceUpdated'),
		succeed(owner, modelRegistry.setHost(model, user.address), 'modelRegistry.HostSet'),
		fail(owner, modelRegistry.retire(model), 'modelRegistry.NotActive'),
		fail(owner, modelRegistry.setParameters(parameters), 'BadOrigin'),
	]);
}

async function useMarket() {
	const { inferenceMarket } = api.tx;
	const request = async () => {
		const tx = inferenceMarket.request(model, input, 5n * OPEN);
		return (await succeed(user, tx, 'inferenceMarket.Requested')).inference;
	};
	const parameters = await api.query.inferenceMarket.parameters();
	const tooLong = '0'.repeat(api.consts.inferenceMarket.maxInput.toNumber() + 1);
	const [taken, first, second] = await Promise.all([
		request(),
		request(),
		request(),
		fail(stranger, inferenceMarket.request(model, tooLong, 5n * OPEN), 'inferenceMarket.InputTooLong'),
		fail(stranger, inferenceMarket.claimRewards(), 'inferenceMarket.NothingToClaim'),
		fail(stranger, inferenceMarket.setParameters(parameters), 'BadOrigin'),
	]);
	// The model's answer is not known here: the first is no digit at all, and the attester, who finds it
	// wrong, says what is right.
	const [wrong] = await Promise.all([
		answer(first, 'none'),
		succeed(user, inferenceMarket.cancel(taken), 'inferenceMarket.Refunded'),
		fail(stranger, inferenceMarket.respond(second, '1', noTokens), 'inferenceMarket.NotHost'),
	]);
	assert.ok(wrong.inference.state.isRefunded && wrong.inference.state.asRefunded.isWrongAnswer);
	assert.ok(wrong.claim.verdict.isWrongAnswer);
	const output = wrong.claim.verdict.asWrongAnswer.output.toUtf8();

	const right = await answer(second, output);
	const receipt = right.inference.state.asSettled;
	assert.equal(receipt.output.toUtf8(), output);
	// The library calls the field `entries` so, which would hide a method of its own.
	const { query, entries_: entries } = right.claim.verdict.asConfirmed;
	assert.ok(entries.length > 0, 'no contribution shaped the answer');
	for (const { leaf, score } of entries) {
		// The score is the product of the two vectors, as a reader of the block can see.
		assert.equal(score.toString(), product(query, leaf.sketch).toString());
	}
	const payments = await api.query.inferenceMarket.payments(second);
	const paid = payments.reduce((sum, { amount }) => sum + amount.toBigInt(), 0n);
	assert.equal(paid + receipt.treasury.toBigInt(), receipt.fee.toBigInt());
}

const noTokens = { inputTokens: 0, outputTokens: 0 };

// Answers as the host, waits for the settlement and decodes the claim that caused it.
async function answer(number, output) {
	const over = awaitEvent(api, ({ section, method, data }) =>
		section === 'attribution' && method === 'JobEnded' && data.inference.eq(number));
	const respond = api.tx.inferenceMarket.respond(number, output, noTokens);
	const [{ event, block }] =
		await Promise.all([over, succeed(host, respond, 'inferenceMarket.Answered')]);
	const { block: { extrinsics } } = await api.rpc.chain.getBlock(block);
	const claims = extrinsics
		.filter(({ method }) => method.section === 'attribution' && method.method === 'submitClaim')
		.map(({ method }) => method.args[0])
		.filter((claim) => claim.job.eq(event.data.job));
	assert.equal(claims.length, 1, 'the job ended by one claim in the block');
	const inference = (await (await api.at(block)).query.inferenceMarket.inferences(number)).unwrap();
	return { inference, claim: claims[0] };
}

const product = (a, b) => {
	const [left, right] = [a, b].map((sketch) => sketch.inner.toJSON());
	assert.equal(left.length, right.length);
	return left.reduce((sum, value, at) => sum + BigInt(value) * BigInt(right[at]), 0n);
};

async function tryToAttest() {
	const { attribution: calls } = api.tx;
	// Claims come from the attesters' session keys, not from accounts.
	const verdict = { WrongAnswer: { output: '1' } };
	const claim = { job: 0, attempt: 0, attester: stranger.address, sent: 1, verdict };
	const parameters = await api.query.attribution.parameters();
	await Promise.all([
		fail(stranger, calls.register(), 'attribution.NoSessionKeys'),
		fail(stranger, calls.deregister(), 'attribution.NotRegistered'),
		fail(stranger, calls.withdrawBond(), 'attribution.NotRegistered'),
		fail(stranger, calls.submitClaim(claim, `0x${'00'.repeat(64)}`), 'BadOrigin'),
		fail(stranger, calls.setParameters(parameters), 'BadOrigin'),
	]);
	const { status } = (await api.query.attribution.attesters(account('//Alice').address)).unwrap();
	assert.ok(status.isBonded);
}

// From session keys to the bond's return. The node keeps the keys that it makes, and so does the new
// attester's jobs as well: whoever is drawn, nobody who shares this node waits in vain.
async function attest() {
	const { attribution, balances, session } = api.tx;
	const { bond } = await api.query.attribution.parameters();
	const amount = 2n * bond.toBigInt();
	await succeed(owner, balances.transferKeepAlive(attester.address, amount), 'balances.Transfer');

	const made = await api.rpc.author.rotateKeysWithOwner(hex(attester.publicKey));
	// Of the answer itself, `keys` is a method.
	const { keys, proof } = made.toJSON();
	await fail(owner, session.setKeys(keys, proof), 'session.InvalidProof');
	await succeed(attester, session.setKeys(keys, proof), 'system.ExtrinsicSuccess');
	const registered = await succeed(attester, attribution.register(), 'attribution.Registered');
	assert.equal(registered.bond.toBigInt(), bond.toBigInt());
	assert.ok((await record()).unwrap().status.isBonded);
	assert.ok(await canBeDrawn());
	await Promise.all([
		fail(attester, attribution.register(), 'attribution.AlreadyRegistered'),
		fail(attester, attribution.withdrawBond(), 'attribution.StillBonded'),
	]);

	const { until } = await succeed(attester, attribution.deregister(), 'attribution.Deregistered');
	const { status } = (await record()).unwrap();
	assert.equal(status.asUnbonding.until.toNumber(), until.toNumber());
	assert.ok(!await canBeDrawn());
	// It may have been drawn while it could be.
	const early = await submit(attester, attribution.withdrawBond());
	assert.match(early.error, /^attribution\.(StillUnbonding|HasAssignments)$/);
	await awaitBlock(api, 'the end of the unbonding period', async (at, { number }) =>
		number.toNumber() >= until.toNumber()
			&& (await at.query.attribution.assignments.keys(attester.address)).length === 0);
	const withdrawn = await succeed(attester, attribution.withdrawBond(), 'attribution.BondWithdrawn');
	assert.equal(withdrawn.amount.toBigInt(), bond.toBigInt());
	assert.ok((await record()).isNone);
}

const record = () => api.query.attribution.attesters(attester.address);
const canBeDrawn = async () =>
	(await api.query.attribution.bonded()).some((one) => one.eq(attester.address));

// Their accounts differ, so they need not wait for each other's blocks.
describe('calls', { concurrency: true }, () => {
	test('datanets_and_registry_should_take_every_call_when_sent_from_node', manageDatanet);
	test('market_should_take_every_call_when_sent_from_node', useMarket);
	test('attribution_should_take_every_call_when_sent_from_node', tryToAttest);
	test('attester_should_come_and_go_when_its_keys_are_made_by_the_node', attest);
});

test('extrinsics_should_all_have_been_sent_when_the_others_are_done', () => {
	const all = pallets.flatMap((pallet) => Object.keys(api.tx[pallet]).map((call) => `${pallet}.${call}`));
	assert.deepEqual(all.filter((call) => !sent.has(call)), []);
});
