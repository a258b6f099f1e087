/**
 * The relay's guarantee under every interleaving that fast-check generates: any number of real relays, on an outbox
 * and a bus whose requests and responses are delayed, lost or rejected.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bus, OutgoingRecord } from '@latchkey/bus';
import { createLogger } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import { StoreUnavailable } from '@latchkey/store';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import type { Outbox } from '../ports/outbox.ts';
import { createCommit, testSigner, unpublishedOf } from '../ports/testing/commits.ts';
import { createMemoryStores } from '../ports/testing/memory-stores.ts';
import { createRelay, type Relay } from './relay.ts';
import { accountOfRecord } from './testing/account-of-record.ts';

const STREAMS = [
  '01900000-0000-7000-8000-000000000001',
  '01900000-0000-7000-8000-000000000002',
  '01900000-0000-7000-8000-000000000003',
] as const;
type Stream = (typeof STREAMS)[number];

/** The outcome of one request to a simulated system in this test. */
type Fate =
  | { readonly kind: 'answered' }
  /** The request was rejected, without an effect. */
  | { readonly kind: 'refused' }
  /** The request took effect, but the caller got no response. */
  | { readonly kind: 'unanswered' }
  /** The caller timed out, but the request takes effect later. */
  | { readonly kind: 'late' }
  /** For each account only the first records were written, then the request failed. */
  | { readonly kind: 'partial'; readonly kept: number };

const fate = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fate>({ kind: 'answered' }) },
  fc.constantFrom<Fate>({ kind: 'refused' }, { kind: 'unanswered' }, { kind: 'late' }),
  fc.record({ kind: fc.constant('partial' as const), kept: fc.nat(3) }),
);

type Action =
  | { readonly kind: 'append'; readonly stream: Stream; readonly relay: number }
  /** Another process appends without waking a relay. */
  | { readonly kind: 'append-elsewhere'; readonly stream: Stream }
  | { readonly kind: 'start' }
  | { readonly kind: 'crash'; readonly relay: number }
  | { readonly kind: 'stop'; readonly relay: number }
  /** Lets this many requests, responses and pauses end. */
  | { readonly kind: 'go-on'; readonly steps: number };

const stream = fc.constantFrom(...STREAMS);
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append' as const), stream, relay: fc.nat(3) }),
  },
  fc.record({ kind: fc.constant('append-elsewhere' as const), stream }),
  fc.constant<Action>({ kind: 'start' }),
  fc.record({ kind: fc.constantFrom('crash' as const, 'stop' as const), relay: fc.nat(3) }),
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('go-on' as const), steps: fc.integer({ min: 1, max: 12 }) }),
  },
);

const logger = createLogger({ name: 'model', level: 'silent' });

const never = new Promise<never>(() => undefined);

/** Creates a journal, a topic, and relays between them whose requests to both can fail. */
function createWorld(scheduler: fc.Scheduler, fates: readonly Fate[]) {
  const { journal, outbox } = createMemoryStores();
  const appended = new Map<Stream, number>(STREAMS.map((stream) => [stream, 0]));
  const topic: OutgoingRecord[] = [];
  const running: { readonly relay: Relay; crash(): void }[] = [];
  const nextFate = fates.values();
  let clock = Date.UTC(2026, 0, 1);

  function sometime(what: string): Promise<void> {
    return scheduler.schedule(Promise.resolve(), what);
  }

  /** Simulates a request: it travels, takes effect, and gets a response, unless its fate says otherwise. */
  async function request<T>(what: string, effect: (kept: number) => Promise<T>): Promise<T> {
    const fate = nextFate.next().value ?? { kind: 'answered' };
    const everything = Number.POSITIVE_INFINITY;
    await sometime(`${what} asked`);
    if (fate.kind === 'late') void sometime(`${what} late`).then(() => effect(everything));
    if (fate.kind === 'late' || fate.kind === 'refused') throw new StoreUnavailable(fate.kind);
    const result = await effect(fate.kind === 'partial' ? fate.kept : everything);
    await sometime(`${what} answered`);
    if (fate.kind !== 'answered') throw new StoreUnavailable(fate.kind);
    return result;
  }

  const remoteOutbox: Outbox = {
    ...outbox,
    unpublished: (streams) => request('read', () => outbox.unpublished(streams)),
    waiting: (page) => request('waiting', () => outbox.waiting(page)),
    markPublished: (commits) => request('mark', (kept) => outbox.markPublished(commits.slice(0, kept))),
  };
  const bus: Pick<Bus, 'publish'> = {
    publish: (_topic, records) =>
      request('publish', async (kept) => {
        const byAccount = Map.groupBy(records, accountOfRecord);
        for (const ofAccount of byAccount.values()) topic.push(...ofAccount.slice(0, kept));
      }),
  };
  // Leases only save work. Here, every relay gets every lease, so that their sweeps run concurrently.
  const leases: Leases = { take: async () => true, release: async () => undefined };

  /**
   * Starts a relay. Requests of a crashed relay may still take effect, but it gets no response and sends nothing
   * more.
   */
  function start(): void {
    let crashed = false;
    function whileAlive<Args extends readonly unknown[], T>(method: (...args: Args) => Promise<T>) {
      return async (...args: Args): Promise<T> => {
        if (crashed) return never;
        const result = await method(...args).catch((error: unknown) =>
          crashed ? never : Promise.reject(error),
        );
        return crashed ? never : result;
      };
    }
    const relay = createRelay({
      journal,
      signer: testSigner,
      outbox: {
        unpublished: whileAlive(remoteOutbox.unpublished),
        waiting: whileAlive(remoteOutbox.waiting),
        markPublished: whileAlive(remoteOutbox.markPublished),
        backlog: outbox.backlog,
      },
      bus: { publish: whileAlive(bus.publish) },
      leases,
      instance: `relay ${running.length}`,
      now: () => new Date(clock),
      logger,
      registry: new Registry(),
      batchSize: 2,
      sleep: whileAlive(() => sometime('pause')),
    });
    running.push({
      relay,
      crash() {
        crashed = true;
      },
    });
    void relay.start();
  }

  async function append(stream: Stream): Promise<void> {
    const number = (appended.get(stream) ?? 0) + 1;
    appended.set(stream, number);
    await journal.append(createCommit({ stream, number, at: new Date(clock).toISOString() }));
  }

  function one(index: number) {
    return running[index % running.length];
  }

  async function act(action: Action): Promise<void> {
    clock += 400;
    if (action.kind === 'append' || action.kind === 'append-elsewhere') await append(action.stream);
    if (action.kind === 'append') one(action.relay)?.relay.nudge(action.stream);
    if (action.kind === 'start') start();
    if (action.kind === 'crash') {
      one(action.relay)?.crash();
      running.splice(action.relay % running.length, 1);
    }
    if (action.kind === 'stop') void running.splice(action.relay % running.length, 1)[0]?.relay.stop();
    if (action.kind === 'go-on' && running.length > 0) await scheduler.waitNext(action.steps);
  }

  function sequences(stream: Stream): readonly number[] {
    return topic
      .filter((record) => accountOfRecord(record) === stream)
      .map(({ headers }) => Number(headers['ce_sequence']));
  }

  return {
    start,
    act,
    /** Returns the sequences of a stream in the order of their first occurrence on the topic. */
    firstOccurrences: (stream: Stream) => [...new Set(sequences(stream))],
    /** Returns the sequences of all events that were appended to a stream. */
    owed: (stream: Stream) => Array.from({ length: appended.get(stream) ?? 0 }, (_, index) => index + 1),
    async lost(stream: Stream): Promise<readonly number[]> {
      const waiting = new Set((await unpublishedOf(outbox, stream)).map(({ number }) => number));
      const published = new Set(sequences(stream));
      return this.owed(stream).filter((number) => !waiting.has(number) && !published.has(number));
    },
    unpublished: async () => (await outbox.backlog()).commits,
    /** Skips the remaining fates, so that every request succeeds from now on, and waits until the outbox is empty. */
    async calm(): Promise<void> {
      for (const _ of nextFate);
      start();
      for (let step = 0; step < 5000 && (await outbox.backlog()).commits > 0; step++) {
        clock += 100;
        await scheduler.waitNext(1);
      }
    },
  };
}

describe('any number of relays', () => {
  test('publish every commit, first in order, and mark none that is not on the topic', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fate, { maxLength: 80 }),
        fc.array(action, { minLength: 5, maxLength: 60 }),
        async (scheduler, fates, actions) => {
          const world = createWorld(scheduler, fates);
          world.start();
          for (const action of actions) {
            await world.act(action);
            for (const stream of STREAMS) assert.deepEqual(await world.lost(stream), []);
          }
          await world.calm();
          assert.equal(await world.unpublished(), 0);
          for (const stream of STREAMS) {
            assert.deepEqual(world.firstOccurrences(stream), world.owed(stream));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
