/** Erases accounts: the last event first, then every store, so that an interrupted erasure can be repeated. */
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, type EventSigner } from '@latchkey/events';
import { isAccountFact } from '../account/index.ts';
import { findOwnerId } from '../addresses/owners.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { ErasureReceipts, ErasureRecord } from '../ports/erasure-receipts.ts';
import type { Outbox } from '../ports/outbox.ts';
import { publishCopies } from './copies.ts';
import { createPersonEraser } from './erase-person-from-record.ts';
import { findOrOpenErasure, publishOwnReceipt, type ReceiptDeps } from './receipts.ts';

export type EraseDeps = Pick<
  UseCaseDeps,
  'accounts' | 'journal' | 'newId' | 'now' | 'personalData' | 'registrations' | 'sessions'
> &
  ReceiptDeps & {
    readonly erasureReceipts: Pick<ErasureReceipts, 'noteCopies'>;
    readonly outbox: Pick<Outbox, 'unpublished'>;
    readonly signer: EventSigner;
    readonly bus: Pick<Bus, 'publish' | 'replaceRecordsOf' | 'isCompacted'>;
    /** Stores the security events that this process has recorded so far. @throws StoreUnavailable */
    flushAudit(): Promise<void>;
    /**
     * Removes what other parts of this process keep about these addresses, such as the development mailbox. Idempotent.
     */
    forget?(addresses: readonly string[]): Promise<void>;
  };

/** One part of an erasure. Idempotent. */
export interface ErasureStep {
  readonly name: string;
  run(): Promise<unknown>;
}

/** An account that is being erased, and the sequence of its last event. */
export type ErasingAccount = Pick<ErasureRecord, 'account' | 'sequence'>;

/**
 * Why an account cannot be erased now. `unpublished`: the attempt must be repeated, because some events of the account
 * are not published yet, and a later publish would contain personal data.
 */
export type NotErased = 'not due' | 'unpublished';

/**
 * Erases an account from auth's stores if it is due. The erasure then continues with {@link eraseFromLog} and
 * {@link finishErasure}. Idempotent: may be repeated after a crash at any point.
 * @throws StoreUnavailable, UnreadableCommit
 */
export async function eraseFromStores(deps: EraseDeps, userId: string): Promise<ErasingAccount | NotErased> {
  const { state } = await deps.accounts.execute(userId, { correlationId: deps.newId() }, () => ({
    type: 'Erase',
    now: deps.now(),
  }));
  if (state.status !== 'ended' || !state.erased) return 'not due';
  if ((await deps.outbox.unpublished([userId])).size > 0) return 'unpublished';
  const erasure = await findOrOpenErasure(deps, userId);
  if (erasure === undefined) throw new Error(`The last event of ${userId} is not AccountErased.`);
  for (const step of storeSteps(deps, userId, await unsharedAddressesOf(deps, userId))) await step.run();
  return erasure;
}

/**
 * Returns the steps in their order. The journal comes after the stores that are searched by the addresses in the
 * journal. No step removes counts of limits: the counts name no address, and expire within a day.
 * @param addresses the addresses of the account that no other account has
 */
export function storeSteps(
  deps: EraseDeps,
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
 * Erases accounts from a log that can replace records. One search serves all of these accounts. On another log, this is
 * a no-op, and {@link finishErasure} publishes copies. The events of an account have its key, so the values of the
 * accounts topic are not searched. Idempotent.
 */
export async function eraseFromLog(
  { bus }: Pick<EraseDeps, 'bus'>,
  accounts: readonly string[],
): Promise<void> {
  await bus.replaceRecordsOf?.(accounts, createPersonEraser(accounts), { unsearched: [ACCOUNTS_TOPIC] });
}

/**
 * Publishes auth's receipt and, on a log that cannot replace records, first the events as the journal then has them.
 * Idempotent.
 * @throws StoreUnavailable, UnreadableCommit; errors of the bus
 */
export async function finishErasure(deps: EraseDeps, erasing: ErasingAccount): Promise<void> {
  if (deps.bus.replaceRecordsOf === undefined) await publishCopies(deps, erasing.account);
  await publishOwnReceipt(deps, erasing);
}

/**
 * Returns the addresses of an account that no other account has and no other open sign-up names. What is stored for
 * one of the other addresses belongs to the person who has it now, and is removed when the last account with the
 * address is erased. Otherwise, anybody could remove the requests and the trusted pairs of a stranger's address: by a
 * sign-up with this address, or a request to change to it, and an erasure.
 */
async function unsharedAddressesOf(
  deps: Pick<UseCaseDeps, 'journal' | 'registrations'>,
  userId: string,
): Promise<readonly string[]> {
  const addresses = await addressesOf(deps, userId);
  const shared = await Promise.all(addresses.map((address) => isOfAnother(deps, userId, address)));
  return addresses.filter((_, index) => !shared[index]);
}

/** Whether an account other than `userId` has an address, or an open sign-up other than that of `userId` names it. */
async function isOfAnother(
  { journal, registrations }: Pick<UseCaseDeps, 'journal' | 'registrations'>,
  userId: string,
  address: string,
): Promise<boolean> {
  const canonical = address.toLowerCase();
  const owner = await findOwnerId({ journal }, canonical);
  const signUps = await registrations.living(canonical);
  return [owner, ...signUps.map(({ stream }) => stream)].some((id) => id !== undefined && id !== userId);
}

/** Returns the addresses that the journal still contains, canonical and as they were typed. */
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
