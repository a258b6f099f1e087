import { mapMongoErrors } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { PersonalDataEraser } from '../../ports/personal-data.ts';
import { erasePersonFromEvents, removeAddressClaims } from '../erased-commit.ts';
import { AUDIT_LOG_COLLECTION, type AuditEntryDocument, UNPUBLISHED_ENTRIES_FILTER } from './audit-log.ts';
import { COMMITS_COLLECTION, type CommitDocument, MAJORITY_READ_CONCERN } from './commits.ts';
import { getTrustedPairKeyRange, TRUSTED_ADDRESSES_COLLECTION } from './trusted-addresses.ts';

type Named = { readonly _id: string };

/** Erases the personal data of an account from each of auth's collections in MongoDB. */
export function createMongoPersonalData(connection: Connection): PersonalDataEraser {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  async function eraseCommit({ _id, events, claims }: CommitDocument): Promise<void> {
    const kept = removeAddressClaims(claims);
    await commits.updateOne(
      { _id },
      {
        $set: { events: erasePersonFromEvents(events), ...(kept.length > 0 && { claims: kept }) },
        $unset: { registration: 1, ...(kept.length === 0 && { claims: 1 }) },
      },
    );
  }

  /**
   * Removes the personal data of this account from unpublished security events that are about other accounts
   * but name this account as the actor.
   */
  async function erasePersonFromActions(userId: string): Promise<void> {
    const entries = connection.collection<AuditEntryDocument>(AUDIT_LOG_COLLECTION);
    const ofActor = {
      ...UNPUBLISHED_ENTRIES_FILTER,
      value: { $regex: `"actor":"${RegExp.escape(userId)}"` },
    };
    for (const { _id, value } of await entries.find(ofActor, MAJORITY_READ_CONCERN).toArray()) {
      const { actor, ...data } = JSON.parse(value);
      if (actor !== userId || data.person === undefined) continue;
      const erased = JSON.stringify({ actor, ...data, person: null });
      // Update the entry even if it was published meanwhile: if it is kept after publication, it still
      // contains the personal data.
      await entries.updateOne({ _id }, { $set: { value: erased } });
    }
  }

  return mapMongoErrors<PersonalDataEraser>({
    async removeRequests(address) {
      await connection.collection('auth_requests').deleteMany({ address });
    },
    async removeTrusted(address) {
      await connection
        .collection<Named>(TRUSTED_ADDRESSES_COLLECTION)
        .deleteMany({ _id: getTrustedPairKeyRange(address) });
    },
    async removeSnapshot(userId) {
      await connection.collection<Named>('auth_snapshots').deleteOne({ _id: userId });
    },
    async removeKnownSources(userId) {
      await connection.collection<Named>('auth_known_sources').deleteOne({ _id: userId });
    },
    async removeSecurityEvents(userId) {
      const entries = connection.collection(AUDIT_LOG_COLLECTION);
      await entries.deleteMany({ keptFor: userId });
      // Entries that are not kept after publication exist only in the outbox.
      await entries.deleteMany({ ...UNPUBLISHED_ENTRIES_FILTER, account: userId });
      await erasePersonFromActions(userId);
    },
    async eraseCommits(userId) {
      const ofAccount = commits.find({ stream: userId }, MAJORITY_READ_CONCERN).sort({ number: -1 });
      for (const commit of await ofAccount.toArray()) await eraseCommit(commit);
    },
  });
}
