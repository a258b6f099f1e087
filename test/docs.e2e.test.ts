/**
 * Runs those commands of the documentation that need only one server process or a data folder (see
 * support/doc-blocks.ts).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import {
  type DocCommand,
  findTestedCommands,
  findUntestedBlocks,
  listMarkdownFiles,
} from './support/doc-blocks.ts';
import { openDocShell } from './support/doc-shell.ts';
import { killWhenTestEnds } from './support/end-with-test.ts';
import { eventually } from './support/eventually.ts';
import { createSettingsForFixtureTime, readFixtureManifest, unpackFixtureFolder } from './support/fixture.ts';
import { HIGH_LIMIT_SETTINGS } from './support/programs.ts';
import { runUntilExit, type Standalone, startStandalone } from './support/standalone.ts';

const ADDRESS = 'http://localhost:8080';
const OPERATIONS = 'http://localhost:9080';

test('every block of commands says how it is tested', () => {
  assert.deepEqual(listMarkdownFiles().flatMap(findUntestedBlocks), []);
});

test('every block that runs on a standalone is in a document that a test below runs', () => {
  const run = listMarkdownFiles().filter(
    (document) => findTestedCommands(document, 'standalone', 'server').length > 0,
  );
  assert.deepEqual(run, [
    'README.md',
    'docs/client.md',
    'docs/feed.md',
    'docs/gateways.md',
    'docs/getting-started.md',
    'docs/guards.md',
    'docs/ops.md',
    'docs/siem.md',
    'docs/subscribing.md',
    'docs/webhooks.md',
  ]);
});

/** Starts a server with a command of the documentation, and waits until it has printed the documented output. */
async function startServer(
  { shell, output }: DocCommand,
  env: NodeJS.ProcessEnv,
  replace: Readonly<Record<string, string>>,
) {
  const server = spawn('bash', ['-c', shell], { cwd: join(import.meta.dirname, '..'), env, detached: true });
  function signal(name: NodeJS.Signals): void {
    if (server.pid !== undefined) process.kill(-server.pid, name);
  }
  killWhenTestEnds(server, () => signal('SIGKILL'));
  const closed = once(server, 'close');
  let printed = '';
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text) => (printed += String(text)));
  let text = output?.text ?? '';
  for (const [documented, actual] of Object.entries(replace)) text = text.replaceAll(documented, actual);
  const lines = text.split('\n');
  const shown = lines.map((line) => line.replace(/…?\/\.data\b.*/, '').trim());
  async function stop(): Promise<void> {
    signal('SIGTERM');
    await closed;
  }
  await eventually(`${shell} prints what the documentation shows`, () => {
    assert.equal(server.exitCode, null, printed);
    return shown.every((line) => printed.includes(line));
  }).catch(async (error: Error) => {
    await stop();
    throw new Error(`${error.message}\n${printed}`);
  });
  return { stop };
}

test('Getting started, from npm start to the first admin', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const port = String(await reserveFreePort());
  const operationsPort = String(await reserveFreePort());
  const replace = {
    [ADDRESS]: `http://localhost:${port}`,
    [OPERATIONS]: `http://localhost:${operationsPort}`,
  };
  const env = { ...HIGH_LIMIT_SETTINGS, PORT: port, OPERATIONS_PORT: operationsPort, DATA_DIR: folder };
  const [start, ...commands] = findTestedCommands('docs/getting-started.md', 'server', 'standalone');
  assert.ok(start?.place === 'server');
  const server = await startServer(start, { ...process.env, ...env }, replace);
  const shell = await openDocShell({ env, replace, inCheckout: true });
  try {
    for (const command of commands) await shell.run(command);
  } finally {
    await shell.close();
    await server.stop();
  }
});

describe('on a standalone', () => {
  let standalone: Standalone;
  before(async () => {
    standalone = await startStandalone({ WEBHOOKS_ALLOW_PRIVATE: 'true' });
  });
  after(() => standalone?.stop());

  /**
   * Runs the commands of several documents in one shell.
   * @param documents paths of Markdown files
   */
  async function runDocuments(
    documents: readonly string[],
    { documentedPort, inCheckout = false }: { documentedPort?: string; inCheckout?: boolean } = {},
  ): Promise<void> {
    const port = documentedPort && { [documentedPort]: String(await reserveFreePort()) };
    const shell = await openDocShell({
      env: { DATA_DIR: standalone.folder },
      replace: { [ADDRESS]: standalone.url, ...port },
      inCheckout,
    });
    try {
      for (const document of documents)
        for (const command of findTestedCommands(document, 'standalone')) await shell.run(command);
    } finally {
      await shell.close();
    }
  }

  test('README.md, docs/gateways.md, docs/siem.md and docs/subscribing.md', () =>
    runDocuments(['README.md', 'docs/gateways.md', 'docs/siem.md', 'docs/subscribing.md']));
  test('docs/client.md, with the client of the checkout', () =>
    runDocuments(['docs/client.md'], { inCheckout: true }));
  test('docs/feed.md', () => runDocuments(['docs/feed.md']));
  test('docs/webhooks.md, with a receiver on a free port', () =>
    runDocuments(['docs/webhooks.md'], { documentedPort: '8099', inCheckout: true }));
  test('docs/guards.md, with the books on a free port', () =>
    runDocuments(['docs/guards.md'], { documentedPort: '8090', inCheckout: true }));
});

function anEventKey(): string {
  return JSON.stringify({ keys: [generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })] });
}

test('docs/ops.md, on a data folder with parked accounts, dead letters and mails in every state', async (context) => {
  const manifest = await readFixtureManifest();
  const folder = await unpackFixtureFolder();
  context.after(() => rm(folder, { recursive: true, force: true }));
  function idOf(wanted: string): string {
    const id = manifest.accounts.find(({ name }) => name === wanted)?.id;
    assert.ok(id);
    return id;
  }
  // Generate two keys that release 0.1 did not have. A server would create them in the data folder when it
  // starts, but no server of the current release has used this folder yet.
  const env = {
    DATA_DIR: folder,
    EVENT_SIGNING_KEYS: anEventKey(),
    WEBHOOK_SECRET_KEY: randomBytes(32).toString('base64url'),
    ...createSettingsForFixtureTime(manifest),
  };
  const { code, stderr } = await runUntilExit(env, { ops: ['upgrade'] });
  assert.equal(code, 0, stderr);
  const shell = await openDocShell({
    env,
    replace: { 'ada@example.com': 'sam@example.com' },
    ids: { '01a1ff4e-4c69-77ba-93b1-fcec3de4b88f': idOf('ben') },
  });
  try {
    for (const command of findTestedCommands('docs/ops.md', 'standalone')) await shell.run(command);
  } finally {
    await shell.close();
  }
});
