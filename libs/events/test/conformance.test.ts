import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  assertConformanceOutcome,
  type ConformanceCase,
  type ConformanceOutcome,
  conformanceCases,
  runConformanceCase,
} from '../scripts/conformance.ts';
import { decode } from '../src/index.ts';

const PYTHON = join(import.meta.dirname, '../../../examples/subscribers/python/subscriber.py');
const RUN_CONFORMANCE = join(import.meta.dirname, '../scripts/run-conformance.ts');

describe('the conformance kit', () => {
  for (const each of conformanceCases)
    test(`is passed by the example in Python: ${each.name}`, async () => {
      assertConformanceOutcome(await runConformanceCase(['python3', PYTHON, '--stdin'], each.records), each);
    });

  test('fails a consumer that ends without reading its input', async () => {
    const [first] = conformanceCases;
    assert.ok(first !== undefined);
    const large = first.records.map((record) => ({ ...record, value: 'x'.repeat(1 << 20) }));
    await assert.rejects(runConformanceCase(['false'], large), /^Error: false ended with 1$/);
    const { status, stdout, stderr } = spawnSync(process.execPath, [RUN_CONFORMANCE, 'false']);
    assert.deepEqual([status, String(stderr)], [1, '']);
    assert.equal(
      String(stdout),
      conformanceCases.map(({ name }) => `FAILED  ${name}: false ended with 1\n`).join(''),
    );
  });

  test('ends a consumer that does not end, with its child processes, and fails it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = `"${process.execPath}" -e "require('net').connect(${port}, '127.0.0.1')"`;
    const outcome = runConformanceCase(['sh', '-c', `${child}; true`], []);
    const failed = assert.rejects(outcome, /^Error: sh did not end within 30 s$/);
    const [socket]: Socket[] = await once(server, 'connection');
    assert.ok(socket !== undefined);
    const disconnected = once(
      socket.on('error', () => undefined),
      'close',
    );
    t.mock.timers.tick(30_000);
    await Promise.all([failed, disconnected]);
  });

  test('has records that are what their names say', () => {
    const kinds = conformanceCases.flatMap(({ records }) =>
      records.map((record) => decode(rawOf(record)).kind),
    );
    assert.deepEqual(new Set(kinds), new Set(['event', 'unknown-type', 'undecodable', 'unusable']));
  });

  test('notices a consumer that counts nothing, loses an event, changes the order, or stores another name', () => {
    const [first] = conformanceCases;
    assert.ok(first !== undefined);
    const { handled, accounts } = first.expected;
    const wrong: readonly ConformanceOutcome[] = [
      { handled: [], accounts: [] },
      { handled: handled.slice(1), accounts },
      { handled: handled.toReversed(), accounts },
      { handled, accounts: accounts.map((account) => ({ ...account, parked: 'gap' })) },
      { handled, accounts: accounts.map((account) => ({ ...account, username: null })) },
    ];
    for (const outcome of wrong)
      assert.throws(() => assertConformanceOutcome(outcome, first), assert.AssertionError);
  });
});

function rawOf({ key, value, headers }: ConformanceCase['records'][number]) {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}
