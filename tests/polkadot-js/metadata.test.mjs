import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, governance, OPEN, pallets, readAllEvents, readAllStorage } from './chain.mjs';

const ours = [...pallets, ...governance];

let api;
before(async () => { api = await connect(); });
after(() => api?.disconnect());

test('chain_should_say_what_it_is_when_asked', async () => {
	assert.equal(api.registry.chainTokens[0], 'OPEN');
	assert.equal(api.registry.chainDecimals[0], 18);
	const chain = (await api.rpc.system.chain()).toString();
	assert.match(chain, /OpenLedger/i);
});

test('pallets_should_offer_calls_storage_events_and_errors_when_metadata_is_decoded', () => {
	for (const pallet of ours) {
		for (const part of ['tx', 'query', 'events', 'errors']) {
			assert.ok(Object.keys(api[part][pallet] ?? {}).length > 0, `api.${part}.${pallet} is empty`);
		}
	}
});

test('every_call_should_be_documented_when_metadata_is_read', () => {
	for (const pallet of ours) {
		for (const [call, { meta }] of Object.entries(api.tx[pallet])) {
			assert.ok(meta.docs.join('').trim(), `${pallet}.${call} has no documentation`);
		}
	}
});

test('every_storage_entry_should_decode_when_read', async () => {
	for (const pallet of ours) {
		await readAllStorage(api, pallet);
	}
});

// Where a field's name is that of a method or property of the decoded value, the library renames or
// hides it. docs/script-author.md names the one that is renamed.
test('fields_should_be_read_by_their_names_when_our_types_are_decoded', () => {
	const crates = new RegExp('^(openledger_\\w+|pallet_(datanets|model_registry|attribution'
		+ '|inference_market|governance|security_council))$');
	const { lookup } = api.registry;
	const renamed = [];
	let read = 0;
	for (const { id, type: { path, def } } of lookup.types) {
		const [crate, last] = [path[0]?.toString(), path.at(-1)?.toString()];
		if (!crates.test(crate) || last === 'Call' || last === 'Error') continue;
		const type = api.registry.createLookupType(id);
		const shapes = def.isComposite
			? [[def.asComposite.fields, () => api.registry.createType(type)]]
			: def.asVariant.variants.map(({ name, fields }) =>
				[fields, () => api.registry.createType(type, { [name]: {} }).inner]);
		for (const [fields, create] of shapes) {
			if (!fields.some(({ name }) => name.isSome)) continue;
			const value = create();
			for (const field of value.keys()) {
				assert.equal(value[field], value.get(field), `${path.join('::')}: ${field} is hidden`);
				if (field.endsWith('_')) renamed.push(`${last}.${field}`);
				read++;
			}
		}
	}
	assert.ok(read > 100, `only ${read} fields were found`);
	assert.deepEqual(renamed, ['Attribution.entries_']);
	// The data of an event is a list that has its fields as properties.
	for (const { meta } of ours.flatMap((pallet) => Object.values(api.events[pallet]))) {
		for (const { name } of meta.fields) {
			assert.ok(!(lookup.sanitizeField(name)[0] in []), `${meta.name}: ${name} is hidden`);
		}
	}
});

test('every_event_should_decode_when_all_blocks_are_read', async () => {
	const seen = await readAllEvents(api);
	for (const name of ['datanets.Accepted', 'datanets.VersionPublished', 'modelRegistry.Activated']) {
		assert.ok(seen.has(name), `${name} is not among ${[...seen].join(', ')}`);
	}
});

test('parameters_should_be_readable_when_set_at_genesis', async () => {
	const { split } = await api.query.inferenceMarket.parameters();
	const parts = ['contributors', 'owners', 'attesters', 'treasury'].map((part) => split[part].toNumber());
	assert.equal(parts.reduce((sum, part) => sum + part), 1_000_000);
	const { attempts, maxEntries } = await api.query.attribution.parameters();
	assert.ok(attempts.toNumber() > 0 && maxEntries.toNumber() > 0);
	assert.equal((await api.query.balances.totalIssuance()).toBigInt(), 1_000_000_000n * OPEN);
});

test('our_rpc_methods_should_be_served_when_listed', async () => {
	const { methods } = await api.rpc.rpc.methods();
	const names = methods.map((name) => name.toString());
	for (const name of ['attribution_status', 'attribution_jobs', 'attribution_explain']) {
		assert.ok(names.includes(name), `${name} is not served`);
	}
});
