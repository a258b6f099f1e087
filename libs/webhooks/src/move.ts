/**
 * Moves webhooks to another store and another log. Positions on the former log mean nothing on the other one, so what
 * was sent is moved as a sequence for each account.
 */
import type { Bus } from '@latchkey/bus';
import { createRecordMove, type MoveSource, type RecordMove } from '@latchkey/store';
import type { WebhookEndpoint } from './endpoint.ts';
import { createEventReader, type EventReader } from './log-reader.ts';
import type { SentAccount, WebhookStorage } from './ports.ts';

const BATCH = 500;

export interface WebhookMove {
  readonly from: Pick<WebhookStorage, 'endpoints' | 'source'>;
  readonly to: Pick<WebhookStorage, 'target'>;
  /** The log that the endpoints were sent from. */
  readonly bus: Pick<Bus, 'tail'>;
  /** Returns each account with the sequence of its last event on that log, in batches; 0 if it has none. */
  published(): AsyncIterable<readonly { readonly account: string; readonly sequence: number }[]>;
}

/** Returns the records to move; undefined if they cannot be moved between stores of these kinds. */
export function movableWebhooks({
  from,
  to,
  bus,
  published,
}: WebhookMove): readonly RecordMove[] | undefined {
  const { endpoints, source } = from;
  const { target } = to;
  if (source === undefined || target === undefined) return undefined;
  const reader = createEventReader(bus, async (records) => records);
  const sent = inBatches(() => sentAccounts({ endpoints, reader, published }));
  return [
    createRecordMove({ name: 'attempts', lasting: false }, source.attempts, target.attempts),
    createRecordMove({ name: 'sent events', lasting: false }, sent, target.sentBefore),
    createRecordMove(
      { name: 'webhooks', lasting: false },
      mapped(source.endpoints, (endpoint) => moved(endpoint, reader)),
      target.endpoints,
    ),
  ];
}

/** Yields how far each account was sent, then what differs for single endpoints. */
async function* sentAccounts({
  endpoints,
  reader,
  published,
}: {
  readonly endpoints: Pick<WebhookStorage['endpoints'], 'list'>;
  readonly reader: EventReader;
} & Pick<WebhookMove, 'published'>): AsyncGenerator<SentAccount> {
  const all = await endpoints.list();
  const begun: WebhookEndpoint[] = [];
  for (const endpoint of all) if (await hasBegun(endpoint, reader)) begun.push(endpoint);
  if (begun.length === 0) return;
  for await (const accounts of published()) yield* accounts.filter(({ sequence }) => sequence > 0);
  for (const { id, delivery } of begun)
    for (const [account, first] of await reader.unsent(delivery))
      yield { account, endpoint: id, sequence: first - 1 };
}

/** Whether an endpoint was sent events of the log. */
async function hasBegun({ delivery }: WebhookEndpoint, reader: EventReader): Promise<boolean> {
  return delivery.cursor !== undefined && (await reader.isOfThisLog(delivery.cursor));
}

/** Returns the endpoint at the beginning of the other log. */
async function moved(endpoint: WebhookEndpoint, reader: EventReader): Promise<WebhookEndpoint> {
  const { cursor: _cursor, redrive: _redrive, ...delivery } = endpoint.delivery;
  const isMoved = await hasBegun(endpoint, reader);
  return { ...endpoint, delivery: { ...delivery, waiting: [], ...(isMoved && { moved: true as const }) } };
}

function mapped<Item>(
  { count, batches }: MoveSource<Item>,
  change: (item: Item) => Promise<Item>,
): MoveSource<Item> {
  return {
    count,
    async *batches() {
      for await (const batch of batches()) yield await Promise.all(batch.map(change));
    },
  };
}

function inBatches<Item>(items: () => AsyncIterable<Item>): MoveSource<Item> {
  return {
    async count() {
      let many = 0;
      for await (const _ of items()) many += 1;
      return many;
    },
    async *batches() {
      let batch: Item[] = [];
      for await (const item of items()) {
        if (batch.push(item) < BATCH) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
  };
}
