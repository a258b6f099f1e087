import {
  createMongoDocumentMoveTarget,
  type FingerprintDocument,
  getCollectionModel,
  getKeyFingerprintModel,
  isConcurrentWriteError,
  mapMongoErrors,
} from '@latchkey/mongo';
import { type MoveTarget, parseKeyUses } from '@latchkey/store';
import type { Connection, Model } from 'mongoose';
import { z } from 'zod';
import type { ErasureRecord } from '../../ports/erasure-receipts.ts';
import type { KeyFingerprintsBySetting, MigrationTarget, RawCommit } from '../../ports/migration.ts';
import type { QueuedMailRequest } from '../../ports/requests.ts';
import type { Session } from '../../ports/sessions.ts';
import {
  COMMITS_COLLECTION,
  type CommitDocument,
  createCommitMongooseSchema,
  toCommitDocument,
} from './commits.ts';
import { ERASURES_COLLECTION, toErasureDocument } from './erasure-receipts.ts';
import { KEY_FINGERPRINTS_COLLECTION, openDataMoveModel } from './moves.ts';
import { REQUESTS_COLLECTION, toRequestDocument } from './requests.ts';
import { SESSIONS_COLLECTION, toSessionDocument } from './sessions.ts';

/**
 * The id of the document that records the move of an embedded store into this database. There is only one
 * such document, because only one store can be moved into a database.
 */
const MOVE = 'embedded';

const USED = 'MONGO_URL: auth has run on this database already; use an empty database';
const OTHER_KEYS = 'MONGO_URL: a data folder with other keys was moved into this database';
const TAKEN =
  'MONGO_URL: the database already has a different commit with the number of a commit that is to be moved';

/** The store in MongoDB into which `ops move` copies auth's records. */
export function createMongoMigrationTarget(connection: Connection): MigrationTarget {
  const commits = getCollectionModel(connection, COMMITS_COLLECTION, createCommitMongooseSchema);
  const moves = openDataMoveModel(connection);
  const fingerprints = getKeyFingerprintModel(connection, KEY_FINGERPRINTS_COLLECTION);

  async function refuseIfUsed(): Promise<void> {
    if ((await fingerprints.exists({})) !== null || (await commits.exists({})) !== null)
      throw new Error(USED);
  }

  return {
    ...mapMongoErrors<Pick<MigrationTarget, 'begin' | 'end'>>({
      async begin(given) {
        const move = await moves.findById(MOVE).lean();
        if (move === null) {
          await refuseIfUsed();
          await moves.insertOne({ _id: MOVE, begunAt: new Date() });
        }
        await remember(fingerprints, given);
        return move?.endedAt === undefined ? 'begun' : 'ended';
      },
      async end() {
        await moves.updateOne({ _id: MOVE }, { $set: { endedAt: new Date() } });
      },
    }),
    requests: mapMongoErrors<MoveTarget<QueuedMailRequest>>(
      createMongoDocumentMoveTarget(connection, REQUESTS_COLLECTION, { documentOf: toRequestDocument }),
    ),
    sessions: mapMongoErrors<MoveTarget<Session>>(
      createMongoDocumentMoveTarget(connection, SESSIONS_COLLECTION, { documentOf: toSessionDocument }),
    ),
    erasures: mapMongoErrors<MoveTarget<ErasureRecord>>(
      createMongoDocumentMoveTarget(connection, ERASURES_COLLECTION, { documentOf: toErasureDocument }),
    ),
    commits: mapMongoErrors(commitsIn(connection)),
  };
}

function commitsIn(connection: Connection): MoveTarget<RawCommit> {
  const target = createMongoDocumentMoveTarget<RawCommit, CommitDocument>(connection, COMMITS_COLLECTION, {
    documentOf: toCommitDocument,
    isHeld: (stored, commit) => fixedPart(stored) === fixedPart(commit),
  });
  return {
    ...target,
    async add(batch) {
      try {
        await target.add(batch);
      } catch (error) {
        throw isConcurrentWriteError(error) ? new Error(TAKEN) : error;
      }
    },
  };
}

const eventIds = z.array(z.object({ id: z.string() }));

/**
 * Returns, as JSON, the parts of a commit that never change after the append, for comparing two copies of the
 * commit. Other parts may change: an erasure rewrites data and claims, a change of address that becomes final
 * releases claims, and auth adds hash-chain entries to events of release 0.1.
 */
function fixedPart({ _id, stream, number, sequence, events, at }: CommitDocument): string {
  const { data: ids = events } = eventIds.safeParse(events);
  return JSON.stringify([_id, stream, number, sequence, ids, at]);
}

async function remember(
  fingerprints: Model<FingerprintDocument>,
  given: KeyFingerprintsBySetting,
): Promise<void> {
  for (const [_id, fingerprint] of Object.entries(given)) {
    await fingerprints.updateOne({ _id }, { $setOnInsert: { fingerprint } }, { upsert: true });
    const known = parseKeyUses((await fingerprints.findById(_id).lean())?.fingerprint ?? '');
    // Auth may have run on the target after the move and recorded newer keys, so only check that the target
    // has recorded all moved keys.
    const isSame = parseKeyUses(fingerprint).every((use) => known.some(({ key }) => key === use.key));
    if (!isSame) throw new Error(OTHER_KEYS);
  }
}
