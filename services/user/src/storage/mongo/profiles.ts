/** Stores profiles in MongoDB: each account is a human-readable document. */
import { getCollectionModel, isConcurrentWriteError, mapMongoErrors } from '@latchkey/mongo';
import type { Connection, QueryFilter } from 'mongoose';
import type { ProfilePosition, ProfileQuery, ProfileStore } from '../../ports/profiles.ts';
import { fillInParkedMark } from '../../profile/complete-parked-mark.ts';
import type { LivingProfile, Profile } from '../../profile/profile.ts';
import type { StoredAccount } from '../../profile/stored-account.ts';
import { type AccountDocument, createAccountMongooseSchema, getProfileCollectionName } from './schema.ts';

export function createMongoProfiles(connection: Connection, generation = 'v1'): ProfileStore {
  const collection = getProfileCollectionName(generation);
  const accounts = getCollectionModel(connection, collection, createAccountMongooseSchema);
  // Write with the driver instead of mongoose: bulk writes must be fast, and the documents need no casting.
  const written = connection.collection<AccountDocument>(collection);

  /**
   * Stores the documents of accounts.
   * @returns false if any documents were not stored because a document with the same id exists
   */
  async function saveAll(documents: readonly AccountDocument[]): Promise<boolean> {
    try {
      await written.bulkWrite(documents.map(replacing), { ordered: false });
      return true;
    } catch (error) {
      if (isConcurrentWriteError(error)) return false;
      throw error;
    }
  }

  const port: ProfileStore = {
    async load(ids) {
      const documents = await accounts.find({ _id: { $in: [...ids] } }).lean();
      return new Map(documents.map((document) => [document._id, accountOf(document)]));
    },

    async save(given) {
      if (given.length === 0) return;
      const documents = given.map(documentOf);
      // `saveAll` fails if a stored document is at least as new. It also fails if another process has just
      // inserted an older document, so try once more, to replace that document.
      if (!(await saveAll(documents))) await saveAll(documents);
    },

    async replaceMark({ account, topic, partition, offset, cause }, next) {
      const current = {
        _id: account,
        // Release 0.1 stored marks of parked accounts without a topic.
        'parked.topic': { $in: [topic, null] },
        'parked.partition': partition,
        'parked.offset': offset,
        'parked.cause': cause,
      };
      await accounts.updateOne(current, next ? { $set: { parked: next } } : { $unset: { parked: 1 } });
    },

    async listParked({ limit, after = '' }) {
      const documents = await accounts
        .find({ 'parked.account': { $gt: after } }, { parked: 1 })
        .sort({ 'parked.account': 1 })
        .limit(limit)
        .lean();
      return documents.flatMap(({ parked }) => (parked ? fillInParkedMark(parked) : []));
    },

    async list(query) {
      const documents = await accounts
        .find(filterOf(query), { profile: 1 })
        .sort({ 'profile.createdAt': 1, _id: 1 })
        .limit(query.limit)
        .lean();
      return documents.flatMap(({ profile }) => livingOf(profile));
    },

    async page(after, limit) {
      const documents = await accounts
        .find(after === undefined ? {} : { _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
      return documents.map(accountOf);
    },

    async countParked() {
      return accounts.countDocuments({ 'parked.account': { $exists: true } });
    },

    async countForked() {
      return accounts.countDocuments({ 'parked.reason': 'forked' });
    },
  };
  return mapMongoErrors(port);
}

/**
 * Returns an upsert that replaces the stored account if its sequence is lower. If the new document is parked,
 * the upsert also replaces a document of the same sequence that is not parked. In all other cases, MongoDB
 * refuses the upsert, because it would insert a document with an existing id.
 */
function replacing(document: AccountDocument) {
  const { _id, sequence, parked } = document;
  const knowsLess = { sequence: { $lt: sequence } };
  const filter = parked
    ? { _id, $or: [knowsLess, { sequence, parked: { $exists: false } }] }
    : { _id, ...knowsLess };
  return { replaceOne: { filter, replacement: document, upsert: true } };
}

function documentOf({ account, ...stored }: StoredAccount): AccountDocument {
  return { _id: account, ...stored, ...livingOf(stored.profile).map(searchOf)[0] };
}

function searchOf({ email, username }: LivingProfile): Pick<AccountDocument, 'search'> {
  return {
    search: {
      ...(email !== null && { email: email.toLowerCase() }),
      ...(username !== null && { username: username.toLowerCase() }),
    },
  };
}

function accountOf({ _id: account, sequence, head, profile, parked }: AccountDocument): StoredAccount {
  return {
    account,
    sequence,
    ...(head !== undefined && { head }),
    ...(profile && { profile }),
    ...(parked && { parked: fillInParkedMark(parked) }),
  };
}

/**
 * Returns a list of one profile. The list is empty for accounts that the list of accounts must not show:
 * those that have ended, and those that were parked before their first event.
 */
function livingOf(profile: Profile | undefined): readonly LivingProfile[] {
  return profile === undefined || profile.ended ? [] : [profile];
}

/**
 * Matches the accounts that have a profile and have not ended. The condition is a range, so that an index
 * alone answers the query.
 */
const isListed = { 'profile.createdAt': { $gt: '' } };

type Filter = QueryFilter<AccountDocument>;

function filterOf({ after, role, verified, prefix }: ProfileQuery): Filter {
  return {
    $and: [
      isListed,
      ...(after === undefined ? [] : [comesAfter(after)]),
      ...(role === undefined ? [] : [{ 'profile.role': role }]),
      ...(verified === undefined ? [] : [{ 'profile.isVerified': verified }]),
      ...(prefix ? [beginsWith(prefix)] : []),
    ],
  };
}

function comesAfter({ createdAt, id }: ProfilePosition): Filter {
  return {
    $or: [{ 'profile.createdAt': { $gt: createdAt } }, { 'profile.createdAt': createdAt, _id: { $gt: id } }],
  };
}

/** Matches a prefix with a range, which can use an index and, unlike a pattern, needs no escaping. */
function beginsWith(prefix: string): Filter {
  const from = prefix.toLowerCase();
  const range = { $gte: from, $lt: `${from}\u{10FFFF}` };
  return { $or: [{ 'search.email': range }, { 'search.username': range }] };
}
