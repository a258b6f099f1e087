/** The relay: publishes what the journal's outbox holds, per stream in order, at least once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@latchkey/bus';
import type { Dependency, Logger, Part, Registry } from '@latchkey/process';
import type { Leases } from '@latchkey/store';
import type { Outbox as OutboxPort } from '../ports/outbox.ts';
import { ageSeconds, createRelayMetrics } from './metrics.ts';
import { createPublisher, type Publisher, type Refused } from './publisher.ts';
import { createStreamQueue } from './queue.ts';
import { createSweep } from './sweep.ts';

export interface RelayDeps {
  readonly outbox: OutboxPort;
  readonly bus: Pick<Bus, 'publish'>;
  readonly leases: Leases;
  /** Tells this process from all others. */
  readonly instance: string;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Maximum number of commits per publish (default 1,000). */
  readonly batchSize?: number;
  /** Resolves after `ms`, or as soon as `signal` is aborted. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Relay extends Part {
  /** Publishes a stream at once: something was appended to it. */
  nudge(stream: string): void;
}

const QUEUE_CAPACITY = 10_000;
const STREAMS_AT_ONCE = 500;
const RETRY_MS = { first: 100, longest: 1000 };
/** With the second that a commit is left to its own process, whatever is appended is published within 2 s. */
const SWEEP_MS = { first: 100, longest: 750 };

/** With an instance that lives, nothing waits for so long unless it cannot be published. */
const OVERDUE_SECONDS = 10;

interface Waiting {
  readonly commits: number;
  readonly oldestSeconds: number;
}

/** Any number of relays may run on one journal: duplicates at worst, never a gap, never another order. */
export function createRelay(deps: RelayDeps): Relay {
  const { outbox, logger, registry, now, batchSize = 1000, delay = abortableDelay } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const queue = createStreamQueue(QUEUE_CAPACITY, signal);
  const metrics = createRelayMetrics({ registry, outbox, now, blocked: () => publisher.blocked() });
  const publisher = createPublisher({ ...deps, metrics, batchSize });
  const sweep = createSweep({ ...deps, found: queue.add });
  let running: Promise<unknown> = Promise.resolve();

  async function publishNudged(): Promise<void> {
    let pause = RETRY_MS.first;
    let again = STREAMS_AT_ONCE;
    while (!signal.aborted) {
      const taken = await queue.take({ fresh: STREAMS_AT_ONCE, again });
      const refused = await publish(taken.streams);
      for (const stream of refused) queue.putBack(stream);
      // Whoever shares a publish with one that is refused is refused with it: in smaller groups the others get through.
      if (taken.again)
        again = refused.length > 0 ? Math.ceil(again / 2) : Math.min(again * 2, STREAMS_AT_ONCE);
      if (refused.length === 0) {
        pause = RETRY_MS.first;
        continue;
      }
      await delay(pause, signal);
      pause = Math.min(pause * 2, RETRY_MS.longest);
    }
  }

  let failing = false;

  /** @returns those to be tried again */
  async function publish(streams: readonly string[]): Promise<readonly string[]> {
    const refused = await publisher
      .publish(streams, signal)
      .catch((error: unknown): readonly Omit<Refused, 'topic'>[] => [{ streams, error }]);
    const [first] = refused;
    if (first !== undefined && !failing) {
      const { error: err, streams: _, ...topic } = first;
      logger.warn({ err, ...topic }, 'cannot publish, trying again');
    }
    const wasFailing = failing;
    failing = first !== undefined || queue.holdsBack();
    if (wasFailing && !failing) logger.info('publishing again');
    return refused.flatMap((each) => each.streams);
  }

  async function sweepOutbox(): Promise<void> {
    let pause = SWEEP_MS.first;
    while (!signal.aborted) {
      const found = await sweep.look();
      pause = found && !failing ? SWEEP_MS.first : Math.min(pause * 2, SWEEP_MS.longest);
      await delay(pause, signal);
    }
    await sweep.leave();
  }

  /** Undefined while the journal cannot be reached. */
  async function waiting(): Promise<Waiting | undefined> {
    const known = await outbox.backlog().catch(() => undefined);
    return known && { commits: known.commits, oldestSeconds: ageSeconds(known.oldest, now()) };
  }

  return {
    name: 'relay',
    async start() {
      running = Promise.all([publishNudged(), sweepOutbox()]);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    health: async () => [health(publisher, await waiting())],
    nudge: queue.add,
  };
}

function health({ refusing, blocked }: Publisher, waiting: Waiting | undefined): Dependency {
  const bus = { name: 'bus', needed: false } as const;
  function degraded(detail: string): Dependency {
    return { ...bus, state: 'degraded', detail };
  }
  // Another instance may have published meanwhile what was refused here.
  const topics = waiting?.commits === 0 ? [] : refusing();
  if (topics.length > 0) return degraded(`publishing to ${topics.join(', ')} fails; ${inWords(waiting)}`);
  if (blocked() > 0) return degraded(`${blocked()} streams cannot be published; ${inWords(waiting)}`);
  // Also where another instance is the one that tries, and fails.
  if (waiting !== undefined && waiting.oldestSeconds >= OVERDUE_SECONDS) return degraded(inWords(waiting));
  return { ...bus, state: 'ok' };
}

function inWords(waiting: Waiting | undefined): string {
  return waiting === undefined
    ? 'commits wait in the outbox'
    : `commits in the outbox: ${waiting.commits}, the oldest since ${Math.round(waiting.oldestSeconds)} s`;
}

function abortableDelay(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}
