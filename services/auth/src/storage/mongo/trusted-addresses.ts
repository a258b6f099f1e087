import {
  createPlainSchema,
  type Index,
  mapMongoErrors,
  modelOfCollection,
  retryLostRace,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import type { TrustedAddresses, TrustedPair } from '../../ports/trusted-addresses.ts';
import { TRUST_DURATION_MS, TRUST_RENEWAL_MS, trustedPairKey } from '../trusted-pair.ts';

const TRUSTED = 'auth_trusted';

interface TrustDocument {
  /** The key of the pair, as `trustedPairKey` returns it. */
  readonly _id: string;
  readonly until: Date;
}

function schema() {
  return createPlainSchema<TrustDocument>({ _id: { type: String, required: true }, until: Date });
}

export const trustedAddressIndexes: readonly Index[] = [
  { collection: TRUSTED, name: 'expiry', keys: { until: 1 } },
];

/** Trusted addresses in MongoDB, shared by all instances. */
export function createMongoTrustedAddresses(connection: Connection): TrustedAddresses {
  const trusted = modelOfCollection(connection, TRUSTED, schema);

  async function isTrustedAfter(pair: TrustedPair, instant: Date): Promise<boolean> {
    return (await trusted.exists({ _id: trustedPairKey(pair), until: { $gt: instant } })) !== null;
  }

  return mapMongoErrors<TrustedAddresses>({
    async trust(pair, now) {
      const until = new Date(now.getTime() + TRUST_DURATION_MS);
      if (await isTrustedAfter(pair, new Date(until.getTime() - TRUST_RENEWAL_MS))) return;
      const key = { _id: trustedPairKey(pair) };
      await retryLostRace(() => trusted.updateOne(key, { $max: { until } }, { upsert: true }));
    },

    isTrusted: isTrustedAfter,

    async removeExpired(now) {
      await trusted.deleteMany({ until: { $lte: now } });
    },
  });
}
