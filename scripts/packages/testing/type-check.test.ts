import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { typeCheckProject } from './type-check.ts';

const CONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es5'],
    types: [],
    module: 'es2022',
    moduleResolution: 'bundler',
    noEmit: true,
  },
};
const IMPORTS = "import { ours } from '@latchkey/ours';\nimport { theirs } from 'theirs';\n";
const FAULTY = 'export declare const fault: Missing;\n';

async function projectOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-type-check-'));
  t.after(() => rm(folder, { recursive: true }));
  const given = {
    'tsconfig.json': JSON.stringify({ ...CONFIG, files: ['app.ts'] }),
    'package.json': '{"type":"module"}',
    'app.ts': `${IMPORTS}export const sum: number = ours + theirs;\n`,
    'node_modules/@latchkey/ours/index.d.ts': 'export declare const ours: number;\n',
    'node_modules/theirs/index.d.ts': 'export declare const theirs: number;\n',
    ...files,
  };
  for (const [name, text] of Object.entries(given)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

test('a project without errors has no messages', async (t) => {
  assert.equal(typeCheckProject(await projectOf(t, {})), '');
});

test('an error in a file of the project is reported', async (t) => {
  const folder = await projectOf(t, { 'app.ts': `${IMPORTS}export const text: string = ours + theirs;\n` });
  assert.match(typeCheckProject(folder), /^app\.ts\(3,14\): error TS2322: /);
});

test('an error in the declarations of our package is reported', async (t) => {
  const name = 'node_modules/@latchkey/ours/index.d.ts';
  const folder = await projectOf(t, { [name]: `export declare const ours: number;\n${FAULTY}` });
  assert.match(typeCheckProject(folder), /@latchkey\/ours\/index\.d\.ts\(2,29\): error TS2304: .*Missing/);
});

test('an error in the declarations of another package is not reported', async (t) => {
  const name = 'node_modules/theirs/index.d.ts';
  const folder = await projectOf(t, { [name]: `export declare const theirs: number;\n${FAULTY}` });
  assert.equal(typeCheckProject(folder), '');
});

test('an import that cannot be resolved is reported', async (t) => {
  const folder = await projectOf(t, { 'app.ts': "import 'missing';\nexport {};\n" });
  assert.match(typeCheckProject(folder), /missing/);
});

test('an invalid option of the compiler is reported', async (t) => {
  const options = { ...CONFIG.compilerOptions, isolatedModules: 'yes' };
  const config = { 'tsconfig.json': JSON.stringify({ compilerOptions: options, files: ['app.ts'] }) };
  assert.match(typeCheckProject(await projectOf(t, config)), /isolatedModules/);
});
