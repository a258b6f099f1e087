import {
  createStrictMongooseSchema,
  getCollectionModel,
  type MongoIndex,
  mapMongoErrors,
  retryOnConcurrentWrite,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import {
  MAX_TRUSTED_IPS_PER_ADDRESS,
  type TrustedAddressStore,
  type TrustedEmailIpPair,
} from '../../ports/trusted-addresses.ts';
import { IP_TRUST_DURATION_MS, IP_TRUST_RENEWAL_MS, toTrustedPairKey } from '../trusted-pair.ts';

export const TRUSTED_ADDRESSES_COLLECTION = 'auth_trusted';

interface TrustDocument {
  /** The key of the trusted pair, as returned by `toTrustedPairKey`. */
  readonly _id: string;
  readonly until: Date;
}

function schema() {
  return createStrictMongooseSchema<TrustDocument>({ _id: { type: String, required: true }, until: Date });
}

export const trustedIpIndexes: readonly MongoIndex[] = [
  { collection: TRUSTED_ADDRESSES_COLLECTION, name: 'expiry', keys: { until: 1 } },
];

/** Returns the range that contains the keys of all trusted pairs of an email address. */
export function getTrustedPairKeyRange(address: string): { readonly $gte: string; readonly $lt: string } {
  return { $gte: `${address} `, $lt: `${address} \u{10FFFF}` };
}

/** Trusted addresses in MongoDB, shared by all instances. */
export function createMongoTrustedAddresses(connection: Connection): TrustedAddressStore {
  const trusted = getCollectionModel(connection, TRUSTED_ADDRESSES_COLLECTION, schema);

  async function isTrustedAfter(pair: TrustedEmailIpPair, instant: Date): Promise<boolean> {
    return (await trusted.exists({ _id: toTrustedPairKey(pair), until: { $gt: instant } })) !== null;
  }

  /**
   * Deletes the trusted pairs of an email address that exceed MAX_TRUSTED_IPS_PER_ADDRESS, starting with
   * those that expire first.
   * @param kept the key of the pair that has just been stored, which is never deleted
   */
  async function removeExcess(address: string, kept: string): Promise<void> {
    const excess = await trusted
      .find({ _id: { ...getTrustedPairKeyRange(address), $ne: kept } })
      .sort({ until: -1 })
      .skip(MAX_TRUSTED_IPS_PER_ADDRESS - 1)
      .lean();
    const [latest] = excess;
    if (latest === undefined) return;
    // Another instance may have renewed one of these pairs since they were read. A renewed pair expires
    // later, so the filter does not match it, and the pair is kept.
    await trusted.deleteMany({ _id: { $in: excess.map(({ _id }) => _id) }, until: { $lte: latest.until } });
  }

  return mapMongoErrors<TrustedAddressStore>({
    async trust(pair, now) {
      const until = new Date(now.getTime() + IP_TRUST_DURATION_MS);
      if (await isTrustedAfter(pair, new Date(until.getTime() - IP_TRUST_RENEWAL_MS))) return;
      const _id = toTrustedPairKey(pair);
      await retryOnConcurrentWrite(() => trusted.updateOne({ _id }, { $max: { until } }, { upsert: true }));
      await removeExcess(pair.address, _id);
    },

    isTrusted: isTrustedAfter,

    async removeExpired(now) {
      await trusted.deleteMany({ until: { $lte: now } });
    },
  });
}
