import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHardBounce } from './hard-bounce.ts';

const cases: readonly (readonly [
  hard: boolean,
  status: string | undefined,
  diagnostic?: string | undefined,
])[] = [
  [true, '5.1.1', 'smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown'],
  [true, '5.1.1', undefined],
  [true, '5.1.10', 'smtp; 550 5.1.10 Recipient not found'],
  [true, '5.2.1', 'smtp; 550 5.2.1 Mailbox disabled'],
  // Exim reports the status 5.0.0 for every failure, even if the other mail server gave a more precise code.
  [true, '5.0.0', 'smtp; 550 5.1.1 No such user'],
  [true, '5.0.0', 'smtp; 550 No such user here'],
  [true, undefined, 'smtp;550 No such user here'],
  [false, '5.0.0', 'smtp; 554 Transaction failed'],
  [false, '5.1.1', 'smtp; 550 5.1.1 <ada@example.com>: Relay access denied'],
  [false, '5.2.1', 'smtp; 550-5.2.1 The user you are trying to contact is receiving mail at a rate that'],
  [false, '5.0.0', undefined],
  [false, undefined, undefined],
  [false, '5.7.1', 'smtp; 550 5.7.1 Message rejected by policy'],
  [false, '5.0.0', 'smtp; 550 Blocked by Spamhaus'],
  [false, '5.2.2', 'smtp; 552 5.2.2 Mailbox full'],
  [false, '4.4.7', 'smtp; 451 4.4.7 Delivery time expired'],
  [false, '4.4.1', undefined],
  [false, '5.4.1', 'smtp; 550 5.4.1 Recipient address rejected: Access denied'],
  [false, 'x', 'garbage'],
];

for (const [hard, status, diagnostic] of cases)
  test(`a bounce with ${status ?? 'no status'} and "${diagnostic ?? ''}" is ${hard ? 'hard' : 'not hard'}`, () => {
    assert.equal(isHardBounce({ status, diagnostic }), hard);
  });
