import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { reserveFreePort } from './free-port.ts';

test('a free port can be listened on, and is given once only, in this process and in others', async (t) => {
  const ports = await Promise.all(Array.from({ length: 300 }, reserveFreePort));
  const program = `
    const { reserveFreePort } = await import(${JSON.stringify(import.meta.resolve('./free-port.ts'))});
    console.log(JSON.stringify(await Promise.all(Array.from({ length: 300 }, reserveFreePort))));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  assert.equal(new Set([...ports, ...JSON.parse(stdout)]).size, 600);

  const server = createServer().listen(ports[0], '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
});
