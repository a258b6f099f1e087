/** The commands that clients sent, and the commits that each command caused. */
import type { HistoryLine } from '../run-folder.ts';
import { type Journal, type JournalEvent, listEventsByAccount } from './journal.ts';
import type { Commit } from './stored.ts';

export interface CommandCheckContext {
  readonly journal: Journal;
  readonly history: readonly HistoryLine[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export function isAcknowledged({ status }: HistoryLine): boolean {
  return status !== null && status >= 200 && status < 300;
}

export function isRefused({ status }: HistoryLine): boolean {
  return status !== null && status >= 400 && status < 500;
}

/** Returns the commands by id, which is the correlation id of their commits. */
export function indexCommandsById(history: readonly HistoryLine[]): ReadonlyMap<string, HistoryLine> {
  return new Map(history.map((command) => [command.id, command]));
}

/** Returns the commits of a command. */
export function findCommitsOfCommand({ byCommand }: Journal, id: string): readonly Commit[] {
  return byCommand.get(id) ?? [];
}

/** Returns the key that all retries of a command share: its Idempotency-Key, or else its id. */
export function getRetryKey({ op, id, request }: HistoryLine): string {
  return request['idempotencyKey'] === undefined
    ? `id ${id}`
    : `${op} ${request['idempotencyKey']} ${normaliseAddress(request['email'])}`;
}

/** Maps each email address to the accounts that signed up with it, with the events of each account. */
export function groupAccountsBySignUpAddress(
  journal: Journal,
): ReadonlyMap<string, readonly (readonly [id: string, events: readonly JournalEvent[]])[]> {
  return Map.groupBy(listEventsByAccount(journal), ([, [first]]) =>
    normaliseAddress(first?.data.person?.email),
  );
}

/** Returns the ids of the accounts that have ever had an address. */
export function groupAccountIdsByAddress(journal: Journal): ReadonlyMap<string, readonly string[]> {
  const pairs = listEventsByAccount(journal).flatMap(([id, events]) =>
    [...new Set(events.flatMap(addressIn))].map((address) => ({ id, address })),
  );
  return new Map(
    Array.from(
      Map.groupBy(pairs, ({ address }) => address),
      ([address, its]) => [address, its.map(({ id }) => id)],
    ),
  );
}

const GIVES_ADDRESS: ReadonlySet<string> = new Set(['UserRegistered', 'EmailChanged', 'EmailChangeReverted']);

function addressIn({ type, data }: JournalEvent): readonly string[] {
  return GIVES_ADDRESS.has(type) ? [normaliseAddress(data.person?.email)] : [];
}

/**
 * Returns an address in lower case, for comparisons that ignore case. Returns an empty string if the value is
 * not a string.
 */
export function normaliseAddress(text: unknown): string {
  return typeof text === 'string' ? text.toLowerCase() : '';
}
