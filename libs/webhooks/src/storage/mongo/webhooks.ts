/**
 * Stores webhooks in MongoDB. Attempts and sequences are found by `_id`. Endpoints need no index for queries,
 * because there are few of them.
 */
import {
  createMongoDocumentMoveTarget,
  createMongoKeyFingerprintMoveTarget,
  createMongoKeyFingerprintStore,
  createMongoLeaseRecords,
  createMongoStorePreparation,
  isConcurrentWriteError,
  type MongoIndex,
  type MongoStore,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import { storedEndpointSchema, type WebhookEndpoint } from '../../endpoint.ts';
import {
  type DeliveryAttempt,
  type DeliveryAttemptStore,
  type EndpointStore,
  type LastSentSequence,
  type LastSentSequenceStore,
  MAX_KEPT_DELIVERY_ATTEMPTS,
  type StoredDeliveryAttempt,
  type WebhookStorage,
} from '../../ports.ts';

const ENDPOINTS = 'webhook_endpoints';
const ATTEMPTS = 'webhook_attempts';
const KEYS = 'webhook_keys';
const SENT_BEFORE = 'webhook_sent_before';

interface EndpointDocument {
  readonly _id: string;
  readonly version: number;
  /** The endpoint in the form of JSON, in which timestamps are strings. */
  readonly endpoint: unknown;
  /**
   * The number of the slot that the endpoint occupies. There are as many slots as endpoints are allowed, and
   * a unique index lets only one endpoint occupy each slot, which enforces the limit. Absent for endpoints
   * that `ops move` has added.
   */
  readonly slot?: number;
}

/**
 * The indexes of the collections of webhooks. The index on `slot` is unique, so that two processes that add
 * endpoints at the same time cannot both take the last free place.
 */
export const webhookIndexes: readonly MongoIndex[] = [
  { collection: ENDPOINTS, name: 'slot', keys: { slot: 1 }, unique: true, sparse: true },
];

/**
 * `_id` is `<endpoint id>/<slot>`, where the slot is the attempt's number modulo MAX_KEPT_DELIVERY_ATTEMPTS.
 */
type AttemptDocument = DeliveryAttempt & { readonly _id: string };

/**
 * How far the events of an account were sent before a move. `_id` is the id of the account or, if the
 * sequence is for only one endpoint, `<endpoint id>/<account id>`.
 */
interface SentDocument {
  readonly _id: string;
  readonly sequence: number;
}

/** Opens the webhook storage of a MongoDB database. The client may still be connecting. */
export function openMongoWebhookStorage({ connection }: Pick<MongoStore, 'connection'>): WebhookStorage {
  const documents = connection.collection<EndpointDocument>(ENDPOINTS);
  const attempts = connection.collection<AttemptDocument>(ATTEMPTS);
  const sentBefore = connection.collection<SentDocument>(SENT_BEFORE);
  return {
    ...createMongoStorePreparation(connection, {
      owner: 'webhooks',
      migrations: [],
      indexes: async () => webhookIndexes,
    }),
    target: {
      endpoints: mapMongoErrors(
        createMongoDocumentMoveTarget<WebhookEndpoint, EndpointDocument>(connection, ENDPOINTS, {
          documentOf,
          isHeld: (stored, moved) => stored.version >= moved.version,
        }),
      ),
      attempts: mapMongoErrors(
        createMongoDocumentMoveTarget<StoredDeliveryAttempt, AttemptDocument>(connection, ATTEMPTS, {
          documentOf: ({ endpoint, attempt }) => ({ _id: slotOf(endpoint, attempt), ...attempt }),
        }),
      ),
      sentBefore: mapMongoErrors(
        createMongoDocumentMoveTarget<LastSentSequence, SentDocument>(connection, SENT_BEFORE, {
          documentOf: ({ account, endpoint, sequence }) => ({
            _id: endpoint === undefined ? account : ofAccount(endpoint, account),
            sequence,
          }),
        }),
      ),
      keys: createMongoKeyFingerprintMoveTarget(connection, KEYS),
    },
    endpoints: mapMongoErrors<EndpointStore>({
      async add(endpoint, most) {
        for (;;) {
          const slot = freeSlot(await documents.find({}, { projection: { slot: 1 } }).toArray(), most);
          if (slot === undefined) return false;
          try {
            await documents.insertOne({ ...documentOf(endpoint), slot });
            return true;
          } catch (error) {
            // Another process has taken this slot. The loop tries the next free one.
            if (!isConcurrentWriteError(error)) throw error;
          }
        }
      },
      async find(id) {
        const document = await documents.findOne({ _id: id });
        return document === null ? undefined : endpointOf(document);
      },
      async list() {
        const found = await documents.find({}).sort({ _id: 1 }).toArray();
        return found.map(endpointOf);
      },
      async replace(endpoint) {
        const { id, version } = endpoint;
        const { _id, ...fields } = documentOf({ ...endpoint, version: version + 1 });
        const { matchedCount } = await documents.updateOne({ _id: id, version }, { $set: fields });
        return matchedCount === 1;
      },
      async remove(id) {
        const { deletedCount } = await documents.deleteOne({ _id: id });
        await attempts.deleteMany(ofEndpoint(id));
        await sentBefore.deleteMany(ofEndpoint(id));
        return deletedCount === 1;
      },
    }),
    attempts: mapMongoErrors<DeliveryAttemptStore>({
      async put(endpoint, made) {
        const writes = made.map((attempt) => ({
          replaceOne: {
            filter: { _id: slotOf(endpoint, attempt) },
            replacement: attempt,
            upsert: true,
          },
        }));
        if (writes.length > 0)
          await retryOnConcurrentWrite(() => attempts.bulkWrite(writes, { ordered: true }));
      },
      async list(endpoint, { limit, before }) {
        const filter = { ...ofEndpoint(endpoint), ...(before !== undefined && { n: { $lt: before } }) };
        const found = await attempts.find(filter).sort({ n: -1 }).limit(limit).toArray();
        return found.map(({ _id, ...attempt }) => attempt);
      },
    }),
    sentBefore: mapMongoErrors<LastSentSequenceStore>({
      async find(endpoint, accounts) {
        const ids = [...accounts, ...accounts.map((account) => ofAccount(endpoint, account))];
        const found = await sentBefore.find({ _id: { $in: ids } }).toArray();
        const sequences = new Map(found.map(({ _id, sequence }) => [_id, sequence]));
        return new Map(
          accounts.flatMap((account) => {
            const sequence = sequences.get(ofAccount(endpoint, account)) ?? sequences.get(account);
            return sequence === undefined ? [] : [[account, sequence] as const];
          }),
        );
      },
    }),
    keyFingerprints: createMongoKeyFingerprintStore(connection, KEYS),
    leases: createMongoLeaseRecords(connection, 'webhook_leases'),
    voidLeases: async () => undefined,
  };
}

/**
 * Returns the lowest free slot; undefined if the store already contains `most` endpoints, including those
 * without a slot.
 */
function freeSlot(stored: readonly Pick<EndpointDocument, 'slot'>[], most: number): number | undefined {
  const taken = new Set(stored.flatMap(({ slot }) => (slot === undefined ? [] : [slot])));
  const slots = most - (stored.length - taken.size);
  return Array.from({ length: Math.max(0, slots) }, (_, slot) => slot).find((slot) => !taken.has(slot));
}

function slotOf(endpoint: string, { n }: DeliveryAttempt): string {
  return `${endpoint}/${n % MAX_KEPT_DELIVERY_ATTEMPTS}`;
}

function ofAccount(endpoint: string, account: string): string {
  return `${endpoint}/${account}`;
}

function ofEndpoint(id: string) {
  // Selects all ids that begin with the endpoint's id and a slash. `0` is the character that follows the
  // slash in ASCII.
  return { _id: { $gt: `${id}/`, $lt: `${id}0` } };
}

function documentOf(endpoint: WebhookEndpoint): EndpointDocument {
  const { id, version } = endpoint;
  return { _id: id, version, endpoint: JSON.parse(JSON.stringify(endpoint)) };
}

function endpointOf({ endpoint }: EndpointDocument): WebhookEndpoint {
  return storedEndpointSchema.parse(endpoint);
}
