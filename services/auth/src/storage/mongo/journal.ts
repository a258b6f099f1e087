import { setTimeout } from 'node:timers/promises';
import type { ChainEntry } from '@latchkey/events';
import { createBatchedReader, isConcurrentWriteError, MongoFailure, mapMongoErrors } from '@latchkey/mongo';
import { StoreUnavailable } from '@latchkey/store';
import type { Connection } from 'mongoose';
import { type AppendResult, type Commit, type Journal, UnreadableCommit } from '../../ports/journal.ts';
import {
  COMMIT_READ_OPTIONS,
  COMMITS_COLLECTION,
  type CommitDocument,
  commitFromDocument,
  MAJORITY_READ_CONCERN,
  toCommitDocument,
} from './commits.ts';

/**
 * A read concern with which MongoDB also returns writes that have not reached a majority of the replica set.
 * Used only to find out which of two competing commits came first.
 */
const LOCAL = { readConcern: 'local' } as const;
/** How long to wait until the commit that came first has reached a majority of the replica set, in ms. */
const MAJORITY_WAIT_MS = 2000;
const POLL_MS = 20;
const NOT_YET_DURABLE = 'a majority has not confirmed the write';

/** Returns a query condition for strings with a prefix. U+10FFFF is the last character in sort order. */
function startsWith(prefix: string) {
  return { $elemMatch: { $gte: prefix, $lt: `${prefix}\u{10FFFF}` } };
}

type Place = Pick<Commit, 'stream' | 'number'>;

function after({ stream, number }: Place) {
  return { stream, number: { $gt: number } };
}

/**
 * The journal in MongoDB. Its collection must not be sharded, because claims must be unique across the whole
 * collection. Uses the driver without mongoose for speed, because every request reads commits (ADR 20).
 */
export function createMongoJournal(connection: Connection): Journal {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  /**
   * Reads commits of several streams in one query. For each stream, the caller passes a number, and gets the
   * commits with higher numbers, in the order of their numbers.
   */
  const readAll = createBatchedReader(async (places: readonly Place[]) => {
    const [first] = places;
    if (places.length === 1 && first !== undefined)
      return [await commits.find(after(first), COMMIT_READ_OPTIONS).sort({ number: 1 }).toArray()];
    const documents = await commits.find({ $or: places.map(after) }, COMMIT_READ_OPTIONS).toArray();
    const byStream = Map.groupBy(
      documents.toSorted((a, b) => a.number - b.number),
      ({ stream }) => stream,
    );
    // A batch may contain several reads of the same stream. Each read gets only the commits after the number
    // with which it was called.
    return places.map(({ stream, number }) =>
      (byStream.get(stream) ?? []).filter((document) => document.number > number),
    );
  });

  async function byCommand(commandId: string): Promise<Commit | undefined> {
    const document = await commits.findOne({ _id: commandId }, MAJORITY_READ_CONCERN);
    return document === null ? undefined : commitFromDocument(document);
  }

  /**
   * Returns the result of an append that collided with another commit. The other commit may be our own, from
   * an earlier attempt whose response was lost. A `local` read finds out which commit came first, even if no
   * majority of the replica set has confirmed that commit yet. The result is final once a majority has
   * confirmed it.
   * @throws StoreUnavailable if that takes too long, because it is then not certain which commit will persist
   */
  async function afterLostRace({ commandId, stream, number, claims = [] }: Commit): Promise<AppendResult> {
    const own = { _id: commandId };
    if ((await commits.findOne(own, LOCAL)) !== null) {
      const earlier = await waitForMajority(own);
      return { outcome: 'repeated', commit: commitFromDocument(earlier) };
    }
    const taken = [{ stream, number }, ...claims.map((claim) => ({ claims: claim }))];
    await waitForMajority({ $or: taken });
    return { outcome: 'lost' };
  }

  async function waitForMajority(filter: object): Promise<CommitDocument> {
    const deadline = performance.now() + MAJORITY_WAIT_MS;
    for (;;) {
      const document = await commits.findOne(filter, MAJORITY_READ_CONCERN);
      if (document !== null) return document;
      if (performance.now() >= deadline) throw new StoreUnavailable(new MongoFailure(NOT_YET_DURABLE));
      await setTimeout(POLL_MS);
    }
  }

  /**
   * Adds the hash-chain entries of a commit in a single update, so that concurrent processes cannot mix their
   * entries.
   */
  async function addChain(
    { stream, number }: Pick<Commit, 'stream' | 'number'>,
    entries: readonly ChainEntry[],
  ): Promise<readonly ChainEntry[]> {
    const places = entries.map((entry, index) => [`events.${index}.chain`, entry] as const);
    await commits.updateOne(
      { stream, number, 'events.chain': { $exists: false } },
      { $set: Object.fromEntries(places) },
    );
    const document = await commits.findOne({ stream, number }, MAJORITY_READ_CONCERN);
    if (document === null) throw new UnreadableCommit(stream, number, 'it is missing');
    return commitFromDocument(document).events.flatMap(({ chain }) => chain ?? []);
  }

  return mapMongoErrors<Journal>({
    addChain,

    async append(commit) {
      try {
        await commits.insertOne(toCommitDocument(commit));
        return { outcome: 'appended' };
      } catch (error) {
        if (!isConcurrentWriteError(error)) throw error;
      }
      return await afterLostRace(commit);
    },

    async read(stream, number = 0, limit = 0) {
      const place = { stream, number };
      const documents =
        limit === 0
          ? await readAll(place)
          : await commits
              .find(after(place), MAJORITY_READ_CONCERN)
              .sort({ number: 1 })
              .limit(limit)
              .toArray();
      return documents.map(commitFromDocument);
    },

    byCommand,

    async holder(claim) {
      const document = await commits.findOne(
        { claims: claim },
        { ...MAJORITY_READ_CONCERN, projection: { stream: 1 } },
      );
      return document?.stream;
    },

    async release({ stream, number }, released) {
      for (;;) {
        const document = await commits.findOne({ stream, number }, MAJORITY_READ_CONCERN);
        const held = document?.claims ?? [];
        const kept = held.filter((claim) => !released.includes(claim));
        if (kept.length === held.length) return;
        // Remove the field instead of storing an empty list, which the unique index would allow in one
        // document only.
        const change = kept.length === 0 ? { $unset: { claims: 1 as const } } : { $set: { claims: kept } };
        const { matchedCount } = await commits.updateOne({ stream, number, claims: held }, change);
        if (matchedCount === 1) return;
      }
    },

    async holdersBetween({ from, before }) {
      const documents = await commits
        .find(
          { claims: { $elemMatch: { $gte: from, $lt: before } } },
          { ...MAJORITY_READ_CONCERN, projection: { stream: 1 } },
        )
        .toArray();
      return [...new Set(documents.map(({ stream }) => stream))];
    },

    async countClaims(prefix) {
      const documents = await commits
        .find({ claims: startsWith(prefix) }, { ...MAJORITY_READ_CONCERN, projection: { claims: 1 } })
        .toArray();
      return documents.flatMap(({ claims = [] }) => claims).filter((claim) => claim.startsWith(prefix))
        .length;
    },

    async roleChanges() {
      const documents = await commits
        .find({ 'events.type': 'RoleChanged' }, { ...MAJORITY_READ_CONCERN, projection: { stream: 1 } })
        .toArray();
      return [...new Set(documents.map(({ stream }) => stream))];
    },
  });
}
