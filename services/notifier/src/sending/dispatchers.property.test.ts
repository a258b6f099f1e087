/**
 * Tests several notifiers on one store. Notifiers are killed, stopped and suspended, and their requests fail,
 * at any moment between the claim of a mail and the record of its outcome. The dispatchers and the store are
 * real. The clock is simulated, and the mail server only remembers which mails it accepted. The test checks
 * these guarantees:
 * - Every mail that events require is accepted at least once before it expires, unless it was superseded.
 * - A mail is accepted more than once only if its dispatcher never got the response, or if its dispatcher
 *   died or was paused between sending the content and recording the outcome.
 * - No mail is claimed once a cutoff that stops it is stored.
 * - No delivery stays claimed permanently.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LatchkeyEvent } from '@latchkey/events';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { StoreUnavailable } from '@latchkey/store';
import fc from 'fast-check';
import type { MailSendResult } from '../delivery/attempt.ts';
import {
  type DeliveriesAndCutoffs,
  isDeliveryStoppedByCutoff,
  type MailCutoff,
  type NewDelivery,
} from '../delivery/delivery.ts';
import { computeDeliveriesAndCutoffs } from '../intake/entries.ts';
import { createNotifierMetrics } from '../metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore, NewDeliveriesClaim } from '../ports/deliveries.ts';
import type { Mailer } from '../ports/mailer.ts';
import { openSqliteNotifierStorage } from '../storage/sqlite/index.ts';
import { createTestEvent, type EventOverrides } from '../testing/events.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createDeliveryDispatcher, type DeliveryDispatcher } from './dispatcher.ts';
import { createDeliverySender } from './sender.ts';

const START = new Date('2026-11-21T10:00:00.000Z');
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** How long a stopping dispatcher tries to record results, in ms. */
const GRACE = 5 * SECOND;
const LEASE_MS = 90 * SECOND;
/** How far the wall clocks of two processes may differ, in ms. The difference is longer than a lease. */
const SKEW_MS = 100 * SECOND;
const SKEWS_MS = [0, SKEW_MS, -SKEW_MS];
const RUNS = chooseRunCount({ some: 40, all: 100 });
/**
 * The maximum duration of the phase without faults at the end of a run, in ms: long enough for every lease to
 * expire and every retry to be made.
 */
const CALM = 2 * HOUR;

const person = { email: 'ada@example.com', username: 'ada' };
const locale = 'en';

/** Returns a link that is "sealed" as plain JSON: encryption is not tested here. */
function aLink(userId: string, lifeMs: number) {
  const expiresAt = new Date(START.getTime() + lifeMs).toISOString();
  const content = { token: 'x'.repeat(64), to: person.email, purpose: 'reset', userId, expiresAt };
  return { sealed: JSON.stringify(content), expiresAt };
}

function aReset(lifeMs: number) {
  return (at: EventOverrides & { readonly subject: string }) =>
    createTestEvent(
      'PasswordResetRequested',
      { locale, person, reset: aLink(at.subject, lifeMs), verifies: false },
      at,
    );
}

const makers = {
  reset: aReset(24 * HOUR),
  /** Causes a mail with a link that expires during the test run. */
  briefReset: aReset(120 * SECOND),
  changed: (at) => createTestEvent('PasswordChanged', { how: 'change', locale, person }, at),
  admin: (at) =>
    createTestEvent(
      'RoleChanged',
      { role: 'admin', previousRole: 'user', changedBy: 'ops', locale, person },
      at,
    ),
  disabled: (at) => createTestEvent('AccountDisabled', { changedBy: 'ops', person: null }, at),
} satisfies Record<string, (at: EventOverrides & { readonly subject: string }) => LatchkeyEvent>;

const history = fc.array(fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[])), {
  minLength: 1,
  maxLength: 4,
});

function batchesOf(names: readonly (keyof typeof makers)[]): readonly DeliveriesAndCutoffs[] {
  const subject = randomUUID();
  return names.map((name, index) => {
    const event = makers[name]({ subject, sequence: index + 1, time: START.toISOString() });
    return computeDeliveriesAndCutoffs(event);
  });
}

/** What happens to a request to the simulated store. */
type Fate =
  | 'answered'
  /** The request was rejected and had no effect. */
  | 'refused'
  /** The request took effect, but its response was lost. */
  | 'unanswered'
  /** The caller timed out, but the request takes effect later. */
  | 'late';
/** What happens to a mail that is sent. `lost`: the server accepted it, but the response never arrives. */
type MailFate = 'accepted' | 'unreachable' | 'deferred' | 'lost';

type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'crash' | 'stop'; readonly process: number }
  /**
   * Pauses some processes for a while. If `suspended`, their whole machine is paused, so their monotonic
   * clocks stop, too.
   */
  | { readonly kind: 'stall'; readonly which: number; readonly seconds: number; readonly suspended: boolean }
  /** Some events are read, possibly including events that were read before. */
  | { readonly kind: 'read'; readonly from: number; readonly many: number }
  /**
   * As for `read`, but the given process reads the events, and claims the new deliveries in the same write
   * that stores them.
   */
  | { readonly kind: 'take-in'; readonly from: number; readonly many: number; readonly process: number }
  /** Completes `steps` pending requests and responses. */
  | { readonly kind: 'go-on'; readonly steps: number }
  | { readonly kind: 'time'; readonly ms: number };

const someProcess = fc.nat(3);
const action = fc.oneof(
  fc.constant<Action>({ kind: 'start' }),
  fc.record({ kind: fc.constantFrom('crash' as const, 'stop' as const), process: someProcess }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stall' as const),
      which: fc.constantFrom(1, 2, 3, 5),
      // 20 s is less than an attempt may take, 70 s is more, and 95 s and 150 s are more than the duration of a
      // lease.
      seconds: fc.constantFrom(20, 70, 95, 150),
      suspended: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      from: fc.nat(8),
      many: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('take-in' as const),
      from: fc.nat(8),
      many: fc.integer({ min: 1, max: 6 }),
      process: someProcess,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('go-on' as const), steps: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(50, 300, 1_500) }),
  },
);

const fates = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>('answered') },
    fc.constantFrom<Fate>('refused', 'unanswered', 'late'),
  ),
  { maxLength: 60 },
);
const mailFates = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<MailFate>('accepted') },
    fc.constantFrom<MailFate>('unreachable', 'deferred', 'lost'),
  ),
  { maxLength: 20 },
);

/** A mail that the simulated mail server has accepted. */
interface Taken {
  readonly id: string;
  readonly at: number;
  readonly by: Process;
  readonly answered: boolean;
  recorded: boolean;
}

interface Process {
  readonly dispatcher: DeliveryDispatcher;
  /** Stores new deliveries as the intake of events does. @throws StoreUnavailable */
  takeIn(batch: DeliveriesAndCutoffs): Promise<void>;
  /** Returns whether the process died, or was stopped and could not finish within its grace period. */
  died(): boolean;
  /** Returns the time at which the process was last paused, in ms since the start. */
  stalledAt(): number;
  crash(): void;
  stop(): Promise<void>;
  /** Pauses the process until the returned function is called. */
  freeze(suspended: boolean): () => void;
}

const never = new Promise<never>(() => undefined);
const logger = createLogger({ name: 'model', level: 'silent' });

interface Play {
  readonly store: DeliveryStore;
  readonly scheduler: fc.Scheduler;
  readonly fates: readonly Fate[];
  readonly mailFates: readonly MailFate[];
  readonly batches: readonly DeliveriesAndCutoffs[];
}

function createWorld({ store, scheduler, batches, ...given }: Play) {
  const clock = createSimulatedClock(START);
  const storeFates = given.fates.values();
  const serverFates = given.mailFates.values();
  const owed = new Map<string, NewDelivery>();
  const cutoffs: MailCutoff[] = [];
  const taken: Taken[] = [];
  const running: Process[] = [];
  let owners = 0;
  let busy = 0;

  function sometime(what: string): Promise<void> {
    return scheduler.schedule(Promise.resolve(), what);
  }

  async function atWork<T>(work: () => Promise<T>): Promise<T> {
    busy += 1;
    return work().finally(() => {
      busy -= 1;
    });
  }

  /**
   * Simulates a request to the store, which takes effect and gets a response some time later, unless its fate
   * says otherwise.
   */
  async function request<T>(what: string, effect: () => Promise<T>): Promise<T> {
    const fate = storeFates.next().value ?? 'answered';
    await sometime(`${what} asked`);
    if (fate === 'late') void sometime(`${what} late`).then(() => atWork(effect));
    if (fate === 'late' || fate === 'refused') throw new StoreUnavailable(fate);
    const result = await atWork(effect);
    await sometime(`${what} answered`);
    if (fate === 'unanswered') throw new StoreUnavailable(fate);
    return result;
  }

  function isReached(delivery: NewDelivery): boolean {
    return cutoffs.some((cutoff) => isDeliveryStoppedByCutoff(cutoff, delivery));
  }

  function assertMayBeSent(claimed: readonly NewDelivery[], now: Date): void {
    for (const delivery of claimed) {
      assert.ok(!isReached(delivery), 'claimed though what superseded it was stored');
      assert.ok(delivery.sendUntil > now, 'claimed though it had run out');
    }
  }

  async function claim(asked: Parameters<DeliveryStore['claim']>[0]) {
    const claimed = await store.claim(asked);
    assertMayBeSent(claimed, asked.now);
    return claimed;
  }

  async function record(batch: DeliveriesAndCutoffs, now: Date, asked?: NewDeliveriesClaim) {
    const recorded = await store.record(batch, now, asked);
    cutoffs.push(...batch.cutoffs);
    for (const delivery of batch.deliveries) owed.set(delivery.id, delivery);
    assertMayBeSent(recorded.claimed, now);
    return recorded;
  }

  function start(): void {
    const state = {
      over: false,
      died: false,
      stalledAt: Number.NEGATIVE_INFINITY,
      behind: 0,
      thawed: Promise.resolve(),
    };

    /**
     * A request of a crashed process may still take effect, but the process gets no response. A paused
     * process gets the response after its pause.
     */
    async function whileAlive<T>(work: () => Promise<T>): Promise<T> {
      await state.thawed;
      if (state.over) return never;
      const result = await work().catch(async (error: unknown) => {
        await state.thawed;
        return state.over ? never : Promise.reject(error);
      });
      await state.thawed;
      return state.over ? never : result;
    }

    const skew = SKEWS_MS[running.length % SKEWS_MS.length] ?? 0;
    const ownClock: Clock = {
      now: () => new Date(clock.now().getTime() + skew),
      monotonic: () => clock.monotonic() - state.behind,
      sleep: (ms, signal) => whileAlive(() => clock.sleep(ms, signal)),
    };
    const deliveries: DeliveryStore = {
      ...store,
      record: (...given) => whileAlive(() => request('record', () => record(...given))),
      claim: (asked) => whileAlive(() => request('claim', () => claim(asked))),
      extend: (ids, owner, until) =>
        whileAlive(() => request('extend', () => store.extend(ids, owner, until))),
      release: (owner, now) => whileAlive(() => request('release', () => store.release(owner, now))),
      held: () => whileAlive(() => atWork(() => store.held())),
      free: (lease, now) => whileAlive(() => atWork(() => store.free(lease, now))),
      expire: (now) => whileAlive(() => atWork(() => store.expire(now))),
      settle: (id, owner, settlement) =>
        whileAlive(() =>
          request('settle', async () => {
            const held = await store.settle(id, owner, settlement);
            if (held && settlement.state === 'sent') recordedBy(self, id);
            return held;
          }),
        ),
    };
    const mailer: Mailer = {
      async send({ id }, { mayProceed }): Promise<MailSendResult> {
        const fate = serverFates.next().value ?? 'accepted';
        await whileAlive(() => sometime('server ready'));
        if (fate === 'unreachable') return { kind: fate, failure: { stage: 'connect' } };
        if (fate === 'deferred') return { kind: fate, failure: { stage: 'rcpt', code: 450 } };
        if (!mayProceed()) return { kind: 'withdrawn' };
        taken.push({ id, at: clock.elapsed(), by: self, answered: fate !== 'lost', recorded: false });
        await whileAlive(() => sometime('server answers'));
        return fate === 'lost' ? { kind: 'deferred', failure: { stage: 'content' } } : { kind: 'accepted' };
      },
      probe: () => whileAlive(async () => ({ kind: 'welcome' })),
      connections: () => 1,
      close: () => undefined,
    };
    const dispatcher = createDeliveryDispatcher({
      deliveries,
      trySending: createDeliverySender({
        open: async (sealed) => ({ kind: 'opened', content: JSON.parse(sealed) }),
        render: () => ({ subject: '', html: '', text: '', locale }),
        mailer,
        suppressions: { find: async () => undefined },
        now: clock.now,
      }),
      probe: mailer.probe,
      clock: ownClock,
      random: () => 0.5,
      newOwner: () => {
        owners += 1;
        return `owner ${owners}`;
      },
      sender: 'host:1',
      metrics: createNotifierMetrics(createMetricsRegistry(), store, clock.now),
      logger,
      connections: mailer.connections,
      leaseMs: LEASE_MS,
    });
    const self: Process = {
      dispatcher,
      async takeIn(batch) {
        const store = (asked?: NewDeliveriesClaim) => deliveries.record(batch, ownClock.now(), asked);
        const { added, claimed } = await dispatcher.claimNew(batch.deliveries.length, store);
        if (added > claimed.length) dispatcher.wake();
      },
      died: () => state.died,
      stalledAt: () => state.stalledAt,
      crash() {
        state.over = true;
        state.died = true;
      },
      async stop() {
        const from = clock.elapsed();
        await dispatcher.stop();
        state.died = clock.elapsed() - from >= GRACE;
      },
      freeze(suspended) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const from = clock.elapsed();
        state.thawed = promise;
        return () => {
          state.stalledAt = clock.elapsed();
          if (suspended) state.behind += clock.elapsed() - from;
          resolve();
        };
      },
    };
    running.push(self);
    dispatcher.start();
  }

  function recordedBy(process: Process, id: string): void {
    const last = taken.findLast((each) => each.id === id && each.by === process);
    assert.ok(last, 'recorded as sent though it was not');
    last.recorded = true;
  }

  /** Waits until every process is waiting for a request, a response or the clock. */
  async function settled(): Promise<void> {
    for (let turns = 0; turns < 2; turns = busy === 0 ? turns + 1 : 0) await nextTurn();
  }

  async function goOn(steps = Number.POSITIVE_INFINITY): Promise<void> {
    await settled();
    for (let step = 0; step < steps && scheduler.count() > 0; step += 1) {
      await scheduler.waitOne();
      await settled();
    }
  }

  /** Lets time pass, during which every request gets its response immediately. */
  async function pass(ms: number): Promise<void> {
    const end = clock.elapsed() + ms;
    for (await goOn(); clock.elapsed() < end; await goOn()) {
      clock.moveTo(Math.min(end, clock.nextWake() ?? end));
    }
  }

  function joined(slice: readonly DeliveriesAndCutoffs[]): DeliveriesAndCutoffs {
    return {
      deliveries: slice.flatMap((batch) => batch.deliveries),
      cutoffs: slice.flatMap((batch) => batch.cutoffs),
    };
  }

  async function read(slice: readonly DeliveriesAndCutoffs[]): Promise<void> {
    await record(joined(slice), clock.now());
    for (const { dispatcher } of running) dispatcher.wake();
  }

  function removed(index: number): Process | undefined {
    return running.length === 0 ? undefined : running.splice(index % running.length, 1)[0];
  }

  async function act(action: Action): Promise<void> {
    switch (action.kind) {
      case 'start':
        return start();
      case 'crash':
      case 'stop':
        void removed(action.process)?.[action.kind]();
        return;
      case 'stall': {
        const frozen = running.filter((_, index) => (action.which >> index) & 1);
        const thaw = frozen.map((process) => process.freeze(action.suspended));
        await pass(action.seconds * SECOND);
        for (const wake of thaw) wake();
        return;
      }
      case 'read':
        return read(batches.slice(action.from, action.from + action.many));
      case 'take-in':
        // If the store fails, these events are read again at the end of the test.
        void running[action.process % running.length]
          ?.takeIn(joined(batches.slice(action.from, action.from + action.many)))
          .catch((error: unknown) => assert.ok(error instanceof StoreUnavailable));
        return settled();
      case 'go-on':
        return goOn(action.steps);
      case 'time':
        clock.moveTo(clock.elapsed() + action.ms);
        return settled();
      default:
        action satisfies never;
    }
  }

  /**
   * Lets every request succeed from now on. Ends when no mail is left to send, or after the maximum duration
   * CALM.
   */
  async function calm(): Promise<void> {
    for (const _ of storeFates);
    for (const _ of serverFates);
    await read(batches);
    start();
    async function open() {
      const byState = await store.census();
      return byState.pending + byState.claimed;
    }
    for (const end = clock.elapsed() + CALM; clock.elapsed() < end && (await open()) > 0; ) {
      await pass(10 * SECOND);
    }
  }

  async function end(): Promise<void> {
    for (const process of running) process.crash();
    await goOn();
  }

  /**
   * Returns why the process that sent a mail may not have noticed that the mail was accepted. Returns
   * undefined if the process must have noticed it.
   */
  function excuseOf({ by, at, answered }: Taken): string | undefined {
    if (!answered) return 'the response was lost';
    if (by.died()) return 'the process died';
    return by.stalledAt() >= at ? 'the process was paused' : undefined;
  }

  async function check(): Promise<void> {
    for (const [id, delivery] of owed) {
      const state = (await store.find(id))?.state;
      const takes = taken.filter((each) => each.id === id);
      for (const { at } of takes) {
        const ms = delivery.sendUntil.getTime() - START.getTime();
        assert.ok(at < ms + LEASE_MS + SKEW_MS, 'accepted long after `sendUntil`');
      }
      for (const [index, take] of takes.entries()) {
        if (!take.recorded)
          assert.ok(excuseOf(take), 'accepted but not recorded, although the process was running');
        else
          assert.equal(index, takes.length - 1, 'accepted again, although the first acceptance was recorded');
      }
      if (state === 'sent')
        assert.ok(
          takes.some((each) => each.recorded),
          'recorded as sent, but never accepted',
        );
      else if (state === 'cancelled')
        assert.ok(isReached(delivery), 'cancelled, although nothing superseded it');
      else {
        assert.equal(state, 'expired', 'neither sent nor superseded');
        assert.ok(
          delivery.sendUntil.getTime() <= clock.now().getTime() + SKEW_MS,
          'expired before `sendUntil`',
        );
      }
    }
  }

  return { start, act, calm, check, end };
}

describe('any number of notifiers', () => {
  let folder: string;
  let database: Database;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-dispatchers-'));
    database = openDatabase({ folder, as: 'server' });
  });
  after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  it('send every required mail in time, and one twice only if its sender could not record the outcome', async () => {
    const store = openSqliteNotifierStorage({ database }).deliveries;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(history, { minLength: 1, maxLength: 4 }),
        fates,
        mailFates,
        fc.array(action, { minLength: 5, maxLength: 30 }),
        async (scheduler, histories, fates, mailFates, actions) => {
          database.exec('DELETE FROM notifier_deliveries; DELETE FROM notifier_cutoffs');
          const batches = histories.flatMap(batchesOf);
          const world = createWorld({ store, scheduler, fates, mailFates, batches });
          world.start();
          world.start();
          for (const action of actions) await world.act(action);
          await world.calm();
          await world.check();
          await world.end();
        },
      ),
      { numRuns: RUNS },
    );
  });
});
