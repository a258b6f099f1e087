/**
 * Tests the gateway configurations of examples/gateways: each is in front of a service, and asks Latchkey who sends a
 * request.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { freePort } from '@latchkey/process/testing/free-port';
import { createClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createMailbox } from '../support/mailbox.ts';
import { createPeople, somebody, type Tokens } from '../support/people.ts';
import { startStandalone } from '../support/standalone.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/gateways');

const system = await startStandalone({ LIMITS: 'off' });
after(() => system.stop());
const client = createClient(system.url);
const people = createPeople(client, createMailbox(system.mailbox));
const ada = await people.verified(somebody('ada'));
const root = await people.verified(somebody('root'));
await system.ops('role', root.email, 'admin');

/** The service behind the gateway: its response contains the request headers that it received. */
const service = createServer((request, response) => response.end(JSON.stringify(request.headers)));
service.listen(0, '127.0.0.1');
await once(service, 'listening');
after(() => service.close());
const { port: servicePort } = service.address() as AddressInfo;

interface Program {
  readonly name: string;
  readonly command: string;
  readonly words: (folder: string) => readonly string[];
}

const programs: readonly Program[] = [
  {
    name: 'nginx',
    command: 'nginx',
    words: (folder) => ['-p', folder, '-c', join(folder, 'nginx.conf')],
  },
  {
    name: 'caddy',
    command: 'caddy',
    words: (folder) => ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
  },
  { name: 'haproxy', command: 'haproxy', words: (folder) => ['-f', join(folder, 'haproxy.cfg')] },
];

/** Copies the configuration of an example and fills in the ports of this test. */
async function prepare(name: string, port: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `latchkey-${name}-`));
  await cp(join(EXAMPLES, name), folder, { recursive: true });
  const ports = [
    ['127.0.0.1:8000', `127.0.0.1:${port}`],
    ['127.0.0.1:8080', `127.0.0.1:${new URL(system.url).port}`],
    ['127.0.0.1:9000', `127.0.0.1:${servicePort}`],
  ] as const;
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    await writeFile(
      join(folder, file),
      ports.reduce((replaced, [from, to]) => replaced.replaceAll(from, to), text),
    );
  }
  return folder;
}

async function start({ name, command, words }: Program) {
  const port = await freePort();
  const folder = await prepare(name, port);
  const child: ChildProcess = spawn(command, words(folder), {
    cwd: folder,
    env: { PATH: `${process.env['PATH']}:/usr/sbin`, HOME: folder },
    stdio: 'ignore',
  });
  let hasEnded = false;
  const ended = once(child, 'close')
    .catch(() => undefined)
    .then(() => {
      hasEnded = true;
    });
  const url = `http://127.0.0.1:${port}`;
  await eventually(`${name} listens`, async () => {
    if (hasEnded) throw new Error(`${name} has ended: is it installed (Debian: apt-get install ${name})?`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

for (const program of programs) {
  describe(`${program.name} in front of a service`, () => {
    async function ask(url: string, tokens?: Tokens, headers: Readonly<Record<string, string>> = {}) {
      const response = await fetch(url, {
        method: 'POST',
        body: 'a body',
        headers: { ...(tokens && { Authorization: `Bearer ${tokens.accessToken}` }), ...headers },
      });
      const text = await response.text();
      return { status: response.status, seen: response.status === 200 ? JSON.parse(text) : {} };
    }

    test('passes on who sends a request, whatever the client says, and refuses everybody else', async () => {
      const gateway = await start(program);
      try {
        const tokens = await people.login(ada);
        assert.equal((await ask(`${gateway.url}/books`)).status, 401);
        const forged = { 'X-User-Id': 'root', 'X-User-Role': 'admin', 'X-User-Verified': 'no' };
        assert.equal((await ask(`${gateway.url}/books`, undefined, forged)).status, 401);
        const { status, seen } = await ask(`${gateway.url}/books?q=1`, tokens, forged);
        assert.equal(status, 200);
        assert.deepEqual(
          [seen['x-user-id'], seen['x-user-role'], seen['x-user-verified']],
          [tokens.id, 'user', 'true'],
        );
        assert.match(seen['x-auth-sequence'], /^\d+$/);

        assert.equal((await ask(`${gateway.url}/admin/books`, tokens, forged)).status, 403);
        const admin = await people.login(root);
        assert.equal((await ask(`${gateway.url}/admin/books`, admin)).seen['x-user-role'], 'admin');

        const { refreshToken } = tokens;
        assert.equal((await client.post('/auth/logout', { json: { refreshToken } })).status, 204);
        assert.equal((await ask(`${gateway.url}/books`, tokens)).status, 401);
      } finally {
        await gateway.stop();
      }
    });
  });
}
