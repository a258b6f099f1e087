/** Tests that every store of service clients must pass. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceClient } from './client.ts';
import { hashClientKey } from './keys.ts';
import { rotateClientKey } from './rotate-key.ts';
import type { ServiceClients } from './service-clients.ts';

export interface ServiceClientsFixture {
  readonly clients: ServiceClients;
  close(): Promise<void>;
}

const books: ServiceClient = {
  id: '00000000000000a1',
  name: 'books',
  scopes: ['introspect', 'events'],
  types: ['UserRegistered'],
  person: true,
  createdAt: new Date('2026-11-28T10:00:00.000Z'),
  keys: [{ hash: 'one', since: new Date('2026-11-28T10:00:00.000Z') }],
};
const { types: _, ...all } = books;
const search: ServiceClient = { ...all, id: '00000000000000b2', name: 'search', person: false };

export function serviceClientsContract(name: string, open: () => Promise<ServiceClientsFixture>): void {
  describe(`the store of service clients: ${name}`, () => {
    function using(work: (clients: ServiceClients) => Promise<void>) {
      return async () => {
        const { clients, close } = await open();
        await work(clients).finally(close);
      };
    }

    it(
      'finds a client as it was added, and no other',
      using(async (clients) => {
        await clients.add(books);
        await clients.add(search);
        assert.deepEqual(await clients.find(books.id), books);
        assert.deepEqual(await clients.find(search.id), search);
        assert.equal(await clients.find('00000000000000c3'), undefined);
      }),
    );

    it(
      'lists clients page by page, by id',
      using(async (clients) => {
        await clients.add(search);
        await clients.add(books);
        assert.deepEqual(await clients.list({ limit: 1 }), [books]);
        assert.deepEqual(await clients.list({ limit: 2, after: books.id }), [search]);
      }),
    );

    it(
      'replaces the keys of a client and nothing else, and revives none that was removed',
      using(async (clients) => {
        const since = new Date('2026-11-28T11:00:00.000Z');
        const keys = [
          { hash: 'one', since: books.createdAt, until: since },
          { hash: 'two', since },
        ];
        await clients.add(books);
        await clients.add(search);
        assert.equal(await clients.replaceKeys(books, keys), true);
        assert.deepEqual(await clients.list({ limit: 5 }), [{ ...books, keys }, search]);
        assert.equal(await clients.remove(books.id), true);
        assert.equal(await clients.replaceKeys({ id: books.id, keys }, books.keys), false);
        assert.equal(await clients.find(books.id), undefined);
      }),
    );

    it(
      'replaces no keys that have changed meanwhile',
      using(async (clients) => {
        const since = new Date('2026-11-28T11:00:00.000Z');
        await clients.add(books);
        const former = await clients.find(books.id);
        assert.ok(former);
        const keys = [
          { hash: 'one', since: books.createdAt, until: since },
          { hash: 'two', since },
        ];
        assert.equal(await clients.replaceKeys(former, keys), true);
        assert.equal(await clients.replaceKeys(former, [{ hash: 'three', since }]), false);
        const changed = await clients.find(books.id);
        assert.deepEqual(changed, { ...books, keys });
        assert.equal(await clients.replaceKeys(changed, former.keys), true);
        assert.deepEqual(await clients.find(books.id), books);
      }),
    );

    it(
      'stores the key of each of several concurrent rotations',
      using(async (clients) => {
        await clients.add(books);
        const times = {
          now: new Date('2026-11-28T11:00:00.000Z'),
          until: new Date('2026-11-29T11:00:00.000Z'),
        };
        const rotations = Array.from({ length: 4 }, () => rotateClientKey(clients, books.id, times));
        const added = (await Promise.all(rotations)).map((rotated) => hashClientKey(rotated?.key ?? ''));
        const stored = (await clients.find(books.id))?.keys ?? [];
        assert.deepEqual(new Set(stored.map(({ hash }) => hash)), new Set(['one', ...added]));
        assert.equal(stored.filter(({ until }) => until === undefined).length, 1);
      }),
    );

    it(
      'removes a client once',
      using(async (clients) => {
        await clients.add(books);
        await clients.add(search);
        assert.equal(await clients.remove(books.id), true);
        assert.equal(await clients.remove(books.id), false);
        assert.deepEqual(await clients.list({ limit: 5 }), [search]);
      }),
    );
  });
}
