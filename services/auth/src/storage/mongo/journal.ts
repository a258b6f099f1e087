import { guardMongo, isLostRace } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { Commit, Journal } from '../../ports/journal.ts';
import { COMMITS, type CommitDocument, commitOf, documentOf, MAJORITY } from './commits.ts';

/**
 * The journal in MongoDB. Do not shard its collection: claims must be unique across all of it. Every request reads
 * commits, so this uses the driver without mongoose (ADR 20).
 */
export function createMongoJournal(connection: Connection): Journal {
  const commits = connection.collection<CommitDocument>(COMMITS);

  async function byCommand(commandId: string): Promise<Commit | undefined> {
    const document = await commits.findOne({ _id: commandId }, MAJORITY);
    return document === null ? undefined : commitOf(document);
  }

  return guardMongo<Journal>({
    async append(commit) {
      try {
        await commits.insertOne(documentOf(commit));
        return { outcome: 'appended' };
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
      const earlier = await byCommand(commit.commandId);
      return earlier === undefined ? { outcome: 'lost' } : { outcome: 'repeated', commit: earlier };
    },

    async read(stream, after = 0) {
      const documents = await commits
        .find({ stream, number: { $gt: after } }, MAJORITY)
        .sort({ number: 1 })
        .toArray();
      return documents.map(commitOf);
    },

    byCommand,

    async holder(claim) {
      const document = await commits.findOne({ claims: claim }, { ...MAJORITY, projection: { stream: 1 } });
      return document?.stream;
    },
  });
}
