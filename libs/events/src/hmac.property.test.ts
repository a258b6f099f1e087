import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import { hmacSha256 } from './hmac.ts';

it('is the HMAC of node:crypto, for every key that is not longer than a block', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      (bytes, text) => {
        const key = Buffer.from(bytes);
        assert.equal(hmacSha256(key, text), createHmac('sha256', key).update(text).digest('base64url'));
      },
    ),
  );
  assert.throws(() => hmacSha256(Buffer.alloc(65), ''), RangeError);
});
