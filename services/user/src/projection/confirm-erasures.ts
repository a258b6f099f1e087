/** Publishes the receipt of an erasure once no generation of the read model has data of the account. */
import type { Bus } from '@latchkey/bus';
import {
  type DecodedRecord,
  type EventRecord,
  envelopeOf,
  isAccountRecord,
  isEventRecord,
} from '@latchkey/consumer';
import { encodeReceipt, RECEIPTS_TOPIC } from '@latchkey/events';
import type { Profiles } from '../ports/profiles.ts';

/** The name under which the service confirms erasures. */
export const ERASURE_RECEIPT_NAME = 'user';

/** An account whose last event, `AccountErased`, was read. */
export interface ErasedAccount {
  readonly account: string;
  /** The sequence of `AccountErased`. */
  readonly sequence: number;
}

/** Returns the erasures among records. */
export function findErasures(records: readonly DecodedRecord[]): readonly ErasedAccount[] {
  return records.filter(isAccountRecord).filter(isEventRecord).flatMap(findErasure);
}

export function findErasure(record: EventRecord): readonly ErasedAccount[] {
  const { decoded } = record;
  if (decoded.kind !== 'event' || decoded.event.type !== 'AccountErased') return [];
  const { subject: account, sequence } = envelopeOf(record);
  return [{ account, sequence }];
}

/**
 * Returns a function that confirms erasures that every generation has applied. A generation that has not read the
 * account's events yet would still store the person's data when it reads them. The erasure is therefore confirmed by
 * the generation that applies it last. Idempotent.
 */
export function confirmErasures(deps: {
  readonly bus: Pick<Bus, 'publish'>;
  /** Returns the generations that are being filled. */
  running(): Promise<readonly number[]>;
  profilesOf(generation: number): Pick<Profiles, 'load'>;
  now(): Date;
}) {
  return async (erased: readonly ErasedAccount[]): Promise<void> => {
    if (erased.length === 0) return;
    const accounts = erased.map(({ account }) => account);
    const running = await deps.running();
    const stored = await Promise.all(running.map((each) => deps.profilesOf(each).load(accounts)));
    const confirmed = erased.filter(({ account, sequence }) =>
      stored.every((generation) => {
        const position = generation.get(account);
        return position !== undefined && position.sequence >= sequence && position.parked === undefined;
      }),
    );
    if (confirmed.length === 0) return;
    const confirmedAt = deps.now().toISOString();
    const receipts = confirmed.map(({ account, sequence }) =>
      encodeReceipt({ userId: account, consumer: ERASURE_RECEIPT_NAME, sequence, confirmedAt }),
    );
    await deps.bus.publish(RECEIPTS_TOPIC, receipts);
  };
}
