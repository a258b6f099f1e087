/**
 * Erases accounts. The event AccountErased is appended first, and the data in the stores is erased
 * afterwards, so that an interrupted erasure can be repeated.
 */
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, type EventSigner } from '@latchkey/events';
import { isAccountFact } from '../account/index.ts';
import { findAddressOwnerId } from '../addresses/owners.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { ErasureReceiptStore, ErasureRecord } from '../ports/erasure-receipts.ts';
import type { Outbox } from '../ports/outbox.ts';
import { publishCopiesWithoutPersonalData } from './copies.ts';
import { createRecordRedactor } from './erase-person-from-record.ts';
import { confirmErasureForAuth, type ErasureReceiptDeps, findOrCreateErasureRecord } from './receipts.ts';

export type EraseAccountDeps = Pick<
  UseCaseDeps,
  'accounts' | 'journal' | 'newId' | 'now' | 'personalData' | 'registrations' | 'sessions'
> &
  ErasureReceiptDeps & {
    readonly erasureReceipts: Pick<ErasureReceiptStore, 'noteCopies'>;
    readonly outbox: Pick<Outbox, 'unpublished'>;
    readonly signer: EventSigner;
    readonly bus: Pick<Bus, 'publish' | 'replaceRecordsOf' | 'isCompacted'>;
    /**
     * Writes the security events that this process still holds in memory to the store.
     * @throws StoreUnavailable
     */
    flushAudit(): Promise<void>;
    /**
     * Deletes the data that other parts of this process hold about the given addresses, such as the
     * development mailbox. Must be idempotent.
     */
    forget?(addresses: readonly string[]): Promise<void>;
  };

/** One step of the erasure of an account. Idempotent. */
export interface ErasureStep {
  readonly name: string;
  run(): Promise<unknown>;
}

/** An account that is being erased, and the sequence of its last event. */
export type AccountBeingErased = Pick<ErasureRecord, 'account' | 'sequence'>;

/**
 * Why an account cannot be erased now. `unpublished`: some of its events are not published yet. Publishing
 * them after the erasure would reveal personal data, so the erasure must be retried once they are published.
 */
export type ErasurePostponementReason = 'not due' | 'unpublished';

/**
 * Erases an account from auth's stores if its erasure is due. The erasure then continues with {@link
 * eraseAccountsFromLog} and {@link finishErasure}. Idempotent: may be repeated after a crash at any point.
 * @throws StoreUnavailable, UnreadableCommit
 */
export async function eraseAccountFromStores(
  deps: EraseAccountDeps,
  userId: string,
): Promise<AccountBeingErased | ErasurePostponementReason> {
  const { state } = await deps.accounts.execute(userId, { correlationId: deps.newId() }, () => ({
    type: 'Erase',
    now: deps.now(),
  }));
  if (state.status !== 'ended' || !state.erased) return 'not due';
  if ((await deps.outbox.unpublished([userId])).size > 0) return 'unpublished';
  const erasure = await findOrCreateErasureRecord(deps, userId);
  if (erasure === undefined) throw new Error(`The last event of ${userId} is not AccountErased.`);
  for (const step of createErasureStepsForStores(deps, userId, await unsharedAddressesOf(deps, userId)))
    await step.run();
  return erasure;
}

/**
 * Returns the steps of erasing an account from auth's stores, in the order in which they must run. The
 * journal is erased last, because the other steps need the addresses in it. The counts of rate limits are not
 * erased, because they contain no addresses and expire within a day.
 * @param addresses the addresses of the account that no other account uses
 */
export function createErasureStepsForStores(
  deps: EraseAccountDeps,
  userId: string,
  addresses: readonly string[],
): readonly ErasureStep[] {
  const { personalData, sessions, registrations, flushAudit, forget } = deps;
  function each(remove: (address: string) => Promise<void>) {
    return () => Promise.all(addresses.map(remove));
  }
  return [
    { name: 'sessions', run: () => sessions.removeAll(userId) },
    { name: 'requests', run: each(personalData.removeRequests) },
    { name: 'trusted addresses', run: each(personalData.removeTrusted) },
    { name: 'known sources', run: () => personalData.removeKnownSources(userId) },
    { name: 'recorded events', run: flushAudit },
    { name: 'security events', run: () => personalData.removeSecurityEvents(userId) },
    { name: 'snapshot', run: () => personalData.removeSnapshot(userId) },
    { name: 'registration', run: () => registrations.settle(userId) },
    { name: 'others', run: async () => forget?.(addresses) },
    { name: 'journal', run: () => personalData.eraseCommits(userId) },
  ];
}

/**
 * Erases accounts from a log that can replace records, with a single search for all of the accounts. Does
 * nothing on any other log, where {@link finishErasure} publishes copies instead. The accounts topic is
 * searched by key only, because every event of an account has the account's key. Idempotent.
 */
export async function eraseAccountsFromLog(
  { bus }: Pick<EraseAccountDeps, 'bus'>,
  accounts: readonly string[],
): Promise<void> {
  await bus.replaceRecordsOf?.(accounts, createRecordRedactor(accounts), { unsearched: [ACCOUNTS_TOPIC] });
}

/**
 * Stores and publishes auth's own receipt for the erasure of an account. On a log that cannot replace
 * records, first publishes the erased events again. Idempotent.
 * @throws StoreUnavailable, UnreadableCommit; errors of the bus
 */
export async function finishErasure(deps: EraseAccountDeps, erasing: AccountBeingErased): Promise<void> {
  if (deps.bus.replaceRecordsOf === undefined) await publishCopiesWithoutPersonalData(deps, erasing.account);
  await confirmErasureForAuth(deps, erasing);
}

/**
 * Returns the addresses of an account that no other account and no other open sign-up uses. Data about a
 * shared address must be kept until the last account with this address is erased. Otherwise, anybody could
 * delete the recorded requests and the trusted IP addresses of somebody else, by signing up with that
 * person's address and having the new account erased.
 */
async function unsharedAddressesOf(
  deps: Pick<UseCaseDeps, 'journal' | 'registrations'>,
  userId: string,
): Promise<readonly string[]> {
  const addresses = await addressesOf(deps, userId);
  const shared = await Promise.all(addresses.map((address) => isOfAnother(deps, userId, address)));
  return addresses.filter((_, index) => !shared[index]);
}

/** Returns whether another account owns an address, or another open sign-up uses it. */
async function isOfAnother(
  { journal, registrations }: Pick<UseCaseDeps, 'journal' | 'registrations'>,
  userId: string,
  address: string,
): Promise<boolean> {
  const canonical = address.toLowerCase();
  const owner = await findAddressOwnerId({ journal }, canonical);
  const signUps = await registrations.living(canonical);
  return [owner, ...signUps.map(({ stream }) => stream)].some((id) => id !== undefined && id !== userId);
}

/** Returns all addresses that an account has in the journal, both as typed and in canonical form. */
async function addressesOf(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  userId: string,
): Promise<readonly string[]> {
  const facts = (await journal.read(userId)).flatMap(({ events }) => events.filter(isAccountFact));
  const fields = facts.flatMap(({ data, private: kept }) => [
    ...Object.entries<unknown>(('person' in data && data.person) || {}),
    ...Object.entries<unknown>(kept ?? {}),
  ]);
  const addresses = fields.flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' && /address|email/i.test(name) ? [value] : [],
  );
  return [...new Set([...addresses, ...addresses.map((address) => address.toLowerCase())])];
}
