// What the tabs of polkadot.js Apps (as of 2026) ask of a chain, and that this one has it. Apps knows no
// settings of its own for this chain: it draws everything from the metadata.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from './chain.mjs';

// `menu` decides whether a tab is in the menu; `use` is what it reads and sends when open. Preimages and
// Tech. comm. also want at least one account in Apps.
const tabs = {
	Referenda: {
		menu: ['tx.referenda.submit', 'tx.convictionVoting.vote', 'consts.referenda.tracks'],
		use: [
			'tx.convictionVoting.delegate', 'tx.preimage.notePreimage', 'tx.referenda.placeDecisionDeposit',
			'tx.referenda.refundDecisionDeposit', 'tx.utility.forceBatch', 'consts.convictionVoting.voteLockingPeriod',
			'consts.referenda.submissionDeposit', 'query.balances.inactiveIssuance', 'query.balances.totalIssuance',
			'query.convictionVoting.classLocksFor', 'query.convictionVoting.votingFor', 'query.preimage.preimageFor',
			'query.preimage.requestStatusFor', 'query.preimage.statusFor', 'query.referenda.referendumCount',
			'query.referenda.referendumInfoFor', 'events.convictionVoting.Voted', 'events.referenda.Submitted',
			'derive.balances.all',
		],
	},
	Preimages: {
		menu: ['query.preimage.statusFor', 'tx.preimage.notePreimage'],
		use: [
			'tx.preimage.unnotePreimage', 'tx.utility.batchAll', 'query.preimage.preimageFor',
			'query.preimage.requestStatusFor', 'events.preimage.Cleared', 'events.preimage.Noted',
		],
	},
	Treasury: {
		menu: ['query.treasury.proposals'],
		use: [
			'query.treasury.approvals', 'query.treasury.proposalCount', 'consts.treasury.burn',
			'consts.treasury.palletId', 'consts.treasury.spendPeriod', 'derive.treasury.proposals',
			'derive.balances.account',
		],
	},
	'Tech. comm.': {
		menu: ['query.technicalCommittee.members'],
		use: [
			'tx.technicalCommittee.close', 'tx.technicalCommittee.propose', 'tx.technicalCommittee.vote',
			'query.technicalCommittee.prime', 'query.technicalCommittee.proposalCount',
			'query.technicalCommittee.proposalOf', 'query.technicalCommittee.proposals',
			'query.technicalCommittee.voting', 'derive.technicalCommittee.hasProposals',
			'derive.technicalCommittee.members', 'derive.technicalCommittee.prime',
			'derive.technicalCommittee.proposal', 'derive.technicalCommittee.proposalCount',
			'derive.technicalCommittee.proposalHashes',
		],
	},
	// Shows the approved proposals that wait for their timelock.
	Scheduler: { menu: ['query.scheduler.agenda'], use: ['query.scheduler.lookup'] },
};

// The arguments that Apps hands over, by place.
const calls = {
	'convictionVoting.vote': ['pollIndex', 'vote'],
	'convictionVoting.delegate': ['class', 'to', 'conviction', 'balance'],
	'convictionVoting.undelegate': ['class'],
	'preimage.notePreimage': ['bytes'],
	'preimage.unnotePreimage': ['hash'],
	'referenda.submit': ['proposalOrigin', 'proposal', 'enactmentMoment'],
	'referenda.placeDecisionDeposit': ['index'],
	'referenda.refundDecisionDeposit': ['index'],
	'technicalCommittee.propose': ['threshold', 'proposal', 'lengthBound'],
	'technicalCommittee.vote': ['proposal', 'index', 'approve'],
	'technicalCommittee.close': ['proposalHash', 'index', 'proposalWeightBound', 'lengthBound'],
};

let api;
before(async () => { api = await connect(); });
after(() => api?.disconnect());

const find = (path) => path.split('.').reduce((part, name) => part?.[name], api);

for (const [tab, { menu, use }] of Object.entries(tabs)) {
	test(`tab_${tab.toLowerCase().replace(/\W+/g, '_').replace(/_$/, '')}_should_have_all_it_uses_when_opened`, () => {
		const missing = [...menu, ...use].filter((path) => find(path) === undefined);
		assert.deepEqual(missing, []);
	});
}

test('calls_should_take_what_apps_hands_over_when_sent', () => {
	for (const [path, names] of Object.entries(calls)) {
		const { args } = find(`tx.${path}`).meta;
		// Names that JavaScript reserves are escaped: `class` is `class_`.
		const found = args.map(({ name }) => name.toString().replace(/_$/, ''));
		assert.deepEqual(found.map(camelCase), names, path);
	}
});

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

test('tracks_should_have_names_and_curves_when_drawn', () => {
	const tracks = api.consts.referenda.tracks;
	const names = tracks.map(([id, { name }]) => [id.toNumber(), name.toString().replace(/\0+$/, '')]);
	assert.deepEqual(names, [
		[0, 'constitutional'], [1, 'treasury'], [2, 'council_removal'], [3, 'medium_spender'], [4, 'big_spender'],
	]);
	for (const [, track] of tracks) {
		assert.ok(!track.decisionPeriod.isZero() && !track.preparePeriod.isZero());
		assert.ok(track.minEnactmentPeriod.toNumber() > 0);
		assert.ok(track.decisionDeposit.isZero());
		for (const curve of [track.minApproval, track.minSupport]) {
			// Apps divides by the length, and by the ceiling less the floor.
			const { length, floor, ceil } = curve.asLinearDecreasing;
			assert.ok(length.toNumber() > 0 && ceil.toNumber() > floor.toNumber(), curve.toString());
			for (const share of [0, 0.25, 0.5, 0.75, 1]) {
				const needed = threshold(curve.asLinearDecreasing, share);
				assert.ok(needed >= 0 && needed <= 1, `${needed} of the votes are needed after ${share}`);
				const wait = delay(curve.asLinearDecreasing, share);
				assert.ok(wait >= 0 && wait <= 1, `${share} of the votes pass after ${wait}`);
			}
		}
	}
});

const perbill = (value) => value.toNumber() / 1e9;

// The share of votes that is needed once a share `x` of the decision period has passed.
const threshold = ({ length, floor, ceil }, x) =>
	perbill(ceil) - (Math.min(x, perbill(length)) / perbill(length)) * (perbill(ceil) - perbill(floor));

// The share of the decision period after which a share `y` of the votes is enough: all of it if never.
function delay({ length, floor, ceil }, y) {
	if (y < perbill(floor)) return 1;
	if (y > perbill(ceil)) return 0;
	return ((perbill(ceil) - y) / (perbill(ceil) - perbill(floor))) * perbill(length);
}

test('deposit_and_no_lock_should_be_told_when_apps_shows_them', () => {
	assert.equal(api.consts.referenda.submissionDeposit.toBigInt(), 1_000n * 10n ** 18n);
	assert.ok(api.consts.convictionVoting.voteLockingPeriod.isZero());
});

test('votes_should_have_the_types_that_apps_makes_by_name_when_it_offers_them', () => {
	// Apps offers to abstain if this type has the variant.
	const abstain = { SplitAbstain: { abstain: 1 } };
	assert.ok(api.createType('PalletConvictionVotingVoteAccountVote', abstain).isSplitAbstain);
	const vote = (of) => api.createType('PalletConvictionVotingVoteAccountVote', of).asStandard.vote;
	for (const aye of [true, false, undefined]) {
		const { isAye, conviction } = vote({ Standard: { balance: 1, vote: { aye, conviction: 1 } } });
		assert.equal(isAye, aye === true);
		assert.equal(conviction.type, 'Locked1x');
	}
	const fields = api.events.convictionVoting.Voted.meta.fields.map(({ name }) => name.unwrap().toString());
	assert.deepEqual(fields, ['who', 'vote', 'poll_index']);
	assert.equal(api.tx.convictionVoting.vote.meta.args[0].type.toString(), 'Compact<u32>');
});

// Apps has no list of this chain's origins: the form for one is made of the argument's type.
test('origins_should_be_selectable_when_a_proposal_is_submitted', () => {
	const type = api.tx.referenda.submit.meta.args[0].type.toString();
	const variants = (name) => {
		const { _enum } = JSON.parse(api.createType(name).toRawType());
		return Array.isArray(_enum) ? _enum : Object.keys(_enum);
	};
	for (const origin of ['system', 'Origins']) {
		assert.ok(variants(type).includes(origin), `${origin} is not among ${variants(type)}`);
	}
	assert.ok(api.createType(type, { system: 'Root' }).asSystem.isRoot);
	for (const origin of ['Treasury', 'CouncilRemoval', 'MediumSpender', 'BigSpender']) {
		assert.equal(api.createType(type, { Origins: origin }).inner.type, origin);
	}
});

test('preimages_should_be_found_by_hash_and_length_when_apps_looks_for_them', () => {
	const { key } = api.query.preimage.preimageFor.creator.meta.type.asMap;
	assert.equal(api.registry.lookup.getTypeDef(key).type, '(H256,u32)');
});

test('treasury_should_be_countable_when_its_tab_is_opened', async () => {
	const { approvals, proposals } = await api.derive.treasury.proposals();
	assert.equal(approvals.length + proposals.length, 0);
	const id = api.consts.treasury.palletId.toU8a(true);
	const account = new Uint8Array(32);
	account.set([...new TextEncoder().encode('modl'), ...id]);
	const { freeBalance } = await api.derive.balances.account(account);
	assert.ok(!freeBalance.isZero(), 'the treasury is empty, or elsewhere');
	assert.ok(!api.consts.treasury.spendPeriod.isZero() && api.consts.treasury.burn.isZero());
});
