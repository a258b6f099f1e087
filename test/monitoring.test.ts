/** Tests that every metric that the alerts, the dashboard and the docs name exists. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { before, describe, test } from 'node:test';
import { kafkaSettings, readStoreConfig } from '@latchkey/backend';
import { createLogger, createMetricsRegistry, readConfig } from '@latchkey/process';
import { composeStandalone } from '../apps/standalone/src/compose.ts';
import { readStandaloneSettings } from '../apps/standalone/src/settings.ts';
import { connectToServers } from '../libs/cluster/src/servers.ts';

const root = join(import.meta.dirname, '..');
const alerts = readFileSync(join(root, 'deploy/prometheus/alerts.yml'), 'utf8');
const dashboard = readFileSync(join(root, 'deploy/grafana/dashboard.json'), 'utf8');
const docs = readFileSync(join(root, 'docs/operating.md'), 'utf8');

const logger = createLogger({ name: 'test', level: 'silent' }, new PassThrough().resume());
let inStandalone: ReadonlySet<string>;
let inCluster: ReadonlySet<string>;

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-monitoring-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function namesIn(registry: ReturnType<typeof createMetricsRegistry>): ReadonlySet<string> {
  return new Set(registry.getMetricsAsArray().map(({ name }) => name));
}

before(async () => {
  await using folder = await temporaryFolder();
  const registry = createMetricsRegistry();
  const config = readStandaloneSettings({ PORT: '0', DATA_DIR: folder.path });
  const standalone = await composeStandalone(config, { logger, registry });
  inStandalone = namesIn(registry);
  await standalone.stop();

  const ofServers = createMetricsRegistry();
  await using other = await temporaryFolder();
  // No server listens on port 1. The metrics exist even before the servers are reached.
  const servers = connectToServers(
    {
      kafka: readConfig(kafkaSettings, { KAFKA_BROKERS: '127.0.0.1:1' }),
      store: readStoreConfig({ DATA_DIR: other.path }),
    },
    { registry: ofServers, clientId: 'test', logger, onFatal: assert.fail },
  );
  inCluster = namesIn(ofServers);
  await servers.close();
});

/**
 * Returns the names of the metrics in a text. The text may name a histogram by one of its series, for example
 * `…_seconds_bucket`; this function removes the suffix.
 */
function metricsIn(text: string): readonly string[] {
  const names = text.match(/\blatchkey_[a-z\d]+_[a-z\d_]+[a-z\d]\b/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/(?<=_seconds)_(?:bucket|count|sum)$/, '')))];
}

describe('every metric exists', () => {
  for (const [name, text] of Object.entries({ alerts, dashboard, docs }))
    test(`in ${name}`, () => {
      const named = metricsIn(text);
      assert.ok(named.length > 10);
      assert.deepEqual(
        named.filter((metric) => !inStandalone.has(metric) && !inCluster.has(metric)),
        [],
      );
    });
});

test('every metric of the table of docs/operating.md with an alert has a rule', () => {
  const rules = metricsIn(alerts);
  const rows = docs.match(/^\| `latchkey_.*$/gm) ?? [];
  assert.ok(rows.length > 15);
  for (const row of rows) {
    const [, named = ''] = row.split('|');
    assert.ok(
      metricsIn(named).some((metric) => rules.includes(metric)),
      named,
    );
  }
});

test('rules about counters look at their increase', () => {
  for (const [, selector] of alerts.matchAll(/(.{10})\blatchkey_\w+_total\b/g))
    assert.match(selector ?? '', /increase\($/);
});

test('docs/operating.md names the metrics that a standalone lacks', () => {
  const [, named = ''] = /^A standalone lacks (.*)$/m.exec(docs) ?? [];
  const lacking = [...inCluster].filter((metric) => !inStandalone.has(metric));
  assert.deepEqual(metricsIn(named).toSorted(), lacking.toSorted());
});
