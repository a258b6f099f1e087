import { mapMongoErrors } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { OpenRegistration, OpenRegistrationStore } from '../../ports/registrations.ts';
import { COMMITS_COLLECTION, type CommitDocument, MAJORITY_READ_CONCERN } from './commits.ts';

/** Require that the field exists. Without this condition, MongoDB does not use the sparse index. */
const isOpen = { 'registration.at': { $exists: true } };

/** The open registrations in MongoDB, stored as subdocuments of each account's first commit. */
export function createMongoRegistrations(connection: Connection): OpenRegistrationStore {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  return mapMongoErrors<OpenRegistrationStore>({
    async living(address) {
      const documents = await commits
        .find(
          { 'registration.address': address },
          { ...MAJORITY_READ_CONCERN, projection: { registration: 1 } },
        )
        .sort({ 'registration.at': -1, 'registration.stream': -1 })
        .toArray();
      return documents.flatMap(registrationOf);
    },

    async page({ after, until, limit }) {
      const place = after === undefined ? isOpen : isOpenAfter(after);
      const inTime = until === undefined ? {} : { 'registration.at': { $lte: until.toISOString() } };
      const documents = await commits
        .find({ $and: [place, inTime] }, { projection: { registration: 1 } })
        .sort({ 'registration.at': 1, 'registration.stream': 1 })
        .limit(limit)
        .toArray();
      return documents.flatMap(registrationOf);
    },

    async settle(stream) {
      await commits.updateOne({ stream, ...isOpen }, { $unset: { registration: 1 } });
    },
  });
}

function isOpenAfter({ at, stream }: OpenRegistration) {
  return {
    $or: [
      { 'registration.at': { $gt: at } },
      { 'registration.at': at, 'registration.stream': { $gt: stream } },
    ],
  };
}

function registrationOf({ registration }: Pick<CommitDocument, 'registration'>): readonly OpenRegistration[] {
  return registration === undefined ? [] : [registration];
}
