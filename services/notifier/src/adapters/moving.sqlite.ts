import type { SQLOutputValue } from 'node:sqlite';
import type { Source } from '@latchkey/process';
import { type Database, pages, type Row } from '@latchkey/sqlite';
import type { DeliveryContent, DeliveryState, NewDelivery } from '../delivery/delivery.ts';
import type { KeptCutoffs, KeptDelivery } from '../ports/moving.ts';
import { createSqliteDeliveries, readLog } from './deliveries.sqlite.ts';

const DELIVERIES = {
  sql: 'SELECT rowid AS position, * FROM notifier_deliveries WHERE rowid > ? ORDER BY rowid LIMIT ?',
  start: 0,
  key: 'position',
  size: 500,
};

const CUTOFFS = {
  sql: `SELECT subject, json_group_object(what, before) AS before FROM notifier_cutoffs
    WHERE subject > ? GROUP BY subject ORDER BY subject LIMIT ?`,
  start: '',
  key: 'subject',
  size: 500,
};

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
      *batches() {
        for (const page of pages(database, CUTOFFS)) yield page.map(cutoffsOf);
      },
    },
    deliveries: {
      count: () => count('SELECT count(*) AS items FROM notifier_deliveries'),
      *batches() {
        for (const page of pages(database, DELIVERIES)) yield page.map(deliveryOf);
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
