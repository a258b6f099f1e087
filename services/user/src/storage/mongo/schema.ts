/** The MongoDB documents of the read model, and their indexes. */
import { createStrictMongooseSchema, type MongoIndex } from '@latchkey/mongo';
import type { StoredAccount } from '../../profile/stored-account.ts';

export interface AccountDocument extends Omit<StoredAccount, 'account'> {
  /** The id of the account whose profile is stored. */
  readonly _id: string;
  /** The searchable fields of the profile in lower case. Absent if the account has no profile or has ended. */
  readonly search?: { readonly email?: string; readonly username?: string };
}

export function createAccountMongooseSchema() {
  return createStrictMongooseSchema<AccountDocument>({
    _id: { type: String, required: true },
    sequence: { type: Number, required: true },
    head: String,
    profile: Object,
    parked: Object,
    search: createStrictMongooseSchema({ email: String, username: String }),
  });
}

/**
 * Returns the name of the MongoDB collection of a generation.
 * @param generation the name of the generation; only letters, digits and `_`
 */
export function getProfileCollectionName(generation: string): string {
  if (!/^\w+$/.test(generation))
    throw new Error('The name of a generation may contain only letters, digits and _.');
  return `user_profiles_${generation}`;
}

const listed = { 'profile.createdAt': 1, _id: 1 } as const;

export function listProfileIndexes(generation = 'v1'): readonly MongoIndex[] {
  const collection = getProfileCollectionName(generation);
  return [
    { collection, name: 'listed', keys: listed },
    { collection, name: 'listed_by_role', keys: { 'profile.role': 1, ...listed } },
    { collection, name: 'listed_by_verification', keys: { 'profile.isVerified': 1, ...listed } },
    { collection, name: 'email', keys: { 'search.email': 1 }, sparse: true },
    { collection, name: 'username', keys: { 'search.username': 1 }, sparse: true },
    { collection, name: 'parked', keys: { 'parked.account': 1 }, sparse: true },
    { collection, name: 'parked_by_reason', keys: { 'parked.reason': 1 }, sparse: true },
  ];
}
