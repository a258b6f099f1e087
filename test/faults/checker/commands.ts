/** Commands as clients sent them, and their commits. */
import type { CommandLine } from '../run-folder.ts';
import type { Journal } from './journal.ts';
import type { Commit } from './stored.ts';

export interface CommandContext {
  readonly journal: Journal;
  readonly history: readonly CommandLine[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export function isAcknowledged({ status }: CommandLine): boolean {
  return status !== null && status >= 200 && status < 300;
}

export function isRefused({ status }: CommandLine): boolean {
  return status !== null && status >= 400 && status < 500;
}

/** Returns the commits of a command. */
export function commitsOf({ byCommand }: Journal, id: string): readonly Commit[] {
  return byCommand.get(id) ?? [];
}

/** Returns what retries of a command have in common: the Idempotency-Key, or the command's own id. */
export function keyOf({ op, id, request }: CommandLine): string {
  return request['idempotencyKey'] === undefined
    ? `id ${id}`
    : `${op} ${request['idempotencyKey']} ${lower(request['email'])}`;
}

/** Addresses that differ only in case are the same. */
export function lower(text: unknown): string {
  return typeof text === 'string' ? text.toLowerCase() : '';
}
