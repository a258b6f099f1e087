/** The three services on one embedded backend: the only place that sees them all. */
import { compose as composeAuth } from '@latchkey/auth';
import type { Bus } from '@latchkey/bus';
import { allowedOrigins, type Route, type Service } from '@latchkey/http';
import { compose as composeNotifier } from '@latchkey/notifier';
import type { Logger, Registry } from '@latchkey/process';
import type { Database } from '@latchkey/sqlite';
import { fixedKeys } from '@latchkey/tokens';
import { compose as composeUser } from '@latchkey/user';
import type { readServiceSettings } from './settings.ts';

export interface Services {
  /** In the order in which they start: who reads the log before who writes it. */
  readonly all: readonly Service[];
  /** Of all services, in the order in which a newcomer meets them. */
  readonly routes: readonly Route[];
  readonly isAllowedOrigin: (origin: string) => boolean;
}

/** One `/readyz` tells of all services, and several of them need the log. */
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
    readonly logger: Logger;
    readonly registry: Registry;
  },
): Services {
  const { logger, registry } = deps;
  const backend = { kind: 'embedded', database: deps.database, bus: deps.bus } as const;
  function part(name: string) {
    return { backend, registry, logger: logger.child({ service: name }) };
  }
  const auth = composeAuth(settings.auth, part('auth'));
  // Fetching them over HTTP from the very same process would only add ways to fail.
  const keys = settings.user.JWKS_URL === undefined ? { keys: fixedKeys(auth.jwks()) } : {};
  const user = composeUser(settings.user, { ...part('user'), ...keys });
  const notifier = composeNotifier(settings.notifier, part('notifier'));
  return {
    all: [user, notifier, auth].map(ownHealth),
    routes: [...auth.routes, ...user.routes, ...notifier.routes],
    isAllowedOrigin: allowedOrigins(settings.auth),
  };
}
