/** A service that run-service.cluster.ts starts as a process. */

import assert from 'node:assert/strict';
import { type ServiceBackend, selectByStoreKind } from '@latchkey/backend';
import { createUnavailableProblem, publicAccessPolicy, route, standardProblems } from '@latchkey/http';
import { createMongoStorePreparation } from '@latchkey/mongo';
import { commonSettingSchemas, type DependencyHealth } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import { Counter } from 'prom-client';
import { z } from 'zod';
import { type ClusterServiceDeps, runClusterService } from '../index.ts';

const settings = z.object({
  TOPIC: z.string(),
  STUMBLES: commonSettingSchemas.whole({ min: 0, max: 10, fallback: 0 }),
  /** How the handler of the service's consumer fails. Without this setting, the service has no consumer. */
  HANDLER: z.enum(['hangs', 'fails']).optional(),
});

const indexes = [{ collection: 'things', name: 'name', keys: { name: 1 } }] as const;

const things = selectByStoreKind({
  mongo: ({ connection }) => connection.collection('things'),
  sqlite: () => assert.fail('the probe needs MongoDB'),
});

const storage = selectByStoreKind({
  mongo: ({ connection }) =>
    createMongoStorePreparation(connection, { owner: 'probe', migrations: [], indexes: async () => indexes }),
  sqlite: () => assert.fail('the probe needs MongoDB'),
});

function countRoute(backend: ServiceBackend) {
  return route({
    method: 'GET',
    path: '/things',
    tag: 'things',
    summary: 'How many there are',
    policy: publicAccessPolicy,
    problems: [standardProblems.unavailable],
    answers: { 200: { description: 'So many', schema: z.object({ count: z.number() }) } },
    handle: async () => {
      try {
        return { status: 200, body: { count: await things(backend.store).countDocuments() } };
      } catch (error) {
        throw createUnavailableProblem('The things cannot be reached.', 1, error);
      }
    },
  });
}

async function storeHealth(backend: ServiceBackend): Promise<readonly DependencyHealth[]> {
  const state = await things(backend.store)
    .countDocuments()
    .then(
      () => 'ok' as const,
      () => 'down' as const,
    );
  return [{ name: 'things', state, needed: true }];
}

const handlers = {
  hangs: () => new Promise<never>(() => undefined),
  fails: () => Promise.reject(new Error('the store is away')),
};

let started = 0;

function compose(
  { STUMBLES, TOPIC, HANDLER }: z.infer<typeof settings>,
  { backend, registry, logger }: ClusterServiceDeps,
) {
  // Tests that a failed start removes its metrics. A registry throws if a metric is registered twice, so a
  // second start succeeds only if the metrics of the first one were removed.
  registry.registerMetric(new Counter({ name: 'probe_total', help: 'Nothing.', registers: [] }));
  return {
    name: 'probe',
    routes: [countRoute(backend)],
    async start() {
      started += 1;
      if (started <= STUMBLES) throw new Error('stumbled', { cause: new StoreUnavailable(undefined) });
      if (HANDLER === undefined) return;
      const reading = { topics: [TOPIC], group: TOPIC, handle: handlers[HANDLER], handleWithinMs: 2000 };
      await backend.bus.subscribe(reading);
    },
    stop: async () => logger.info('stopped'),
    health: () => storeHealth(backend),
  };
}

process.exit(
  await runClusterService({
    name: 'probe',
    defaultPort: 0,
    settings,
    topics: () => [{ name: process.env['TOPIC'] ?? '', partitions: 2, retentionMs: -1 }],
    storage,
    compose,
  }),
);
