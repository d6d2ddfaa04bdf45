// A voter's whole path, with the payloads that polkadot.js Apps builds: wrap, delegate, propose, vote, wait
// for the timelock, see it done. The tests follow each other on one chain of their own, whose development
// accounts nobody else uses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
	account, awaitBlock, awaitEvent, connect, governance, nameOf, OPEN, readAllEvents, readAllStorage, sender,
} from './chain.mjs';

const names = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'];
const [alice, bob, charlie, dave, eve, ferdie] = names.map((name) => account(`//${name}`));
const [clerk, ...stashes] = names.map((name) => account(`//${name}//stash`));
const beneficiary = account('//Beneficiary');
const MILLION = 1_000_000n * OPEN;
const CONSTITUTIONAL = 0;
const TREASURY = 1;

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

const best = async () => (await api.rpc.chain.getHeader()).number.toNumber();
const until = (number) => awaitBlock(api, `block ${number}`, (_, header) => header.number.toNumber() >= number);
const info = async (index) => (await api.query.referenda.referendumInfoFor(index)).unwrap();
const outlook = async (index) => (await api.call.governanceApi.proposal(index)).unwrap();
const votes = async (who) => {
	const latest = await api.query.convictionVoting.latest({ Votes: who.address });
	return latest.isSome ? latest.unwrap().value.toBigInt() : 0n;
};
const free = async (who) => (await api.query.system.account(who.address)).data.free.toBigInt();

test('units_should_vote_when_wrapped_and_delegated', async () => {
	const { wrap, delegate, setDelegate } = api.tx.convictionVoting;
	const holders = [[alice, 16n], [bob, 16n], [charlie, 2n], [dave, 2n], [ferdie, 1n]];
	await Promise.all([
		...holders.map(([who, amount]) => succeed(who, wrap(amount * MILLION), 'convictionVoting.Wrapped')),
		fail(eve, wrap(21n * MILLION), 'convictionVoting.InsufficientBalance'),
	]);
	assert.equal(await votes(bob), 0n, 'units vote without being delegated');

	// Apps fills in what is free, which is less than what is wrapped, and a conviction of 1.
	const balance = await free(bob) - OPEN;
	assert.ok(balance < 16n * MILLION);
	const tracks = api.consts.referenda.tracks.map(([id]) => id.toNumber());
	const all = tracks.map((track) => delegate(track, dave.address, 1, balance));
	await Promise.all([
		succeed(alice, setDelegate(alice.address), 'convictionVoting.Delegated'),
		succeed(bob, delegate(TREASURY, alice.address, 1, balance), 'convictionVoting.Delegated'),
		succeed(charlie, setDelegate(charlie.address), 'convictionVoting.Delegated'),
		// "Apply delegation to all tracks".
		succeed(dave, api.tx.utility.forceBatch(all), 'utility.BatchCompleted'),
	]);
	assert.equal(await votes(alice), 32n * MILLION);
	assert.equal(await votes(dave), 2n * MILLION);
	const to = await api.query.convictionVoting.delegates(bob.address);
	assert.equal(to.unwrap().toString(), alice.address);

	const holds = await api.query.balances.holds(bob.address);
	const [{ id, amount }] = holds.filter((hold) => hold.id.isConvictionVoting);
	assert.ok(id.asConvictionVoting.isWrapped);
	assert.equal(amount.toBigInt(), 16n * MILLION);
	await fail(bob, api.tx.balances.transferKeepAlive(eve.address, 5n * MILLION), 'Token');
});

test('delegation_should_count_when_signed_off_line', async () => {
	const expiry = await best() + 20;
	const nonce = (await api.query.convictionVoting.nonces(ferdie.address)).toNumber();
	const number = (value) => {
		const bytes = Buffer.alloc(4);
		bytes.writeUInt32LE(value);
		return bytes;
	};
	const message = Buffer.concat([
		Buffer.from('openledger/delegate'), api.genesisHash.toU8a(), charlie.publicKey, number(nonce), number(expiry),
	]);
	// What extensions sign, they put between these tags.
	const signature = ferdie.sign(Buffer.concat([Buffer.from('<Bytes>'), message, Buffer.from('</Bytes>')]));
	const send = (to) => api.tx.convictionVoting.delegateBySignature(
		ferdie.address, to.address, nonce, expiry, { Sr25519: signature });
	await fail(eve, send(eve), 'convictionVoting.BadSignature');
	await succeed(eve, send(charlie), 'convictionVoting.Delegated');
	assert.equal(await votes(charlie), 3n * MILLION);
	await fail(eve, send(charlie), 'convictionVoting.WrongNonce');
});

// Proposals by what becomes of them, with their calls and the proposals' numbers.
const proposals = {};

test('proposals_should_be_pending_when_submitted', async () => {
	const parameters = async (pallet, change) => {
		const now = (await api.query[pallet].parameters()).toJSON();
		return api.tx[pallet].setParameters({ ...now, ...change });
	};
	const spend = api.tx.treasury.spendLocal(1_000n * OPEN, beneficiary.address);
	const deposit = await parameters('datanets', { creationDeposit: 123n * OPEN });
	Object.assign(proposals, {
		executed: [alice, { system: 'Root' }, await parameters('inferenceMarket', { platformFee: 7n * OPEN })],
		spent: [charlie, { Origins: 'Treasury' }, api.tx.utility.batchAll([deposit, spend])],
		vetoed: [dave, { system: 'Root' }, api.tx.system.remarkWithEvent('vetoed')],
		canceled: [alice, { system: 'Root' }, api.tx.system.remarkWithEvent('canceled')],
		hidden: [alice, { Origins: 'Treasury' }, api.tx.system.remarkWithEvent('hidden')],
	});
	const { executed, spent, vetoed } = proposals;
	await Promise.all([executed, spent, vetoed].map(([, , { method }]) =>
		succeed(clerk, api.tx.preimage.notePreimage(method.toHex()), 'preimage.Noted')));
	const status = await api.query.preimage.requestStatusFor(executed[2].method.hash);
	const [depositor, held] = status.unwrap().asUnrequested.ticket;
	assert.equal(depositor.toString(), clerk.address);
	assert.ok(held.toBigInt() > 0n, 'no deposit is shown');

	// What Apps makes of hash, length and "after delay".
	const propose = ([, origin, { method }]) => api.tx.referenda.submit(
		origin, { Lookup: { hash: method.hash, len: method.encodedLength } }, { After: 1 });
	await Promise.all([
		...Object.values(proposals).map(async (proposal) => {
			const { index } = await succeed(proposal[0], propose(proposal), 'referenda.Submitted');
			proposal.push(index.toNumber());
		}),
		// He delegated his votes away, and she has none.
		fail(bob, propose(executed), 'BadOrigin'),
		fail(eve, propose(spent), 'BadOrigin'),
	]);
	const { asOngoing } = await info(executed[3]);
	assert.equal(asOngoing.track.toNumber(), CONSTITUTIONAL);
	assert.equal(asOngoing.proposal.asLookup.hash_.toHex(), executed[2].method.hash.toHex());
	assert.ok(asOngoing.enactment.isAfter && asOngoing.alarm.isSome && asOngoing.deciding.isNone);
	assert.equal((await info(spent[3])).asOngoing.track.toNumber(), TREASURY);
	assert.ok((await outlook(executed[3])).state.isPending);
});

test('proposal_should_be_canceled_when_its_proposer_takes_it_back_in_time', async () => {
	const { cancel, vote } = api.tx.convictionVoting;
	const { canceled, executed } = proposals;
	await Promise.all([
		succeed(alice, cancel(canceled[3]), 'convictionVoting.Canceled'),
		fail(bob, cancel(executed[3]), 'convictionVoting.NotProposer'),
		fail(charlie, vote(executed[3], aye), 'convictionVoting.VotingNotBegun'),
	]);
	assert.ok((await info(canceled[3])).isCancelled);
	assert.ok((await outlook(canceled[3])).state.isCanceled);
	await fail(charlie, vote(canceled[3], aye), 'convictionVoting.VotingOver');
});

// As the buttons Aye, Nay, Abstain and Split make them; the amounts are what Apps fills in.
const aye = { Standard: { balance: 3n * OPEN, vote: { aye: true, conviction: 1 } } };
const nay = { Standard: { balance: 0n, vote: { aye: undefined, conviction: 1 } } };
const abstain = { SplitAbstain: { abstain: 0n, aye: 0n, nay: 0n } };
const split = { Split: { aye: OPEN, nay: OPEN } };

test('votes_should_count_once_and_whole_when_cast_as_apps_casts_them', async () => {
	const { vote } = api.tx.convictionVoting;
	const { executed, spent, vetoed, hidden } = proposals;
	const { tally: { snapshot } } = (await info(hidden[3])).asOngoing;
	await until(snapshot.toNumber());
	const [cast] = await Promise.all([
		succeed(alice, vote(executed[3], aye), 'convictionVoting.Voted'),
		succeed(alice, vote(spent[3], aye), 'convictionVoting.Voted'),
		succeed(alice, vote(vetoed[3], aye), 'convictionVoting.Voted'),
		fail(alice, vote(executed[3], nay), 'convictionVoting.AlreadyVoted'),
		fail(alice, api.tx.convictionVoting.cancel(executed[3]), 'convictionVoting.NotPending'),
		succeed(charlie, vote(executed[3], nay), 'convictionVoting.Voted'),
		succeed(dave, vote(executed[3], abstain), 'convictionVoting.Voted'),
		fail(dave, vote(spent[3], split), 'convictionVoting.SplitVote'),
		fail(dave, vote(hidden[3], aye), 'convictionVoting.PreimageMissing'),
		fail(bob, vote(executed[3], aye), 'convictionVoting.NoVotes'),
		fail(eve, vote(executed[3], aye), 'convictionVoting.NoVotes'),
	]);
	// Apps compares the second field of every vote with a proposal's number: that may fail, not throw.
	const [who, counted, index] = cast;
	assert.equal(who.toString(), alice.address);
	assert.equal(counted.eq(index), false);
	assert.equal(index.toNumber(), executed[3]);
	assert.equal(counted.asStandard.balance.toBigInt(), 32n * MILLION);
	assert.equal(counted.asStandard.vote.conviction.type, 'None');

	const { tally, deciding, decisionDeposit } = (await info(executed[3])).asOngoing;
	assert.ok(deciding.isSome && decisionDeposit.unwrap().amount.isZero());
	assert.equal(tally.ayes.toBigInt(), 32n * MILLION);
	assert.equal(tally.nays.toBigInt(), 3n * MILLION);
	assert.equal(tally.support.toBigInt(), 34n * MILLION);
	assert.equal(tally.bareAyes, undefined, 'Apps would take it for a fellowship');
	// Half, and two fifths, of 37 million.
	assert.equal(tally.quorum.unwrap().toBigInt(), 37n * MILLION / 2n);
	const treasury = (await info(spent[3])).asOngoing.tally.quorum;
	assert.equal(treasury.unwrap().toBigInt(), 37n * MILLION * 2n / 5n);
	assert.ok((await outlook(executed[3])).state.isActive);
	assert.ok((await outlook(hidden[3])).tally.unwrap().quorum.isSome);

	const shown = (await api.query.convictionVoting.votingFor(dave.address, CONSTITUTIONAL)).asCasting;
	const [[poll, ballot]] = shown.votes;
	assert.equal(poll.toNumber(), executed[3]);
	assert.equal(ballot.asSplitAbstain.abstain.toBigInt(), 2n * MILLION);
	// With a lock there, Apps would not let her delegate, nor show her accounts without calls to unlock.
	assert.equal((await api.query.convictionVoting.classLocksFor(alice.address)).length, 0);
	const status = await api.query.preimage.requestStatusFor(executed[2].method.hash);
	assert.ok(status.unwrap().isRequested, 'the preimage could be withdrawn while it is voted on');
});

test('vote_should_stay_as_it_was_cast_when_its_units_are_unwrapped', async () => {
	await succeed(bob, api.tx.convictionVoting.unwrap(16n * MILLION), 'convictionVoting.Unwrapped');
	assert.equal(await votes(alice), 16n * MILLION);
	const { tally } = (await info(proposals.executed[3])).asOngoing;
	assert.equal(tally.ayes.toBigInt(), 32n * MILLION);
});

const COUNCIL = [alice, bob, charlie, dave, eve, ferdie, ...stashes.slice(0, 3)];
// A motion to veto a proposal once it is queued: its hash, number and call.
let veto;

test('council_should_act_at_once_when_nine_members_agree', async () => {
	const { propose, vote } = api.tx.technicalCommittee;
	assert.equal((await api.derive.technicalCommittee.members()).length, 12);
	assert.ok(await api.derive.technicalCommittee.hasProposals());
	assert.equal(await api.derive.technicalCommittee.prime(), null);

	const { attempts, ...others } = (await api.query.attribution.parameters()).toJSON();
	const change = api.tx.attribution.setParameters({ ...others, attempts: attempts + 1 });
	const emergency = api.tx.securityCouncil.execute(change);
	const stop = api.tx.convictionVoting.veto(proposals.vetoed[3]);
	sent.add('convictionVoting.veto');
	const remark = api.tx.securityCouncil.execute(api.tx.system.remarkWithEvent('alone'));
	const motion = (call, threshold) => propose(threshold, call, call.length);
	const [proposed, stopping, alone] = await Promise.all([
		succeed(clerk, motion(emergency, 9), 'technicalCommittee.Proposed'),
		succeed(clerk, motion(stop, 9), 'technicalCommittee.Proposed'),
		succeed(clerk, motion(remark, 1), 'technicalCommittee.Executed'),
	]);
	assert.equal(nameOf(api, alone.result.asErr), 'BadOrigin');

	const hashes = await api.derive.technicalCommittee.proposalHashes();
	assert.deepEqual(hashes.map(String), [proposed, stopping].map((data) => data.proposalHash.toString()));
	veto = [stopping.proposalHash, stopping.proposalIndex, stop];
	const agree = [proposed, stopping].map((data) => vote(data.proposalHash, data.proposalIndex, true));
	const [last, ...first] = COUNCIL;
	await Promise.all(first.map((member) =>
		succeed(member, api.tx.utility.batchAll(agree), 'technicalCommittee.Voted')));
	const urgent = [proposed.proposalHash, proposed.proposalIndex, emergency];
	const { votes: { ayes, threshold } } = await api.derive.technicalCommittee.proposal(urgent[0]);
	assert.deepEqual([ayes.length, threshold.toNumber()], [8, 9]);
	await fail(eve, await close(urgent), 'technicalCommittee.TooEarly');
	await succeed(last, api.tx.utility.batchAll(agree), 'technicalCommittee.Voted');
	const { result } = await succeed(eve, await close(urgent), 'securityCouncil.Executed');
	assert.ok(result.isOk, result.toString());
	const { attempts: now } = await api.query.attribution.parameters();
	assert.equal(now.toNumber(), attempts + 1);
});

// With the bounds that Apps finds.
async function close([hash, index, call]) {
	const nobody = api.createType('AccountId', new Uint8Array(32));
	const { weight } = await api.tx(call.method).paymentInfo(nobody);
	return api.tx.technicalCommittee.close(hash, index, weight, call.method.encodedLength);
}

// The events of the block in which a proposal is executed, and that in which the treasury pays.
let executed;
let paid;

test('proposal_should_wait_for_its_timelock_when_it_passed', async () => {
	const { executed: { 3: index }, spent, vetoed } = proposals;
	const { tally: { end } } = (await info(vetoed[3])).asOngoing;
	const approved = (number) => awaitBlock(api, `approval of ${number}`, async (at, header) => {
		const { isApproved } = (await at.query.referenda.referendumInfoFor(number)).unwrap();
		assert.ok(!isApproved || header.number.toNumber() > end.toNumber(), 'it passed before its end');
		return isApproved && header.number.toNumber();
	});
	const [since] = await Promise.all([index, vetoed[3], spent[3]].map(approved));
	paid = awaitEvent(api, ({ section, method }) => `${section}.${method}` === 'treasury.Awarded');
	const queued = await outlook(index);
	assert.ok(queued.state.isQueued, queued.state.type);
	const enactment = queued.enactment.unwrap().toNumber();
	const [, { minEnactmentPeriod }] = api.consts.referenda.tracks[CONSTITUTIONAL];
	assert.equal(enactment, since + minEnactmentPeriod.toNumber());
	const agenda = await api.query.scheduler.agenda(enactment);
	assert.ok(agenda.some((task) => task.unwrap().call.isLookup), 'Network > Scheduler does not show it');
	executed = awaitBlock(api, 'execution', async (at, header) => {
		if (header.number.toNumber() < enactment) return undefined;
		return (await at.query.system.events()).map((record) => record.event);
	});

	const [stopped] = await Promise.all([
		succeed(eve, await close(veto), 'convictionVoting.Vetoed'),
		fail(eve, api.tx.convictionVoting.veto(index), 'BadOrigin'),
	]);
	assert.equal(stopped.index.toNumber(), vetoed[3]);
	assert.ok((await outlook(vetoed[3])).state.isCanceled);
});

test('treasury_should_pay_when_voters_decided_it', async () => {
	const { event, block } = await paid;
	assert.equal(event.data.account.toString(), beneficiary.address);
	assert.equal(await free(beneficiary), 1_000n * OPEN);
	const before = await api.at((await api.rpc.chain.getHeader(block)).parentHash);
	// Until then it is where Apps' Treasury shows what is approved.
	assert.equal((await before.query.treasury.approvals()).length, 1);
	const { creationDeposit } = await api.query.datanets.parameters();
	assert.equal(creationDeposit.toBigInt(), 123n * OPEN);
	assert.ok((await outlook(proposals.spent[3])).state.isExecuted);
});

test('proposal_should_be_executed_when_its_timelock_is_over', async () => {
	const events = await executed;
	const [dispatched] = events.filter(({ section, method }) => `${section}.${method}` === 'scheduler.Dispatched');
	assert.ok(dispatched.data.result.isOk, dispatched.data.result.toString());
	const { platformFee } = await api.query.inferenceMarket.parameters();
	assert.equal(platformFee.toBigInt(), 7n * OPEN);
	const { state, proposer, tally, call } = await outlook(proposals.executed[3]);
	assert.ok(state.isExecuted, state.type);
	assert.equal(proposer.unwrap().toString(), alice.address);
	assert.equal(tally.unwrap().ayes.toBigInt(), 32n * MILLION);
	assert.equal(call.unwrap().toHex(), proposals.executed[2].method.hash.toHex());
});

test('proposal_should_be_defeated_when_nobody_could_read_it', async () => {
	const index = proposals.hidden[3];
	await awaitBlock(api, 'the end of a referendum', async (at) =>
		!(await at.query.referenda.referendumInfoFor(index)).unwrap().isOngoing);
	assert.ok((await outlook(index)).state.isDefeated);
});

test('held_funds_should_be_free_again_when_all_is_over', async () => {
	const { poke, setParameters, undelegate, unwrap } = api.tx.convictionVoting;
	const unnote = ([, , { method }]) => api.tx.preimage.unnotePreimage(method.hash);
	await Promise.all([
		succeed(clerk, unnote(proposals.executed), 'preimage.Cleared'),
		succeed(clerk, unnote(proposals.vetoed), 'preimage.Cleared'),
		succeed(alice, undelegate(CONSTITUTIONAL), 'convictionVoting.Undelegated'),
		succeed(alice, unwrap(16n * MILLION), 'convictionVoting.Unwrapped'),
		fail(bob, unwrap(OPEN), 'convictionVoting.InsufficientUnits'),
		fail(eve, poke(proposals.executed[3]), 'convictionVoting.NothingToDo'),
		fail(eve, setParameters(await api.query.convictionVoting.parameters()), 'BadOrigin'),
	]);
	assert.equal(await votes(alice), 0n);
	assert.equal((await api.query.balances.holds(alice.address)).filter(({ id }) => id.isConvictionVoting).length, 0);
});

test('governance_should_decode_when_all_of_it_is_read', async () => {
	for (const pallet of [...governance, 'referenda', 'preimage', 'scheduler', 'technicalCommittee', 'treasury']) {
		await readAllStorage(api, pallet);
	}
	const seen = await readAllEvents(api);
	for (const name of ['convictionVoting.QuorumReached', 'referenda.Confirmed', 'convictionVoting.Lapsed']) {
		assert.ok(seen.has(name), `${name} is not among ${[...seen].join(', ')}`);
	}
	assert.ok(![...seen].includes('system.Remarked'), 'a proposal was executed that must not be');
	const calls = Object.keys(api.tx.convictionVoting).map((call) => `convictionVoting.${call}`);
	assert.deepEqual(calls.filter((call) => !sent.has(call)), []);
});
