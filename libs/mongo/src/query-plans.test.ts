import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MongoIndex } from './indexes.ts';
import { canSearchIndex, describeQuery, listQueries, scansCollection } from './query-plans.ts';

const people = { collection: 'people' } as const;
const indexes: readonly MongoIndex[] = [
  { ...people, name: 'name', keys: { name: 1, born: 1 } },
  { ...people, name: 'waiting', keys: { 'waiting.since': 1 }, sparse: true },
  { ...people, name: 'admin', keys: { role: 1 }, only: { state: 'active' } },
  { collection: 'others', name: 'other', keys: { other: 1 } },
];

function canSearch(name: string, command: Readonly<Record<string, unknown>>): boolean {
  const [query] = listQueries(name, command);
  assert.ok(query !== undefined);
  return canSearchIndex(query, indexes);
}

function canFind(filter: object, others = {}): boolean {
  return canSearch('find', { find: 'people', filter, ...others });
}

describe('a query searches an index', () => {
  const searching = {
    'by id': { _id: 'a' },
    'by the first field of an index': { name: 'ada', age: 36 },
    'by a range of this field': { name: { $gte: 'a', $lt: 'b' } },
    'by a list of values': { name: { $in: ['ada', 'bob'] } },
    'by a date': { name: new Date(0) },
    'by one part of a conjunction': { $and: [{ age: 36 }, { name: 'ada' }] },
    'by every part of a disjunction': { $or: [{ name: 'ada' }, { _id: 'a' }] },
    'by a field outside of a disjunction': { name: 'ada', $or: [{ age: 1 }, { age: 2 }] },
    'of the documents that have a field': { 'waiting.since': { $exists: true } },
    'of documents with certain values': { role: 'admin', state: 'active' },
  };
  for (const [how, filter] of Object.entries(searching)) it(how, () => assert.ok(canFind(filter)));

  it('in the order of an index, for some documents', () => {
    assert.ok(canFind({}, { sort: new Map([['name', 1]]), limit: 10 }));
    assert.ok(canFind({}, { sort: { _id: 1 }, limit: 10 }));
    const [match, sort, limit] = [{ $match: {} }, { $sort: { name: 1 } }, { $limit: 1 }];
    assert.ok(canSearch('aggregate', { aggregate: 'people', pipeline: [match, sort, limit] }));
    assert.ok(canSearch('aggregate', { aggregate: 'people', pipeline: [sort, limit] }));
  });
});

describe('a query searches no index', () => {
  const scanning = {
    'without a filter': {},
    'by a field that is only the second of an index': { born: 1815 },
    'by the field of an index of another collection': { other: 1 },
    'by the absence of a value': { name: { $ne: 'ada' } },
    'by the absence of a field': { 'waiting.since': { $exists: false } },
    'by null in a sparse index': { 'waiting.since': null },
    'if the index lacks some of its documents': { role: 'admin' },
    'if a part of a disjunction has none': { $or: [{ name: 'ada' }, { age: 36 }] },
    'by fields of a conjunction that are in no index': { $and: [{ age: 36 }, { born: 1815 }] },
  };
  for (const [how, filter] of Object.entries(scanning)) it(how, () => assert.ok(!canFind(filter)));

  it('if it reads all documents in the order of an index', () => {
    assert.ok(!canFind({}, { sort: { name: 1 } }));
    assert.ok(!canFind({}, { sort: { age: 1 }, limit: 1 }));
    assert.ok(!canFind({}, { sort: { 'waiting.since': 1 }, limit: 1 }));
    assert.ok(!canFind({ age: 36 }, { sort: { name: 1 }, limit: 1 }));
  });
});

describe('the queries of a command', () => {
  it('are those of all its statements', () => {
    const updates = [
      { q: { _id: 'a' }, u: {} },
      { q: { age: 1 }, u: {} },
    ];
    const queries = listQueries('update', { update: 'people', updates, ordered: true, $db: 'test' });
    assert.deepEqual(
      queries.map(({ command }) => command),
      updates.map((update) => ({ update: 'people', updates: [update] })),
    );
    assert.deepEqual(queries.map(describeQuery), ['update people { _id }', 'update people { age }']);
    assert.equal(canSearch('delete', { delete: 'people', deletes: [{ q: { age: 1 }, limit: 1 }] }), false);
    assert.equal(canSearch('findAndModify', { findAndModify: 'people', query: { name: 'ada' } }), true);
    assert.equal(canSearch('distinct', { distinct: 'people', key: 'age', query: { age: 1 } }), false);
    assert.equal(canSearch('aggregate', { aggregate: 'people', pipeline: [{ $group: {} }] }), false);
    assert.deepEqual(listQueries('insert', { insert: 'people', documents: [{}] }), []);
  });

  it('are described without their values', () => {
    const filter = { name: 'ada', age: { $gt: 36 }, $or: [{ a: 1 }, { b: { $in: [2] } }] };
    const [query] = listQueries('find', { find: 'people', filter, sort: { born: -1 } });
    assert.equal(
      query && describeQuery(query),
      'find people { name, age $gt, $or: [{ a }, { b $in }] } sorted by born',
    );
  });
});

it('a plan scans a collection if a stage that was not rejected does', () => {
  const search = { stage: 'FETCH', inputStage: { stage: 'IXSCAN', indexName: 'name' } };
  const scan = { stage: 'SORT', inputStage: { stage: 'COLLSCAN', direction: 'forward' } };
  function plan(winningPlan: object, rejectedPlans: readonly object[] = []) {
    return { ok: 1, queryPlanner: { winningPlan, rejectedPlans } };
  }
  assert.equal(scansCollection(plan(search, [scan])), false);
  assert.equal(scansCollection(plan(scan)), true);
  assert.equal(scansCollection({ stages: [{ $cursor: plan(scan) }, { $group: {} }] }), true);
  assert.equal(scansCollection(plan({ stage: 'OR', inputStages: [search, scan] })), true);
});
