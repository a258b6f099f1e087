/** Creates a log on the embedded bus, and subscriptions that record the events they get. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Bus, OutgoingRecord } from '@latchkey/bus';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import type { RecordAuthenticator } from '@latchkey/consumer';
import { acceptAllRecords } from '@latchkey/consumer/testing/signed';
import { openDatabase } from '@latchkey/sqlite';
import type { LatchkeyEvent } from '../../catalogue.ts';
import { ACCOUNTS_TOPIC, receiptsTopic, topics } from '../../topics.ts';
import type { EventContext, Handlers } from '../handlers.ts';
import { memoryStore } from '../memory-store.ts';
import type { SequenceStore } from '../sequence-store.ts';
import { type ConfirmErasure, type Interest, type Subscription, subscribeToBus } from '../subscription.ts';
import { toOutgoingRecord } from './history.ts';

/** Returns a store that keeps its positions between runs, like a durable store. */
export function createDurableTestStore(): SequenceStore {
  return { ...memoryStore(), forgetful: false };
}

function isEvent(record: LatchkeyEvent | OutgoingRecord): record is LatchkeyEvent {
  return 'subject' in record;
}

/** A log for tests, and functions that subscribe to it and record the events that each subscription gets. */
export type TestHarness = Awaited<ReturnType<typeof createTestHarness>>;

/** Opens a harness whose log is on a new embedded bus. */
export async function openTestHarness(context: TestContext, confirm?: ConfirmErasure): Promise<TestHarness> {
  const { bus } = await openEmbeddedTestBus(context);
  return createTestHarness(context, bus, bus, confirm);
}

/** Opens an embedded bus that has Latchkey's topics. */
export async function openEmbeddedTestBus(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-subscribe-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  context.after(async () => {
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });
  await bus.ensureTopics([...topics, receiptsTopic]);

  return { bus, database };
}

/**
 * Creates subscriptions that record the events they get.
 * @param source the bus that the subscriptions read; default: the bus to which records are published
 */
export async function createTestHarness(
  context: TestContext,
  bus: Bus,
  source: Pick<Bus, 'subscribe' | 'readKey'>,
  confirm: ConfirmErasure = async () => undefined,
) {
  const opened: Subscription[] = [];
  context.after(() => Promise.all(opened.map((subscription) => subscription.stop())));
  return {
    bus: source,
    publish: (records: readonly (LatchkeyEvent | OutgoingRecord)[], topic: string = ACCOUNTS_TOPIC) =>
      bus.publish(
        topic,
        records.map((record) => (isEvent(record) ? toOutgoingRecord(record) : record)),
      ),
    /**
     * Subscribes to the source of events. The default handlers record the events; `handled` lists them as
     * `<type> <sequence>`.
     */
    async subscribe(
      more: Partial<Interest> = {},
      on: Pick<Bus, 'subscribe' | 'readKey'> = source,
      authenticate: RecordAuthenticator = acceptAllRecords,
    ) {
      const handled: string[] = [];
      const effects: string[] = [];
      function note({ type }: { readonly type: string }, { sequence }: EventContext) {
        return void handled.push(`${type} ${sequence}`);
      }
      const handlers: Handlers = { UserRegistered: note, AccountVerified: note, SessionsRevoked: note };
      const parts = { authenticate, confirm };
      const subscription = await subscribeToBus(on, parts, {
        group: 'test',
        handlers,
        store: createDurableTestStore(),
        logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
        observe: (type, effect) => void effects.push(`${type} ${effect}`),
        ...more,
      });
      opened.push(subscription);
      return { ...subscription, handled, effects };
    },
  };
}
