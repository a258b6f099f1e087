/** The three services on one embedded backend: the only place that sees them all. */
import { allowedOrigins, compose as composeAuth } from '@latchkey/auth';
import type { Bus } from '@latchkey/bus';
import { compose as composeNotifier } from '@latchkey/notifier';
import type { Logger, Registry, Service } from '@latchkey/service';
import type { Database } from '@latchkey/sqlite';
import { compose as composeUser } from '@latchkey/user';
import type { readServiceSettings } from './settings.ts';

export interface Services {
  /** In the order in which they start: who reads the log before who writes it. */
  readonly all: readonly Service[];
  readonly isAllowedOrigin: (origin: string) => boolean;
}

export async function composeServices(
  settings: ReturnType<typeof readServiceSettings>,
  deps: {
    readonly database: Database;
    readonly bus: Bus;
    readonly logger: Logger;
    readonly registry: Registry;
  },
): Promise<Services> {
  const { logger, registry } = deps;
  const backend = { kind: 'embedded', database: deps.database, bus: deps.bus } as const;
  const part = (name: string) => ({ backend, registry, logger: logger.child({ service: name }) });
  return {
    all: [
      await composeUser(settings.user, part('user')),
      await composeNotifier(settings.notifier, part('notifier')),
      await composeAuth(settings.auth, part('auth')),
    ],
    isAllowedOrigin: allowedOrigins(settings.auth),
  };
}
