import { mapMongoErrors } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { PersonalDataEraser } from '../../ports/personal-data.ts';
import { claimsWithoutAddress, erasePersonFromEvents } from '../erased-commit.ts';
import { ENTRIES_COLLECTION, IN_OUTBOX } from './audit-log.ts';
import { COMMITS_COLLECTION, type CommitDocument, MAJORITY_READ } from './commits.ts';
import { keysOfPairs, TRUSTED_COLLECTION } from './trusted-addresses.ts';

type Named = { readonly _id: string };

/** The personal data of an account in MongoDB, collection by collection. */
export function createMongoPersonalData(connection: Connection): PersonalDataEraser {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  async function eraseCommit({ _id, events, claims }: CommitDocument): Promise<void> {
    const kept = claimsWithoutAddress(claims);
    await commits.updateOne(
      { _id },
      {
        $set: { events: erasePersonFromEvents(events), ...(kept.length > 0 && { claims: kept }) },
        $unset: { registration: 1, ...(kept.length === 0 && { claims: 1 }) },
      },
    );
  }

  return mapMongoErrors<PersonalDataEraser>({
    async removeRequests(address) {
      await connection.collection('auth_requests').deleteMany({ address });
    },
    async removeTrusted(address) {
      await connection.collection<Named>(TRUSTED_COLLECTION).deleteMany({ _id: keysOfPairs(address) });
    },
    async removeSnapshot(userId) {
      await connection.collection<Named>('auth_snapshots').deleteOne({ _id: userId });
    },
    async removeKnownSources(userId) {
      await connection.collection<Named>('auth_known_sources').deleteOne({ _id: userId });
    },
    async removeSecurityEvents(userId) {
      const entries = connection.collection(ENTRIES_COLLECTION);
      await entries.deleteMany({ keptFor: userId });
      // The other entries are only in the outbox.
      await entries.deleteMany({ ...IN_OUTBOX, account: userId });
    },
    async eraseCommits(userId) {
      const ofAccount = commits.find({ stream: userId }, MAJORITY_READ).sort({ number: -1 });
      for (const commit of await ofAccount.toArray()) await eraseCommit(commit);
    },
  });
}
