import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealedContent } from '@latchkey/events';
import type { NewDelivery } from '../delivery/delivery.ts';
import { isSealedLinkOfEvent } from './seal.ts';

const subject = '0198c0de-0000-7000-8000-00000000ada0';
const expiresAt = '2026-03-01T12:00:00.000Z';
const sealed: SealedContent = {
  token: 'token',
  to: 'ada@example.com',
  purpose: 'verification',
  userId: subject,
  expiresAt,
};
const link = { purpose: sealed.purpose, sealed: 'sealed', expiresAt };

/** Returns the parts of a delivery that are compared with its sealed link. */
function delivery(content: Partial<NewDelivery['content']> = {}) {
  return { subject, content: { to: sealed.to, username: 'ada', link, ...content } };
}

test('a seal belongs to the event of the same account, address, purpose and expiry', () => {
  assert.equal(isSealedLinkOfEvent(sealed, delivery()), true);
  assert.equal(
    isSealedLinkOfEvent({ ...sealed, expiresAt: '2026-03-01T13:00:00.000+01:00' }, delivery()),
    true,
  );
});

test('a seal belongs to no event that differs in one of them', () => {
  const others: readonly Partial<SealedContent>[] = [
    { userId: '0198c0de-0000-7000-8000-0000000000bb' },
    { to: 'eve@example.com' },
    { purpose: 'reset' },
    { expiresAt: '2026-03-01T12:00:00.001Z' },
  ];
  for (const other of others)
    assert.equal(isSealedLinkOfEvent({ ...sealed, ...other }, delivery()), false, Object.keys(other).join());
});

test('a seal belongs to no event without a link', () => {
  const { content, ...rest } = delivery();
  const { link: _, ...without } = content;
  assert.equal(isSealedLinkOfEvent(sealed, { ...rest, content: without }), false);
});
