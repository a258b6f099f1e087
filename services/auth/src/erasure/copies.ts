/**
 * Erases personal data from a log that cannot replace records (Kafka). Publishes the events of an erased
 * account again, without personal data, so that the broker removes the original records when it compacts the
 * topic. If the broker does not compact the topic, nothing is published, because nothing would remove the
 * original records.
 */
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, type EventSigner } from '@latchkey/events';
import type { ErasureReceiptStore } from '../ports/erasure-receipts.ts';
import type { Journal } from '../ports/journal.ts';
import { toOutgoingCommit } from '../relay/outgoing.ts';
import { addMissingChainEntries, hasChainEntries } from '../streams/chain-stream.ts';

/** The dependencies of {@link publishCopiesWithoutPersonalData}. */
export interface PublishCopiesWithoutPersonalDataDeps {
  readonly journal: Pick<Journal, 'read' | 'addChain'>;
  readonly erasureReceipts: Pick<ErasureReceiptStore, 'noteCopies'>;
  readonly bus: Pick<Bus, 'publish' | 'isCompacted'>;
  readonly signer: EventSigner;
  now(): Date;
}

/**
 * Returns whether the broker compacts the accounts topic, so that copies of events replace the original
 * records.
 * @throws errors of the bus
 */
export async function isAccountsTopicCompacted({
  bus,
}: Pick<PublishCopiesWithoutPersonalDataDeps, 'bus'>): Promise<boolean> {
  return (await bus.isCompacted?.(ACCOUNTS_TOPIC)) ?? true;
}

/**
 * Publishes all events of an account again, in order and in the form in which the journal now stores them,
 * and records the time of this publication. The personal data must already be erased from the journal. Does
 * nothing if the accounts topic is not compacted. Idempotent, because consumers skip events that they have
 * already handled.
 * @throws StoreUnavailable, UnreadableCommit; errors of the bus
 */
export async function publishCopiesWithoutPersonalData(
  deps: PublishCopiesWithoutPersonalDataDeps,
  account: string,
): Promise<void> {
  const { journal, erasureReceipts, bus, signer, now } = deps;
  if (!(await isAccountsTopicCompacted(deps))) return;
  if (!(await journal.read(account)).every(hasChainEntries)) await addMissingChainEntries(journal, account);
  const commits = await journal.read(account);
  const outgoing = await Promise.all(
    commits.map((commit) => toOutgoingCommit(commit, signer.signOnThreadPool)),
  );
  await bus.publish(
    ACCOUNTS_TOPIC,
    outgoing.flatMap(({ records }) => records),
  );
  // Record the time only after publishing. After a crash in between, the events are then simply published
  // again.
  await erasureReceipts.noteCopies(account, now().toISOString());
}
