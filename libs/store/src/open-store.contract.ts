/** Tests of the methods of `OpenedStore`, which every kind of store must pass. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OpenedStore, StoredRecord } from './open-store.ts';

export interface OpenStoreTestCase {
  readonly store: OpenedStore;
  /** Creates a table or collection that contains records with these values of the field `note`. */
  insert(place: string, notes: readonly string[]): Promise<void>;
}

export function openStoreContract(create: (context: TestContext) => Promise<OpenStoreTestCase>): void {
  test('yields all records with the table or collection that contains them', async (context) => {
    const { store, insert } = await create(context);
    await insert('second', ['three']);
    await insert('first', ['one', 'two']);
    const found: StoredRecord[] = [];
    for await (const each of store.records()) found.push(each);
    const notes = found
      .filter(({ place }) => ['first', 'second'].includes(place))
      .map(({ place, record }) => [place, record['note']]);
    assert.deepEqual(notes, [
      ['first', 'one'],
      ['first', 'two'],
      ['second', 'three'],
    ]);
  });
}
