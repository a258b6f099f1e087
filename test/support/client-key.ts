import assert from 'node:assert/strict';
import type { System } from './system.ts';

/** Registers a service client that has one scope. @returns its API key */
export async function createServiceClientKey(
  { ops }: Pick<System, 'ops'>,
  scope: 'events' | 'introspect',
  ...options: readonly string[]
): Promise<string> {
  const printed = await ops('clients', 'add', 'test', '--scope', scope, ...options);
  const key = /latchkey_\w{16}_[\w-]{43}/.exec(printed)?.[0];
  assert.ok(key, printed);
  return key;
}
