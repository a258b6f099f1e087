/** Commands as clients sent them, and what came of them. */
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

/** What a command has led to. */
export function commitsOf({ byCommand }: Journal, id: string): readonly Commit[] {
  return byCommand.get(id) ?? [];
}

/** What commands have in common that are the same one: of one without an Idempotency-Key, its own id. */
export function keyOf({ op, id, request }: CommandLine): string {
  return request['idempotencyKey'] === undefined
    ? `id ${id}`
    : `${op} ${request['idempotencyKey']} ${lower(request['email'])}`;
}

/** Addresses that differ in case alone are one. */
export function lower(text: unknown): string {
  return typeof text === 'string' ? text.toLowerCase() : '';
}
