/**
 * Moves webhooks to another store and another log. As offsets of the old log are meaningless on the new one,
 * the progress is moved as the sequence of each account's last sent event.
 */
import type { Bus } from '@latchkey/bus';
import { createRecordMove, type MoveSource, type RecordMove } from '@latchkey/store';
import type { WebhookEndpoint } from './endpoint.ts';
import { createEventReader, type EventReader } from './log-reader.ts';
import type { LastSentSequence, WebhookStorage } from './ports.ts';

const BATCH = 500;

export interface WebhookDataMoveDeps {
  readonly from: Pick<WebhookStorage, 'endpoints' | 'source'>;
  readonly to: Pick<WebhookStorage, 'target'>;
  /** The log that the endpoints have read until now. */
  readonly bus: Pick<Bus, 'tail'>;
  /**
   * Yields all accounts in batches, each with the sequence of its last event on the old log. The sequence is
   * 0 if the old log contains no event of the account.
   */
  published(): AsyncIterable<readonly { readonly account: string; readonly sequence: number }[]>;
}

/**
 * Returns the steps that move webhooks. Undefined if webhooks cannot be moved between stores of these kinds.
 */
export function createWebhookDataMoves({
  from,
  to,
  bus,
  published,
}: WebhookDataMoveDeps): readonly RecordMove[] | undefined {
  const { endpoints, source } = from;
  const { target } = to;
  if (source === undefined || target === undefined) return undefined;
  const reader = createEventReader(bus, async (records) => records);
  const sent = batchSource(() => sentAccounts({ endpoints, reader, published }));
  return [
    createRecordMove({ name: 'webhook keys', lasting: false }, source.keys, target.keys),
    createRecordMove({ name: 'attempts', lasting: false }, source.attempts, target.attempts),
    createRecordMove({ name: 'sent events', lasting: false }, sent, target.sentBefore),
    createRecordMove(
      { name: 'webhooks', lasting: false },
      mapSource(source.endpoints, (endpoint) => toMovedEndpoint(endpoint, reader)),
      target.endpoints,
    ),
  ];
}

/**
 * Yields up to which sequence the events of each account were sent before the move. First yields, for each
 * account, the sequence of its last event on the log, which is correct for most endpoints. Then yields a
 * lower sequence for each endpoint that has not received all events of an account.
 */
async function* sentAccounts({
  endpoints,
  reader,
  published,
}: {
  readonly endpoints: Pick<WebhookStorage['endpoints'], 'list'>;
  readonly reader: EventReader;
} & Pick<WebhookDataMoveDeps, 'published'>): AsyncGenerator<LastSentSequence> {
  const all = await endpoints.list();
  const begun: WebhookEndpoint[] = [];
  for (const endpoint of all) if (await hasReadLog(endpoint, reader)) begun.push(endpoint);
  if (begun.length === 0) return;
  for await (const accounts of published()) yield* accounts.filter(({ sequence }) => sequence > 0);
  for (const { id, delivery } of begun)
    for (const [account, first] of await reader.findUnsent(delivery))
      yield { account, endpoint: id, sequence: first - 1 };
}

/** Returns whether an endpoint has read anything from the current log. */
async function hasReadLog({ delivery }: WebhookEndpoint, reader: EventReader): Promise<boolean> {
  return delivery.cursor !== undefined && (await reader.isOfCurrentLog(delivery.cursor));
}

/** Returns the endpoint with its position at the beginning of the new log. */
async function toMovedEndpoint(endpoint: WebhookEndpoint, reader: EventReader): Promise<WebhookEndpoint> {
  const { cursor: _cursor, redrive: _redrive, caughtUp: _caughtUp, ...delivery } = endpoint.delivery;
  const isMoved = await hasReadLog(endpoint, reader);
  return { ...endpoint, delivery: { ...delivery, waiting: [], ...(isMoved && { moved: true as const }) } };
}

function mapSource<Item>(
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

function batchSource<Item>(items: () => AsyncIterable<Item>): MoveSource<Item> {
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
