/** Determines whether the database file of a data folder may still contain data of an erased person. */
import type { ErasureRecord } from '@latchkey/auth/ops';
import type { Store } from '@latchkey/backend';
import { ownConsumers } from '@latchkey/events';
import type { ErasedRemains } from '@latchkey/sqlite';

export const DATA_FILE = 'latchkey.sqlite';

/** Whether the database file may still contain data of one erased person. */
export interface FileErasure {
  readonly name: typeof DATA_FILE;
  /** When the file was last rewritten (RFC 3339); absent if it never was. */
  readonly rewrittenAt?: string;
  /** True if the file certainly contains no data of the person. */
  readonly clean: boolean;
}

/** Returns whether the database file of a data folder may still contain erased data. Undefined for other stores. */
export function erasedRemainsIn(store: Store): ErasedRemains | undefined {
  return store.kind === 'sqlite' ? store.database.erasedRemains() : undefined;
}

/**
 * Returns whether the file may still contain data of an erased person. It is clean once auth, user and notifier have
 * confirmed the erasure, and the file was rewritten later or has contained no erased data since its last rewrite.
 */
export function fileErasureOf(
  { receipts }: Pick<ErasureRecord, 'receipts'>,
  { possible, rewrittenAt }: ErasedRemains,
): FileErasure {
  const confirmedAt = ownConsumers.map(
    (own) => receipts.find(({ consumer }) => consumer === own)?.confirmedAt,
  );
  const isRewritten = (at: string) => !possible || (rewrittenAt !== undefined && new Date(at) < rewrittenAt);
  return {
    name: DATA_FILE,
    ...(rewrittenAt && { rewrittenAt: rewrittenAt.toISOString() }),
    clean: confirmedAt.every((at) => at !== undefined && isRewritten(at)),
  };
}

/** Tells an operator how to remove the remains of erased data from the file. */
export const REWRITE_ADVICE = `${DATA_FILE} may still contain copies of erased data in unused bytes: restart the standalone, or stop it and run vacuum`;
