/** Temporary folders, databases and HTTP servers for tests, which are removed after the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { createHttpServerPart, type Route } from '@latchkey/http';
import { createLogger, createMetricsRegistry, type Logger } from '@latchkey/process';
import { type Database, openDatabase } from '@latchkey/sqlite';
import type { z } from 'zod';

export async function createTemporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-standalone-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function openTemporaryDatabase(t: TestContext): Promise<Database> {
  const database = openDatabase({ folder: await createTemporaryFolder(t), as: 'server' });
  t.after(() => database.close());
  return database;
}

export function createSilentLogger(): Logger {
  return createLogger({ name: 'test', level: 'silent' }, new PassThrough().resume());
}

/** Starts an HTTP server with these routes. @returns its URL */
export async function serveRoutes(t: TestContext, routes: readonly Route[]): Promise<string> {
  const part = createHttpServerPart({
    name: 'test',
    host: '127.0.0.1',
    port: 0,
    routes,
    logger: createSilentLogger(),
    registry: createMetricsRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
  });
  await part.start();
  t.after(() => part.stop());
  return `http://127.0.0.1:${part.port()}`;
}

/** Fetches JSON and validates it. */
export async function fetchJson<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await (await fetch(url)).json());
}
