/**
 * `npm run test:schemathesis`: runs schemathesis, a tool that tests an HTTP API against its OpenAPI document, on a
 * server that runs all services. Schemathesis sends requests that the document allows and requests that it forbids.
 * Every response must be one that the document declares.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { assertStatus, createClient } from './support/client.ts';
import { createMailbox } from './support/mailbox.ts';
import { createAdmin, createPersonActions } from './support/people.ts';
import { startStandalone } from './support/standalone.ts';

/**
 * The number of requests that schemathesis sends for each operation of the API in each of its test phases.
 */
const EXAMPLES = '50';

const system = await startStandalone({ LIMITS: 'off' });
after(() => system.stop());
const people = createPersonActions(createClient(system.url), createMailbox(system.mailbox));

/**
 * Runs schemathesis with the given command-line options.
 * @throws AssertionError that contains schemathesis's report, if it reports a fault
 */
async function run(...options: readonly string[]): Promise<void> {
  // Run schemathesis in a temporary folder, because it writes files into its working folder.
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-schemathesis-'));
  try {
    const words = [
      ...['--config-file', join(import.meta.dirname, 'schemathesis.toml'), 'run'],
      ...[`${system.url}/api/v1/openapi.json`, '--url', system.url, '--seed', '1', '--no-color'],
      ...['--max-examples', EXAMPLES, '--continue-on-failure', '--generation-database', 'none', ...options],
    ];
    const child = spawn('schemathesis', words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const [report, [code]] = await Promise.all([text(child.stdout), ended]);
    assert.equal(code, 0, report);
    assert.match(report, /Tested: \d{2}/);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('finds nothing without a token', () => run());

test('finds nothing as an admin', async () => {
  const { accessToken } = await people.login(await createAdmin(system, people));
  // Exclude the route for signing out everywhere: calling it would sign the admin out, so all later responses
  // would be 401.
  const signOut = ['--exclude-path', '/api/v1/auth/logout-all'];
  await run(...signOut, '--header', `Authorization: Bearer ${accessToken}`);
  assertStatus(await people.me(accessToken), 200);
});
