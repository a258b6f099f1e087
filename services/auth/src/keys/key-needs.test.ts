import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountFact, FactOf } from '../account/facts.ts';
import {
  accountVerifiedFact,
  adaId,
  createInstantAfterNoon,
  createPasswordChangedFact,
  createTestLink,
  createUserRegisteredFact,
} from '../account/testing/ada.ts';
import type { StoredCommit } from '../ports/stored-commits.ts';
import { countPasswordHashes } from './key-needs.ts';

const [FORMER, CURRENT] = ['argon2id$m=19456,t=2,p=1$former', 'argon2id$m=19456,t=2,p=1,k=new$current'];
const needs = { former: { kid: undefined, cost: '19456:2' }, current: { kid: 'new', cost: '19456:2' } };

/**
 * An event that requests a change of address and contains a password hash. If the owner confirms the change
 * before 01:00, this hash becomes the account's password hash.
 */
const requested: FactOf<'EmailChangeRequested'> = {
  type: 'EmailChangeRequested',
  data: {
    userId: adaId,
    locale: 'en',
    person: { email: '', username: '', newEmail: 'countess@example.com' },
  },
  private: {
    address: 'countess@example.com',
    passwordHash: FORMER,
    link: { hash: createTestLink('C').hash, expiresAt: createTestLink('C').sealed.expiresAt },
  },
};

function count(facts: readonly AccountFact[], now: Date) {
  const commit: StoredCommit = {
    stream: adaId,
    number: 1,
    sequence: facts.length,
    events: facts.map((fact) => ({ ...fact, id: 'i', time: now.toISOString(), version: 1 })),
    commandId: 'c',
    correlationId: 'r',
    at: now.toISOString(),
    published: true,
  };
  return countPasswordHashes(
    {
      pages: async function* pages() {
        yield [commit];
      },
    },
    now,
  );
}

test('a key is needed for the hash of an account, and for that of a change of address that can still be confirmed', async () => {
  const proven = [
    createUserRegisteredFact(createTestLink('A')),
    accountVerifiedFact,
    createPasswordChangedFact('change', FORMER),
  ];
  assert.deepEqual(await count([...proven, requested], createInstantAfterNoon(0)), [
    { ...needs.former, accounts: 1 },
  ]);
  const rehashed: AccountFact = {
    type: 'PasswordRehashed',
    data: { userId: adaId },
    private: { passwordHash: CURRENT },
  };
  const facts = [...proven, requested, rehashed];
  const [own, changes] = [
    { ...needs.current, accounts: 1 },
    { ...needs.former, accounts: 1 },
  ];
  assert.deepEqual(await count(facts, createInstantAfterNoon(3_599_999)), [own, changes]);
  assert.deepEqual(await count(facts, createInstantAfterNoon(3_600_000)), [own]);
});
