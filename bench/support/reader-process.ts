/**
 * Runs a reader of the log or of the feed in a separate process, as in production. The reader process runs
 * this file as its program.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { type KafkaOptions, memoryStore, subscribe } from '@latchkey/events/subscribe';
import { logLevel, Kafka as PlainKafka } from 'kafkajs';
import { measureMs } from './load.ts';

const PROGRAM = import.meta.filename;

/** Tells a reader process what to read: the source, the client to use, and the number of events. */
export type EventReadingTask =
  /** Reads the feed over HTTP in pages of 1000 events, and parses each page as JSON. */
  | { readonly url: string; readonly count: number }
  /** Reads a topic with a kafkajs consumer, and parses each value as JSON. */
  | { readonly brokers: string[]; readonly topic: string; readonly count: number }
  /** Reads with `subscribe` of `@latchkey/events`. The handler does nothing, and the positions are kept in memory. */
  | {
      readonly subscribe:
        | { readonly url: string }
        | { readonly brokers: string[]; readonly topic: string; readonly jwks: EventJwks };
      readonly count: number;
    };

type EventJwks = Exclude<KafkaOptions['keys'], string>;

export interface ReaderProcess extends AsyncDisposable {
  /** Reads `count` events from the beginning. @returns the time in ms, without the time to connect or join the group */
  read(reading: EventReadingTask): Promise<number>;
}

export function startReaderProcess(): ReaderProcess {
  const child: ChildProcess = fork(PROGRAM);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the reader process has ended');
  });
  // The exit of the reader process is an error only during `read`, so do not report an unhandled rejection.
  ended.catch(() => undefined);
  return {
    async read(wanted) {
      child.send(wanted);
      const [ms]: number[] = await Promise.race([once(child, 'message'), ended]);
      return ms ?? Number.NaN;
    },
    async [Symbol.asyncDispose]() {
      if (!child.connected) return;
      child.disconnect();
      await ended.catch(() => undefined);
    },
  };
}

async function readFeed(url: string, events: number): Promise<void> {
  let [count, after] = [0, ''];
  while (count < events) {
    const response = await fetch(`${url}?limit=1000${after}`);
    count += ((await response.json()) as readonly unknown[]).length;
    after = `&after=${response.headers.get('feed-cursor')}`;
  }
}

/**
 * Reads a topic with kafkajs.
 * @returns the time from joining the group until the last event, in ms; joining is left out, because it takes
 * seconds
 */
async function readTopic(brokers: string[], topic: string, events: number): Promise<number> {
  const kafka = new PlainKafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bench-${crypto.randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<number>();
  let count = 0;
  let from = performance.now();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    from = performance.now();
  });
  await consumer.run({
    async eachBatch({ batch }) {
      for (const { value } of batch.messages) JSON.parse(String(value));
      count += batch.messages.length;
      if (count >= events) resolve(performance.now() - from);
    },
  });
  const ms = await promise;
  await consumer.disconnect();
  return ms;
}

/** Reads events with `subscribe`. Returns the time from the first to the last event, in ms. */
async function subscribeTo(
  source: Extract<EventReadingTask, { subscribe: object }>['subscribe'],
  events: number,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let [count, from] = [0, 0];
  function handle(): void {
    if (count === 0) from = performance.now();
    count += 1;
    if (count === events) resolve(performance.now() - from);
  }
  const interest = {
    handlers: { UserRegistered: handle, AccountVerified: handle },
    store: memoryStore(),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  const subscription = await ('url' in source
    ? subscribe({ ...interest, url: source.url, key: 'bench' })
    : subscribe({
        ...interest,
        group: `bench-${crypto.randomUUID()}`,
        brokers: source.brokers,
        keys: source.jwks,
        topicNames: { [ACCOUNTS_TOPIC]: source.topic },
        patchKafkajs: true,
      }));
  const ms = await promise;
  await subscription.stop();
  return ms;
}

async function read(wanted: EventReadingTask): Promise<number> {
  if ('subscribe' in wanted) return subscribeTo(wanted.subscribe, wanted.count);
  if ('topic' in wanted) return readTopic(wanted.brokers, wanted.topic, wanted.count);
  return measureMs(() => readFeed(wanted.url, wanted.count));
}

if (process.argv[1] === PROGRAM) {
  process.on('message', (wanted: EventReadingTask) => void read(wanted).then((ms) => process.send?.(ms)));
  process.on('disconnect', () => process.exit());
}
