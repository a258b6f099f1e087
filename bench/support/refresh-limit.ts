/**
 * Measures the lower bound for a refresh, which is the work that every implementation must do. For each
 * request, a bare `node:http` server reads a body, changes one row durably and signs one ES256 token. The
 * server process runs this file as its program.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { type BareServer, listenAsBareServer, startBareServer } from './bare-server.ts';

const PROGRAM = import.meta.filename;
/** A placeholder that is as long as the claims of our access tokens. */
const CLAIMS = Buffer.from('x'.repeat(480));

export function startBareTokenServer(): Promise<BareServer> {
  return startBareServer(PROGRAM);
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
  });
  listenAsBareServer(server);
}

if (process.argv[1] === PROGRAM) serve(process.argv[2] ?? '');
