import { retry } from '@latchkey/process/loop';
import type { BusRecord, BusSubscribeOptions } from '../bus.ts';
import type { KafkaLogger } from './connection.ts';

const BACKOFF_MS = { least: 50, most: 1000 };
/**
 * Of the consecutive failures to handle a slice of records, only every 30th is logged, starting with the
 * first. Because a failing slice is retried about once a second, a lasting failure is logged about twice a
 * minute.
 */
const COMPLAIN_EVERY = 30;

/** The records that a fetch returned for one partition, and how to acknowledge them. */
export interface FetchedBatch {
  readonly records: readonly BusRecord[];
  /** Stores the position after this record as the position of the group. */
  moveTo(record: BusRecord): Promise<void>;
  /** Stops fetching from the partition. Returns a function that resumes fetching. */
  pause(): () => void;
}

export interface PartitionConsumerDeps {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly sliceSize: number;
  readonly handle: BusSubscribeOptions['handle'];
  readonly logger: KafkaLogger;
  /** How long a slice of records may hold up the other partitions of the same fetch, in ms. */
  readonly patienceMs: number;
  /** How long a handler may take until it resolves or rejects, in ms. */
  readonly handleWithinMs: number;
  /**
   * Called when a handler has exceeded `handleWithinMs`. The consumer continues to wait for the handler until
   * the consumer is closed.
   */
  onStuck(reason: Error): void;
  /** Publishes records that no handler can use to the dead-letter topic. Resolves once they are durable. */
  setAside(unusable: ReadonlyMap<BusRecord, string>): Promise<void>;
}

/**
 * Reads one partition for this member, in slices of records. kafkajs fetches from a broker again only after
 * everything from the previous fetch has been handled, so a slow partition would delay the other partitions
 * of this broker. Therefore, if a slice fails or takes long, the consumer pauses its partition, and kafkajs
 * continues to fetch the other partitions.
 */
export interface PartitionConsumer {
  /**
   * Handles a fetched batch of records. Resolves once the records are handled, or once they are being handled
   * in the background.
   */
  take(run: FetchedBatch): Promise<void>;
  /**
   * Stops the work on the partition: aborts the slice in progress, starts no other slice, and stores no more
   * positions. Must be called when the partition may belong to another member.
   */
  revoke(): void;
  /** Returns whether the consumer is neither handling records nor waiting to retry any. */
  isIdle(): boolean;
  /**
   * Accepts no more records, and aborts the slice in progress. Resolves once the consumer no longer works
   * on this slice, because it has abandoned the slice, has stored the position after the slice, or has
   * reported the handler as stuck.
   */
  close(): Promise<void>;
}

interface Work {
  readonly done: Promise<void>;
  readonly stop: AbortController;
  revoked: boolean;
}

export function createPartitionConsumer(deps: PartitionConsumerDeps): PartitionConsumer {
  const { promise: stuck, resolve: isStuck } = Promise.withResolvers<void>();
  let closing = false;
  let work: Work | undefined;

  function onStuck(reason: Error): void {
    isStuck();
    deps.onStuck(reason);
  }

  function start(run: FetchedBatch, detach: () => void): Work {
    const stop = new AbortController();
    const begun: Work = {
      stop,
      revoked: false,
      done: workThrough({ ...deps, onStuck }, run, {
        stop: stop.signal,
        detach,
        isRevoked: () => begun.revoked,
      }).finally(() => {
        work = undefined;
      }),
    };
    return begun;
  }

  return {
    async take(run) {
      if (closing) return void run.pause();
      if (work) return void work.done.then(run.pause());
      const { promise: late, resolve: detach } = Promise.withResolvers<void>();
      const timer = setTimeout(detach, deps.patienceMs);
      const mine = start(run, detach);
      work = mine;
      await Promise.race([mine.done, late]);
      clearTimeout(timer);
      if (work === mine) void mine.done.then(run.pause());
    },
    revoke() {
      if (!work) return;
      work.revoked = true;
      work.stop.abort();
    },
    isIdle: () => work === undefined,
    async close() {
      closing = true;
      work?.stop.abort();
      await Promise.race([work?.done, stuck]);
    },
  };
}

interface Control {
  /** Aborted when no new work on the partition may begin. Passed to the handler as its `signal`. */
  readonly stop: AbortSignal;
  /** Lets kafkajs fetch further records without waiting until this slice of records is handled. */
  detach(): void;
  isRevoked(): boolean;
}

async function workThrough(deps: PartitionConsumerDeps, run: FetchedBatch, control: Control): Promise<void> {
  for (let at = 0; at < run.records.length && !control.stop.aborted; at += deps.sliceSize) {
    const slice = run.records.slice(at, at + deps.sliceSize);
    const last = slice.at(-1);
    const handled = await persist(deps, control, 'a batch of records failed and is retried', () =>
      deliver(deps, slice, control.stop),
    );
    if (!handled || !last || control.isRevoked()) return;
    await persist(deps, control, 'a position could not be stored; trying again', async () => {
      if (!control.isRevoked()) await run.moveTo(last);
    });
  }
}

async function deliver(
  deps: PartitionConsumerDeps,
  records: readonly BusRecord[],
  signal: AbortSignal,
): Promise<void> {
  const { topic, partition } = deps;
  const unusable = new Map<BusRecord, string>();
  function setAside(record: BusRecord, cause: string) {
    return void unusable.set(record, cause);
  }
  await watched(deps, () => deps.handle({ topic, partition, records, signal, setAside }));
  if (unusable.size > 0) await deps.setAside(unusable);
}

/**
 * Runs a handler, and reports it as stuck if it neither resolves nor rejects in time. A handler that rejects
 * is not stuck: it is retried.
 */
async function watched(deps: PartitionConsumerDeps, handle: () => Promise<void>): Promise<void> {
  const { group, topic, partition, handleWithinMs, onStuck } = deps;
  function tooLate() {
    return onStuck(
      new Error(
        `The consumer of group ${group} is stuck: for ${Math.round(handleWithinMs / 1000)} s its handler has neither finished nor failed for a batch of records of ${topic} ${partition}.`,
      ),
    );
  }
  const timer = setTimeout(tooLate, handleWithinMs);
  try {
    await handle();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a step at least once, and retries it until it succeeds or the consumer is stopped.
 * @returns whether the step succeeded
 */
function persist(
  { group, topic, partition, logger }: PartitionConsumerDeps,
  { stop, detach }: Control,
  complaint: string,
  step: () => Promise<void>,
): Promise<boolean> {
  function onFailure(err: unknown, failures: number): void {
    if (failures % COMPLAIN_EVERY === 1) logger.warn({ err, group, topic, partition, failures }, complaint);
    if (!stop.aborted) detach();
  }
  return retry({ ...BACKOFF_MS, signal: stop, onFailure }, step).then(
    () => true,
    () => false,
  );
}
