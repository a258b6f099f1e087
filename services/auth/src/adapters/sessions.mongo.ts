import { type Index, modelOf, plainSchema } from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { Session, Sessions } from '../ports/sessions.ts';
import { reportingFailures } from './store-failures.mongo.ts';

type SessionDocument = Omit<Session, 'id'> & { readonly _id: string };

export const SESSIONS = 'auth_sessions';

const schema = () =>
  plainSchema<SessionDocument>({
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    n: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    rotatedAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    since: { type: Number, required: true },
    ip: String,
    userAgent: String,
  });

export const sessionIndexes: readonly Index[] = [
  { collection: SESSIONS, name: 'user', keys: { userId: 1, createdAt: -1, _id: -1 } },
  { collection: SESSIONS, name: 'expiry', keys: { expiresAt: 1 } },
];

/** Sessions in MongoDB. */
export function createMongoSessions(connection: Connection): Sessions {
  const sessions = modelOf(connection, SESSIONS, schema);

  return reportingFailures<Sessions>({
    async create(session) {
      await sessions.insertOne(documentOfSession(session));
    },

    async find(id) {
      const document = await sessions.findById(id).lean();
      return document === null ? undefined : sessionOf(document);
    },

    async rotate(id, n, { at, ip, userAgent }) {
      const rotated = { $inc: { n: 1 }, $set: { rotatedAt: at, ip, userAgent } };
      const current = { _id: id, n, expiresAt: { $gt: at } };
      const document = await sessions.findOneAndUpdate(current, rotated, { returnDocument: 'after' }).lean();
      return document === null ? undefined : sessionOf(document);
    },

    async liftSince(id, since) {
      const { matchedCount } = await sessions.updateOne({ _id: id }, { $max: { since } });
      return matchedCount === 1;
    },

    async list(userId, now) {
      const documents = await sessions
        .find({ userId, expiresAt: { $gt: now } })
        .sort({ createdAt: -1, _id: -1 })
        .lean();
      return documents.map(sessionOf);
    },

    async remove(userId, id) {
      const { deletedCount } = await sessions.deleteOne({ _id: id, userId });
      return deletedCount === 1;
    },

    async removeAll(userId, { except } = {}) {
      await sessions.deleteMany({ userId, ...(except === undefined ? {} : { _id: { $ne: except } }) });
    },

    async removeExpired(before, limit) {
      const expired = { expiresAt: { $lt: before } };
      const documents = await sessions.find(expired, { _id: 1 }).sort({ expiresAt: 1 }).limit(limit).lean();
      const ids = documents.map(({ _id }) => _id);
      const { deletedCount } = await sessions.deleteMany({ _id: { $in: ids }, ...expired });
      return deletedCount;
    },
  });
}

export const documentOfSession = ({ id, ...session }: Session): SessionDocument => ({ _id: id, ...session });

const sessionOf = ({ _id, ...session }: SessionDocument): Session => ({ id: _id, ...session });
