/** What is left of an erased person in the file of a data folder. */
import type { ErasureRecord } from '@latchkey/auth/ops';
import type { Store } from '@latchkey/backend';
import { ownConsumers } from '@latchkey/events';
import type { ErasedRemains } from '@latchkey/sqlite';

export const DATA_FILE = 'latchkey.sqlite';

/** Whether the file of a data folder contains data of one person. */
export interface FileErasure {
  readonly name: typeof DATA_FILE;
  /** When the file was last rewritten (RFC 3339); absent if it never was. */
  readonly rewrittenAt?: string;
  /** Whether the file certainly contains no data of the person. */
  readonly clean: boolean;
}

/** Returns what a data folder knows about remains of erased data; undefined for other stores. */
export function remainsIn(store: Store): ErasedRemains | undefined {
  return store.kind === 'sqlite' ? store.database.erasedRemains() : undefined;
}

/**
 * Returns what is left of an erased person in the file: nothing once auth, user and notifier have erased the person and
 * the file was rewritten after that, or no data was erased since the last rewrite.
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

/** Says what removes the remains of erased data from the file. */
export const REWRITE_ADVICE = `${DATA_FILE} may still contain copies of erased data in unused bytes: restart the standalone, or stop it and run vacuum`;
