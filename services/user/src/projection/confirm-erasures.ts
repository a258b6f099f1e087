/** Confirms erasures: publishes a receipt once no stored generation of the read model contains data of the person. */
import type { Bus } from '@latchkey/bus';
import {
  type DecodedRecord,
  type EventRecord,
  envelopeOf,
  isAccountRecord,
  isEventRecord,
} from '@latchkey/consumer';
import { encodeReceipt, RECEIPTS_TOPIC } from '@latchkey/events';
import { findLeftoverGenerations } from '../generation/pointer.ts';
import type { GenerationStore } from '../ports/generations.ts';
import type { ProfileStore } from '../ports/profiles.ts';
import type { StoredAccount } from '../profile/stored-account.ts';

/** The consumer name in the receipts of the user service. */
export const ERASURE_RECEIPT_NAME = 'user';

/** An account whose event `AccountErased` has been read. */
export interface ErasedAccount {
  readonly account: string;
  /** The sequence of the `AccountErased` event. */
  readonly sequence: number;
}

/** Returns the erasures that the records contain. */
export function findErasuresInRecords(records: readonly DecodedRecord[]): readonly ErasedAccount[] {
  return records.filter(isAccountRecord).filter(isEventRecord).flatMap(findErasureInRecord);
}

export function findErasureInRecord(record: EventRecord): readonly ErasedAccount[] {
  const { decoded } = record;
  if (decoded.kind !== 'event' || decoded.event.type !== 'AccountErased') return [];
  const { subject: account, sequence } = envelopeOf(record);
  return [{ account, sequence }];
}

/**
 * Creates a function that confirms an erasure once every generation of the read model that is being filled
 * has applied it. A generation that has not read the account's events yet will store the person's data
 * when it reads them. Therefore the erasure is confirmed only after the last generation has applied it. A
 * generation that is still stored but no longer filled never reads the erasure, so the function itself
 * erases the person's data from this generation before it confirms the erasure. Idempotent.
 */
export function createErasureConfirmer(deps: {
  readonly bus: Pick<Bus, 'publish'>;
  readonly generations: Pick<GenerationStore, 'read' | 'stored'>;
  profilesOf(generation: number): Pick<ProfileStore, 'load' | 'save'>;
  now(): Date;
}) {
  async function eraseFromLeftovers(
    leftovers: readonly number[],
    accounts: readonly StoredAccount[],
  ): Promise<void> {
    for (const generation of leftovers) {
      const profiles = deps.profilesOf(generation);
      const found = await profiles.load(accounts.map(({ account }) => account));
      await profiles.save(accounts.filter(({ account }) => found.has(account)));
    }
  }

  return async (erased: readonly ErasedAccount[]): Promise<void> => {
    if (erased.length === 0) return;
    const accounts = erased.map(({ account }) => account);
    const pointer = await deps.generations.read();
    const stored = await Promise.all(pointer.running.map((each) => deps.profilesOf(each).load(accounts)));
    const confirmed = erased.filter(({ account, sequence }) =>
      stored.every((generation) => {
        const position = generation.get(account);
        return position !== undefined && position.sequence >= sequence && position.parked === undefined;
      }),
    );
    if (confirmed.length === 0) return;
    await eraseFromLeftovers(
      findLeftoverGenerations(pointer, await deps.generations.stored()),
      confirmed.flatMap(({ account }) => stored[0]?.get(account) ?? []),
    );
    const confirmedAt = deps.now().toISOString();
    const receipts = confirmed.map(({ account, sequence }) =>
      encodeReceipt({ userId: account, consumer: ERASURE_RECEIPT_NAME, sequence, confirmedAt }),
    );
    await deps.bus.publish(RECEIPTS_TOPIC, receipts);
  };
}
