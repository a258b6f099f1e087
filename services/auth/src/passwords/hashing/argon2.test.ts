import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { verify } from '@node-rs/argon2';
import { createPasswords } from './argon2.ts';

const saltKey = randomBytes(32);
const ip = '192.0.2.1';
const passwords = createPasswords({ saltKey, concurrency: 2 });

const overloaded = { name: 'Refused', refusal: { kind: 'overloaded', seconds: 1 } };

describe('the hash of a password', () => {
  test('is the same for the same password, address and key', async () => {
    const hash = await passwords.hash('correct horse', 'ada@example.com', { ip });
    assert.equal(await passwords.hash('correct horse', 'ada@example.com', { ip }), hash);
    assert.equal(
      await createPasswords({ saltKey, concurrency: 1 }).hash('correct horse', 'ada@example.com', { ip }),
      hash,
    );
  });

  test('differs where the password, the address or the key does', async () => {
    const hashes = await Promise.all([
      passwords.hash('correct horse', 'ada@example.com', { ip }),
      passwords.hash('correct horse ', 'ada@example.com', { ip }),
      passwords.hash('correct horse', 'eve@example.com', { ip }),
      createPasswords({ saltKey: randomBytes(32), concurrency: 1 }).hash('correct horse', 'ada@example.com', {
        ip,
      }),
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

describe('hashing', () => {
  test('leaves the event loop to others', async () => {
    let done = 0;
    const hashes = Array.from({ length: 8 }, async () => {
      await passwords.hash('correct horse', 'ada@example.com', { ip });
      done += 1;
    });
    // On a busy machine the first two may be done by then. The others begin only after a turn.
    await nextTurn();
    assert.ok(done <= 2, `${done} hashes in one turn`);
    await Promise.all(hashes);
  });

  test('refuses what would wait too long, and goes on with the rest', async () => {
    const small = createPasswords({ saltKey, concurrency: 1, maxWaiting: 2 });
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

  test('turns away in the same way whose turn comes too late, and who does not want it any more', async () => {
    const impatient = createPasswords({ saltKey, concurrency: 1, maxWaitMs: 0 });
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
