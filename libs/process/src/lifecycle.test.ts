import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { groupProcessParts, type ProcessPart } from './lifecycle.ts';

const CHILD = fileURLToPath(new URL('./testing/child.ts', import.meta.url));

interface Running {
  readonly process: ChildProcess;
  /** Waits until the process has written the text to stdout. */
  says(text: string): Promise<void>;
  ended(): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }>;
}

function run(t: TestContext, environment: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [CHILD], {
    env: { ...process.env, GRACE_MS: '10000', ...environment },
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  const exit = once(child, 'close');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return {
    process: child,
    async says(text) {
      while (!output.includes(text)) await once(child.stdout, 'data');
    },
    async ended() {
      const [code] = await exit;
      return { code, output, errors };
    },
  };
}

function fatalLines(output: string): readonly Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ level }) => level === 'fatal');
}

describe('a group of parts', () => {
  function recorded(names: readonly string[], own: Readonly<Record<string, Partial<ProcessPart>>> = {}) {
    const steps: string[] = [];
    const parts = names.map(
      (name): ProcessPart => ({
        name,
        start: async () => void steps.push(`start ${name}`),
        stop: async () => void steps.push(`stop ${name}`),
        health: async () => [{ name, state: 'ok', needed: true }],
        ...own[name],
      }),
    );
    return { part: groupProcessParts('all', parts), steps };
  }
  async function refuse(): Promise<never> {
    throw new Error('refused');
  }

  it('starts in order and stops in reverse, once', async () => {
    const { part, steps } = recorded(['a', 'b', 'c']);
    await part.start();
    await Promise.all([part.stop(), part.stop()]);
    await part.stop();
    assert.deepEqual(steps, ['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('stops what was started if a start fails, the failed one too', async () => {
    const { part, steps } = recorded(['a', 'b', 'c'], { b: { start: refuse } });
    await assert.rejects(part.start(), /refused/);
    assert.deepEqual(steps, ['start a', 'stop b', 'stop a']);
    await part.stop();
    assert.equal(steps.length, 3);
  });

  it('stops every part even if one fails to, and reports the failure', async () => {
    const { part, steps } = recorded(['a', 'b', 'c'], { b: { stop: refuse } });
    await part.start();
    await assert.rejects(part.stop(), /refused/);
    assert.deepEqual(steps.slice(3), ['stop c', 'stop a']);
  });

  it('has stopped, to everybody who asked for it, only once its parts have', async () => {
    const gate = Promise.withResolvers<void>();
    const { part, steps } = recorded(['a', 'b'], { b: { stop: () => gate.promise } });
    await part.start();
    const both = [part.stop(), part.stop().then(() => steps.push('second stop'))];
    await new Promise(setImmediate);
    assert.equal(steps.length, 2);
    gate.resolve();
    await Promise.all(both);
    assert.deepEqual(steps.slice(2), ['stop a', 'second stop']);
  });

  it('is as healthy as its parts', async () => {
    const { part } = recorded(['a', 'b']);
    assert.deepEqual(
      (await part.health()).map(({ name }) => name),
      ['a', 'b'],
    );
  });
});

describe('a process', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drains on ${signal} and ends with 0`, async (t) => {
      const child = run(t, { BEHAVIOUR: 'normal' });
      await child.says('ready');
      child.process.kill(signal);
      const { code, output } = await child.ended();
      assert.equal(code, 0);
      assert.match(output, /first started[\s\S]*ready[\s\S]*ticker stopped[\s\S]*first stopped/);
      assert.deepEqual(fatalLines(output), []);
    });
  }

  it('that is told to stop while it starts stops once it has started', async (t) => {
    const child = run(t, { BEHAVIOUR: 'slow start' });
    await child.says('ready');
    child.process.kill('SIGTERM');
    const { code, output } = await child.ended();
    assert.equal(code, 0);
    assert.match(output, /slow started[\s\S]*slow stopped/);
  });

  it('ends hard with 1 on a second signal', async (t) => {
    const child = run(t, { BEHAVIOUR: 'stuck stop' });
    await child.says('ready');
    child.process.kill('SIGTERM');
    await child.says('"stopping"');
    child.process.kill('SIGINT');
    const { code, output } = await child.ended();
    assert.equal(code, 1);
    assert.equal(fatalLines(output)[0]?.['msg'], 'ended by a second signal');
  });

  it('ends hard with 1 when it does not stop in time', async (t) => {
    const child = run(t, { BEHAVIOUR: 'stuck stop', GRACE_MS: '50' });
    await child.says('ready');
    child.process.kill('SIGTERM');
    const { code, output } = await child.ended();
    assert.equal(code, 1);
    assert.equal(fatalLines(output)[0]?.['msg'], 'did not stop in time');
  });

  it('ends with 1 when something fails to stop', async (t) => {
    const child = run(t, { BEHAVIOUR: 'failing stop' });
    await child.says('bad started');
    child.process.kill('SIGTERM');
    const { code, output } = await child.ended();
    assert.equal(code, 1);
    assert.match(output, /ticker stopped/);
  });

  it('that cannot start says why in one clear line', async (t) => {
    const { code, output } = await run(t, { BEHAVIOUR: 'failed start' }).ended();
    assert.equal(code, 1);
    assert.match(output, /first stopped/);
    const [line, ...more] = fatalLines(output);
    assert.equal(line?.['msg'], 'cannot start: port 1 is taken');
    assert.equal(line?.['err'], undefined);
    assert.deepEqual(more, []);
  });

  it('that cannot start because of a bug shows where it is', async (t) => {
    const { code, output } = await run(t, { BEHAVIOUR: 'bug at start' }).ended();
    assert.equal(code, 1);
    assert.match(JSON.stringify(fatalLines(output)[0]?.['err']), /x is not a function.*child\.ts/);
  });

  it('with wrong settings says each fault in a line of its own, in order', async (t) => {
    const { code, output } = await run(t, { BEHAVIOUR: 'bad settings' }).ended();
    assert.equal(code, 1);
    assert.deepEqual(
      fatalLines(output).map(({ msg }) => msg),
      Array.from({ length: 200 }, (_, n) => `SETTING_${n}: is required`),
    );
  });

  it('with wrong settings before there is a log says so on stderr', async (t) => {
    const { code, errors } = await run(t, { BEHAVIOUR: '', GRACE_MS: '' }).ended();
    assert.equal(code, 1);
    assert.equal(errors, 'BEHAVIOUR: is required\nGRACE_MS: is required\n');
  });

  it('that fails stops what it can and ends with 1', async (t) => {
    const { code, output } = await run(t, { BEHAVIOUR: 'fail' }).ended();
    assert.equal(code, 1);
    assert.equal(fatalLines(output)[0]?.['msg'], 'the log is gone');
    assert.match(output, /ticker stopped/);
  });

  for (const [behaviour, message] of [
    ['rejection', 'forgotten'],
    ['exception', 'thrown'],
  ] as const) {
    it(`ends with 1 on an unhandled ${behaviour}`, async (t) => {
      const { code, output } = await run(t, { BEHAVIOUR: behaviour }).ended();
      assert.equal(code, 1);
      const [line = {}] = fatalLines(output);
      assert.equal(line['msg'], 'unhandled error');
      assert.equal((line['err'] as { message: string }).message, message);
    });
  }
});
