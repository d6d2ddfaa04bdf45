// Connects to the chain under test and sends transactions. No type definitions: everything is decoded by
// the metadata that the node serves.
import assert from 'node:assert/strict';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';

const url = process.env.OPENLEDGER_URL ?? 'ws://127.0.0.1:9944';
// How long a transaction or an expected event may take: some dozens of blocks.
const PATIENCE = 90_000;

export const pallets = ['datanets', 'modelRegistry', 'attribution', 'inferenceMarket'];
export const governance = ['convictionVoting', 'securityCouncil'];
export const OPEN = 10n ** 18n;

// A method of every Substrate node that the library does not list.
const rpc = {
	author: {
		rotateKeysWithOwner: {
			description: 'Makes session keys in the keystore of the node, with a proof for their owner',
			params: [{ name: 'owner', type: 'Bytes' }],
			type: 'Json',
		},
	},
};

export async function connect() {
	const provider = new WsProvider(url, 1_000);
	return ApiPromise.create({ provider, rpc, throwOnConnect: false, noInitWarn: true });
}

const keyring = new Keyring({ type: 'sr25519', ss58Format: 6736 });

export function account(uri) {
	return keyring.addFromUri(uri);
}

// Who sends from an account waits until the one before is in the pool: its nonce follows from there.
const turns = new Map();

// Signs and sends; resolves once a block holds the transaction, with its events and the name of the
// error it failed with, if any.
export async function send(api, who, tx) {
	let done;
	const before = turns.get(who.address);
	turns.set(who.address, new Promise((resolve) => { done = resolve; }));
	await before;
	try {
		const nonce = await api.rpc.system.accountNextIndex(who.address);
		return await within('a transaction', (resolve, reject) => {
			tx.signAndSend(who, { nonce }, ({ status, events, dispatchError }) => {
				if (status.isReady) done();
				if (status.isInBlock) {
					const error = dispatchError && nameOf(api, dispatchError);
					resolve({ block: status.asInBlock, events: events.map(({ event }) => event), error });
				} else if (status.isDropped || status.isInvalid || status.isUsurped) {
					reject(new Error(`the transaction is ${status.type}`));
				}
			}).catch(reject);
		});
	} finally {
		done();
	}
}

// What sends transactions and says which calls were sent, as `pallet.call`.
export function sender(api) {
	const sent = new Set();
	const submit = (who, tx) => {
		sent.add(nameOfCall(tx));
		return send(api, who, tx);
	};
	return {
		sent,
		submit,
		// Succeeds, and returns the data of the event named.
		async succeed(who, tx, event) {
			const { events, error } = await submit(who, tx);
			assert.equal(error, undefined, `${nameOfCall(tx)} failed with ${error}`);
			const found = events.find(({ section, method }) => `${section}.${method}` === event);
			const names = events.map(({ method }) => method);
			assert.ok(found, `${nameOfCall(tx)} caused ${names} instead of ${event}`);
			return found.data;
		},
		async fail(who, tx, expected) {
			const { error } = await submit(who, tx);
			assert.equal(error, expected, nameOfCall(tx));
		},
	};
}

const nameOfCall = ({ method: { section, method } }) => `${section}.${method}`;

// Decodes the events of all blocks until now, and returns their names as `pallet.Event`.
export async function readAllEvents(api) {
	const last = (await api.rpc.chain.getHeader()).number.toNumber();
	const seen = new Set();
	for (let number = 1; number <= last; number++) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		for (const { event } of await at.query.system.events()) {
			seen.add(`${event.section}.${event.method}`);
			assert.equal(event.data.length, event.meta.fields.length);
			event.data.names?.forEach((name, at) => assert.equal(event.data[name], event.data[at]));
		}
	}
	return seen;
}

// Decodes all that a pallet stores.
export async function readAllStorage(api, pallet) {
	for (const [name, entry] of Object.entries(api.query[pallet])) {
		if (entry.creator.meta.type.isMap) {
			for (const [key, value] of await entry.entries()) {
				assert.ok(key.args.length > 0, `a key of ${pallet}.${name} does not decode`);
				assert.notEqual(value.toHex(), undefined);
			}
		} else {
			assert.notEqual((await entry()).toHex(), undefined, `${pallet}.${name} does not decode`);
		}
	}
}

// Resolves with the first event for which `wanted` holds, and the block it is in. Call it before what
// causes the event, await it after.
export function awaitEvent(api, wanted) {
	return awaitBlock(api, 'an event', async (at, { hash }) => {
		const records = await at.query.system.events();
		const event = records.map((record) => record.event).find(wanted);
		return event && { event, block: hash };
	});
}

// Looks at the state and the header of each new block until `look` finds something, and resolves with it.
export function awaitBlock(api, what, look) {
	let stop;
	return within(what, (resolve, reject) => {
		api.rpc.chain.subscribeNewHeads(async (header) => {
			try {
				const found = await look(await api.at(header.hash), header);
				if (found) resolve(found);
			} catch (error) {
				reject(error);
			}
		}).then((unsubscribe) => { stop = unsubscribe; }, reject);
	}).finally(() => stop?.());
}

// The error as `pallet.Name`, or the name of the kind of error for one of no pallet.
export function nameOf(api, error) {
	if (!error.isModule) return error.type;
	const { section, name } = api.registry.findMetaError(error.asModule);
	return `${section}.${name}`;
}

function within(what, executor) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE} ms`)), PATIENCE);
	});
	return Promise.race([new Promise(executor), late]).finally(() => clearTimeout(timer));
}
