import type { MongoMigration } from '@latchkey/mongo';
import { DAY_MS } from '@latchkey/process';
import { COMMITS_COLLECTION, type CommitDocument } from './commits.ts';

const KEPT_MS = 7 * DAY_MS;

/**
 * Schedules the erasure of accounts whose registration ended under an earlier release, which could not erase
 * accounts. As with all registrations that end, the erasure is due seven days after the end.
 */
export const scheduleErasureOfEndedRegistrations: MongoMigration = async (connection) => {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);
  const ended = commits.find(
    { 'events.type': 'RegistrationEnded', erasure: { $exists: false } },
    { projection: { stream: 1, number: 1, at: 1 } },
  );
  for await (const { _id, stream, number, at } of ended) {
    const eraseAt = new Date(Date.parse(at) + KEPT_MS).toISOString();
    await commits.updateOne({ _id }, { $set: { erasure: { stream, number, eraseAt } } });
  }
};
