import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mapPortErrors } from './guard-port.ts';

class DiskFullError extends Error {}

function guarded<Port extends Parameters<typeof mapPortErrors>[0]>(port: Port) {
  return mapPortErrors(port, (error) => (error instanceof DiskFullError ? error : undefined));
}

const failure = new DiskFullError();
const unavailable = { name: 'StoreUnavailable', cause: failure };

describe('a guarded port', () => {
  test('answers as the port does', async () => {
    const port = guarded({ add: async (a: number, b: number) => a + b });
    assert.equal(await port.add(1, 2), 3);
  });

  test('reports a failure of the store as StoreUnavailable, whether it was thrown or rejected', async () => {
    const port = guarded({
      throws(): Promise<never> {
        throw failure;
      },
      rejects: () => Promise.reject(failure),
    });
    await assert.rejects(port.throws(), unavailable);
    await assert.rejects(port.rejects(), unavailable);
  });

  test('reports a failure in the middle of a list', async () => {
    const port = guarded({
      async *numbers() {
        yield 1;
        throw failure;
      },
    });
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const number of port.numbers()) seen.push(number);
    }, unavailable);
    assert.deepEqual(seen, [1]);
  });

  test('lets every other error through unchanged', async () => {
    const fault = new TypeError('a bug');
    const port = guarded({ ask: () => Promise.reject(fault) });
    await assert.rejects(port.ask(), fault);
  });

  test('keeps its guard when it is spread into another object', async () => {
    const port = { ...guarded({ ask: () => Promise.reject(failure) }) };
    await assert.rejects(port.ask(), unavailable);
  });
});
