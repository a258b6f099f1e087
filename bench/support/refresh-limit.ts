/**
 * Measures the lower bound for a refresh: the work that every implementation must do. For each request, a bare
 * `node:http` server reads a body, changes one row durably and signs one ES256 token. If this file is run as a program,
 * it is that server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';

const PROGRAM = import.meta.filename;
/** A placeholder that is as long as the claims of our access tokens. */
const CLAIMS = Buffer.from('x'.repeat(480));

export interface BaselineTokenServer extends AsyncDisposable {
  readonly url: string;
  cpuOf(many: number, work: () => Promise<unknown>): Promise<number>;
}

export async function startBareTokenServer(): Promise<BaselineTokenServer> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const child: ChildProcess = fork(PROGRAM, [folder]);
  const [port] = await once(child, 'message');
  async function cpuMs(): Promise<number> {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return (user + system) / 1000;
  }
  return {
    url: `http://localhost:${port}`,
    async cpuOf(many, work) {
      const before = await cpuMs();
      await work();
      return ((await cpuMs()) - before) / many;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

function serve(folder: string): void {
  const database = new DatabaseSync(join(folder, 'bare.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE session (n INTEGER)');
  database.exec('INSERT INTO session VALUES (0)');
  const update = database.prepare('UPDATE session SET n = n + 1');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  const server = createServer(async (request, response) => {
    await text(request);
    update.run();
    const signature = sign('sha256', CLAIMS, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ accessToken: `${CLAIMS}.${signature.toString('base64url')}` }));
  }).listen(0, () => process.send?.((server.address() as AddressInfo).port));

  process.on('message', () => process.send?.(process.cpuUsage()));
  process.on('disconnect', () => process.exit());
}

if (process.argv[1] === PROGRAM) serve(process.argv[2] ?? '');
