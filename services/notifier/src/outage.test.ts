/**
 * Tests outages of the mail server that last for hours, on a simulated clock. The log, the store and the mail
 * server are real.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Bus } from '@latchkey/bus';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { testEventKeySource } from '@latchkey/consumer/testing/signed';
import { encode, type LatchkeyEvent } from '@latchkey/events';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { compose, notifierTopics } from './index.ts';
import { computeDeliveryId } from './intake/delivery-id.ts';
import { openSqliteNotifierStorage } from './storage/sqlite/index.ts';
import { createSealingKey, type SealingKey } from './testing/events.ts';
import {
  createSmtpReply,
  startTestMailServer,
  type TestMailServer,
  type TestMailServerOptions,
} from './testing/mail-server.ts';
import { createSettingsForMailServer } from './testing/settings.ts';
import { createSimulatedClock } from './testing/simulated-clock.ts';
import { computeExpectedMailState, type ExpectedMail, runEventStories } from './testing/stories.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const BEGIN = new Date('2026-11-21T06:00:00.000Z');

/** The maximum number of connections to the mail server. */
const CONNECTIONS = 5;
/**
 * How many mails the notifier processes at the same time. Within this number, mails may be sent in a
 * different order than they became due.
 */
const IN_HAND = 30;
/**
 * The maximum number of mails that may be late because the circuit breaker used them as probes shortly before
 * the outage ended. Each of them is sent about a second later.
 */
const PROBED = 2;
/**
 * The maximum number of mails that may be late because they wait for a new connection. The mail server of
 * this test delays its greeting by 100 ms, so opening a connection takes a moment.
 */
const GREETED_LATER = CONNECTIONS - 1;
/** The maximum number of probes per minute. Probes are at least 750 ms apart. */
const MAX_PROBES_PER_MINUTE = 80;

/**
 * How far the simulated clock normally moves in one step, in ms. During the minutes that a test checks
 * closely, the steps are shorter.
 */
const GLANCE = 30 * SECOND;
/** How many consecutive checks must find the process idle before the process counts as idle. */
const LOOKS = 3;
/**
 * The pause between two checks of whether the process is idle, in ms. Checks without a pause would take
 * processor time away from the work that they wait for.
 */
const PAUSE_MS = 1;
/**
 * How soon after the end of an outage all mails must have been sent, in ms. This is enough time for the next
 * probe, for another attempt to send the mail of the last failed probe, and for a poll of the store.
 */
const SOON = 5 * SECOND;

function isOpen(kind: 'ConnectWrap' | 'TCPSocketWrap'): boolean {
  return process.getActiveResourcesInfo().includes(kind);
}

/** Creates a generator of pseudo-random numbers that returns the same sequence each time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Wraps a bus, and counts the records that its subscribers have handled. */
function counting(bus: Bus) {
  let handled = 0;
  const subscribe: Bus['subscribe'] = (options) =>
    bus.subscribe({
      ...options,
      handle: async (slice) => {
        await options.handle(slice);
        handled += slice.records.length;
      },
    });
  return { bus: { ...bus, subscribe }, handled: () => handled };
}

/**
 * Starts a notifier with a simulated clock, which sends to the mail server on the given port. The clock moves
 * only while the notifier is idle and has no conversation with the mail server in progress.
 */
async function start(t: TestContext, port: number, key: SealingKey, isTalking = () => false) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-outage-'));
  const clock = createSimulatedClock(BEGIN);
  const database = openDatabase({ folder, as: 'server' });
  const logger = createLogger({ name: 'notifier', level: 'silent' });
  const { bus, handled } = counting(createEmbeddedBus({ database, logger, now: clock.now }));
  await bus.ensureTopics(notifierTopics);
  const registry = createMetricsRegistry();
  const config = createSettingsForMailServer(port, key);
  const backend = { store: createSqliteStore(database), bus };
  const service = compose(config, {
    backend,
    logger,
    registry,
    eventKeys: testEventKeySource,
    clock,
    random: createRandom(7),
  });
  const store = openSqliteNotifierStorage({ database }).deliveries;
  let published = 0;

  await service.start();
  t.after(async () => {
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  async function isDone(): Promise<boolean> {
    return (
      clock.nextWake() !== undefined &&
      handled() === published &&
      !isOpen('ConnectWrap') &&
      !isTalking() &&
      (await store.census()).claimed === 0
    );
  }

  /** Waits until the notifier has nothing left to do until the simulated clock moves. */
  async function settled(): Promise<void> {
    for (let looks = 0; looks < LOOKS; ) {
      await (looks === 0 ? pause(PAUSE_MS) : nextTurn());
      looks = (await isDone()) ? looks + 1 : 0;
    }
  }

  async function pass(ms: number, glance = 0): Promise<void> {
    const end = clock.elapsed() + ms;
    await settled();
    while (clock.elapsed() < end) {
      const wake = Math.max(clock.nextWake() ?? end, clock.elapsed() + glance);
      clock.moveTo(Math.min(end, wake));
      await settled();
    }
  }

  return {
    clock,
    store,
    pass,
    async publish(event: LatchkeyEvent): Promise<void> {
      const { topic, ...record } = encode(event);
      await bus.publish(topic, [record]);
      published += 1;
    },
    async tries(): Promise<number> {
      const { values = [] } = (await registry.getSingleMetric('latchkey_notifier_tries_total')?.get()) ?? {};
      return values.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

/** Starts a mail server that counts concurrent connections. */
async function serve(t: TestContext, script: TestMailServerOptions = {}) {
  const open = { now: 0, most: 0 };
  const server = await startTestMailServer({
    onConnect: (_session, done) => {
      open.now += 1;
      open.most = Math.max(open.most, open.now);
      done();
    },
    onClose: () => {
      open.now -= 1;
    },
    ...script,
  });
  t.after(server.close);
  return { ...server, most: () => open.most };
}

function idOf({ event, mail, to }: ExpectedMail): string {
  return computeDeliveryId(event.id, mail, to);
}

function idsTaken({ received }: TestMailServer): readonly string[] {
  return received.map(({ parsed }) => /^<(.*)@/.exec(parsed.messageId ?? '')?.[1] ?? '');
}

/**
 * Compares the order in which mails were sent with the order in which they expire. Returns, for each mail, by
 * how many positions it was sent too early or too late; 0 for a mail in the right position.
 */
function displacements(taken: readonly string[], owed: readonly ExpectedMail[]): readonly number[] {
  const until = new Map(owed.map((mail) => [idOf(mail), mail.until]));
  const untils = taken.map((id) => until.get(id) ?? Number.NaN);
  const sorted = untils.toSorted((a, b) => a - b);
  return untils.map((each, place) => {
    const [first, last] = [sorted.indexOf(each), sorted.lastIndexOf(each)];
    return Math.max(0, first - place, place - last);
  });
}

describe('six hours without a mail server', () => {
  it('cost no notice, send no stale link, and end without a rush', { timeout: 600_000 }, async (t) => {
    const key = await createSealingKey();
    const port = await reserveFreePort();
    const notifier = await start(t, port, key);
    const happenings = await runEventStories({ key, begin: BEGIN, times: 20, within: 6 * HOUR });
    const owed = happenings.flatMap((each) => each.owed);
    const triesAMinute: number[] = [];

    const upcoming = [...happenings];
    for (let minute = 0; minute < 6 * 60; minute += 1) {
      const looked = minute % 60 === 59;
      const before = await notifier.tries();
      const end = (minute + 1) * MINUTE;
      while (upcoming[0] !== undefined && upcoming[0].at < end) {
        const { at, event } = upcoming[0];
        await notifier.pass(at - notifier.clock.elapsed(), looked ? 0 : GLANCE);
        await notifier.publish(event);
        upcoming.shift();
      }
      await notifier.pass(end - notifier.clock.elapsed(), looked ? 0 : GLANCE);
      if (looked) triesAMinute.push((await notifier.tries()) - before);
    }
    const fates = Map.groupBy(owed, (mail) => computeExpectedMailState(mail, 6 * HOUR));
    function many(fate: 'sent' | 'expired' | 'cancelled') {
      return fates.get(fate)?.length ?? 0;
    }
    t.diagnostic(
      `${owed.length} mails: ${many('sent')} to be sent, ${many('expired')} expired, ${many('cancelled')} superseded; tries in a minute: ${triesAMinute}`,
    );
    for (const tries of triesAMinute) {
      assert.ok(tries <= MAX_PROBES_PER_MINUTE, `${tries} tries within a minute`);
      assert.ok(
        tries >= MAX_PROBES_PER_MINUTE / 2,
        `only ${tries} tries within a minute: its return would be missed`,
      );
    }

    const server = await serve(t, { port });
    await notifier.pass(SOON);
    const taken = idsTaken(server);
    assert.deepEqual(taken.toSorted(), (fates.get('sent') ?? []).map(idOf).toSorted());
    const misplaced = displacements(taken, owed).filter((places) => places > IN_HAND + PROBED);
    assert.ok(
      misplaced.length <= PROBED + GREETED_LATER,
      `earliest expiry first; out of place by ${misplaced}`,
    );
    assert.ok(server.most() <= CONNECTIONS, `${server.most()} connections at once`);
    assert.ok(server.connections() <= 2 * CONNECTIONS, `${server.connections()} connections in all`);
    for (const mail of owed) {
      assert.equal(
        (await notifier.store.find(idOf(mail)))?.state,
        computeExpectedMailState(mail, 6 * HOUR),
        mail.mail,
      );
    }

    await notifier.pass(HOUR, MINUTE);
    assert.equal(server.received.length, many('sent'), 'and never again');
  });

  it('cause about one connection per second if the server refuses everybody, however many mails are open', {
    timeout: 600_000,
  }, async (t) => {
    const key = await createSealingKey();
    const server = await serve(t, { onConnect: (_session, done) => done(createSmtpReply(421)) });
    const notifier = await start(t, server.port, key, () => isOpen('TCPSocketWrap'));
    async function askedWithin(ms: number): Promise<number> {
      const before = server.connections();
      await notifier.pass(ms);
      return server.connections() - before;
    }
    const whileIdle = await askedWithin(MINUTE / 2);
    for (const { event } of await runEventStories({ key, begin: BEGIN, times: 4, within: HOUR })) {
      await notifier.publish(event);
    }
    const whileOwing = await askedWithin(MINUTE / 2);
    t.diagnostic(`${whileIdle} and ${whileOwing} connections within half a minute`);
    for (const asked of [whileIdle, whileOwing]) {
      assert.ok(asked <= MAX_PROBES_PER_MINUTE / 2 + 1, `${asked} connections within half a minute`);
      assert.ok(asked >= MAX_PROBES_PER_MINUTE / 4, `only ${asked} connections within half a minute`);
    }
    assert.equal(server.received.length, 0);
  });
});
