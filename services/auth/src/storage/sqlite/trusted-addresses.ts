import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import { toIpLimitKey } from '../../limits/ip-key.ts';
import {
  MAX_TRUSTED_IPS_PER_ADDRESS,
  type TrustedAddressStore,
  type TrustedEmailIpPair,
} from '../../ports/trusted-addresses.ts';
import { IP_TRUST_DURATION_MS, IP_TRUST_RENEWAL_MS } from '../trusted-pair.ts';
import { removeRowsInPages } from './remove-in-pages.ts';

const SQL = {
  trust: `INSERT INTO trusted_address (address, network, until) VALUES (:address, :network, :until)
    ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
  removeExcess: `DELETE FROM trusted_address WHERE address = :address AND network IN
    (SELECT network FROM trusted_address WHERE address = :address AND network <> :network
     ORDER BY until DESC LIMIT -1 OFFSET :others)`,
  find: 'SELECT 1 FROM trusted_address WHERE address = :address AND network = :network AND until > :after',
  removeExpired: `DELETE FROM trusted_address WHERE (address, network) IN
    (SELECT address, network FROM trusted_address WHERE until <= :now ORDER BY until LIMIT :page)`,
} as const;

/**
 * Writes of trusted pairs are not flushed to disk, so that requests need not wait. A power cut may lose the
 * latest pairs.
 */
const UNFLUSHED = { flushed: false } as const;

/** Trusted addresses in the embedded store. */
export function createSqliteTrustedAddresses(database: Database): TrustedAddressStore {
  function isTrustedAfter({ address, ip }: TrustedEmailIpPair, instant: number): boolean {
    const pair = { address, network: toIpLimitKey(ip), after: instant };
    return database.prepare(SQL.find).get(pair) !== undefined;
  }

  return mapSqliteErrors<TrustedAddressStore>({
    async trust(pair, now) {
      const { address, ip } = pair;
      const until = now.getTime() + IP_TRUST_DURATION_MS;
      if (isTrustedAfter(pair, until - IP_TRUST_RENEWAL_MS)) return;
      const key = { address, network: toIpLimitKey(ip) };
      await database.write(() => {
        database.prepare(SQL.trust).run({ ...key, until });
        database.prepare(SQL.removeExcess).run({ ...key, others: MAX_TRUSTED_IPS_PER_ADDRESS - 1 });
      }, UNFLUSHED);
    },

    isTrusted: async (pair, now) => isTrustedAfter(pair, now.getTime()),

    removeExpired: (now) => removeRowsInPages(database, SQL.removeExpired, { now: now.getTime() }, UNFLUSHED),
  });
}
