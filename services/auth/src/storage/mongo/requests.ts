import { randomUUID } from 'node:crypto';
import {
  createStrictMongooseSchema,
  getCollectionModel,
  isConcurrentWriteError,
  mapMongoErrors,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import {
  MAX_LISTED_MAIL_REQUEST_LEASES,
  type MailRequestQueue,
  type QueuedMailRequest,
} from '../../ports/requests.ts';

export const REQUESTS_COLLECTION = 'auth_requests';

interface RequestDocument extends Omit<QueuedMailRequest, 'id'> {
  readonly _id: string;
  /**
   * The worker that has leased the request. Absent while nobody has leased it; `leasedUntil` is then
   * 1970-01-01T00:00:00Z.
   */
  readonly owner?: string;
  readonly leasedUntil: Date;
  /**
   * The id of the call of `claim` that has leased the request, unique for each call. After the update, the
   * call finds the requests that it has leased by this id.
   */
  readonly claim?: string;
}

function schema() {
  return createStrictMongooseSchema<RequestDocument>({
    _id: { type: String, required: true },
    kind: { type: String, required: true },
    address: { type: String, required: true },
    at: { type: String, required: true },
    correlationId: { type: String, required: true },
    overBudget: Boolean,
    traceparent: String,
    owner: String,
    leasedUntil: { type: Date, required: true },
    claim: String,
  });
}

export function openRequestModel(connection: Connection) {
  return getCollectionModel(connection, REQUESTS_COLLECTION, schema);
}

/**
 * The queue of recorded requests in MongoDB. Processed requests are deleted, so the collection stays small
 * enough to be scanned in the order of its ids.
 */
export function createMongoRequestQueue(connection: Connection): MailRequestQueue {
  const requests = openRequestModel(connection);

  /**
   * Tries once to lease free requests to a worker. The result may be empty because other workers have leased
   * these requests first.
   * @returns undefined if no request is free
   */
  async function claimSome({ owner, now, leaseMs, limit }: Parameters<MailRequestQueue['claim']>[0]) {
    const free = { owner: { $exists: false } };
    // Sort by id, which sorts by time, because almost all ids are UUIDv7.
    const found = await requests.find(free, { _id: 1 }).sort({ _id: 1 }).limit(limit).lean();
    if (found.length === 0) return undefined;
    const ids = found.map(({ _id }) => _id);
    const claim = randomUUID();
    const leasedUntil = new Date(now.getTime() + leaseMs);
    await requests.updateMany({ _id: { $in: ids }, ...free }, { $set: { owner, leasedUntil, claim } });
    return requests
      .find({ _id: { $in: ids }, claim })
      .sort({ _id: 1 })
      .lean();
  }

  return mapMongoErrors<MailRequestQueue>({
    async add(request) {
      try {
        await requests.insertOne(toRequestDocument(request));
        return true;
      } catch (error) {
        if (isConcurrentWriteError(error)) return false;
        throw error;
      }
    },

    async claim(claim) {
      const claimed: RequestDocument[] = [];
      while (claimed.length < claim.limit) {
        const some = await claimSome({ ...claim, limit: claim.limit - claimed.length });
        if (some === undefined) break;
        claimed.push(...some);
      }
      return claimed.map(requestOf);
    },

    async held() {
      const held = await requests
        .find({ owner: { $exists: true } }, { owner: 1, leasedUntil: 1 })
        .sort({ _id: 1 })
        .limit(MAX_LISTED_MAIL_REQUEST_LEASES)
        .lean();
      return held.map(({ _id: name, owner: holder = '', leasedUntil: until }) => ({ name, holder, until }));
    },

    async free({ name, holder, until }) {
      await requests.updateOne(
        { _id: name, owner: holder, leasedUntil: until },
        { $set: { leasedUntil: new Date(0) }, $unset: { owner: 1, claim: 1 } },
      );
    },

    async done(id, owner) {
      await requests.deleteOne({ _id: id, owner });
    },

    count: () => requests.countDocuments(),
  });
}

/** Converts a recorded request to the document of a request that is not leased. */
export function toRequestDocument({ id, ...request }: QueuedMailRequest): RequestDocument {
  return {
    _id: id,
    ...request,
    leasedUntil: new Date(0),
  };
}

function requestOf(document: RequestDocument): QueuedMailRequest {
  const { _id, kind, address, overBudget, at, correlationId, traceparent } = document;
  return {
    id: _id,
    kind,
    address,
    ...(overBudget && { overBudget }),
    at,
    correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
