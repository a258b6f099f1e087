/** Determines whether the database file of a data folder may still contain data of an erased person. */
import type { ErasureRecord } from '@latchkey/auth/ops';
import { latchkeyConsumers } from '@latchkey/events';
import type { DataFile, ErasedDataRemnants } from '@latchkey/store';

/** Whether the database file may still contain data of one erased person. */
export interface ErasedDataInFile {
  readonly name: string;
  /** When the file was last rewritten (RFC 3339); absent if it never was. */
  readonly rewrittenAt?: string;
  /** True if the file certainly contains no data of the person. */
  readonly clean: boolean;
}

/** The name of a file, and whether it may still contain data of erased persons. */
export type DataFileErasureState = Pick<DataFile, 'name'> & { readonly remains: ErasedDataRemnants };

/**
 * Converts the description of a store's file. The result says whether the file may still contain data of
 * erased persons.
 */
export function toDataFileErasureState({ name, erasedRemains }: DataFile): DataFileErasureState {
  return { name, remains: erasedRemains() };
}

/**
 * Returns whether the file may still contain data of an erased person. The file is clean only once auth,
 * user and notifier have confirmed the erasure. In addition, the file must have been rewritten after these
 * confirmations, or nothing may have been erased since its last rewrite.
 */
export function computeErasedDataInFile(
  { receipts }: Pick<ErasureRecord, 'receipts'>,
  { name, remains: { possible, rewrittenAt } }: DataFileErasureState,
): ErasedDataInFile {
  const confirmedAt = latchkeyConsumers.map(
    (own) => receipts.find(({ consumer }) => consumer === own)?.confirmedAt,
  );
  const isRewritten = (at: string) => !possible || (rewrittenAt !== undefined && new Date(at) < rewrittenAt);
  return {
    name,
    ...(rewrittenAt && { rewrittenAt: rewrittenAt.toISOString() }),
    clean: confirmedAt.every((at) => at !== undefined && isRewritten(at)),
  };
}

/** Returns the advice that tells an operator how to remove the remains of erased data from a file. */
export function formatAdviceOnRewritingFile({ name }: Pick<DataFile, 'name'>): string {
  return `${name} may still contain copies of erased data in unused bytes: restart the standalone, or stop it and run vacuum`;
}
