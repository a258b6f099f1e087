/** Auth moves from the embedded store to MongoDB. Its service must run on neither meanwhile. */
import type { Store } from '@latchkey/backend';
import { type Movable, movable } from '@latchkey/store';
import { fingerprints, parseSecretKey } from './keys/keys.ts';
import type { Secrets } from './keys/secrets.ts';
import type { NewHome } from './ports/moving.ts';
import { createMongoNewHome } from './storage/mongo/moving.ts';
import { createSqliteOldHome } from './storage/sqlite/moving.ts';

export interface AuthMove extends Pick<NewHome, 'end'> {
  /**
   * Until `end`, auth does not start on MongoDB. Resolves with whether this very move had ended before.
   * @throws Error of one line if these are not the keys that the accounts were made with, or MongoDB holds others
   */
  begin(): Promise<'begun' | 'ended'>;
  /** In the order in which they are to be moved: commits last, as each is published once it is there. */
  readonly kinds: readonly Movable[];
}

export function openAuthMove(stores: {
  readonly from: Store;
  readonly to: Store;
  /** Those that the data folder's server ran with. */
  readonly keys: Pick<Secrets, 'PASSWORD_SALT_KEY' | 'REFRESH_KEY'>;
}): AuthMove {
  if (stores.from.kind !== 'sqlite' || stores.to.kind !== 'mongo')
    throw new Error(`STORE: records cannot be moved from ${stores.from.kind} to ${stores.to.kind}`);
  const from = createSqliteOldHome(stores.from.database);
  const to = createMongoNewHome(stores.to.connection);

  return {
    async begin() {
      const remembered = await from.fingerprints();
      const given = fingerprintsOf(stores.keys);
      const others = Object.keys(remembered).filter((name) => remembered[name] !== given[name]);
      if (others.length > 0)
        throw new Error(`${others.join(', ')}: not what the accounts of the data folder were made with`);
      return to.begin(given);
    },
    end: to.end,
    kinds: [
      movable({ name: 'requests', lasting: false }, from.requests, to.requests),
      movable({ name: 'sessions', lasting: false }, from.sessions, to.sessions),
      movable({ name: 'commits', lasting: true }, from.commits, to.commits),
    ],
  };
}

function fingerprintsOf(keys: Pick<Secrets, 'PASSWORD_SALT_KEY' | 'REFRESH_KEY'>): Record<string, string> {
  return fingerprints({
    PASSWORD_SALT_KEY: parseSecretKey(keys.PASSWORD_SALT_KEY),
    REFRESH_KEY: parseSecretKey(keys.REFRESH_KEY),
  });
}
