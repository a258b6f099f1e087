import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { createFairConcurrencyLimit, type PasswordHashRequester } from './fair-limit.ts';

class Refused extends Error {}
const MAX_WAIT_MS = 1000;
function limitOf(concurrency: number, maxWaiting: number, now = () => 0) {
  return createFairConcurrencyLimit({
    concurrency,
    maxWaiting,
    maxWaitMs: MAX_WAIT_MS,
    refusal: () => new Refused(),
    now,
  });
}

/** Returns a requester with the given email address. All requesters are in the same network. */
function from(name: string): PasswordHashRequester {
  return { network: 'office', address: name };
}

/** Creates tasks that run until the test ends them. */
function tasks() {
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
}

describe('a limit of two at once, three waiting', { timeout: 120_000 }, () => {
  test('does two at once and the others in the order in which they came', async () => {
    const limit = limitOf(2, 3);
    const { begun, task, end } = tasks();
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => limit.run(task(name), from(name)));
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
    const first = limit.run(task('a'), from('a'));
    for (const name of ['b', 'c', 'd', 'e']) void limit.run(task(name), from(name));
    await assert.rejects(limit.run(task('f'), from('f')), Refused);
    end('a');
    await first;
    await begins('c');
    void limit.run(task('g'), from('g'));
    assert.deepEqual(begun, ['a', 'b', 'c']);
    assert.deepEqual(limit.load(), { running: 2, waiting: 3 });
  });

  test('gives the place of a task that fails to the next', async () => {
    const limit = limitOf(1, 1);
    const { task, end, fail } = tasks();
    const failing = limit.run(task('a'), from('a'));
    const next = limit.run(task('b'), from('b'));
    await Promise.resolve();
    fail('a');
    await assert.rejects(failing, /^Error: a$/);
    end('b');
    assert.equal(await next, 'b');
    assert.deepEqual(limit.load(), { running: 0, waiting: 0 });
  });
});

describe('a limit of one at once, two waiting', { timeout: 120_000 }, () => {
  test('skips a task that has waited too long when its turn comes, and begins a later one', async () => {
    let now = 0;
    const limit = limitOf(1, 2, () => now);
    const { begun, begins, task, end } = tasks();
    const first = limit.run(task('a'), from('a'));
    const late = assert.rejects(limit.run(task('b'), from('b')), Refused);
    now = MAX_WAIT_MS;
    const next = limit.run(task('c'), from('c'));
    now += 1;
    await begins('a');
    end('a');
    await first;
    await late;
    await begins('c');
    end('c');
    assert.equal(await next, 'c');
    assert.deepEqual(begun, ['a', 'c']);
    assert.deepEqual(limit.load(), { running: 0, waiting: 0 });
  });

  test('begins a task that has waited for the maximum time', async () => {
    let now = 0;
    const limit = limitOf(1, 2, () => now);
    const { begins, task, end } = tasks();
    const first = limit.run(task('a'), from('a'));
    const next = limit.run(task('b'), from('b'));
    now = MAX_WAIT_MS;
    await begins('a');
    end('a');
    await first;
    await begins('b');
    end('b');
    assert.equal(await next, 'b');
  });

  test('does not begin a task whose caller has gone when its turn comes', async () => {
    const limit = limitOf(1, 2);
    const { begun, begins, task, end } = tasks();
    let wanted = true;
    const first = limit.run(task('a'), from('a'));
    const given = assert.rejects(
      limit.run(task('b'), from('b'), () => wanted),
      Refused,
    );
    const next = limit.run(task('c'), from('c'));
    wanted = false;
    await begins('a');
    end('a');
    await first;
    await given;
    await begins('c');
    end('c');
    await next;
    assert.deepEqual(begun, ['a', 'c']);
    await assert.rejects(
      limit.run(task('d'), from('d'), () => wanted),
      Refused,
    );
    assert.deepEqual(limit.load(), { running: 0, waiting: 0 });
  });

  test('has room for another task if one of the waiting tasks would not be begun', async () => {
    const limit = limitOf(1, 2);
    const { begins, task, end } = tasks();
    let wanted = true;
    const first = limit.run(task('a'), from('a'));
    const given = assert.rejects(
      limit.run(task('b'), from('b'), () => wanted),
      Refused,
    );
    void limit.run(task('c'), from('c'));
    await assert.rejects(limit.run(task('d'), from('d')), Refused);
    wanted = false;
    void limit.run(task('e'), from('e'));
    await given;
    assert.deepEqual(limit.load(), { running: 1, waiting: 2 });
    await begins('a');
    end('a');
    await first;
  });
});

describe('a full queue', { timeout: 120_000 }, () => {
  test('is shared: one client cannot keep others out, and waits longer the more it asks for', async () => {
    const limit = limitOf(1, 16);
    const { begun, begins, task, end } = tasks();
    const flood = Array.from({ length: 20 }, (_, n) =>
      limit.run(task(`flood ${n}`), { network: 'attacker', address: `a${n}` }).catch(() => 'refused'),
    );
    await begins('flood 0');
    assert.equal(await flood[19], 'refused');
    const honest = limit.run(task('honest'), { network: 'home', address: 'ada' });
    assert.equal(await flood[16], 'refused');
    end('flood 0');
    await begins('flood 1');
    end('flood 1');
    await begins('honest');
    end('honest');
    assert.equal(await honest, 'honest');
    assert.deepEqual(begun.slice(0, 3), ['flood 0', 'flood 1', 'honest']);
  });
});
