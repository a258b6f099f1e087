/**
 * `@latchkey/events/testing`: creates events that are signed like auth's, and runs handlers without a broker.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Bus, BusRecord, PartitionSlice } from '@latchkey/bus';
import { createFixedEventKeySource, createRecordAuthenticator } from '@latchkey/consumer';
import { catalogue, type DataOf, type EventOf, type EventType, type LatchkeyEvent } from '../catalogue.ts';
import { chainEvent, newPersonSalt } from '../chain.ts';
import { coveredBy, type EncodedEvent, encode } from '../codec.ts';
import { subjectOfKey } from '../record-key.ts';
import { eventSigner } from '../signature.ts';
import { ACCOUNTS_TOPIC } from '../topics.ts';
import { memoryStore } from './memory-store.ts';
import { assertSupportedNodeVersion } from './required-node.ts';
import type { Effect } from './subscriber.ts';
import { type Interest, type Subscription, subscribeToBus } from './subscription.ts';

/** An event, and the record in which a topic would contain it. */
export interface TestEvent<T extends EventType = EventType> {
  readonly event: EventOf<T>;
  /**
   * The record of the event. Its headers are strings, so that any Kafka client can send the record unchanged.
   */
  readonly record: EncodedEvent;
}

/** Creates the events of one account. Each event gets the next sequence. */
export interface TestAccount {
  readonly id: string;
  /**
   * Creates the account's next event.
   * @param data overrides fields of the sample of this type
   * @throws ZodError if the result violates the schema
   */
  event<T extends EventType>(type: T, data?: Partial<DataOf<T>>): TestEvent<T>;
}

/** A subscription whose events are passed to `deliver` instead of being read from Kafka or the feed. */
export interface TestSubscription extends Subscription {
  /**
   * Delivers the given events in order, and waits for their handlers. To test duplicates, deliver an event
   * twice; to test gaps, omit one.
   * @returns the outcome of each event
   * @throws HandlerError if a handler rejects. The test must then deliver the failed event and all events
   * after it again, as a broker would
   */
  deliver(...events: readonly TestEvent[]): Promise<readonly Effect[]>;
}

/** The handlers to run, and those options of `subscribe` that are useful without a broker. */
export type TestInterest = Pick<Interest, 'handlers' | 'erased'> &
  Partial<Pick<Interest, 'store' | 'topics' | 'logger'>>;

/** Signed events for tests, and subscriptions that accept them. Created by {@link createTestEvents}. */
export interface TestEvents {
  /** The public keys of the signatures, for `keys` of `subscribe`. */
  readonly jwks: { readonly keys: readonly object[] };
  /** Creates an account without events. @param id default: a random UUID */
  account(id?: string): TestAccount;
  /**
   * Runs handlers as `subscribe` does, by default with `memoryStore()`. Unlike `subscribe`, publishes no
   * receipts after erasures.
   */
  subscribe(interest: TestInterest): Promise<TestSubscription>;
}

assertSupportedNodeVersion(process.versions.node);

const KEY_ID = 'test';

/**
 * Creates a signing key, accounts whose events are signed with it, and subscriptions that accept these
 * events.
 * @example
 * const events = createTestEvents();
 * const ada = events.account();
 * const subscription = await events.subscribe({ handlers });
 * await subscription.deliver(ada.event('UserRegistered'), ada.event('AccountVerified', { locale: 'de' }));
 */
export function createTestEvents(): TestEvents {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer = eventSigner({ kid: KEY_ID, key: privateKey });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'EdDSA', use: 'sig' }] };

  function signed(event: LatchkeyEvent, previous: string | undefined) {
    const entry = chainEvent(coveredBy(event), previous, newPersonSalt());
    return {
      hash: entry.hash,
      record: encode(event, { proof: { ...entry, signature: signer.sign(entry.hash) } }),
    };
  }

  function account(id: string = randomUUID()): TestAccount {
    let sequence = 0;
    let previous: string | undefined;
    return {
      id,
      event(type, data = {}) {
        sequence += 1;
        const event = { ...envelopeOf(id, sequence), type, data: dataOf(type, id, data) };
        const { hash, record } = signed(event as LatchkeyEvent, previous);
        previous = hash;
        return { event, record };
      },
    };
  }

  return {
    jwks,
    account,
    async subscribe({ store = memoryStore(), topics = [ACCOUNTS_TOPIC], logger = silent, ...handling }) {
      const log = createLog();
      const effects: Effect[] = [];
      const authenticate = createRecordAuthenticator({
        keys: createFixedEventKeySource(jwks),
        policy: 'require',
        topics,
      });
      const parts = { authenticate, confirm: async () => undefined };
      const subscription = await subscribeToBus(log.bus, parts, {
        ...handling,
        group: 'test',
        store,
        topics,
        logger,
        observe: (_type, effect) => void effects.push(effect),
      });
      return {
        ...subscription,
        async deliver(...events) {
          effects.length = 0;
          await log.deliver(events.map(({ record }) => record));
          return [...effects];
        },
      };
    },
  };
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function envelopeOf(subject: string, sequence: number) {
  return {
    id: randomUUID(),
    subject,
    sequence,
    time: new Date(Date.UTC(2026, 0, 1) + sequence * 1000).toISOString(),
    correlationId: `request-${sequence}`,
    causationId: `command-${sequence}`,
  };
}

/**
 * Returns the data of an event for tests: the first sample of its type, with the given subject and the given
 * fields in place of the sample's.
 */
function dataOf<T extends EventType>(type: T, subject: string, fields: Partial<DataOf<T>>): DataOf<T> {
  const { samples, subjectField } = catalogue[type];
  const [sample] = Object.values(samples);
  return { ...sample, [subjectField]: subject, ...fields } as DataOf<T>;
}

/** Creates a log in memory with one partition per topic, for one subscription. */
function createLog() {
  const records: BusRecord[] = [];
  const closing = new AbortController();
  let handle: (slice: PartitionSlice) => Promise<void> = async () => undefined;
  const bus: Pick<Bus, 'subscribe' | 'readKey'> = {
    async subscribe(options) {
      handle = options.handle;
      return {
        lag: async () => 0,
        caughtUp: async () => true,
        healthy: () => true,
        faults: () => [],
        close: async () => closing.abort(),
      };
    },
    async *readKey(topic, _partition, key, from, to = records.length) {
      for (const record of records.slice(from, to))
        if (record.topic === topic && subjectOfKey(record.key) === key) yield record;
    },
  };

  return {
    bus,
    /**
     * Delivers records as one slice (a batch that is handled together). All records must be of the same
     * topic.
     */
    async deliver(encoded: readonly EncodedEvent[]): Promise<void> {
      for (const { topic, key, value, headers } of encoded) {
        const record = {
          topic,
          partition: 0,
          offset: records.length,
          timestamp: new Date(0),
          key: Buffer.from(key),
          value,
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
          ),
        };
        records.push(record);
        await handle({
          topic,
          partition: 0,
          records: [record],
          signal: closing.signal,
          setAside: () => undefined,
        });
      }
    },
  };
}
