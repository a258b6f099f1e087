import { guardMongo, isLostRace, modelOf } from '@latchkey/mongo';
import type { Collection, Connection, Model } from 'mongoose';
import type { Backlog, Commit, Journal, Registration } from '../../ports/journal.ts';
import { gathered } from '../gathered.ts';
import { readEvents } from '../stored-events.ts';
import {
  COMMITS,
  type CommitDocument,
  FINGERPRINTS,
  type FingerprintDocument,
  fingerprintSchema,
  MOVES,
  type MoveDocument,
  moveSchema,
  SNAPSHOTS,
  type SnapshotDocument,
  snapshotSchema,
} from './schema.ts';

/**
 * The journal in MongoDB. Its collection of commits must not be sharded: claims are unique over all of it. Commits are
 * asked for by every request, so by the driver itself (ADR 20).
 */
export function createMongoJournal(connection: Connection): Journal {
  const commits = connection.collection<CommitDocument>(COMMITS);
  return guardMongo<Journal>({
    ...streamsIn(commits),
    ...registrationsIn(commits),
    ...outboxIn(commits),
    ...snapshotsIn(modelOf(connection, SNAPSHOTS, snapshotSchema)),
    ...fingerprintsIn(
      modelOf(connection, FINGERPRINTS, fingerprintSchema),
      modelOf(connection, MOVES, moveSchema),
    ),
  });
}

type Commits = Collection<CommitDocument>;

/**
 * For what is decided on, or leaves the journal. A failover can still take back what no majority has: the next commit
 * would then follow one that is not there, and its stream have a hole for ever.
 */
const LASTING = { readConcern: 'majority' } as const;

function streamsIn(commits: Commits): Pick<Journal, 'append' | 'byCommand' | 'read' | 'holder'> {
  async function byCommand(commandId: string): Promise<Commit | undefined> {
    const document = await commits.findOne({ _id: commandId }, LASTING);
    return document === null ? undefined : commitOf(document);
  }

  return {
    byCommand,

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
        .find({ stream, number: { $gt: after } }, LASTING)
        .sort({ number: 1 })
        .toArray();
      return documents.map(commitOf);
    },

    async holder(claim) {
      const document = await commits.findOne({ claims: claim }, { ...LASTING, projection: { stream: 1 } });
      return document?.stream;
    },
  };
}

function registrationsIn(commits: Commits): Pick<Journal, 'living' | 'registrations' | 'settle'> {
  return {
    async living(address) {
      const documents = await commits
        .find({ 'registration.address': address }, { ...LASTING, projection: { registration: 1 } })
        .sort({ 'registration.at': -1, 'registration.stream': -1 })
        .toArray();
      return documents.flatMap(registrationOf);
    },

    async registrations({ after, limit }) {
      const documents = await commits
        .find(after === undefined ? isLiving : isLivingAfter(after), { projection: { registration: 1 } })
        .sort({ 'registration.at': 1, 'registration.stream': 1 })
        .limit(limit)
        .toArray();
      return documents.flatMap(registrationOf);
    },

    async settle(stream) {
      await commits.updateOne({ stream, ...isLiving }, { $unset: { registration: 1 } });
    },
  };
}

/** A sparse index serves only what says that the field exists. */
const isLiving = { 'registration.at': { $exists: true } };

function isLivingAfter({ at, stream }: Registration) {
  return {
    $or: [
      { 'registration.at': { $gt: at } },
      { 'registration.at': at, 'registration.stream': { $gt: stream } },
    ],
  };
}

function outboxIn(commits: Commits): Pick<Journal, 'unpublished' | 'waiting' | 'markPublished' | 'backlog'> {
  /**
   * A relay asks for hundreds of streams at once after an outage. Read in the order of its index, so that nothing is
   * left out of a stream below what is returned of it: a commit is only ever appended behind those before it.
   */
  const unpublishedOf = gathered(async (streams: readonly string[]) => {
    const documents = commits
      .find({ 'unpublished.stream': { $in: [...streams] } }, LASTING)
      .sort({ 'unpublished.stream': 1, 'unpublished.number': 1 });
    return Map.groupBy(await documents.toArray(), ({ stream }) => stream);
  });

  return {
    async unpublished(stream) {
      const documents = (await unpublishedOf(stream)) ?? [];
      return documents.map(commitOf);
    },

    async waiting({ before, limit }) {
      const waiting = commits
        .find(
          { 'unpublished.at': { $exists: true, $lt: before.toISOString() } },
          { projection: { _id: 0, 'unpublished.stream': 1 } },
        )
        .sort({ 'unpublished.at': 1 });
      const streams = new Set<string>();
      for await (const { unpublished } of waiting) {
        if (unpublished !== undefined) streams.add(unpublished.stream);
        if (streams.size >= limit) break;
      }
      return [...streams];
    },

    async markPublished(published) {
      if (published.length === 0) return;
      // One by one, which the driver repeats after a failover: where a mark is lost, what it marks is published again.
      const marks = published.map(({ commandId }) => ({
        updateOne: { filter: { _id: commandId }, update: { $unset: { unpublished: 1 } as const } },
      }));
      await commits.bulkWrite(marks, { ordered: false });
    },

    async backlog(): Promise<Backlog> {
      const oldest = await commits.findOne(isUnpublished, {
        projection: { at: 1 },
        sort: { 'unpublished.at': 1 },
      });
      if (oldest === null) return { commits: 0 };
      return { commits: await commits.countDocuments(isUnpublished), oldest: oldest.at };
    },
  };
}

const isUnpublished = { 'unpublished.at': { $exists: true } };

function snapshotsIn(snapshots: Model<SnapshotDocument>): Pick<Journal, 'snapshot' | 'saveSnapshot'> {
  return {
    async snapshot(stream) {
      const document = await snapshots.findById(stream).lean();
      if (document === null) return undefined;
      const { _id, ...snapshot } = document;
      return { stream: _id, ...snapshot };
    },

    async saveSnapshot({ stream, ...snapshot }) {
      const notNewer = { _id: stream, number: { $lte: snapshot.number } };
      try {
        await snapshots.updateOne(notNewer, { $set: snapshot }, { upsert: true });
      } catch (error) {
        // The one that is there is newer.
        if (!isLostRace(error)) throw error;
      }
    },
  };
}

function fingerprintsIn(
  fingerprints: Model<FingerprintDocument>,
  moves: Model<MoveDocument>,
): Pick<Journal, 'checkFingerprints'> {
  async function othersOf(given: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const known = await fingerprints.find({ _id: { $in: Object.keys(given) } }).lean();
    return known.filter(({ _id, fingerprint }) => fingerprint !== given[_id]).map(({ _id }) => _id);
  }

  /** Whether it is there now, ours or the same. */
  async function remember(name: string, fingerprint: string): Promise<boolean> {
    try {
      await fingerprints.insertOne({ _id: name, fingerprint });
      return true;
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
    return (await fingerprints.exists({ _id: name, fingerprint })) !== null;
  }

  return {
    async checkFingerprints(given) {
      // Half of the accounts are none: what is decided on them could contradict the rest.
      if ((await moves.exists({ endedAt: { $exists: false } })) !== null) throw new Error(MOVING);
      const others = await othersOf(given);
      if (others.length > 0) return others;
      // All instances in the same order: who loses the race for one name has added none behind it.
      for (const [name, fingerprint] of Object.entries(given).toSorted()) {
        if (!(await remember(name, fingerprint))) return othersOf(given);
      }
      return [];
    },
  };
}

const MOVING = 'a data folder is being moved into this database, or its move broke off: npm run ops -- move';

/** Entered in the outbox. */
export function documentOf({
  commandId,
  address,
  events,
  ...commit
}: Omit<Commit, 'events'> & { readonly events: readonly unknown[] }): CommitDocument {
  const { stream, number, at } = commit;
  return {
    _id: commandId,
    ...commit,
    events: [...events],
    unpublished: { stream, number, at },
    ...(address === undefined ? {} : { registration: { stream, address, at } }),
  };
}

function commitOf({ _id, events, unpublished: _, registration, ...commit }: CommitDocument): Commit {
  return {
    ...commit,
    commandId: _id,
    events: readEvents(commit.stream, commit.number, events),
    ...(registration === undefined ? {} : { address: registration.address }),
  };
}

function registrationOf({ registration }: Pick<CommitDocument, 'registration'>): readonly Registration[] {
  return registration === undefined ? [] : [registration];
}
