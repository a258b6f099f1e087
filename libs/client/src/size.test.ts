import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

test('is smaller than 6 kB in the bundle of an app, with its only dependency', async () => {
  const input = fileURLToPath(new URL('./index.ts', import.meta.url));
  const bundle = await rolldown({ input, platform: 'browser' });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  const [{ code, imports }] = output;
  assert.deepEqual(imports, []);
  const { length } = gzipSync(code, { level: 9 });
  assert.ok(length < 6_000, `${length} bytes`);
});
