/**
 * Measures the lower bound for reading one's own profile, with a bare koa server. Its main route verifies an
 * ES256 access token and reads one row by its key; `/token` returns an access token, and `/hello` responds
 * without checking anything. The server process runs this file as its program.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import jwt from 'jsonwebtoken';
import Koa from 'koa';
import { type BareServer, listenAsBareServer, startBareServer } from './bare-server.ts';

const PROGRAM = import.meta.filename;
const USER_ID = '0197f3a2-7c1b-7a51-9a55-3f0d5a4c2b10';
const ISSUER = 'http://localhost:3000';

export function startBareProfileServer(): Promise<BareServer> {
  return startBareServer(PROGRAM);
}

function serve(folder: string): void {
  const database = new DatabaseSync(join(folder, 'bare.sqlite'));
  database.exec('CREATE TABLE profile (id TEXT PRIMARY KEY, document TEXT NOT NULL)');
  const profile = { id: USER_ID, username: 'ada', email: 'ada@example.com', role: 'user', verified: true };
  database.prepare('INSERT INTO profile VALUES (?, ?)').run(USER_ID, JSON.stringify(profile));
  const select = database.prepare('SELECT document FROM profile WHERE id = ?');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  const app = new Koa();
  app.use((context) => {
    if (context.path === '/hello') {
      context.body = 'hello';
    } else if (context.path === '/token') {
      context.body = jwt.sign({ role: 'user' }, privateKey, {
        algorithm: 'ES256',
        subject: USER_ID,
        issuer: ISSUER,
        expiresIn: '1h',
      });
    } else {
      const token = context.get('authorization').replace(/^Bearer /, '');
      const { sub = '' } = jwt.verify(token, publicKey, { issuer: ISSUER, algorithms: ['ES256'] });
      const row = select.get(String(sub));
      context.body = JSON.parse(String(row?.['document']));
    }
  });
  listenAsBareServer(createServer(app.callback()));
}

if (process.argv[1] === PROGRAM) serve(process.argv[2] ?? '');
