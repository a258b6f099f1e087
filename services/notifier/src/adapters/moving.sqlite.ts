import type { SQLOutputValue } from 'node:sqlite';
import type { Database, Row } from '@latchkey/sqlite';
import { pages, type Source } from '@latchkey/store';
import type { DeliveryContent, DeliveryState, NewDelivery } from '../delivery/delivery.ts';
import type { KeptCutoffs, KeptDelivery } from '../ports/moving.ts';
import { createSqliteDeliveries, readLog } from './deliveries.sqlite.ts';

const BATCH = 500;

const DELIVERIES = 'SELECT rowid, * FROM notifier_deliveries WHERE rowid > ? ORDER BY rowid LIMIT ?';

const CUTOFFS = `
SELECT subject, json_group_object(what, before) AS before FROM notifier_cutoffs
WHERE subject > ? GROUP BY subject ORDER BY subject LIMIT ?`;

export interface OldHome {
  readonly cutoffs: Source<KeptCutoffs>;
  readonly deliveries: Source<KeptDelivery>;
}

/** What the notifier keeps in the embedded store, to be read through. */
export function createSqliteOldHome(database: Database): OldHome {
  // A folder that an earlier build filled may lack a table.
  createSqliteDeliveries(database);
  async function count(sql: string): Promise<number> {
    return Number(database.prepare(sql).get()?.['items']);
  }

  return {
    cutoffs: {
      count: () => count('SELECT count(DISTINCT subject) AS items FROM notifier_cutoffs'),
      async *batches() {
        const rows = pages<Row>((last) => database.prepare(CUTOFFS).all(last?.['subject'] ?? '', BATCH));
        for await (const page of rows) yield page.map(cutoffsOf);
      },
    },
    deliveries: {
      count: () => count('SELECT count(*) AS items FROM notifier_deliveries'),
      async *batches() {
        const rows = pages<Row>((last) => database.prepare(DELIVERIES).all(last?.['rowid'] ?? 0, BATCH));
        for await (const page of rows) yield page.map(deliveryOf);
      },
    },
  };
}

function cutoffsOf(row: Row): KeptCutoffs {
  return {
    subject: String(row['subject']),
    before: JSON.parse(String(row['before'])),
  };
}

function deliveryOf(row: Row): KeptDelivery {
  return {
    id: String(row['id']),
    eventId: String(row['event_id']),
    subject: String(row['subject']),
    sequence: Number(row['sequence']),
    mail: String(row['mail']) as NewDelivery['mail'],
    locale: String(row['locale']),
    correlationId: String(row['correlation_id']),
    occurredAt: instantOf(row['occurred_at']),
    sendUntil: instantOf(row['send_until']),
    ...given('purpose', row['purpose'], (value) => String(value) as NonNullable<NewDelivery['purpose']>),
    state: String(row['state']) as DeliveryState,
    ...given('dueAt', row['due_at'], instantOf),
    ...given('content', row['content'], (value) => JSON.parse(String(value)) as DeliveryContent),
    ...given('owner', row['owner'], String),
    tries: Number(row['tries']),
    attempts: readLog(row),
    ...given('reason', row['reason'], String),
    ...given('endedAt', row['ended_at'], instantOf),
  };
}

function instantOf(ms: SQLOutputValue | undefined): Date {
  return new Date(Number(ms));
}

/** The field, if the column has a value. */
function given<Name extends string, Value>(
  name: Name,
  value: SQLOutputValue | undefined,
  read: (value: SQLOutputValue) => Value,
): { readonly [Key in Name]?: Value } {
  return value === null || value === undefined
    ? {}
    : ({ [name]: read(value) } as { readonly [Key in Name]?: Value });
}
