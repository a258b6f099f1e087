import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import {
  assignFilesToProcesses,
  createSharedProcessSource,
  SHARED_PROCESS_SUFFIX,
} from './test-processes.ts';

function filesOf(sources: Readonly<Record<string, string>>) {
  return Object.entries(sources).map(([path, source]) => ({ path, source }));
}

describe('the processes of tests', () => {
  test('are one for each black-box test, and the first ones', () => {
    assert.deepEqual(
      assignFilesToProcesses(filesOf({ 'a.test.ts': '', 'b.e2e.test.ts': '', 'c.test.ts': '' })),
      [['b.e2e.test.ts'], ['a.test.ts', 'c.test.ts']],
    );
  });

  test('are one for all files that build packages', () => {
    const paths = ['a.test.ts', 'libs/client/test/package.test.ts', 'libs/events/test/package.test.ts'];
    assert.deepEqual(assignFilesToProcesses(paths.map((path) => ({ path, source: '' }))), [
      ['libs/client/test/package.test.ts', 'libs/events/test/package.test.ts'],
      ['a.test.ts'],
    ]);
  });

  for (const source of [
    'process.chdir(folder);',
    "globalThis.name = 'x';",
    'context.mock.timers.enable();',
    "import { spawn } from 'node:child_process';",
    "import { Worker } from 'node:worker_threads';",
  ])
    test(`are one for a file that may change the process: ${source}`, () => {
      assert.deepEqual(
        assignFilesToProcesses(filesOf({ 'a.test.ts': '', 'b.test.ts': source, 'c.test.ts': '' })),
        [['b.test.ts'], ['a.test.ts', 'c.test.ts']],
      );
    });

  test('are shared by files that only name a process in a comment or the path of a module', () => {
    const source = "// Another process.\nimport { runInProcess } from './run-in-process.ts';";
    assert.deepEqual(assignFilesToProcesses(filesOf({ 'a.test.ts': source, 'b.test.ts': '' })), [
      ['a.test.ts', 'b.test.ts'],
    ]);
  });

  test('are one for a file that needs an empty heap', () => {
    const paths = ['a.test.ts', 'account.property.test.ts', 'b.test.ts'];
    assert.deepEqual(assignFilesToProcesses(paths.map((path) => ({ path, source: '' }))), [
      ['account.property.test.ts'],
      ['a.test.ts', 'b.test.ts'],
    ]);
  });

  test('share a large number of files equally, and run each once', () => {
    const paths = Array.from({ length: 101 }, (_, index) => `${index + 100}.test.ts`);
    const processes = assignFilesToProcesses(paths.map((path) => ({ path, source: 'process.env' })));
    assert.deepEqual(processes.flat(), paths);
    assert.deepEqual(new Set(processes.map(({ length }) => length)), new Set([16, 17]));
  });
});

/** Runs several test files in one process of the test runner. */
async function runTogether(context: TestContext, sources: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  context.after(() => rm(folder, { recursive: true }));
  for (const { path, source } of filesOf(sources))
    await writeFile(join(folder, path), `import { beforeEach, test } from 'node:test';\n${source}`);
  const entry = join(folder, `0${SHARED_PROCESS_SUFFIX}`);
  await writeFile(entry, createSharedProcessSource(folder, Object.keys(sources)));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return await new Promise<{ readonly failed: boolean; readonly output: string }>((resolve) => {
    const args = ['--test', '--test-reporter=spec', entry];
    execFile(process.execPath, args, { env, cwd: folder }, (error, output) =>
      resolve({ failed: error !== null, output }),
    );
  });
}

describe('files that share a process', () => {
  const passing = "test('passes', () => {});";

  test('are all counted', async (context) => {
    const { failed, output } = await runTogether(context, { 'a.test.ts': passing, 'b.test.ts': passing });
    assert.equal(failed, false);
    assert.match(output, /^ℹ tests 2$/m);
  });

  test('fail with the place of the test, after which the others run', async (context) => {
    const { failed, output } = await runTogether(context, {
      'a.test.ts': "test('fails', () => {\n  throw new Error('no');\n});",
      'b.test.ts': passing,
    });
    assert.equal(failed, true);
    assert.match(output, /^test at a\.test\.ts:2:1\n✖ fails/m);
    assert.match(output, /a\.test\.ts:3:9/);
    assert.match(output, /^ℹ pass 1$/m);
  });

  test('fail if one cannot be loaded, with its name, after which the others run', async (context) => {
    const { failed, output } = await runTogether(context, {
      'a.test.ts': "import './missing.ts';",
      'b.test.ts': 'const = 1;',
      'c.test.ts': passing,
    });
    assert.equal(failed, true);
    assert.match(output, /^✖ a\.test\.ts .*\n.*missing\.ts/m);
    assert.match(output, /^✖ b\.test\.ts .*\n.*b\.test\.ts:2/m);
    assert.match(output, /^ℹ pass 1$/m);
  });

  test('keep their hooks to themselves', async (context) => {
    const { failed } = await runTogether(context, {
      'a.test.ts': `let own = 0;
        beforeEach(({ name }) => { own += 1; if (name === 'other') throw new Error('called for another file'); });
        test('own', ({ assert }) => assert.equal(own, 1));`,
      'b.test.ts': "test('other', () => {});",
    });
    assert.equal(failed, false);
  });
});
