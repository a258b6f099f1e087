/** Defines the tests that every store of sessions must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Session, SessionStore } from '../sessions.ts';
import type { OpenEmptyStores } from './open-empty-stores.ts';

function day(number: number): Date {
  return new Date(Date.UTC(2026, 0, number));
}

function sessionOf(given: Partial<Session> = {}): Session {
  return {
    id: randomUUID(),
    userId: randomUUID(),
    n: 0,
    createdAt: day(1),
    rotatedAt: day(1),
    expiresAt: day(31),
    since: 3,
    ip: '192.0.2.7',
    userAgent: 'a browser; with "quotes" and ünïcode',
    ...given,
  };
}

const ALL = { limit: 100 };
/** A limit on the number of sessions per account that no test reaches. */
const NO_LIMIT = { keep: 1000 };

function ids(sessions: readonly Session[]) {
  return sessions.map(({ id }) => id);
}

export function defineSessionsContractTests(name: string, open: OpenEmptyStores): void {
  describe(`sessions on ${name}`, () => {
    let sessions: SessionStore;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open();
      sessions = opened.stores.sessions;
      close = opened.close;
    });
    afterEach(() => close());

    async function created(given: Partial<Session> = {}) {
      const session = sessionOf(given);
      await sessions.create(session, NO_LIMIT);
      return session;
    }
    const use = { at: day(2), expiresAt: day(16), ip: '2001:db8::1', userAgent: 'another browser' };

    test('are found as they were created', async () => {
      const session = await created();
      await created();
      assert.deepEqual(await sessions.find(session.id), session);
      assert.equal(await sessions.find(randomUUID()), undefined);
    });

    test('are found at once, each for its caller', async () => {
      const [one, other] = [await created(), await created()];
      const wanted = [other.id, randomUUID(), one.id, other.id];
      assert.deepEqual(await Promise.all(wanted.map((id) => sessions.find(id))), [
        other,
        undefined,
        one,
        other,
      ]);
    });

    test('name the key of their current token', async () => {
      const [plain, keyed] = [await created(), await created({ key: 'one' })];
      assert.deepEqual(await sessions.find(keyed.id), keyed);
      assert.equal((await sessions.rotate(plain.id, 0, { ...use, key: 'other' }))?.key, 'other');
      assert.equal((await sessions.rotate(plain.id, 1, { ...use, at: day(3) }))?.key, undefined);
      assert.equal((await sessions.find(plain.id))?.key, undefined);
    });

    test('are counted by key until they expire', async () => {
      for (const key of ['one', 'other', 'one']) await created({ key, expiresAt: day(20) });
      await created({ key: 'one', expiresAt: day(10) });
      await created({ expiresAt: day(20) });
      const counted = await sessions.countByKey(day(15));
      assert.deepEqual(
        counted,
        new Map([
          ['one', 2],
          ['other', 1],
          [undefined, 1],
        ]),
      );
      assert.equal((await sessions.countByKey(day(20))).size, 0);
    });

    test('are rotated by their current token alone', async () => {
      const session = await created();
      const { at, ...from } = use;
      const rotated = { ...session, ...from, n: 1, rotatedAt: at };
      assert.deepEqual(await sessions.rotate(session.id, 0, use), rotated);
      assert.deepEqual(await sessions.find(session.id), rotated);
      assert.equal(await sessions.rotate(session.id, 0, { ...use, at: day(3) }), undefined);
      assert.equal(await sessions.rotate(session.id, 2, { ...use, at: day(3) }), undefined);
      assert.equal(await sessions.rotate(randomUUID(), 0, use), undefined);
      assert.deepEqual((await sessions.find(session.id))?.rotatedAt, use.at);
    });

    test('are not rotated once they have expired', async () => {
      const session = await created({ expiresAt: day(20) });
      assert.equal(await sessions.rotate(session.id, 0, { ...use, at: day(20) }), undefined);
      assert.deepEqual(await sessions.find(session.id), session);
      assert.equal((await sessions.rotate(session.id, 0, { ...use, at: day(19) }))?.n, 1);
    });

    test('are rotated once by 50 callers with one token', async () => {
      const session = await created();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => sessions.rotate(session.id, 0, use)),
      );
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal((await sessions.find(session.id))?.n, 1);
    });

    test('remember the repeats of their current token, also when the token is rotated', async () => {
      const session = await created();
      assert.equal(await sessions.setRepeats(session.id, { n: 1, inARow: 1 }), false);
      assert.equal(await sessions.setRepeats(randomUUID(), { n: 0, inARow: 1 }), false);
      assert.deepEqual(await sessions.find(session.id), session);
      const rotated = await sessions.rotate(session.id, 0, use);
      assert.equal(await sessions.setRepeats(session.id, { n: 1, inARow: 1 }), true);
      assert.equal(await sessions.setRepeats(session.id, { n: 0, inARow: 9 }), false);
      const repeats = { n: 1, inARow: 1 };
      assert.deepEqual(await sessions.find(session.id), { ...rotated, repeats });
      assert.deepEqual((await sessions.rotate(session.id, 1, { ...use, at: day(3) }))?.repeats, repeats);
      assert.equal(await sessions.setRepeats(session.id, { n: 2, inARow: 2 }), true);
      assert.deepEqual((await sessions.find(session.id))?.repeats, { n: 2, inARow: 2 });
    });

    test('may be created with repeats, as when they are moved from another store', async () => {
      const session = await created({ n: 4, repeats: { n: 3, inARow: 2 } });
      assert.deepEqual(await sessions.find(session.id), session);
    });

    test('have their `since` raised, never lowered', async () => {
      const session = await created({ since: 3 });
      assert.equal(await sessions.liftSince(session.id, 9), true);
      assert.equal((await sessions.find(session.id))?.since, 9);
      assert.equal(await sessions.liftSince(session.id, 5), true);
      assert.deepEqual(await sessions.find(session.id), { ...session, since: 9 });
      assert.equal(await sessions.liftSince(randomUUID(), 5), false);
    });

    test('of an account are listed until they expire, newest login first', async () => {
      const userId = randomUUID();
      const old = await created({ userId, createdAt: day(1), expiresAt: day(20) });
      const recent = await created({ userId, createdAt: day(5) });
      const middle = await created({ userId, createdAt: day(3), rotatedAt: day(9) });
      await created();
      assert.deepEqual(await sessions.list(userId, day(19), ALL), [recent, middle, old]);
      assert.deepEqual(ids(await sessions.list(userId, day(20), ALL)), [recent.id, middle.id]);
      assert.deepEqual(await sessions.list(randomUUID(), day(1), ALL), []);
    });

    test('of an account are listed page by page, also those of one moment', async () => {
      const userId = randomUUID();
      const created = [1, 1, 1, 2, 3].map((number) => sessionOf({ userId, createdAt: day(number) }));
      for (const session of created) await sessions.create(session, NO_LIMIT);
      const all = ids(await sessions.list(userId, day(4), ALL));
      for (const limit of [1, 2, 3, 5]) {
        const paged: string[] = [];
        let after: Session | undefined;
        do {
          const page = await sessions.list(userId, day(4), { limit, after });
          assert.ok(page.length <= limit);
          paged.push(...ids(page));
          after = page.at(-1);
        } while (after !== undefined);
        assert.deepEqual(paged, all);
      }
      assert.equal(all.length, created.length);
    });

    test('beyond a number are removed when one is created, the oldest logins first, also those that expired', async () => {
      const userId = randomUUID();
      const stranger = await created();
      async function createdOn(number: number, keep: number): Promise<readonly Date[]> {
        const session = sessionOf({ userId, createdAt: day(number), expiresAt: day(number + 2) });
        await sessions.create(session, { keep });
        return (await sessions.list(userId, day(1), ALL)).map(({ createdAt }) => createdAt);
      }
      for (let number = 1; number < 5; number++) await createdOn(number, 5);
      assert.equal((await createdOn(5, 5)).length, 5);
      assert.deepEqual(await createdOn(6, 2), [day(6), day(5)]);
      assert.deepEqual(await createdOn(7, 2), [day(7), day(6)]);
      assert.deepEqual(await sessions.find(stranger.id), stranger);
    });

    test('are removed by their own account alone', async () => {
      const session = await created();
      assert.equal(await sessions.remove(randomUUID(), session.id), false);
      assert.deepEqual(await sessions.find(session.id), session);
      assert.equal(await sessions.remove(session.userId, session.id), true);
      assert.equal(await sessions.find(session.id), undefined);
      assert.equal(await sessions.remove(session.userId, session.id), false);
    });

    test('of an account are removed together, or those that began before a sequence', async () => {
      const userId = randomUUID();
      const kept = await created({ userId, since: 5 });
      await created({ userId, since: 4 });
      const lifted = await created({ userId, since: 3 });
      const stranger = await created({ since: 3 });
      await sessions.removeAll(userId, { before: 4 });
      assert.equal(await sessions.find(lifted.id), undefined);
      assert.equal((await sessions.list(userId, day(1), ALL)).length, 2);
      await sessions.removeAll(userId, { before: 5 });
      assert.deepEqual(await sessions.list(userId, day(1), ALL), [kept]);
      await sessions.removeAll(userId);
      await sessions.removeAll(userId);
      assert.deepEqual(await sessions.list(userId, day(1), ALL), []);
      assert.deepEqual(await sessions.find(stranger.id), stranger);
    });

    test('that expired are removed, no more than asked for', async () => {
      for (let number = 2; number < 7; number++) await created({ expiresAt: day(number) });
      const living = await created({ expiresAt: day(7) });
      assert.equal(await sessions.removeExpired(day(7), 3), 3);
      assert.equal(await sessions.removeExpired(day(7), 3), 2);
      assert.equal(await sessions.removeExpired(day(7), 3), 0);
      assert.deepEqual(await sessions.find(living.id), living);
    });
  });
}
