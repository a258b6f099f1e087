import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { authenticateClient } from './authenticate.ts';
import { type ClientScope, replaceClientKey, type ServiceClient } from './client.ts';
import { generateClientId, generateClientKey, hashClientKey } from './keys.ts';

const now = new Date('2026-11-28T10:00:00.000Z');
const later = new Date(now.getTime() + 60_000);

function clientWithKey() {
  const id = generateClientId();
  const key = generateClientKey(id);
  const client: ServiceClient = {
    id,
    name: 'books',
    scopes: ['introspect'],
    person: false,
    createdAt: now,
    keys: [{ hash: hashClientKey(key), since: now }],
  };
  return { client, key };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function nameOf(
  client: ServiceClient,
  authorization: string | undefined,
  { scope = 'introspect', at = now }: { scope?: ClientScope; at?: Date } = {},
): Promise<string | undefined> {
  const clients = { find: async (id: string) => (id === client.id ? client : undefined) };
  return (await authenticateClient(clients, { authorization, scope, now: at }))?.name;
}

describe('a service client', () => {
  test('is known by its key, as Bearer or as the password of its id', async () => {
    const { client, key } = clientWithKey();
    assert.equal(await nameOf(client, `Bearer ${key}`), 'books');
    assert.equal(await nameOf(client, `bearer ${key}`), 'books');
    assert.equal(await nameOf(client, basic(client.id, key)), 'books');
  });

  test('is refused with another key, another id, another scope or no key', async () => {
    const { client, key } = clientWithKey();
    const refused = [
      undefined,
      '',
      'Bearer',
      `Bearer ${generateClientKey(client.id)}`,
      `Bearer ${generateClientKey(generateClientId())}`,
      `Bearer ${key}x`,
      `Bearer ${client.keys[0]?.hash}`,
      basic(generateClientId(), key),
      basic('', key),
      basic(client.id, ''),
      `Basic ${key}`,
      `Digest ${key}`,
    ];
    for (const authorization of refused) assert.equal(await nameOf(client, authorization), undefined);
    assert.equal(await nameOf(client, `Bearer ${key}`, { scope: 'events' }), undefined);
  });

  test('may use its former key for as long as the overlap of a rotation lasts', async () => {
    const { client, key } = clientWithKey();
    const next = generateClientKey(client.id);
    const rotated = replaceClientKey(client, hashClientKey(next), { now, until: later });
    const justBefore = new Date(later.getTime() - 1);
    assert.equal(await nameOf(rotated, `Bearer ${key}`, { at: justBefore }), 'books');
    assert.equal(await nameOf(rotated, `Bearer ${key}`, { at: later }), undefined);
    assert.equal(await nameOf(rotated, `Bearer ${next}`, { at: later }), 'books');
  });

  test('has one key after a rotation without an overlap, and after a longer one keeps the earlier end', async () => {
    const { client } = clientWithKey();
    assert.deepEqual(replaceClientKey(client, 'second', { now, until: now }).keys, [
      { hash: 'second', since: now },
    ]);
    const second = replaceClientKey(client, 'second', { now, until: later });
    const third = replaceClientKey(second, 'third', { now, until: new Date(later.getTime() + 1) });
    assert.deepEqual(
      third.keys.map(({ until }) => until?.getTime()),
      [later.getTime(), later.getTime() + 1, undefined],
    );
    assert.deepEqual(
      replaceClientKey(third, 'fourth', { now: later, until: later }).keys.map(({ hash }) => hash),
      ['fourth'],
    );
  });
});
