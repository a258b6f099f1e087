/** Composes the three services on one embedded backend. */
import { compose as composeAuth } from '@latchkey/auth';
import type { Bus } from '@latchkey/bus';
import { createFixedEventKeySource, createVerifiedProofCache } from '@latchkey/consumer';
import { createOriginCheck, getPublicPath, type Route, type Service } from '@latchkey/http';
import { compose as composeNotifier } from '@latchkey/notifier';
import type { ClockGuard, Logger, Registry } from '@latchkey/process';
import { createSqliteStore, type Database } from '@latchkey/sqlite';
import { createFixedKeySource } from '@latchkey/tokens';
import { compose as composeUser } from '@latchkey/user';
import type { readServiceSettings } from './settings.ts';

export interface ComposedServices {
  /**
   * All services, in the order in which they must start. The services that consume the log start before auth,
   * which writes the log.
   */
  readonly all: readonly Service[];
  /** The routes of all services, in the order of the API reference. */
  readonly routes: readonly Route[];
  readonly isAllowedOrigin: (origin: string) => boolean;
  /** The path of PUBLIC_URL, which a reverse proxy removes from requests. Empty if PUBLIC_URL has no path. */
  readonly publicPath: string;
}

/** Adds the service's name to each dependency in its health report, because one `/readyz` reports on all services. */
function ownHealth(service: Service): Service {
  return {
    ...service,
    health: async () =>
      (await service.health()).map((dependency) => ({ service: service.name, ...dependency })),
  };
}

export function composeServices(
  settings: ReturnType<typeof readServiceSettings>,
  deps: {
    readonly database: Database;
    readonly bus: Bus;
    readonly clock: ClockGuard;
    readonly logger: Logger;
    readonly registry: Registry;
    /** The settings of this process by name, without secrets. */
    readonly shown: Readonly<Record<string, string>>;
    /** Deletes the mails from or to an address in the development mailbox. */
    forgetMails(address: string): Promise<void>;
  },
): ComposedServices {
  const { logger, registry } = deps;
  const backend = { store: createSqliteStore(deps.database), bus: deps.bus, clock: deps.clock };
  function part(name: string) {
    return { backend, registry, logger: logger.child({ service: name }) };
  }
  async function forget(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await deps.forgetMails(address);
  }
  const mails = { toOwner: (account: string) => notifier.mailsForOwner(account) };
  const auth = composeAuth(settings.auth, { ...part('auth'), settings: deps.shown, forget, mails });
  // auth runs in this process, so pass its keys to the user service directly instead of over HTTP.
  const keys = settings.user.JWKS_URL === undefined ? { keys: createFixedKeySource(auth.jwks()) } : {};
  // The services share a cache of verified signatures if they verify events with the same keys. Each
  // signature is then verified only once in this process.
  const verification = {
    eventKeys: createFixedEventKeySource(auth.jwks()),
    verifiedProofs: createVerifiedProofCache(),
  };
  const user = composeUser(settings.user, {
    ...part('user'),
    ...keys,
    ...(settings.user.JWKS_URL === undefined ? verification : {}),
  });
  const notifier = composeNotifier(settings.notifier, {
    ...part('notifier'),
    ...(settings.notifier.JWKS_URL === undefined ? verification : {}),
  });
  return {
    all: [user, notifier, auth].map(ownHealth),
    routes: [...auth.routes, ...user.routes, ...notifier.routes],
    isAllowedOrigin: createOriginCheck(settings.auth),
    publicPath: getPublicPath(settings.auth),
  };
}
