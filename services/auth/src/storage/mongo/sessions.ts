import { createBatchedReader, type MongoIndex, mapMongoErrors } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import { runBestEffort } from '../../best-effort.ts';
import type { Session, SessionPosition, SessionStore } from '../../ports/sessions.ts';

type SessionDocument = Omit<Session, 'id'> & { readonly _id: string };

export const SESSIONS_COLLECTION = 'auth_sessions';

export const sessionIndexes: readonly MongoIndex[] = [
  { collection: SESSIONS_COLLECTION, name: 'user', keys: { userId: 1, createdAt: -1, _id: -1 } },
  { collection: SESSIONS_COLLECTION, name: 'expiry', keys: { expiresAt: 1 } },
];

const NEWEST_FIRST = { createdAt: -1, _id: -1 } as const;

/**
 * Sessions in MongoDB. Uses the driver without mongoose for speed, because every request with a token reads a
 * session (ADR 20).
 */
export function createMongoSessions(connection: Connection): SessionStore {
  const sessions = connection.collection<SessionDocument>(SESSIONS_COLLECTION);

  const find = createBatchedReader(async (ids: readonly string[]) => {
    const [first] = ids;
    const filter = ids.length === 1 && first !== undefined ? { _id: first } : { _id: { $in: [...ids] } };
    const found = new Map(
      (await sessions.find(filter).toArray()).map((document) => [document._id, document]),
    );
    return ids.map((id) => found.get(id));
  });

  const removals = mapMongoErrors({
    async removeOldest(userId: string, keep: number): Promise<void> {
      const documents = await sessions
        .find({ userId }, { projection: { _id: 1 } })
        .sort(NEWEST_FIRST)
        .skip(keep)
        .toArray();
      if (documents.length > 0) await sessions.deleteMany({ _id: { $in: documents.map(({ _id }) => _id) } });
    },
  });

  return mapMongoErrors<SessionStore>({
    async create(session, { keep }) {
      await sessions.insertOne(toSessionDocument(session));
      await runBestEffort(() => removals.removeOldest(session.userId, keep));
    },

    async find(id) {
      const document = await find(id);
      return document && sessionOf(document);
    },

    async rotate(id, n, { at, expiresAt, ip, userAgent, key }) {
      const used = { rotatedAt: at, expiresAt, ip, userAgent };
      const rotated = {
        $inc: { n: 1 },
        ...(key === undefined ? { $set: used, $unset: { key: '' as const } } : { $set: { ...used, key } }),
      };
      const current = { _id: id, n, expiresAt: { $gt: at } };
      const document = await sessions.findOneAndUpdate(current, rotated, { returnDocument: 'after' });
      return document === null ? undefined : sessionOf(document);
    },

    async setRepeats(id, repeats) {
      const { matchedCount } = await sessions.updateOne({ _id: id, n: repeats.n }, { $set: { repeats } });
      return matchedCount === 1;
    },

    async liftSince(id, since) {
      const { matchedCount } = await sessions.updateOne({ _id: id }, { $max: { since } });
      return matchedCount === 1;
    },

    async list(userId, now, { limit, after }) {
      const documents = await sessions
        .find({ userId, expiresAt: { $gt: now }, ...(after && afterPlace(after)) })
        .sort(NEWEST_FIRST)
        .limit(limit)
        .toArray();
      return documents.map(sessionOf);
    },

    async remove(userId, id) {
      const { deletedCount } = await sessions.deleteOne({ _id: id, userId });
      return deletedCount === 1;
    },

    async removeAll(userId, { before } = {}) {
      await sessions.deleteMany({ userId, ...(before === undefined ? {} : { since: { $lt: before } }) });
    },

    async countByKey(now) {
      const counts = new Map<string | undefined, number>();
      for await (const { key } of sessions.find({ expiresAt: { $gt: now } }, { projection: { key: 1 } }))
        counts.set(key, (counts.get(key) ?? 0) + 1);
      return counts;
    },

    async removeExpired(before, limit) {
      const expired = { expiresAt: { $lt: before } };
      const documents = await sessions
        .find(expired, { projection: { _id: 1 } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .toArray();
      const ids = documents.map(({ _id }) => _id);
      const { deletedCount } = await sessions.deleteMany({ _id: { $in: ids }, ...expired });
      return deletedCount;
    },
  });
}

function afterPlace({ createdAt, id }: SessionPosition) {
  return { createdAt: { $lte: createdAt }, $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }] };
}

export function toSessionDocument({ id, ...session }: Session): SessionDocument {
  return { _id: id, ...session };
}

function sessionOf({ _id, ...session }: SessionDocument): Session {
  return { id: _id, ...session };
}
