/** Runs the user service on an embedded store and log, for tests of the projection. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { testEventKeySource } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { createSqliteStore, openDatabase } from '@latchkey/sqlite';
import { compose, topicsOfUserService } from '../compose.ts';
import { userSettingsSchema } from '../config.ts';
import { openUserOps } from '../ops.ts';

/** Starts the user service, and stops it at the end of the test. */
export async function startTestService(context: TestContext, settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-user-'));
  const database = openDatabase({ folder, as: 'server' });
  const store = createSqliteStore(database);
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(topicsOfUserService);
  const registry = createMetricsRegistry();
  const config = readConfig(userSettingsSchema, { PUBLIC_URL: 'https://id.example.com', ...settings });
  const service = compose(config, {
    backend: { store, bus },
    logger: createLogger({ name: 'user', level: 'silent' }),
    registry,
    eventKeys: testEventKeySource,
  });
  await service.start();
  context.after(async () => {
    await service.stop();
    await bus.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  /** Waits until the service has handled all records on the log. */
  async function settle(): Promise<void> {
    for (;;) {
      const { read, records } = await bus.progressOf('user', [ACCOUNTS_TOPIC]);
      if (read === records) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  return {
    publish: bus.publish,
    database,
    ops: openUserOps(store),
    health: service.health,
    settle,
    /** Returns the value of a metric that has no labels. */
    async metric(name: string): Promise<number> {
      const text = await registry.metrics();
      return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
    },
    /**
     * Waits until all records are handled. Returns the sequence of the account in the read model, and whether
     * it is parked.
     */
    async stateOf(account: string) {
      await settle();
      const profiles = await openUserOps(store).activeProfiles();
      const stored = (await profiles.load([account])).get(account);
      return { sequence: stored?.sequence ?? 0, isParked: stored?.parked !== undefined };
    },
  };
}
