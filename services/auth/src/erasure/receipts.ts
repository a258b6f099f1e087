/**
 * Handles receipts of erasures. After a consumer has erased an account, it publishes a receipt, which auth
 * stores.
 */
import { checkBusHealth } from '@latchkey/backend';
import type { Bus, BusRecord, BusSubscription, PartitionSlice } from '@latchkey/bus';
import {
  decodeReceipt,
  encodeReceipt,
  latchkeyConsumers,
  RECEIPTS_TOPIC,
  type Receipt,
} from '@latchkey/events';
import type { Logger, ProcessPart } from '@latchkey/process';
import type { UseCaseDeps } from '../deps.ts';
import type { ErasureReceiptStore, ErasureRecord } from '../ports/erasure-receipts.ts';
import { type Journal, UnreadableCommit } from '../ports/journal.ts';

/** The name of auth's consumer group, which is also the consumer name in auth's own receipts. */
export const AUTH_CONSUMER_NAME = 'auth';
/**
 * The maximum number of receipts per account. A maximum is needed because anyone with write access to the
 * topic can invent consumer names.
 */
const MAX_RECEIPTS = 100;

/** Returns the names of all consumers that must confirm each erasure. @param others ERASURE_CONSUMERS */
export function listConsumersThatMustConfirmErasure(others: readonly string[]): readonly string[] {
  return [...new Set([...latchkeyConsumers, ...others])];
}

export type ErasureReceiptDeps = Pick<UseCaseDeps, 'journal'> & {
  readonly erasureReceipts: Pick<ErasureReceiptStore, 'open' | 'confirm' | 'find'>;
  /** The names of the consumers that must confirm an erasure. */
  readonly expected: readonly string[];
};

/**
 * Returns the erasure of an account from the journal. An account is erased if AccountErased is its last
 * event.
 * @returns undefined if the account is not erased
 * @throws StoreUnavailable, UnreadableCommit
 */
export async function findErasureInJournal(
  { journal }: { readonly journal: Pick<Journal, 'read'> },
  account: string,
): Promise<Pick<ErasureRecord, 'account' | 'sequence' | 'erasedAt'> | undefined> {
  const commit = (await journal.read(account)).at(-1);
  const last = commit?.events.at(-1);
  if (commit === undefined || last?.type !== 'AccountErased') return undefined;
  return { account, sequence: commit.sequence + commit.events.length - 1, erasedAt: last.time };
}

/**
 * Returns the record of an account's erasure, including its receipts. Creates the record if there is none.
 * Replaces the record if its sequence differs from the sequence of AccountErased in the journal. They differ
 * if the journal was restored from a backup that is older than the record, and the account was then erased
 * again. Idempotent.
 * @returns undefined if the account is not erased
 * @throws StoreUnavailable, UnreadableCommit
 */
export async function findOrCreateErasureRecord(
  deps: ErasureReceiptDeps,
  account: string,
): Promise<ErasureRecord | undefined> {
  const { erasureReceipts, expected } = deps;
  const erased = await findErasureInJournal(deps, account);
  if (erased === undefined) return undefined;
  const known = await erasureReceipts.find(account);
  if (known?.sequence === erased.sequence) return known;
  await erasureReceipts.open({ ...erased, expected });
  return { ...erased, expected, receipts: [] };
}

/**
 * Stores the receipt with which a consumer confirms the erasure of an account. Idempotent.
 * @returns false if the receipt was rejected, for example because the account is not erased
 * @throws StoreUnavailable, UnreadableCommit
 */
export async function storeErasureReceipt(
  deps: ErasureReceiptDeps,
  { userId, consumer, sequence, confirmedAt }: Receipt,
): Promise<boolean> {
  const known = await deps.erasureReceipts.find(userId);
  const erasure = known?.sequence === sequence ? known : await findOrCreateErasureRecord(deps, userId);
  if (erasure === undefined || sequence !== erasure.sequence) return false;
  const isExpected = erasure.expected.includes(consumer);
  if (!isExpected && erasure.receipts.length >= MAX_RECEIPTS) return false;
  await deps.erasureReceipts.confirm(erasure, { consumer, confirmedAt });
  return true;
}

/**
 * Confirms an erasure in auth's own name. Stores the receipt directly, because auth ignores receipts on the
 * topic that name auth. Publishes the receipt for other consumers. Idempotent.
 * @throws StoreUnavailable; errors of the bus
 */
export async function confirmErasureForAuth(
  {
    bus,
    erasureReceipts,
    now,
  }: {
    readonly bus: Pick<Bus, 'publish'>;
    readonly erasureReceipts: Pick<ErasureReceiptStore, 'confirm'>;
    now(): Date;
  },
  { account, sequence }: Pick<ErasureRecord, 'account' | 'sequence'>,
): Promise<void> {
  const confirmedAt = now().toISOString();
  await erasureReceipts.confirm({ account, sequence }, { consumer: AUTH_CONSUMER_NAME, confirmedAt });
  await bus.publish(RECEIPTS_TOPIC, [
    encodeReceipt({ userId: account, consumer: AUTH_CONSUMER_NAME, sequence, confirmedAt }),
  ]);
}

/**
 * Returns whether auth has stored its own receipt for the erasure of an account.
 * @throws StoreUnavailable
 */
async function hasConfirmed(
  { erasureReceipts }: Pick<ErasureReceiptDeps, 'erasureReceipts'>,
  account: string,
): Promise<boolean> {
  const found = await erasureReceipts.find(account);
  return found?.receipts.some(({ consumer }) => consumer === AUTH_CONSUMER_NAME) === true;
}

/** Creates the subscription that stores the receipts of all consumers other than auth. */
export function createErasureReceiptReader(
  deps: ErasureReceiptDeps & { readonly bus: Pick<Bus, 'subscribe'>; readonly logger: Logger },
): ProcessPart {
  const { bus, logger } = deps;
  let subscription: BusSubscription | undefined;

  /**
   * Stores the receipt that a record contains.
   * @returns why the receipt cannot be stored; undefined if it was stored
   */
  async function faultOf(record: BusRecord): Promise<string | undefined> {
    const receipt = decodeReceipt(record);
    if (receipt === undefined) return 'it cannot be read';
    try {
      if (receipt.consumer === AUTH_CONSUMER_NAME)
        return (await hasConfirmed(deps, receipt.userId))
          ? undefined
          : 'it names auth, which has not confirmed';
      return (await storeErasureReceipt(deps, receipt)) ? undefined : 'it is about no erasure';
    } catch (error) {
      // Reject the receipt. If the account's events cannot be read, auth has not erased the account, because
      // an erasure needs to read them.
      if (error instanceof UnreadableCommit) return 'the events of its account cannot be read';
      throw error;
    }
  }

  async function handle({ topic, partition, records }: PartitionSlice): Promise<void> {
    for (const record of records) {
      const cause = await faultOf(record);
      if (cause !== undefined)
        logger.warn({ topic, partition, offset: record.offset, cause }, 'a receipt was skipped');
    }
  }

  return {
    name: 'receipts',
    async start() {
      subscription = await bus.subscribe({ topics: [RECEIPTS_TOPIC], group: AUTH_CONSUMER_NAME, handle });
    },
    async stop() {
      await subscription?.close();
      subscription = undefined;
    },
    health: async () => [{ ...checkBusHealth(subscription), name: 'receipts' }],
  };
}
