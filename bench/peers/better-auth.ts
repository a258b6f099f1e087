/**
 * Runs Better Auth (https://better-auth.com) on SQLite, with the same durability, password hash and mails as
 * Latchkey on its embedded store. The server process runs this file as its program.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import nodemailer from 'nodemailer';
import { type OpenComparedServer, sendRequest } from './peer.ts';

const PROGRAM = import.meta.filename;
const COST = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const openComparedServer: OpenComparedServer = async ({ sink }) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const child = fork(PROGRAM, [
    folder,
    String(sink.settings['MAIL_SERVER']),
    String(sink.settings['MAIL_PORT']),
  ]);
  const [port] = await once(child, 'message');
  const origin = `http://localhost:${port}`;
  const api = `${origin}/api/auth`;
  function post(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json', origin };
    return sendRequest(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }
  return {
    name: 'Better Auth',
    mails: true,
    async signUp({ email, username, password }) {
      await post('/sign-up/email', { email, name: username, password });
    },
    async signIn({ email, password }) {
      const response = await post('/sign-in/email', { email, password });
      return response.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; ');
    },
    async whoAmI(cookie) {
      const session = await (await sendRequest(`${api}/get-session`, { headers: { cookie } })).json();
      if (session === null) throw new Error('the session is not valid');
    },
    async cpuMs() {
      child.send('cpu');
      const [{ user, system }] = await once(child, 'message');
      return (user + system) / 1000;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
};

/** Imports a module of Better Auth, which is installed only for this benchmark. */
function load(name: string) {
  const { resolve } = createRequire(PROGRAM);
  return import(pathToFileURL(resolve(name)).href);
}

async function serve(folder: string, mailServer: string, mailPort: string): Promise<void> {
  const [{ betterAuth }, { getMigrations }, { toNodeHandler }] = await Promise.all(
    ['better-auth', 'better-auth/db/migration', 'better-auth/node'].map(load),
  );
  const database = new DatabaseSync(join(folder, 'better-auth.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const mailer = nodemailer.createTransport({ host: mailServer, port: Number(mailPort), pool: true });
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const auth = betterAuth({
    database,
    secret: randomBytes(32).toString('base64'),
    baseURL: `http://localhost:${port}`,
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      password: {
        hash: (password: string) => hash(password, COST),
        verify: (stored: { hash: string; password: string }) => verify(stored.hash, stored.password),
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      sendVerificationEmail: ({ user, url }: { user: { email: string }; url: string }) =>
        mailer.sendMail({
          from: 'accounts@example.com',
          to: user.email,
          subject: 'Verify your address',
          text: `Open this link to verify your address: ${url}`,
        }),
    },
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  server.on('request', toNodeHandler(auth));
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.on('disconnect', () => process.exit());
  process.send?.(port);
}

if (process.argv[1] === PROGRAM) {
  const [folder = '', mailServer = '', mailPort = ''] = process.argv.slice(2);
  await serve(folder, mailServer, mailPort);
}
