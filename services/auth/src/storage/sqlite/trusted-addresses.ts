import { type Database, mapSqliteErrors } from '@latchkey/sqlite';
import { ipKey } from '../../limits/ip-key.ts';
import type { TrustedAddresses } from '../../ports/trusted-addresses.ts';
import { TRUST_DURATION_MS } from '../trusted-pair.ts';

const SQL = {
  trust: `INSERT INTO trusted_address (address, network, until) VALUES (:address, :network, :until)
    ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
  find: 'SELECT 1 FROM trusted_address WHERE address = :address AND network = :network AND until > :now',
  removeExpired: 'DELETE FROM trusted_address WHERE until <= :now',
} as const;

/**
 * Trusted addresses in the embedded store. A power cut may lose the latest pairs, because no request waits for a flush.
 */
export function createSqliteTrustedAddresses(database: Database): TrustedAddresses {
  return mapSqliteErrors<TrustedAddresses>({
    async trust({ address, ip }, now) {
      const pair = { address, network: ipKey(ip), until: now.getTime() + TRUST_DURATION_MS };
      await database.write(() => void database.prepare(SQL.trust).run(pair), { flushed: false });
    },

    async isTrusted({ address, ip }, now) {
      const pair = { address, network: ipKey(ip), now: now.getTime() };
      return database.prepare(SQL.find).get(pair) !== undefined;
    },

    async removeExpired(now) {
      await database.write(() => void database.prepare(SQL.removeExpired).run({ now: now.getTime() }), {
        flushed: false,
      });
    },
  });
}
