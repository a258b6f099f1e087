import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { verify } from '@node-rs/argon2';
import { createPasswordHasher } from './argon2.ts';
import { parseHashCosts } from './costs.ts';

const saltKey = randomBytes(32);
const saltKeys = [{ bytes: saltKey }] as const;
const costs = parseHashCosts('19456:2');
const ip = '192.0.2.1';
const passwords = createPasswordHasher({ saltKeys, costs, concurrency: 2 });

const overloaded = { name: 'Refused', refusal: { kind: 'overloaded', seconds: 1 } };

describe('the hash of a password', () => {
  test('is the same for the same password, address and key', async () => {
    const hash = await passwords.hash('correct horse', 'ada@example.com', { ip });
    assert.equal(await passwords.hash('correct horse', 'ada@example.com', { ip }), hash);
    assert.equal(
      await createPasswordHasher({ saltKeys, costs, concurrency: 1 }).hash(
        'correct horse',
        'ada@example.com',
        {
          ip,
        },
      ),
      hash,
    );
  });

  test('differs if the password, the address or the key does', async () => {
    const hashes = await Promise.all([
      passwords.hash('correct horse', 'ada@example.com', { ip }),
      passwords.hash('correct horse ', 'ada@example.com', { ip }),
      passwords.hash('correct horse', 'eve@example.com', { ip }),
      createPasswordHasher({ saltKeys: [{ bytes: randomBytes(32) }], costs, concurrency: 1 }).hash(
        'correct horse',
        'ada@example.com',
        {
          ip,
        },
      ),
    ]);
    assert.equal(new Set(hashes).size, 4);
  });

  test('is the same however the characters are composed', async () => {
    assert.equal(
      await passwords.hash('cafe\u0301 cafe\u0301', 'ada@example.com', { ip }),
      await passwords.hash('café café', 'ada@example.com', { ip }),
    );
  });

  test('is argon2id with m=19456, t=2, p=1 under HMAC-SHA-256(key, address) as salt', async () => {
    const hash = await passwords.hash('correct horse', 'ada@example.com', { ip });
    assert.match(hash, /^argon2id\$m=19456,t=2,p=1\$[\w-]{43}$/);
    const salt = createHmac('sha256', saltKey).update('ada@example.com').digest();
    const raw = Buffer.from(hash.split('$').at(-1) ?? '', 'base64url');
    const phc = [salt, raw].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
    assert.ok(await verify(`$argon2id$v=19$m=19456,t=2,p=1$${phc.join('$')}`, 'correct horse'));
  });
});

describe('the stored hash of a password', () => {
  const newer = { kid: '2026-12', bytes: randomBytes(32) };
  const rotated = createPasswordHasher({
    saltKeys: [newer, ...saltKeys],
    costs: parseHashCosts('20480:2,19456:2'),
    concurrency: 2,
  });
  const [password, address] = ['correct horse', 'ada@example.com'];

  test('names the id of its key, and its cost', async () => {
    assert.match(
      await rotated.hash(password, address, { ip }),
      /^argon2id\$m=20480,t=2,p=1,k=2026-12\$[\w-]{43}$/,
    );
  });

  test('is found with an earlier key and cost, along with the one that takes its place', async () => {
    const stored = await passwords.hash(password, address, { ip });
    const found = await rotated.find(password, address, { ip }, (hash) => hash === stored);
    assert.deepEqual(found, { current: await rotated.hash(password, address, { ip }), stored });
  });

  test('is not searched for further once it is found', async () => {
    const tried: string[] = [];
    const { current, stored } = await rotated.find(
      password,
      address,
      { ip },
      (hash) => tried.push(hash) === 1,
    );
    assert.deepEqual([tried, stored], [[current], current]);
  });

  test('of a wrong password takes the same work whatever is stored', async () => {
    const tried: string[] = [];
    const found = await rotated.find(password, address, { ip }, (hash) => tried.push(hash) === 0);
    assert.deepEqual(found, { current: tried[0] });
    assert.equal(new Set(tried).size, 4);
  });
});

describe('hashing', () => {
  test('does not block the event loop', async () => {
    let done = 0;
    const hashes = Array.from({ length: 8 }, async () => {
      await passwords.hash('correct horse', 'ada@example.com', { ip });
      done += 1;
    });
    // At most two hashes run at the same time. The hasher starts the next two only in a later turn of the
    // event loop, so no more than two hashes can be complete now, even on a busy machine.
    await nextTurn();
    assert.ok(done <= 2, `${done} hashes in one turn`);
    await Promise.all(hashes);
  });

  test('refuses what would wait too long, and continues with the rest', async () => {
    const small = createPasswordHasher({ saltKeys, costs, concurrency: 1, maxWaiting: 2 });
    let clients = 0;
    function hash() {
      clients += 1;
      return small.hash('correct horse', `ada${clients}@example.com`, { ip });
    }
    const accepted = [hash(), hash(), hash()];
    await assert.rejects(hash, overloaded);
    assert.equal(new Set(await Promise.all(accepted)).size, 3);
    assert.deepEqual(small.load(), { running: 0, waiting: 0 });
  });

  test('refuses in the same way a hash that would start too late, and one whose client has disconnected', async () => {
    const impatient = createPasswordHasher({ saltKeys, costs, concurrency: 1, maxWaitMs: 0 });
    const first = impatient.hash('correct horse', 'ada@example.com', { ip });
    await assert.rejects(impatient.hash('correct horse', 'ada@example.com', { ip }), overloaded);
    await first;
    await assert.rejects(
      impatient.hash('correct horse', 'ada@example.com', { ip, isAwaited: () => false }),
      overloaded,
    );
    assert.deepEqual(impatient.load(), { running: 0, waiting: 0 });
  });
});
