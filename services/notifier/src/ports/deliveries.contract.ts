/** Defines the tests that every store of deliveries must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { DeliveryAttempt, DeliveryState, MailCutoff, NewDelivery } from '../delivery/delivery.ts';
import type {
  ClaimDeliveriesRequest,
  DeliveryPosition,
  DeliveryStore,
  NewDeliveriesClaim,
} from './deliveries.ts';
import { defineDeliveryRecordsContractTests } from './verification.contract.ts';

/** The store under test, with access to what it contains. */
export interface DeliveriesFixture {
  readonly deliveries: DeliveryStore;
  /** Opens the same store through another connection or adapter, as another notifier would. */
  another(): Promise<DeliveryStore>;
  /**
   * Returns everything in the store as text, so that tests can search it for data that must not be stored.
   */
  dump(): Promise<string>;
  close(): Promise<void>;
}

const START = Date.parse('2026-11-21T10:00:00.000Z');
function at(seconds: number): Date {
  return new Date(START + seconds * 1000);
}
const LEASE_MS = 90_000;

function aDelivery(overrides: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: randomUUID(),
    eventId: randomUUID(),
    subject: randomUUID(),
    sequence: 1,
    mail: 'welcome',
    locale: 'en',
    correlationId: 'request-1',
    occurredAt: at(0),
    sendUntil: at(3600),
    content: { to: 'lovelace@example.com', username: 'lovelace' },
    ...overrides,
  };
}

function aLink(overrides: Partial<NewDelivery> = {}): NewDelivery {
  return aDelivery({
    mail: 'verify-email',
    purpose: 'verification',
    content: {
      to: 'lovelace@example.com',
      username: 'lovelace',
      link: { purpose: 'verification', sealed: 'e.y.j', expiresAt: at(3900).toISOString() },
    },
    ...overrides,
  });
}

/**
 * Matches the personal data in the deliveries of these tests: a name, and a sealed link. The link contains
 * dots, so that no random id matches.
 */
const PERSONAL = /lovelace|e\.y\.j/;

function anAttempt(result: string): DeliveryAttempt {
  return { at: at(1), ms: 12, result };
}

export function defineDeliveriesContractTests(name: string, open: () => Promise<DeliveriesFixture>): void {
  defineDeliveryRecordsContractTests(name, open);
  describe(`the store of deliveries: ${name}`, () => {
    let fixture: DeliveriesFixture;
    let deliveries: DeliveryStore;

    beforeEach(async () => {
      fixture = await open();
      deliveries = fixture.deliveries;
    });
    afterEach(() => fixture.close());

    function add(added: readonly NewDelivery[], cutoffs: readonly MailCutoff[] = [], now = at(0)) {
      return deliveries.record({ deliveries: added, cutoffs }, now);
    }

    function claim(overrides: Partial<ClaimDeliveriesRequest> = {}) {
      return deliveries.claim({ owner: 'one', now: at(1), leaseMs: LEASE_MS, limit: 10, ...overrides });
    }

    async function claimedIds(overrides: Partial<ClaimDeliveriesRequest> = {}) {
      return (await claim(overrides)).map(({ id }) => id);
    }

    async function freeAll() {
      for (const lease of await deliveries.held()) await deliveries.free(lease, at(2));
    }

    async function stateOf(id: string) {
      return (await deliveries.find(id))?.state;
    }

    it('lists the deliveries of a subject page by page, oldest first, and of no other', async () => {
      const subject = randomUUID();
      const ids = ['3', '1', '2'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`);
      const [third = '', first = '', second = ''] = ids;
      await add([
        aDelivery({ id: third, subject, occurredAt: at(-1) }),
        aLink({ id: first, subject, occurredAt: at(-2), sequence: 2 }),
        aDelivery({ id: second, subject, occurredAt: at(-1) }),
        aDelivery(),
      ]);
      const page = await deliveries.ofSubject(subject, { limit: 2 });
      assert.deepEqual(
        page.map(({ id, mail, state }) => [id, mail, state]),
        [
          [first, 'verify-email', 'pending'],
          [second, 'welcome', 'pending'],
        ],
      );
      const rest = await deliveries.ofSubject(subject, { limit: 2, after: page.at(-1) });
      assert.deepEqual(
        rest.map(({ id }) => id),
        [third],
      );
      assert.doesNotMatch(JSON.stringify([page, rest]), PERSONAL);
      assert.deepEqual(await deliveries.ofSubject(subject, { limit: 2, after: rest.at(-1) }), []);
    });

    it('erases what identifies the recipients of a subject, in any state, and nothing of others', async () => {
      const subject = randomUUID();
      const recipient = { fingerprint: 'f'.repeat(32), hint: 'l…@example.com' };
      const [sent, held, open] = [aDelivery({ subject }), aDelivery({ subject }), aLink({ subject })];
      const other = aDelivery();
      await add([sent]);
      await claim();
      const settlement = { state: 'sent', at: at(2), attempt: anAttempt('lovelace'), recipient } as const;
      await deliveries.settle(sent.id, 'one', settlement);
      await add([held]);
      await claim({ owner: 'two' });
      await add([open, other]);
      assert.deepEqual(await deliveries.unsharedRecipientsOf(subject), [recipient.fingerprint]);
      for (const _ of Array(2).keys()) await deliveries.erase(subject, at(3));
      assert.deepEqual(await deliveries.unsharedRecipientsOf(subject), []);
      const states = [sent, held, open, other].map(async ({ id }) => (await deliveries.find(id))?.state);
      assert.deepEqual(await Promise.all(states), ['sent', 'cancelled', 'cancelled', 'pending']);
      assert.deepEqual((await deliveries.find(sent.id))?.attempts, []);
      assert.equal(await deliveries.settle(held.id, 'two', settlement), false);
      assert.deepEqual(await claimedIds({ owner: 'three' }), [other.id]);
      assert.doesNotMatch((await fixture.dump()).replaceAll(other.id, ''), /l…@|f{32}|e\.y\.j/);
    });

    it('returns the recipients of a subject to whom no mails of another subject were sent', async () => {
      async function sendTo(letter: string, subject: string) {
        const delivery = aDelivery({ subject });
        await add([delivery]);
        await claim();
        const recipient = { fingerprint: letter.repeat(32), hint: `${letter}…@example.com` };
        const attempt = anAttempt('ok');
        await deliveries.settle(delivery.id, 'one', { state: 'sent', at: at(2), attempt, recipient });
      }
      const [one, other] = [randomUUID(), randomUUID()];
      for (const letter of ['a', 'b', 'b', 'c']) await sendTo(letter, one);
      await sendTo('c', other);
      assert.deepEqual((await deliveries.unsharedRecipientsOf(one)).toSorted(), [
        'a'.repeat(32),
        'b'.repeat(32),
      ]);
      assert.deepEqual(await deliveries.unsharedRecipientsOf(other), []);
      await deliveries.erase(other, at(3));
      assert.equal((await deliveries.unsharedRecipientsOf(one)).length, 3);
    });

    it('returns a claimed delivery as it was recorded', async () => {
      const delivery = aLink();
      assert.deepEqual(await add([delivery]), { added: 1, cancelled: 0, claimed: [] });
      assert.deepEqual(await claim(), [{ ...delivery, tries: 0 }]);
    });

    it('adds nothing when the same batch is recorded again', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      assert.deepEqual(await add([delivery]), { added: 0, cancelled: 0, claimed: [] });
      assert.equal((await claim()).length, 1);
    });

    it('does not reopen a sent delivery when its event is repeated', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      await claim();
      await deliveries.settle(delivery.id, 'one', { state: 'sent', at: at(2) });
      await add([delivery]);
      assert.equal(await stateOf(delivery.id), 'sent');
      assert.deepEqual(await claim({ now: at(3000) }), []);
    });

    it('claims the delivery with the earliest deadline first', async () => {
      const [late, early, middle] = [
        aDelivery({ sendUntil: at(300) }),
        aDelivery({ sendUntil: at(100) }),
        aDelivery({ sendUntil: at(200) }),
      ];
      await add([late, early, middle]);
      assert.deepEqual(await claimedIds({ limit: 2 }), [early.id, middle.id]);
      assert.deepEqual(await claimedIds({ limit: 2, owner: 'two' }), [late.id]);
    });

    it('gives each delivery to only one of several concurrent claimers', async () => {
      const added = Array.from({ length: 40 }, () => aDelivery());
      await add(added);
      const stores = [deliveries, await fixture.another(), await fixture.another()];
      const claims = Array.from({ length: 30 }, (_, index) => {
        const store = stores[index % stores.length] ?? deliveries;
        return store.claim({ owner: `owner-${index}`, now: at(1), leaseMs: LEASE_MS, limit: 3 });
      });
      const ids = (await Promise.all(claims)).flat().map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      assert.deepEqual(ids.toSorted(), added.map(({ id }) => id).toSorted());
    });

    it('claims a delivery immediately even if the clock of its event was ahead', async () => {
      const delivery = aDelivery({ occurredAt: at(600) });
      await add([delivery], [], at(1));
      assert.deepEqual(await claimedIds({ now: at(1) }), [delivery.id]);
    });

    it('claims a delivery again only after it was freed, whatever the clock shows', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      assert.deepEqual(await deliveries.held(), []);
      await claim();
      assert.deepEqual(await claim({ owner: 'two', now: at(2000) }), []);
      const held = { name: delivery.id, holder: 'one', until: at(91) };
      assert.deepEqual(await deliveries.held(), [held]);
      await deliveries.free(held, at(2));
      assert.deepEqual(await deliveries.held(), []);
      assert.deepEqual(await claimedIds({ owner: 'two', now: at(2) }), [delivery.id]);
    });

    it('frees no delivery that has a newer lease or is final', async () => {
      const [again, sent] = [aDelivery(), aDelivery()];
      await add([again, sent]);
      await claim();
      const old = await deliveries.held();
      await deliveries.settle(again.id, 'one', { state: 'pending', dueAt: at(2), counts: true });
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2) });
      await claim({ now: at(3) });
      for (const lease of old) await deliveries.free(lease, at(4));
      assert.deepEqual([await stateOf(again.id), await stateOf(sent.id)], ['claimed', 'sent']);
    });

    it('lets only the claimer record the outcome', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      await claim();
      await freeAll();
      await claim({ owner: 'two', now: at(91) });
      assert.equal(await deliveries.settle(delivery.id, 'one', { state: 'sent', at: at(92) }), false);
      assert.equal(await stateOf(delivery.id), 'claimed');
      assert.equal(await deliveries.settle(delivery.id, 'two', { state: 'sent', at: at(93) }), true);
      assert.equal(await deliveries.settle(delivery.id, 'two', { state: 'sent', at: at(94) }), false);
    });

    it('claims returned deliveries immediately, and does not touch deliveries that others have claimed', async () => {
      const [lost, held] = [aDelivery({ sendUntil: at(300) }), aDelivery({ sendUntil: at(200) })];
      await add([held, lost]);
      await claim({ owner: 'one', limit: 1 });
      await claim({ owner: 'two', limit: 1 });
      await deliveries.release('two', at(2));
      await deliveries.release('two', at(2));
      assert.equal(await deliveries.settle(lost.id, 'two', { state: 'sent', at: at(3) }), false);
      assert.deepEqual(await claimedIds({ owner: 'three', now: at(2) }), [lost.id]);
      assert.equal(await deliveries.settle(held.id, 'one', { state: 'sent', at: at(3) }), true);
    });

    it('renews the leases of those that their owner still holds', async () => {
      const [held, taken, sent] = [aDelivery(), aDelivery(), aDelivery()];
      const ids = [held, taken, sent].map(({ id }) => id);
      await add([held]);
      await claim();
      await add([taken, sent]);
      await claim({ owner: 'two', now: at(2) });
      await deliveries.settle(sent.id, 'two', { state: 'sent', at: at(3) });
      const before = await deliveries.held();
      assert.deepEqual(await deliveries.extend(ids, 'one', at(200)), new Set([held.id]));
      for (const lease of before) await deliveries.free(lease, at(4));
      assert.deepEqual(await claimedIds({ owner: 'three', now: at(4) }), [taken.id]);
      assert.deepEqual(await deliveries.extend(ids, 'two', at(300)), new Set());
      assert.equal(await deliveries.settle(held.id, 'one', { state: 'sent', at: at(5) }), true);
    });

    it('claims a delivery immediately that a wrong clock made due later than any backoff allows', async () => {
      const [early, late, soon] = [aDelivery({ sendUntil: at(900) }), aDelivery(), aDelivery()];
      const day = 24 * 3600;
      await add([{ ...early, occurredAt: at(day) }, late, soon]);
      assert.deepEqual(await claimedIds({ limit: 1, now: at(0) }), [early.id]);
      await claim({ now: at(0) });
      const retry = { state: 'pending', counts: true } as const;
      await deliveries.settle(late.id, 'one', { ...retry, dueAt: at(day) });
      await deliveries.settle(soon.id, 'one', { ...retry, dueAt: at(600) });
      assert.deepEqual(await claimedIds({ owner: 'two', now: at(1) }), [late.id]);
    });

    it('has stored batched outcomes once it resolves', async () => {
      const [sent, retried, lost] = [aDelivery(), aDelivery(), aDelivery()];
      await add([sent, retried, lost]);
      await claim();
      const held = await Promise.all([
        deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2) }, { othersFollow: true }),
        deliveries.settle(
          retried.id,
          'one',
          { state: 'pending', dueAt: at(10), counts: true },
          { othersFollow: true },
        ),
        deliveries.settle(lost.id, 'two', { state: 'sent', at: at(2) }, { othersFollow: true }),
      ]);
      assert.deepEqual(held, [true, true, false]);
      assert.deepEqual(await Promise.all([sent, retried, lost].map(({ id }) => stateOf(id))), [
        'sent',
        'pending',
        'claimed',
      ]);
    });

    it('does not reopen a final delivery when its claim is returned', async () => {
      const [sent, retried] = [aDelivery(), aDelivery()];
      await add([sent, retried]);
      await claim();
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2) });
      await deliveries.settle(retried.id, 'one', { state: 'pending', dueAt: at(10), counts: true });
      await deliveries.release('one', at(3));
      assert.equal(await stateOf(sent.id), 'sent');
      assert.deepEqual(await claim({ owner: 'two', now: at(9) }), []);
    });

    it('claims a delivery again when its next attempt is due', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      await claim();
      const retry = {
        state: 'pending',
        dueAt: at(10),
        counts: true,
        attempt: anAttempt('deferred'),
      } as const;
      assert.equal(await deliveries.settle(delivery.id, 'one', retry), true);
      assert.deepEqual(await claim({ owner: 'two', now: at(9) }), []);
      assert.deepEqual(await claim({ owner: 'two', now: at(10) }), [{ ...delivery, tries: 1 }]);
    });

    it('does not count an attempt that says nothing about the mail', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      await claim();
      await deliveries.settle(delivery.id, 'one', { state: 'pending', dueAt: at(2), counts: false });
      assert.equal((await claim({ owner: 'two', now: at(2) }))[0]?.tries, 0);
    });

    it('keeps a log of the last 20 attempts', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      for (let index = 0; index < 25; index += 1) {
        const owner = `owner-${index}`;
        await claim({ owner, now: at(index) });
        const attempt = anAttempt(`result-${index}`);
        await deliveries.settle(delivery.id, owner, {
          state: 'pending',
          dueAt: at(index),
          counts: true,
          attempt,
        });
      }
      const found = await deliveries.find(delivery.id);
      assert.equal(found?.tries, 25);
      assert.deepEqual(
        found?.attempts.map(({ result }) => result),
        Array.from({ length: 20 }, (_, index) => `result-${index + 5}`),
      );
      assert.deepEqual(found?.attempts[0]?.at, at(1));
    });

    it('keeps the sender of each attempt, if it is known', async () => {
      const delivery = aDelivery();
      await add([delivery]);
      for (const [owner, sender] of Object.entries({ one: { sender: 'host:1' }, two: {} })) {
        await claim({ owner });
        const attempt = { ...anAttempt('deferred'), ...sender };
        await deliveries.settle(delivery.id, owner, {
          state: 'pending',
          dueAt: at(1),
          counts: true,
          attempt,
        });
      }
      const found = await deliveries.find(delivery.id);
      assert.deepEqual(
        found?.attempts.map(({ sender }) => sender),
        ['host:1', undefined],
      );
    });

    it('keeps neither address, name nor link of a final delivery', async () => {
      const [sent, failed, cancelled, expired] = [aLink(), aLink(), aLink(), aLink({ sendUntil: at(5) })];
      await add([sent, failed, cancelled, expired]);
      await claim();
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2), attempt: anAttempt('accepted') });
      await deliveries.settle(failed.id, 'one', {
        state: 'failed',
        reason: 'refused',
        at: at(2),
        attempt: anAttempt('refused'),
      });
      for (const { id } of [cancelled, expired]) {
        await deliveries.settle(id, 'one', { state: 'pending', dueAt: at(2), counts: true });
      }
      await add([], [{ subject: cancelled.subject, what: 'verification', before: 2 }]);
      await deliveries.expire(at(6));
      const states = await Promise.all([sent, failed, cancelled, expired].map(({ id }) => stateOf(id)));
      assert.deepEqual(states, ['sent', 'failed', 'cancelled', 'expired']);
      assert.doesNotMatch(await fixture.dump(), PERSONAL);
    });

    it('never claims a delivery past its deadline, and marks it as expired', async () => {
      const delivery = aDelivery({ sendUntil: at(10) });
      await add([delivery]);
      assert.deepEqual(await claim({ now: at(10) }), []);
      assert.equal(await deliveries.expire(at(9)), 0);
      assert.equal(await deliveries.expire(at(10)), 1);
      assert.equal(await stateOf(delivery.id), 'expired');
    });

    it('does not expire a claimed delivery before it is freed', async () => {
      const delivery = aDelivery({ sendUntil: at(10) });
      await add([delivery]);
      await claim();
      assert.equal(await deliveries.expire(at(200)), 0);
      assert.equal(await stateOf(delivery.id), 'claimed');
      await freeAll();
      assert.equal(await deliveries.expire(at(91)), 1);
      assert.equal(await stateOf(delivery.id), 'expired');
    });

    it('marks a delivery as unsealable that expires while its link cannot be decrypted', async () => {
      const delivery = aLink({ sendUntil: at(10) });
      await add([delivery]);
      await claim();
      const attempt = anAttempt('unknown-key');
      await deliveries.settle(delivery.id, 'one', { state: 'pending', dueAt: at(5), counts: true, attempt });
      await deliveries.expire(at(10));
      const found = await deliveries.find(delivery.id);
      assert.deepEqual([found?.state, found?.reason], ['failed', 'unsealable']);
    });

    it('records a delivery as expired, without the address, if its deadline has already passed', async () => {
      const delivery = aDelivery({ sendUntil: at(-1) });
      await add([delivery], [], at(0));
      assert.equal(await stateOf(delivery.id), 'expired');
      assert.doesNotMatch(await fixture.dump(), PERSONAL);
    });

    it('keeps a delivery that is past its deadline but must not expire, and does not claim it', async () => {
      const delivery = aDelivery({ sendUntil: at(-1) });
      await deliveries.record({ deliveries: [delivery], cutoffs: [], mayExpire: false }, at(0));
      assert.equal(await stateOf(delivery.id), 'pending');
      assert.deepEqual(await claim({ now: at(0) }), []);
    });

    it('cancels pending mails of the purpose and subject that earlier events asked for', async () => {
      const subject = randomUUID();
      const [older, newer] = [aLink({ subject, sequence: 1 }), aLink({ subject, sequence: 4 })];
      const notice = aDelivery({ subject, sequence: 1 });
      const other = aLink({ sequence: 1 });
      await add([older, newer, notice, other]);
      const result = await add([], [{ subject, what: 'verification', before: 4 }]);
      assert.equal(result.cancelled, 1);
      assert.equal(await stateOf(older.id), 'cancelled');
      assert.deepEqual((await claimedIds()).toSorted(), [newer.id, notice.id, other.id].toSorted());
    });

    it('cancels everything pending of a subject, notices too', async () => {
      const subject = randomUUID();
      const added = [aLink({ subject, sequence: 1 }), aDelivery({ subject, sequence: 2 })];
      const after = aDelivery({ subject, sequence: 9 });
      await add([...added, after]);
      assert.equal((await add([], [{ subject, what: 'everything', before: 3 }])).cancelled, 2);
      assert.deepEqual(await claimedIds(), [after.id]);
    });

    it('never claims a delivery whose event arrives after the event that superseded it', async () => {
      const late = aLink({ sequence: 2 });
      await add([], [{ subject: late.subject, what: 'verification', before: 3 }]);
      await add([late]);
      assert.deepEqual(await claim(), []);
      assert.equal(await stateOf(late.id), 'cancelled');
    });

    describe('when it claims the deliveries that it adds', () => {
      function addClaimed(
        added: readonly NewDelivery[],
        cutoffs: readonly MailCutoff[] = [],
        given: Partial<NewDeliveriesClaim> = {},
      ) {
        const claimOfNew = { owner: 'one', leaseMs: LEASE_MS, limit: 10, ...given };
        return deliveries.record({ deliveries: added, cutoffs }, at(1), claimOfNew);
      }

      it('returns them as they were recorded, held by the claim', async () => {
        const [link, notice] = [aLink(), aDelivery()];
        assert.deepEqual(await addClaimed([link, notice]), {
          added: 2,
          cancelled: 0,
          claimed: [
            { ...link, tries: 0 },
            { ...notice, tries: 0 },
          ],
        });
        assert.deepEqual(await claim({ owner: 'two' }), []);
        const until = at(1 + LEASE_MS / 1000);
        assert.deepEqual(
          (await deliveries.held()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
          [link, notice]
            .map(({ id }) => ({ name: id, holder: 'one', until }))
            .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        );
        assert.equal(await deliveries.settle(link.id, 'one', { state: 'expired', at: at(2) }), true);
        assert.equal(await deliveries.settle(notice.id, 'two', { state: 'expired', at: at(2) }), false);
      });

      it('releases them like other claimed deliveries', async () => {
        const delivery = aDelivery();
        await addClaimed([delivery]);
        await deliveries.release('one', at(2));
        assert.deepEqual(await claimedIds({ owner: 'two', now: at(2) }), [delivery.id]);
      });

      it('claims a delivery only if this write has added it, and once if it occurs twice', async () => {
        const [stored, twice, once] = [aDelivery(), aDelivery(), aDelivery()];
        await add([stored]);
        const { added, claimed } = await addClaimed([stored, twice, twice, once]);
        assert.equal(added, 2);
        assert.deepEqual(new Set(claimed.map(({ id }) => id)), new Set([twice.id, once.id]));
        assert.equal(claimed.length, 2);
        assert.deepEqual((await addClaimed([stored, twice, once], [], { owner: 'again' })).claimed, []);
        assert.deepEqual(await claimedIds({ owner: 'two' }), [stored.id]);
      });

      it('claims no more than the limit, and none that is past its `sendUntil`', async () => {
        const many = [aDelivery({ sendUntil: at(1) }), aDelivery(), aDelivery(), aDelivery()];
        const { added, claimed } = await addClaimed(many, [], { limit: 2 });
        assert.equal(added, 4);
        assert.deepEqual(
          claimed.map(({ id }) => id),
          many.slice(1, 3).map(({ id }) => id),
        );
        assert.equal(await stateOf(many[0]?.id ?? ''), 'expired');
        assert.deepEqual(await claimedIds({ owner: 'two' }), [many[3]?.id]);
      });

      it('cancels those that a cutoff covers, whether it is stored or in the same batch', async () => {
        const [late, superseded, good] = [aLink({ sequence: 2 }), aLink({ sequence: 2 }), aLink()];
        await add([], [{ subject: late.subject, what: 'verification', before: 3 }]);
        const recorded = await addClaimed(
          [late, superseded, good],
          [{ subject: superseded.subject, what: 'verification', before: 3 }],
        );
        assert.deepEqual(recorded, { added: 3, cancelled: 2, claimed: [{ ...good, tries: 0 }] });
        assert.deepEqual([await stateOf(late.id), await stateOf(superseded.id)], ['cancelled', 'cancelled']);
      });

      it('claims those that it adds after another process has stored some', async () => {
        const deliveriesOfEach = Array.from({ length: 8 }, () => aDelivery());
        const another = await fixture.another();
        const [one, two] = await Promise.all([
          addClaimed(deliveriesOfEach),
          another.record({ deliveries: deliveriesOfEach.toReversed(), cutoffs: [] }, at(1), {
            owner: 'two',
            leaseMs: LEASE_MS,
            limit: 10,
          }),
        ]);
        assert.deepEqual(
          [...one.claimed, ...two.claimed].map(({ id }) => id).toSorted(),
          deliveriesOfEach.map(({ id }) => id).toSorted(),
        );
        for (const { id } of two.claimed)
          assert.equal(await deliveries.settle(id, 'two', { state: 'expired', at: at(2) }), true);
      });
    });

    it('does not let a repeated earlier event lower a cutoff', async () => {
      const late = aLink({ sequence: 4 });
      await add([], [{ subject: late.subject, what: 'verification', before: 5 }]);
      await add([], [{ subject: late.subject, what: 'verification', before: 2 }]);
      await add([late]);
      assert.deepEqual(await claim(), []);
    });

    it('cancels a delivery that was superseded while it was claimed, once it is returned', async () => {
      const [retried, abandoned] = [aLink(), aLink()];
      await add([retried, abandoned]);
      await claim();
      await add(
        [],
        [retried, abandoned].map(({ subject }) => ({ subject, what: 'verification' as const, before: 2 })),
      );
      assert.equal(await stateOf(retried.id), 'claimed');
      await deliveries.settle(retried.id, 'one', { state: 'pending', dueAt: at(2), counts: true });
      await freeAll();
      assert.deepEqual(await claim({ owner: 'two', now: at(91) }), []);
      assert.deepEqual([await stateOf(retried.id), await stateOf(abandoned.id)], ['cancelled', 'cancelled']);
    });

    it('skips superseded deliveries, and claims the next one', async () => {
      const superseded = Array.from({ length: 5 }, () => aLink({ sendUntil: at(100) }));
      const good = aLink({ sendUntil: at(200) });
      await add([...superseded, good]);
      await claim();
      await add(
        [],
        superseded.map(({ subject }) => ({ subject, what: 'verification' as const, before: 2 })),
      );
      await freeAll();
      assert.deepEqual(await claimedIds({ owner: 'two', now: at(91), limit: 1 }), [good.id]);
    });

    it('lists the newest first, page by page, also those of one event time', async () => {
      const one = [at(-1), at(-3), at(-2), at(-2), at(-2)].map((occurredAt) => aDelivery({ occurredAt }));
      await add(one);
      const all = (await deliveries.list({ states: ['pending'], limit: 99 })).map(({ id }) => id);
      const times = new Map(one.map(({ id, occurredAt }) => [id, occurredAt]));
      assert.deepEqual(
        all.map((id) => times.get(id)),
        [at(-1), at(-2), at(-2), at(-2), at(-3)],
      );
      const paged: string[] = [];
      for (let after: DeliveryPosition | undefined; ; ) {
        const page = await deliveries.list({ states: ['pending'], limit: 2, ...(after && { after }) });
        paged.push(...page.map(({ id }) => id));
        after = page.at(-1);
        if (after === undefined) break;
      }
      assert.deepEqual(paged, all);
    });

    it('lists those in the states that are asked for, together', async () => {
      const [owed, sent, superseded] = [aLink(), aDelivery(), aLink({ occurredAt: at(-1) })];
      await add([sent]);
      await claim();
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2), attempt: anAttempt('accepted') });
      await add([owed, superseded], [{ subject: superseded.subject, what: 'verification', before: 2 }]);
      async function listed(...states: DeliveryState[]) {
        return (await deliveries.list({ states, limit: 9 })).map(({ id }) => id);
      }
      assert.deepEqual(await listed('sent'), [sent.id]);
      assert.deepEqual(await listed('failed'), []);
      assert.deepEqual(await listed('cancelled', 'pending'), [owed.id, superseded.id]);
      assert.deepEqual(await listed(), []);
    });

    it('shows operators when a delivery is due or when it ended, without personal data', async () => {
      const [owed, sent] = [aLink(), aDelivery()];
      await add([sent]);
      await claim();
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2), attempt: anAttempt('accepted') });
      await add([owed]);
      const shown = await deliveries.list({ states: ['pending', 'sent'], limit: 9 });
      const times = new Map(shown.map(({ id, dueAt, endedAt }) => [id, { dueAt, endedAt }]));
      assert.deepEqual(times.get(owed.id), { dueAt: owed.occurredAt, endedAt: undefined });
      assert.deepEqual(times.get(sent.id), { dueAt: undefined, endedAt: at(2) });
      assert.deepEqual(
        await deliveries.find(owed.id),
        shown.find(({ id }) => id === owed.id),
      );
      assert.doesNotMatch(JSON.stringify(shown), PERSONAL);
    });

    it('claims a delivery immediately after retryNow, but only a pending one', async () => {
      const [waiting, sent] = [aDelivery(), aDelivery()];
      await add([waiting, sent]);
      await claim();
      assert.equal(await deliveries.retryNow(waiting.id, at(2)), false);
      await deliveries.settle(waiting.id, 'one', { state: 'pending', dueAt: at(600), counts: true });
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2) });
      assert.deepEqual(await claim({ owner: 'two', now: at(3) }), []);
      assert.equal(await deliveries.retryNow(waiting.id, at(3)), true);
      assert.deepEqual(await claim({ owner: 'two', now: at(3) }), [{ ...waiting, tries: 1 }]);
      assert.equal(await deliveries.retryNow(sent.id, at(3)), false);
      assert.equal(await deliveries.retryNow(randomUUID(), at(3)), false);
      assert.deepEqual([await stateOf(waiting.id), await stateOf(sent.id)], ['claimed', 'sent']);
    });

    it('cancels an open delivery on demand, and removes the address', async () => {
      const delivery = aLink();
      await add([delivery]);
      assert.equal(await deliveries.cancel(delivery.id, at(1)), true);
      assert.equal(await stateOf(delivery.id), 'cancelled');
      const found = await deliveries.find(delivery.id);
      assert.deepEqual([found?.reason, found?.endedAt], ['operator', at(1)]);
      assert.doesNotMatch(await fixture.dump(), PERSONAL);
      assert.deepEqual(await claim(), []);
      assert.equal(await deliveries.cancel(delivery.id, at(2)), false);
      await add([delivery]);
      assert.equal(await stateOf(delivery.id), 'cancelled');
    });

    it('does not cancel a claimed delivery before it is freed', async () => {
      const [held, sent] = [aDelivery(), aDelivery()];
      await add([held, sent]);
      await claim();
      await deliveries.settle(sent.id, 'one', { state: 'sent', at: at(2) });
      assert.equal(await deliveries.cancel(held.id, at(200)), false);
      assert.equal(await stateOf(held.id), 'claimed');
      await freeAll();
      assert.equal(await deliveries.cancel(held.id, at(91)), true);
      assert.equal(await deliveries.settle(held.id, 'one', { state: 'sent', at: at(92) }), false);
      assert.equal(await deliveries.cancel(sent.id, at(91)), false);
      assert.equal(await deliveries.cancel(randomUUID(), at(91)), false);
      assert.deepEqual([await stateOf(held.id), await stateOf(sent.id)], ['cancelled', 'sent']);
    });

    it('counts by state', async () => {
      await add([aDelivery({ occurredAt: at(-60) }), aDelivery({ occurredAt: at(-30) })]);
      const [first] = await claim({ limit: 1 });
      assert.ok(first);
      assert.deepEqual(await deliveries.census(), {
        pending: 1,
        claimed: 1,
        sent: 0,
        failed: 0,
        expired: 0,
        cancelled: 0,
        suppressed: 0,
        bounced: 0,
        complained: 0,
      });
    });

    it('counts no further than requested', async () => {
      await add([aDelivery(), aDelivery(), aDelivery()]);
      assert.equal((await deliveries.census(2)).pending, 2);
      assert.equal((await deliveries.census(4)).pending, 3);
    });

    it('returns the event time of the oldest open delivery, whether or not it is claimed', async () => {
      assert.equal(await deliveries.oldestOpen(), undefined);
      const [older, newer] = [aDelivery({ occurredAt: at(-60) }), aDelivery({ occurredAt: at(-30) })];
      await add([newer, older]);
      assert.deepEqual(await deliveries.oldestOpen(), at(-60));
      await claim();
      assert.deepEqual(await deliveries.oldestOpen(), at(-60));
      await deliveries.settle(older.id, 'one', { state: 'sent', at: at(2) });
      assert.deepEqual(await deliveries.oldestOpen(), at(-30));
      await deliveries.settle(newer.id, 'one', { state: 'sent', at: at(2) });
      assert.equal(await deliveries.oldestOpen(), undefined);
    });

    const recipient = { fingerprint: '0123456789abcdef0123456789abcdef', hint: 'l…@example.com' };

    async function sent(kept: Partial<{ readonly recipient: typeof recipient }> = { recipient }) {
      const delivery = aDelivery();
      await add([delivery]);
      await claim();
      await deliveries.settle(delivery.id, 'one', { state: 'sent', at: at(2), ...kept });
      return delivery.id;
    }

    it('keeps the fingerprint and the hint of a recipient with a sent delivery, and nothing else of the address', async () => {
      const id = await sent();
      assert.deepEqual((await deliveries.find(id))?.recipient, recipient);
      assert.doesNotMatch(await fixture.dump(), PERSONAL);
    });

    it('records the first report about a sent delivery, and lists it until it is published', async () => {
      const id = await sent();
      const report = { state: 'bounced', at: at(9), source: 'mail', status: '5.1.1' } as const;
      assert.equal(await deliveries.report(id, report), true);
      assert.equal(await deliveries.report(id, { ...report, state: 'complained' }), false);
      const [first, ...others] = await (await fixture.another()).unpublished(10);
      assert.deepEqual(
        [first?.id, first?.state, first?.report, first?.recipient],
        [id, 'bounced', report, recipient],
      );
      assert.deepEqual(others, []);
      await deliveries.markPublished([id]);
      await deliveries.markPublished([id]);
      assert.deepEqual(await deliveries.unpublished(10), []);
      assert.deepEqual((await deliveries.find(id))?.report, report);
    });

    it('lists the earliest reports first', async () => {
      const ids = [await sent(), await sent(), await sent()];
      for (const [index, id] of ids.entries())
        await deliveries.report(id, { state: 'complained', at: at(9 - index), source: 'ses' });
      const first = await deliveries.unpublished(2);
      assert.deepEqual(
        first.map(({ id }) => id),
        ids.toReversed().slice(0, 2),
      );
    });

    it('ignores a report about a delivery that is not sent, is unknown, or has no recipient', async () => {
      const report = { state: 'bounced', at: at(9), source: 'mail' } as const;
      const pending = aDelivery();
      const unasked = await sent({});
      await add([pending]);
      for (const id of [pending.id, unasked, randomUUID()])
        assert.equal(await deliveries.report(id, report), false);
      assert.deepEqual(await deliveries.unpublished(10), []);
      assert.deepEqual([await stateOf(pending.id), await stateOf(unasked)], ['pending', 'sent']);
    });
  });
}
