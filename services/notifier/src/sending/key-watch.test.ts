import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { captureLog } from '@latchkey/process/testing';
import type { DecryptionResult } from '../ports/decrypter.ts';
import { createMissingKeyMonitor } from './key-watch.ts';

/** Creates a monitor whose decrypter returns the given results, one after the other. */
function watchOf(...results: readonly DecryptionResult[]) {
  const left = [...results];
  const { lines, logger } = captureLog();
  const watch = createMissingKeyMonitor(async () => left.shift() ?? { kind: 'broken' }, logger);
  return { watch, logged: () => lines().map(({ level, keyId }) => [level, keyId]) };
}

describe('the watch of sealing keys', () => {
  it('logs each missing key once', async () => {
    const missing = ['k1', 'k1', 'k2', 'k1'].map((keyId) => ({ kind: 'unknown-key', keyId }) as const);
    const { watch, logged } = watchOf(...missing);
    for (const result of missing) assert.deepEqual(await watch.open('sealed'), result);
    assert.deepEqual(logged(), [
      ['error', 'k1'],
      ['error', 'k2'],
    ]);
  });

  it('names the missing key until a link names a key that is not missing', async () => {
    const { watch } = watchOf({ kind: 'unknown-key', keyId: 'k1' }, { kind: 'broken' });
    assert.equal(watch.trouble(), undefined);
    await watch.open('sealed');
    assert.match(watch.trouble() ?? '', /^SEALING_PRIVATE_KEYS lacks the key k1: /);
    await watch.open('sealed');
    assert.equal(watch.trouble(), undefined);
  });
});
