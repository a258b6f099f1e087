import { setTimeout } from 'node:timers/promises';
import { guardMongo, isLostRace, MongoFailure } from '@latchkey/mongo';
import { StoreUnavailable } from '@latchkey/store';
import type { Connection } from 'mongoose';
import type { AppendResult, Commit, Journal } from '../../ports/journal.ts';
import { COMMITS, type CommitDocument, commitOf, documentOf, MAJORITY } from './commits.ts';

/** Read concern that also shows what no majority has yet. Only for the question who came first. */
const LOCAL = { readConcern: 'local' } as const;
/** How long a commit that came first may take to reach a majority. */
const MAJORITY_WAIT_MS = 2000;
const POLL_MS = 20;
const NOT_YET_DURABLE = 'a majority has not confirmed the write';

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

  /**
   * Tells whose commit came first. Its write may have failed at the write concern (a majority did not confirm it in
   * time) and become durable later, so it is looked for with `local`, and counts once a majority has it.
   * @throws StoreUnavailable if a majority does not have it in time: nobody knows yet what will remain
   */
  async function afterLostRace({ commandId, stream, number, claims = [] }: Commit): Promise<AppendResult> {
    const own = { _id: commandId };
    if ((await commits.findOne(own, LOCAL)) !== null) {
      const earlier = await waitForMajority(own);
      return { outcome: 'repeated', commit: commitOf(earlier) };
    }
    const taken = [{ stream, number }, ...claims.map((claim) => ({ claims: claim }))];
    await waitForMajority({ $or: taken });
    return { outcome: 'lost' };
  }

  async function waitForMajority(filter: object): Promise<CommitDocument> {
    const deadline = performance.now() + MAJORITY_WAIT_MS;
    for (;;) {
      const document = await commits.findOne(filter, MAJORITY);
      if (document !== null) return document;
      if (performance.now() >= deadline) throw new StoreUnavailable(new MongoFailure(NOT_YET_DURABLE));
      await setTimeout(POLL_MS);
    }
  }

  return guardMongo<Journal>({
    async append(commit) {
      try {
        await commits.insertOne(documentOf(commit));
        return { outcome: 'appended' };
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
      return await afterLostRace(commit);
    },

    async read(stream, after = 0, limit = 0) {
      const documents = await commits
        .find({ stream, number: { $gt: after } }, MAJORITY)
        .sort({ number: 1 })
        .limit(limit)
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
