// Sends each extrinsic of our pallets: one that succeeds where a user could make it so, else one that
// fails in the block with the error that the pallet names for the case.
import { randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account, awaitEvent, connect, OPEN, pallets, send } from './chain.mjs';

const model = Number(process.env.OPENLEDGER_MODEL ?? 0);
const input = process.env.OPENLEDGER_INPUT ?? '';
const host = account(process.env.OPENLEDGER_HOST ?? '//Dave//stash');
// Endowed at genesis; no other test sends from them.
const owner = account('//Alice//stash');
const curator = account('//Bob//stash');
const contributor = account('//Charlie//stash');
const user = account('//Ferdie//stash');

let api;
const sent = new Set();
before(async () => { api = await connect(); });
after(() => api?.disconnect());

async function submit(who, tx) {
	sent.add(`${tx.method.section}.${tx.method.method}`);
	return send(api, who, tx);
}

// Succeeds, and returns the data of the event named.
async function succeed(who, tx, event) {
	const { events, error } = await submit(who, tx);
	const call = `${tx.method.section}.${tx.method.method}`;
	assert.equal(error, undefined, `${call} failed with ${error}`);
	const found = events.find(({ section, method }) => `${section}.${method}` === event);
	assert.ok(found, `${call} caused ${events.map((e) => e.method)} instead of ${event}`);
	return found.data;
}

async function fail(who, tx, expected) {
	const { error } = await submit(who, tx);
	assert.equal(error, expected, `${tx.method.section}.${tx.method.method}`);
}

const hash = () => `0x${randomBytes(32).toString('hex')}`;

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

test('datanets_should_take_every_call_when_sent_from_node', async () => {
	const { datanets } = api.tx;
	const { datanet } = await succeed(owner, datanets.create(terms()), 'datanets.Created');
	const contribute = (root = hash()) => datanets.contribute(datanet, root, 10, 1_000, hash());
	const root = hash();
	const sentIn = async (tx) =>
		(await succeed(contributor, tx, 'datanets.Contributed')).contribution;
	const accepted = await sentIn(contribute(root));
	await fail(contributor, contribute(root), 'datanets.Duplicate');
	const rejected = await sentIn(contribute());
	const withdrawn = await sentIn(contribute());

	await fail(owner, datanets.approve(accepted), 'datanets.NotCurator');
	const vote = await succeed(curator, datanets.approve(accepted), 'datanets.Accepted');
	assert.equal(vote.position.toNumber(), 0);
	await succeed(curator, datanets.reject(rejected, 'blurred', true), 'datanets.Rejected');
	await succeed(contributor, datanets.withdraw(withdrawn), 'datanets.Withdrawn');
	await fail(contributor, datanets.releaseBond(accepted), 'datanets.BondPeriodNotOver');

	const published = await succeed(owner, datanets.publishVersion(datanet), 'datanets.VersionPublished');
	assert.equal(published.contributions.toNumber(), 1);
	await succeed(owner, datanets.update(datanet, terms({ access: 'Permissioned' })), 'datanets.Updated');
	await fail(contributor, contribute(), 'datanets.NotAllowed');
	const allow = datanets.setContributor(datanet, contributor.address, true);
	await succeed(owner, allow, 'datanets.ContributorSet');
	await registry(datanet, published.version);
	await succeed(owner, datanets.close(datanet), 'datanets.Closed');
	const parameters = await api.query.datanets.parameters();
	await fail(owner, datanets.setParameters(parameters), 'BadOrigin');

	const state = (await api.query.datanets.contributions(rejected)).unwrap().state;
	assert.equal(state.asRejected.reason.toUtf8(), 'blurred');
});

// The registry's calls need a published version.
async function registry(datanet, version) {
	const { modelRegistry } = api.tx;
	const register = modelRegistry.register(registration(datanet, version));
	const { model } = await succeed(owner, register, 'modelRegistry.Registered');
	const stored = (await api.query.modelRegistry.models(model)).unwrap();
	assert.equal(stored.registration.name.toUtf8(), 'from Node.js');
	await fail(owner, modelRegistry.activate(model, attribution), 'modelRegistry.ManifestMismatch');
	await succeed(owner, modelRegistry.updatePrice(model, { PerThousandTokens: { input: 1, output: 2 } }),
		'modelRegistry.PriceUpdated');
	await succeed(owner, modelRegistry.setHost(model, user.address), 'modelRegistry.HostSet');
	await fail(owner, modelRegistry.retire(model), 'modelRegistry.NotActive');
	const parameters = await api.query.modelRegistry.parameters();
	await fail(owner, modelRegistry.setParameters(parameters), 'BadOrigin');
}

test('market_should_take_every_call_when_sent_from_node', async () => {
	const { inferenceMarket } = api.tx;
	const request = inferenceMarket.request(model, input, 5n * OPEN);
	const { inference: taken } = await succeed(user, request, 'inferenceMarket.Requested');
	await succeed(user, inferenceMarket.cancel(taken), 'inferenceMarket.Refunded');
	await fail(user, inferenceMarket.claimRewards(), 'inferenceMarket.NothingToClaim');
	const parameters = await api.query.inferenceMarket.parameters();
	await fail(user, inferenceMarket.setParameters(parameters), 'BadOrigin');

	// The model's answer is not known here: the first is no digit at all, and the attester, who finds it
	// wrong, says what is right.
	const wrong = await answer('none');
	assert.ok(wrong.inference.state.isRefunded && wrong.inference.state.asRefunded.isWrongAnswer);
	assert.ok(wrong.claim.verdict.isWrongAnswer);
	const output = wrong.claim.verdict.asWrongAnswer.output.toUtf8();
	const right = await answer(output);
	assert.equal(right.inference.state.asSettled.output.toUtf8(), output);
	const { query, entries } = right.claim.verdict.asConfirmed;
	assert.ok(entries.length > 0, 'no contribution shaped the answer');
	for (const { leaf, score } of entries) {
		// The score is the product of the two vectors, as a reader of the block can see.
		assert.equal(score.toString(), product(query, leaf.sketch).toString());
	}
	const payments = await api.query.inferenceMarket.payments(right.number);
	const receipt = right.inference.state.asSettled;
	const paid = payments.reduce((sum, { amount }) => sum + amount.toBigInt(), 0n);
	assert.equal(paid + receipt.treasury.toBigInt(), receipt.fee.toBigInt());
});

const product = (a, b) => {
	const [left, right] = [a, b].map((sketch) => sketch.inner.toJSON()).map(numbers);
	assert.equal(left.length, right.length);
	return left.reduce((sum, value, at) => sum + BigInt(value) * BigInt(right[at]), 0n);
};

// A vector of bytes is printed as hexadecimal digits.
const numbers = (vector) => (Array.isArray(vector) ? vector : [...new Int8Array(Buffer.from(vector.slice(2), 'hex'))]);

// Asks, answers as the host, waits for the settlement and decodes the claim that caused it.
async function answer(output) {
	const { inferenceMarket } = api.tx;
	const { inference: number } =
		await succeed(user, inferenceMarket.request(model, input, 5n * OPEN), 'inferenceMarket.Requested');
	const usage = { inputTokens: 0, outputTokens: 0 };
	await fail(curator, inferenceMarket.respond(number, output, usage), 'inferenceMarket.NotHost');
	const over = awaitEvent(api, ({ section, method, data }) =>
		section === 'attribution' && method === 'JobEnded' && data.inference.eq(number));
	await succeed(host, inferenceMarket.respond(number, output, usage), 'inferenceMarket.Answered');
	const { event, block } = await over;
	const { block: { extrinsics } } = await api.rpc.chain.getBlock(block);
	const claims = extrinsics
		.filter(({ method }) => method.section === 'attribution' && method.method === 'submitClaim')
		.map(({ method }) => method.args[0])
		.filter((claim) => claim.job.eq(event.data.job));
	assert.equal(claims.length, 1, 'the job ended by one claim in the block');
	const inference = (await (await api.at(block)).query.inferenceMarket.inferences(number)).unwrap();
	return { number, inference, claim: claims[0] };
}

test('attribution_should_take_every_call_when_sent_from_node', async () => {
	const { attribution: calls } = api.tx;
	await fail(curator, calls.register(), 'attribution.NoSessionKeys');
	await fail(curator, calls.deregister(), 'attribution.NotRegistered');
	await fail(curator, calls.withdrawBond(), 'attribution.NotRegistered');
	// Claims come from the attesters' session keys, not from accounts.
	const claim = { job: 0, attempt: 0, attester: curator.address, sent: 1, verdict: { WrongAnswer: { output: '1' } } };
	await fail(curator, calls.submitClaim(claim, `0x${'00'.repeat(64)}`), 'BadOrigin');
	const parameters = await api.query.attribution.parameters();
	await fail(curator, calls.setParameters(parameters), 'BadOrigin');
	const alice = account('//Alice');
	const { status } = (await api.query.attribution.attesters(alice.address)).unwrap();
	assert.ok(status.isBonded);
});

test('extrinsics_should_all_have_been_sent_when_the_others_are_done', () => {
	const all = pallets.flatMap((pallet) => Object.keys(api.tx[pallet]).map((call) => `${pallet}.${call}`));
	assert.deepEqual(all.filter((call) => !sent.has(call)), []);
});
