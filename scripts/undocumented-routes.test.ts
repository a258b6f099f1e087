/**
 * Tests that test/support/undocumented-routes.ts lists exactly the routes that no OpenAPI document describes. Tests
 * that call every route get the routes from this list and from the OpenAPI documents.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compose as composeAuth } from '@latchkey/auth';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { allTopics } from '@latchkey/events';
import type { Route } from '@latchkey/http';
import { compose as composeNotifier } from '@latchkey/notifier';
import { createLogger, createMetricsRegistry } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { compose as composeUser } from '@latchkey/user';
import { loadOrGenerateSecrets } from '../apps/standalone/src/secrets.ts';
import { createMailboxSmtpSettings, readServiceSettings } from '../apps/standalone/src/settings.ts';
import { undocumentedRouteNames, undocumentedRouteSettings } from '../test/support/undocumented-routes.ts';

/** The bytes with which every PNG file begins. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Returns the routes of all services, with all settings that add routes. */
async function routesOfServices(t: TestContext): Promise<readonly Route[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-routes-'));
  t.after(() => rm(folder, { recursive: true }));
  const database = openDatabase({ folder, as: 'server' });
  t.after(() => database.close());
  const logger = createLogger({ name: 'routes', level: 'silent' });
  const bus = createEmbeddedBus({ database, logger });
  t.after(() => bus.close());
  await bus.ensureTopics(allTopics());
  const logo = join(folder, 'logo.png');
  await writeFile(logo, PNG);
  const settings = readServiceSettings(
    {
      PUBLIC_URL: 'https://id.example.com',
      BRAND_LOGO_FILE: logo,
      ...createMailboxSmtpSettings(1025),
      ...undocumentedRouteSettings,
    },
    await loadOrGenerateSecrets(folder, async () => false),
  );
  function deps() {
    return {
      backend: { store: createSqliteStore(database), bus },
      logger,
      registry: createMetricsRegistry(),
    };
  }
  const notifier = composeNotifier(settings.notifier, deps());
  return [
    ...composeAuth(settings.auth, deps()).routes,
    ...composeUser(settings.user, deps()).routes,
    ...notifier.routes,
    ...notifier.internalRoutes,
  ];
}

/** Returns the name of a route in the form that test/support/openapi.ts uses, such as `GET /auth/sessions/{id}`. */
function nameOf({ method, path }: Route): string {
  return `${method} ${path.replace(/^\/api\/v1/, '').replaceAll(/:(\w+)/g, '{$1}')}`;
}

test('every route that no OpenAPI document describes is in the list of undocumented routes, and no other', async (t) => {
  const undocumented = (await routesOfServices(t)).filter(({ hidden }) => hidden === true).map(nameOf);
  assert.deepEqual(undocumented.toSorted(), undocumentedRouteNames.toSorted());
});
