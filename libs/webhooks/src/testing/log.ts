/**
 * Creates a log with events of accounts, and a webhook storage, for tests. Both are in a temporary folder.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC, accountsTopic, encode } from '@latchkey/events';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import type { RedriveRange, WebhookEndpoint } from '../endpoint.ts';
import {
  createEndpoint,
  generateEndpointId,
  generateEndpointSecret,
  MAX_ENDPOINTS,
  withRedrive,
} from '../endpoint.ts';
import { createEventReader } from '../log-reader.ts';
import { updateEndpoint } from '../ports.ts';
import type { WebhookPostRequest } from '../post.ts';
import { createSecretSealer } from '../seal.ts';
import { openSqliteWebhookStorage } from '../storage/sqlite/webhooks.ts';

const sealer = createSecretSealer([{ bytes: Buffer.alloc(32, 7) }]);

export const TEST_START_TIME = new Date('2026-01-01T00:00:00.000Z');

export async function openTestLog() {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-webhooks-'));
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics([accountsTopic]);
  const storage = openSqliteWebhookStorage(createSqliteStore(database));

  return {
    bus,
    storage,
    sealer,
    reader: createEventReader(bus, async (records) => records),
    async publish(account: string, sequence: number, time = TEST_START_TIME): Promise<string> {
      const id = randomUUID();
      const { key, value, headers } = encode({
        id,
        subject: account,
        sequence,
        time: time.toISOString(),
        correlationId: 'request-1',
        causationId: 'command-1',
        type: 'SessionsRevoked',
        data: { userId: account, reason: 'logout-all' },
      });
      await bus.publish(ACCOUNTS_TOPIC, [{ key, value, headers }]);
      return id;
    },
    async addEndpoint(of: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
      const fields = { name: 'crm', url: 'http://crm/', person: true, from: 'beginning' } as const;
      const id = generateEndpointId();
      const sealed = await sealer.seal(id, generateEndpointSecret());
      const endpoint = { ...createEndpoint(fields, { id, sealed, now: TEST_START_TIME }), ...of };
      assert.ok(await storage.endpoints.add(endpoint, MAX_ENDPOINTS));
      return endpoint;
    },
    redrive: (id: string, range: RedriveRange) =>
      updateEndpoint(storage.endpoints, id, (endpoint) => withRedrive(endpoint, range)),
    async close(): Promise<void> {
      await bus.close();
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The parts of a webhook request that a receiver uses. */
export interface ReceivedEvent {
  readonly id: string;
  readonly account: string;
  readonly sequence: number;
}

export function parseReceivedEvent({
  headers,
  body,
}: Pick<WebhookPostRequest, 'headers' | 'body'>): ReceivedEvent {
  const { subject, sequence } = JSON.parse(body);
  return { id: String(headers['webhook-id']), account: String(subject), sequence: Number(sequence) };
}

/**
 * Returns, for each account, the sequence numbers of the events that a receiver handles, in the order in which
 * it handles them. The receiver skips events whose id it has already received.
 */
export function findHandledSequences(
  received: readonly ReceivedEvent[],
): ReadonlyMap<string, readonly number[]> {
  const known = new Set<string>();
  const effects = received.filter(({ id }) => !known.has(id) && known.add(id));
  const groups = Map.groupBy(effects, ({ account }) => account);
  return new Map([...groups].map(([account, own]) => [account, own.map(({ sequence }) => sequence)]));
}
