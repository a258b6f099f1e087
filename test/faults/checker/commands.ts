/** Commands as clients sent them, and what came of them. */
import type { CommandLine } from '../run-folder.ts';
import type { Journal } from './journal.ts';
import type { Commit } from './stored.ts';

export interface CommandContext {
  readonly journal: Journal;
  readonly history: readonly CommandLine[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export const isAcknowledged = ({ status }: CommandLine): boolean =>
  status !== null && status >= 200 && status < 300;

export const isRefused = ({ status }: CommandLine): boolean =>
  status !== null && status >= 400 && status < 500;

/** What a command has led to. */
export const commitsOf = ({ byCommand }: Journal, id: string): readonly Commit[] => byCommand.get(id) ?? [];

/** What commands have in common that are the same one: of one without an Idempotency-Key, its own id. */
export const keyOf = ({ op, id, request }: CommandLine): string =>
  request['idempotencyKey'] === undefined
    ? `id ${id}`
    : `${op} ${request['idempotencyKey']} ${lower(request['email'])}`;

/** Addresses that differ in case alone are one. */
export const lower = (text: unknown): string => (typeof text === 'string' ? text.toLowerCase() : '');
