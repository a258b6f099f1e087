import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from 'mongoose';
import { authIndexes } from './index.ts';
import { createMongoPersonalData } from './personal-data.ts';
import { REQUESTS_COLLECTION } from './requests.ts';

// MongoDB keeps a document in a sparse index as long as the document has at least one of the indexed fields
// (ADR 12). All indexed fields must therefore be in one subdocument, so that they are removed together.
test('the keys of a sparse index are in one subdocument, which is removed as a whole', () => {
  for (const { name, keys, sparse } of authIndexes) {
    const owners = new Set(Object.keys(keys).map((key) => key.split('.')[0]));
    assert.ok(!sparse || owners.size === 1, name);
  }
});

/**
 * Returns a connection to an empty database. `onQuery` is called with the collection and the filter of each
 * query.
 */
function createRecordingConnection(onQuery: (collection: string, filter: object) => void): Connection {
  function collection(name: string) {
    async function record(filter: object): Promise<void> {
      onQuery(name, filter);
    }
    function find(filter: object) {
      onQuery(name, filter);
      const cursor = { sort: () => cursor, toArray: async () => [] };
      return cursor;
    }
    return { deleteMany: record, deleteOne: record, find };
  }
  return { collection } as unknown as Connection;
}

test('an erasure searches an index of each collection, except in the small one of waiting requests', async () => {
  const queries: (readonly [collection: string, filter: object])[] = [];
  const connection = createRecordingConnection((...query) => queries.push(query));
  for (const erase of Object.values(createMongoPersonalData(connection))) await erase('an address or id');
  assert.ok(queries.length >= 7);
  for (const [collection, filter] of queries.filter(([name]) => name !== REQUESTS_COLLECTION)) {
    const leading = authIndexes
      .filter((index) => index.collection === collection)
      .map(({ keys }) => Object.keys(keys)[0]);
    const fields = Object.keys(filter);
    assert.ok(
      fields.some((field) => field === '_id' || leading.includes(field)),
      `${collection}: ${fields.join()}`,
    );
  }
});
