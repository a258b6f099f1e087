import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTests } from './run-tests.ts';

const LONGEST_MS = 60_000;

test('tests pass, fail, or run too long, even if they never let their process handle a signal', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-mutants-'));
  context.after(() => rm(folder, { recursive: true }));
  const sources = { passes: '', fails: 'throw new Error("no");', loops: 'for (;;) {}' };
  for (const [name, body] of Object.entries(sources))
    await writeFile(
      join(folder, `${name}.mjs`),
      `import { test } from 'node:test';\ntest('it', () => { ${body} });\n`,
    );
  assert.equal(await runTests(folder, ['passes.mjs'], LONGEST_MS), true);
  assert.equal(await runTests(folder, ['fails.mjs'], LONGEST_MS), false);
  assert.equal(await runTests(folder, ['loops.mjs'], 3000), false);
});
