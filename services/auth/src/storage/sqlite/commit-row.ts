import type { Commit } from '../../ports/journal.ts';

/** Of a stored commit, what is read the same whatever its events are: all but events, claims and address. */
export function headOf(
  row: Readonly<Record<string, unknown>>,
): Omit<Commit, 'events' | 'claims' | 'address'> {
  return {
    stream: String(row['stream']),
    number: Number(row['number']),
    sequence: Number(row['sequence']),
    commandId: String(row['command_id']),
    correlationId: String(row['correlation_id']),
    ...(row['traceparent'] === null ? {} : { traceparent: String(row['traceparent']) }),
    at: String(row['at']),
  };
}
