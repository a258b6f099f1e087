/** Reads rows of notifier_deliveries. */
import type { SQLOutputValue } from 'node:sqlite';
import type { SqliteRow } from '@latchkey/sqlite';
import type {
  ClaimedDelivery,
  DeliveryAttempt,
  DeliveryContent,
  DeliveryReport,
  DeliveryState,
  NewDelivery,
} from '../../delivery/delivery.ts';
import type { DeliverySummary } from '../../ports/deliveries.ts';
import type { StoredDelivery } from '../../ports/storage.ts';

/** Reads a delivery in any state from its row. */
export function deliveryFromRow(row: SqliteRow): StoredDelivery {
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
    ...optional('purpose', row['purpose'], (value) => String(value) as NonNullable<NewDelivery['purpose']>),
    state: String(row['state']) as DeliveryState,
    ...optional('dueAt', row['due_at'], instantOf),
    ...optional('content', row['content'], (value) => JSON.parse(String(value)) as DeliveryContent),
    ...optional('owner', row['owner'], String),
    tries: Number(row['tries']),
    attempts: deliveryAttemptsFromRow(row),
    ...optional('reason', row['reason'], String),
    ...optional('endedAt', row['ended_at'], instantOf),
    ...optional('recipient', row['recipient'], (value) => ({
      fingerprint: String(value),
      hint: String(row['hint']),
    })),
    ...optional('report', row['report'], reportOf),
    ...optional('unpublished', row['unpublished'], () => true as const),
  };
}

/** Reads a claimed delivery. @throws SyntaxError if the delivery is final and therefore has no content */
export function claimedDeliveryFromRow(row: SqliteRow): ClaimedDelivery {
  const {
    state: _,
    dueAt: _d,
    owner: _o,
    attempts: _a,
    reason: _r,
    endedAt: _e,
    recipient: _p,
    report: _t,
    unpublished: _u,
    ...delivery
  } = deliveryFromRow(row);
  return { ...delivery, content: JSON.parse(String(row['content'])) as DeliveryContent };
}

/** Reads the summary of a delivery that operators may see. */
export function deliverySummaryFromRow(row: SqliteRow): DeliverySummary {
  const {
    content: _,
    owner: _o,
    sequence: _s,
    locale: _l,
    purpose: _p,
    unpublished: _u,
    ...summary
  } = deliveryFromRow(row);
  return summary;
}

type StoredAttempt = Omit<DeliveryAttempt, 'at'> & { readonly at: string };

export function deliveryAttemptsFromRow(row: SqliteRow): readonly DeliveryAttempt[] {
  return (JSON.parse(String(row['attempts'])) as StoredAttempt[]).map((attempt) => ({
    ...attempt,
    at: new Date(attempt.at),
  }));
}

function reportOf(value: SQLOutputValue): DeliveryReport {
  const stored = JSON.parse(String(value)) as Omit<DeliveryReport, 'at'> & { readonly at: string };
  return { ...stored, at: new Date(stored.at) };
}

function instantOf(ms: SQLOutputValue | undefined): Date {
  return new Date(Number(ms));
}

/** Returns an object with the field `name` if the column has a value; an empty object otherwise. */
function optional<Name extends string, Value>(
  name: Name,
  value: SQLOutputValue | undefined,
  read: (value: SQLOutputValue) => Value,
): { readonly [Key in Name]?: Value } {
  return value === null || value === undefined
    ? {}
    : ({ [name]: read(value) } as { readonly [Key in Name]?: Value });
}
