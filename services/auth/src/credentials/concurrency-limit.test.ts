import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { concurrencyLimit } from './concurrency-limit.ts';

class Refused extends Error {}
const limitOf = (concurrency: number, maxWaiting: number) =>
  concurrencyLimit({ concurrency, maxWaiting, refusal: () => new Refused() });

/** Tasks that end when they are told to. */
const tasks = () => {
  const begun: string[] = [];
  const beginnings = new EventEmitter();
  const endings = new Map<string, PromiseWithResolvers<string>>();
  return {
    begun,
    begins: async (name: string) => begun.includes(name) || once(beginnings, name),
    task: (name: string) => () => {
      begun.push(name);
      beginnings.emit(name);
      const ending = Promise.withResolvers<string>();
      endings.set(name, ending);
      return ending.promise;
    },
    end: (name: string) => endings.get(name)?.resolve(name),
    fail: (name: string) => endings.get(name)?.reject(new Error(name)),
  };
};

describe('a limit of two at once, three waiting', { timeout: 30_000 }, () => {
  test('does two at once and the others in the order in which they came', async () => {
    const limit = limitOf(2, 3);
    const { begun, task, end } = tasks();
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => limit.run(task(name)));
    await Promise.resolve();
    assert.deepEqual(begun, ['a', 'b']);
    assert.deepEqual(limit.load(), { running: 2, waiting: 3 });
    for (const name of ['b', 'a', 'c', 'd', 'e']) {
      end(name);
      assert.equal(await all['abcde'.indexOf(name)], name);
    }
    assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(limit.load(), { running: 0, waiting: 0 });
  });

  test('refuses the sixth without beginning it, and takes another once there is room', async () => {
    const limit = limitOf(2, 3);
    const { begun, begins, task, end } = tasks();
    const first = limit.run(task('a'));
    for (const name of ['b', 'c', 'd', 'e']) void limit.run(task(name));
    await assert.rejects(limit.run(task('f')), Refused);
    end('a');
    await first;
    await begins('c');
    void limit.run(task('g'));
    assert.deepEqual(begun, ['a', 'b', 'c']);
    assert.deepEqual(limit.load(), { running: 2, waiting: 3 });
  });

  test('gives the place of a task that fails to the next', async () => {
    const limit = limitOf(1, 1);
    const { task, end, fail } = tasks();
    const failing = limit.run(task('a'));
    const next = limit.run(task('b'));
    await Promise.resolve();
    fail('a');
    await assert.rejects(failing, /^Error: a$/);
    end('b');
    assert.equal(await next, 'b');
    assert.deepEqual(limit.load(), { running: 0, waiting: 0 });
  });
});
