/**
 * Defines the tests that every store of known sources must pass. Sources are the devices and networks from
 * which an account signed in.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type KnownSignInSourceStore, MAX_KNOWN_SIGN_IN_SOURCES } from '../known-sources.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

export function defineKnownSourcesContractTests(name: string, open: OpenEmptyStores): void {
  describe(`known sources on ${name}`, () => {
    let known: KnownSignInSourceStore;
    let close: () => Promise<void>;
    let userId: string;
    beforeEach(async () => {
      const opened = await open();
      known = opened.stores.knownSources;
      close = opened.close;
      userId = randomUUID();
    });
    afterEach(() => close());

    test('report new sources per account, but not the first time', async () => {
      assert.equal(await known.remember(userId, ['laptop', 'home']), undefined);
      assert.deepEqual(await known.remember(userId, ['laptop', 'home']), []);
      assert.deepEqual(await known.remember(userId, ['phone', 'home']), ['phone']);
      assert.deepEqual(await known.remember(userId, ['phone', 'work']), ['work']);
      assert.deepEqual(await known.remember(userId, ['laptop', 'work']), []);
      assert.equal(await known.remember(randomUUID(), ['laptop', 'home']), undefined);
    });

    test('keep the sources that were added last', async () => {
      await known.remember(userId, ['laptop', 'home']);
      for (let n = 2; n < MAX_KNOWN_SIGN_IN_SOURCES; n += 1) await known.remember(userId, [`network ${n}`]);
      assert.deepEqual(await known.remember(userId, ['laptop', 'home']), []);
      assert.deepEqual(await known.remember(userId, ['one more']), ['one more']);
      assert.deepEqual(await known.remember(userId, ['home', 'one more']), []);
      assert.deepEqual(await known.remember(userId, ['laptop']), ['laptop']);
    });

    test('of ten first sign-ins at once one is the first', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => known.remember(userId, ['laptop'])));
      assert.equal(answers.filter((answer) => answer === undefined).length, 1);
      assert.equal(answers.filter((answer) => answer?.length === 0).length, 9);
    });
  });
}
