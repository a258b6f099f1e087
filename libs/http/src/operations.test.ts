import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DependencyHealth } from '@latchkey/process';
import { createMetricsRegistry } from '@latchkey/process';
import { createOperationsRoutes } from './operations.ts';
import { serveRoutes } from './testing/serve.ts';

function journal(state: DependencyHealth['state'], needed = true): DependencyHealth {
  return {
    name: 'journal',
    service: 'auth',
    state,
    needed,
  };
}
function mail(state: DependencyHealth['state']): DependencyHealth {
  return {
    name: 'mail',
    state,
    needed: false,
    detail: 'no greeting',
  };
}

describe('readiness', () => {
  const steps: readonly (readonly [string, readonly DependencyHealth[], number, string])[] = [
    ['not yet, while anything was never usable', [journal('ok'), mail('down')], 503, 'starting'],
    ['yes, once everything is usable', [journal('ok'), mail('degraded')], 200, 'degraded'],
    ['yes, while only what is not needed is down', [journal('ok'), mail('down')], 200, 'degraded'],
    ['no, while something needed is down', [journal('down'), mail('ok')], 503, 'down'],
    ['yes, once it is back', [journal('ok'), mail('ok')], 200, 'ok'],
  ];

  it('follows its dependencies', async (t) => {
    let now: readonly DependencyHealth[] = [];
    const routes = createOperationsRoutes({ registry: createMetricsRegistry(), health: async () => now });
    const { call } = await serveRoutes(t, routes);
    for (const [what, dependencies, status, state] of steps) {
      now = dependencies;
      const response = await call('/readyz');
      assert.equal(response.status, status, what);
      assert.deepEqual(await response.json(), { state, dependencies }, what);
    }
  });

  it('answers 503 if the state is unknown', async (t) => {
    async function health(): Promise<never> {
      throw new Error('no state');
    }
    const { call } = await serveRoutes(
      t,
      createOperationsRoutes({ registry: createMetricsRegistry(), health }),
    );
    const response = await call('/readyz');
    assert.equal(response.status, 503);
  });
});

describe('liveness', () => {
  it('asks no dependency', async (t) => {
    async function health(): Promise<never> {
      return assert.fail('asked');
    }
    const { call } = await serveRoutes(
      t,
      createOperationsRoutes({ registry: createMetricsRegistry(), health }),
    );
    assert.deepEqual(await (await call('/livez')).json(), { state: 'ok' });
  });
});

describe('metrics', () => {
  it('are readable by Prometheus, with those of the process', async (t) => {
    const registry = createMetricsRegistry();
    const { call } = await serveRoutes(t, createOperationsRoutes({ registry, health: async () => [] }));
    const response = await call('/metrics');
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /latchkey_process_cpu_seconds_total/);
  });
});
