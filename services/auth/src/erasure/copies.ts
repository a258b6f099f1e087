/**
 * On Kafka nothing can be replaced in place. Instead, the events of an erased account are published again without
 * personal data, and the broker removes the original records when it compacts the topic. On a topic that is not
 * compacted, copies would remove nothing.
 */
import type { Bus } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, type EventSigner } from '@latchkey/events';
import type { ErasureReceipts } from '../ports/erasure-receipts.ts';
import type { Journal } from '../ports/journal.ts';
import { toOutgoingCommit } from '../relay/outgoing.ts';
import { chainStream, isChained } from '../streams/chain-stream.ts';

export interface PublishCopiesDeps {
  readonly journal: Pick<Journal, 'read' | 'addChain'>;
  readonly erasureReceipts: Pick<ErasureReceipts, 'noteCopies'>;
  readonly bus: Pick<Bus, 'publish' | 'isCompacted'>;
  readonly signer: EventSigner;
  now(): Date;
}

/**
 * Returns whether copies of events replace the original records on the accounts topic. @throws errors of the bus
 */
export async function isAccountsTopicCompacted({ bus }: Pick<PublishCopiesDeps, 'bus'>): Promise<boolean> {
  return (await bus.isCompacted?.(ACCOUNTS_TOPIC)) ?? true;
}

/**
 * Publishes all events of an account again, in order and as the journal has them, and notes the time. Does nothing if
 * the topic is not compacted. Idempotent: consumers skip events that they already have. The personal data must already
 * have been erased from the journal.
 * @throws StoreUnavailable, UnreadableCommit; errors of the bus
 */
export async function publishCopies(deps: PublishCopiesDeps, account: string): Promise<void> {
  const { journal, erasureReceipts, bus, signer, now } = deps;
  if (!(await isAccountsTopicCompacted(deps))) return;
  if (!(await journal.read(account)).every(isChained)) await chainStream(journal, account);
  const commits = await journal.read(account);
  const records = commits.flatMap((commit) => toOutgoingCommit(commit, signer).records);
  await bus.publish(ACCOUNTS_TOPIC, records);
  // The copies are noted only after they were published, because noted copies count as published. After a crash in
  // between, they are published again.
  await erasureReceipts.noteCopies(account, now().toISOString());
}
