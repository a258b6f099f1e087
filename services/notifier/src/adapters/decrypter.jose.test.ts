import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CompactEncrypt, importJWK } from 'jose';
import { isSealedLinkOfEvent } from '../sending/seal.ts';
import { createLinkToken, createSealingKey } from '../testing/events.ts';
import { createLinkDecrypter, getSealedLinkKeyId } from './decrypter.jose.ts';

const userId = '0197a000-0000-7000-8000-000000000001';
const expiresAt = '2026-11-22T10:00:00.000Z';
const link = { purpose: 'reset', to: 'ada@example.com', userId, expiresAt } as const;

describe('a sealed link', () => {
  it('is opened with the key that it names, also while keys change', async () => {
    const [old, current] = [await createSealingKey(), await createSealingKey()];
    const open = await createLinkDecrypter({ keys: [current.jwk, old.jwk] });
    const token = createLinkToken();
    for (const key of [old, current]) {
      const { sealed } = await key.seal({ ...link, token });
      assert.deepEqual(await open(sealed), { kind: 'opened', content: { ...link, token } });
    }
  });

  it('is opened by a key with a custom id, too', async () => {
    const key = await createSealingKey();
    const token = createLinkToken();
    const content = new TextEncoder().encode(JSON.stringify({ ...link, token }));
    const { d: _, ...publicJwk } = key.jwk;
    const sealed = await new CompactEncrypt(content)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'ours' })
      .encrypt(await importJWK(publicJwk, 'ECDH-ES'));
    const open = await createLinkDecrypter({ keys: [{ ...key.jwk, kid: 'ours' }] });
    assert.deepEqual(await open(sealed), { kind: 'opened', content: { ...link, token } });
  });

  it('waits when its key is not here', async () => {
    const [ours, theirs] = [await createSealingKey(), await createSealingKey()];
    const open = await createLinkDecrypter({ keys: [ours.jwk] });
    const { sealed } = await theirs.seal(link);
    assert.deepEqual(await open(sealed), { kind: 'unknown-key', keyId: getSealedLinkKeyId(sealed) });
  });

  it('is broken if it was altered, contains something else, or is no JWE', async () => {
    const key = await createSealingKey();
    const open = await createLinkDecrypter({ keys: [key.jwk] });
    const { sealed } = await key.seal(link);
    const parts = sealed.split('.');
    const altered = [...parts.slice(0, 3), `A${parts[3]?.slice(1)}`, parts[4]].join('.');
    const swapped =
      altered === sealed ? [...parts.slice(0, 3), `B${parts[3]?.slice(1)}`, parts[4]].join('.') : altered;
    const short = await key.seal({ ...link, token: 'short' });
    for (const text of [swapped, short.sealed, 'nonsense', '', 'a.b.c.d.e']) {
      assert.deepEqual(await open(text), { kind: 'broken' });
    }
  });

  it('belongs to its event alone', () => {
    const content = { ...link, token: createLinkToken() };
    const delivery = {
      subject: userId,
      content: { to: link.to, link: { purpose: 'reset', sealed: 'e.y.j', expiresAt } },
    } as const;
    assert.equal(isSealedLinkOfEvent(content, delivery), true);
    for (const other of [
      { ...content, to: 'eve@example.com' },
      { ...content, userId: '0197a000-0000-7000-8000-000000000002' },
      { ...content, purpose: 'verification' as const },
      { ...content, expiresAt: '2026-11-23T10:00:00.000Z' },
    ]) {
      assert.equal(isSealedLinkOfEvent(other, delivery), false);
    }
    assert.equal(isSealedLinkOfEvent(content, { subject: userId, content: { to: link.to } }), false);
  });
});
