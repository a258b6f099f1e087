/** Tests that each process of a cluster serves its operations routes on a separate port. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cluster, serviceNames, startCluster } from '../support/cluster.ts';
import { defineOperationsPortTests } from '../support/operations-port-suite.ts';

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ instances: { auth: 1, user: 1, notifier: 1 } });
});
after(() => cluster?.stop());

for (const service of serviceNames)
  describe(`In a process of ${service}`, () => {
    function ports() {
      const [instance] = cluster.instances[service];
      assert.ok(instance);
      return instance;
    }
    defineOperationsPortTests(ports);

    test('the operations port is closed at every address but 127.0.0.1 (ASVS 13.4.5)', async () => {
      const { port } = new URL(ports().operations);
      await assert.rejects(fetch(`http://127.0.0.2:${port}/metrics`), /fetch failed/);
    });
  });
