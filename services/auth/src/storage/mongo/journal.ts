import { setTimeout } from 'node:timers/promises';
import type { ChainEntry } from '@latchkey/events';
import { createBatchedReader, isLostRaceError, MongoFailure, mapMongoErrors } from '@latchkey/mongo';
import { StoreUnavailable } from '@latchkey/store';
import type { Connection } from 'mongoose';
import { type AppendResult, type Commit, type Journal, UnreadableCommit } from '../../ports/journal.ts';
import { COMMITS_COLLECTION, type CommitDocument, commitOf, documentOf, MAJORITY_READ } from './commits.ts';

/** A read concern that also shows writes that no majority has yet. Used only to find out whose commit came first. */
const LOCAL = { readConcern: 'local' } as const;
/** How long a commit that came first may take to reach a majority, in ms. */
const MAJORITY_WAIT_MS = 2000;
const POLL_MS = 20;
const NOT_YET_DURABLE = 'a majority has not confirmed the write';

/** Returns the range of strings with a prefix. No character sorts after U+10FFFF. */
function startsWith(prefix: string) {
  return { $elemMatch: { $gte: prefix, $lt: `${prefix}\u{10FFFF}` } };
}

type Place = Pick<Commit, 'stream' | 'number'>;

function after({ stream, number }: Place) {
  return { stream, number: { $gt: number } };
}

/**
 * The journal in MongoDB. Do not shard its collection: claims must be unique across all of it. Every request reads
 * commits, so this uses the driver without mongoose (ADR 20).
 */
export function createMongoJournal(connection: Connection): Journal {
  const commits = connection.collection<CommitDocument>(COMMITS_COLLECTION);

  /** Returns the commits of each stream after a given number, as stored documents in the order of their numbers. */
  const readAll = createBatchedReader(async (places: readonly Place[]) => {
    const [first] = places;
    if (places.length === 1 && first !== undefined)
      return [await commits.find(after(first), MAJORITY_READ).sort({ number: 1 }).toArray()];
    const documents = await commits.find({ $or: places.map(after) }, MAJORITY_READ).toArray();
    const byStream = Map.groupBy(
      documents.toSorted((a, b) => a.number - b.number),
      ({ stream }) => stream,
    );
    // One batch may contain several reads of the same stream, each from a different number.
    return places.map(({ stream, number }) =>
      (byStream.get(stream) ?? []).filter((document) => document.number > number),
    );
  });

  async function byCommand(commandId: string): Promise<Commit | undefined> {
    const document = await commits.findOne({ _id: commandId }, MAJORITY_READ);
    return document === null ? undefined : commitOf(document);
  }

  /**
   * Finds out whose commit came first. The write concern of that commit may have failed (no majority confirmed it in
   * time), and the commit may become durable later. So the commit is read with `local`, and counts once a majority
   * has it. @throws StoreUnavailable if no majority has it in time, so that it is unknown which commit will remain
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
      const document = await commits.findOne(filter, MAJORITY_READ);
      if (document !== null) return document;
      if (performance.now() >= deadline) throw new StoreUnavailable(new MongoFailure(NOT_YET_DURABLE));
      await setTimeout(POLL_MS);
    }
  }

  /** Adds the hash-chain entries of a commit in a single update, so that entries of two processes are never mixed. */
  async function addChain(
    { stream, number }: Pick<Commit, 'stream' | 'number'>,
    entries: readonly ChainEntry[],
  ): Promise<readonly ChainEntry[]> {
    const places = entries.map((entry, index) => [`events.${index}.chain`, entry] as const);
    await commits.updateOne(
      { stream, number, 'events.chain': { $exists: false } },
      { $set: Object.fromEntries(places) },
    );
    const document = await commits.findOne({ stream, number }, MAJORITY_READ);
    if (document === null) throw new UnreadableCommit(stream, number, 'it is missing');
    return commitOf(document).events.flatMap(({ chain }) => chain ?? []);
  }

  return mapMongoErrors<Journal>({
    addChain,

    async append(commit) {
      try {
        await commits.insertOne(documentOf(commit));
        return { outcome: 'appended' };
      } catch (error) {
        if (!isLostRaceError(error)) throw error;
      }
      return await afterLostRace(commit);
    },

    async read(stream, number = 0, limit = 0) {
      const place = { stream, number };
      const documents =
        limit === 0
          ? await readAll(place)
          : await commits.find(after(place), MAJORITY_READ).sort({ number: 1 }).limit(limit).toArray();
      return documents.map(commitOf);
    },

    byCommand,

    async holder(claim) {
      const document = await commits.findOne(
        { claims: claim },
        { ...MAJORITY_READ, projection: { stream: 1 } },
      );
      return document?.stream;
    },

    async release({ stream, number }, released) {
      for (;;) {
        const document = await commits.findOne({ stream, number }, MAJORITY_READ);
        const held = document?.claims ?? [];
        const kept = held.filter((claim) => !released.includes(claim));
        if (kept.length === held.length) return;
        // The field is removed, because an empty list would be a key of the unique index.
        const change = kept.length === 0 ? { $unset: { claims: 1 as const } } : { $set: { claims: kept } };
        const { matchedCount } = await commits.updateOne({ stream, number, claims: held }, change);
        if (matchedCount === 1) return;
      }
    },

    async holdersBetween({ from, before }) {
      const documents = await commits
        .find(
          { claims: { $elemMatch: { $gte: from, $lt: before } } },
          { ...MAJORITY_READ, projection: { stream: 1 } },
        )
        .toArray();
      return [...new Set(documents.map(({ stream }) => stream))];
    },

    async countClaims(prefix) {
      const documents = await commits
        .find({ claims: startsWith(prefix) }, { ...MAJORITY_READ, projection: { claims: 1 } })
        .toArray();
      return documents.flatMap(({ claims = [] }) => claims).filter((claim) => claim.startsWith(prefix))
        .length;
    },

    async roleChanges() {
      const documents = await commits
        .find({ 'events.type': 'RoleChanged' }, { ...MAJORITY_READ, projection: { stream: 1 } })
        .toArray();
      return [...new Set(documents.map(({ stream }) => stream))];
    },
  });
}
