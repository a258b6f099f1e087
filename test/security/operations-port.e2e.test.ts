/**
 * Tests that metrics and other operations routes are served on a separate port that only this machine can
 * reach, because they show how many requests, such as logins, have failed (ASVS 5.0, 13.4.5).
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { defineOperationsPortTests } from '../support/operations-port-suite.ts';
import { createProductionSettings } from '../support/production.ts';
import { runUntilExit, startStandalone } from '../support/standalone.ts';

const production = await startStandalone({ HOST: '0.0.0.0', ...(await createProductionSettings({ after })) });
after(() => production.stop());
const development = await startStandalone();
after(() => development.stop());

for (const [mode, system] of Object.entries({ production, development })) {
  describe(`in ${mode}`, () => {
    defineOperationsPortTests(() => system);

    test('the start says in one line which mode it is (ASVS 13.4.2)', async () => {
      const lines = await eventually('it is printed', () => {
        const found = system
          .output()
          .split('\n')
          .filter((line) => /^ *Mode /.test(line));
        return found.length > 0 && found;
      });
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', new RegExp(`^ *Mode +${mode}\\b`));
    });
  });
}

test('the operations port is closed at every address but 127.0.0.1, even if the public port is open (ASVS 13.4.5)', async () => {
  const [publicPort, operationsPort] = [production.url, production.operations].map(
    (url) => new URL(url).port,
  );
  assert.equal((await fetch(`http://127.0.0.2:${publicPort}/.well-known/jwks.json`)).status, 200);
  await assert.rejects(fetch(`http://127.0.0.2:${operationsPort}/metrics`), /fetch failed/);
});

test('an operations port that is taken is named as such (ASVS 13.4.5)', async () => {
  const OPERATIONS_PORT = new URL(development.operations).port;
  const DATA_DIR = `${development.folder}/other`;
  const ended = await runUntilExit({ DATA_DIR, OPERATIONS_PORT });
  assert.equal(ended.code, 1);
  assert.match(
    ended.stdout + ended.stderr,
    new RegExp(`port ${OPERATIONS_PORT} .*in use.*set OPERATIONS_PORT`),
  );
});
