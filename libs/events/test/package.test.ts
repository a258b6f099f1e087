import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventTypes } from '../src/index.ts';
import { examplesOf, installPackage } from './installed.ts';

const DOCUMENTS = ['README.md', 'libs/events/README.md', 'docs/subscribing.md', 'docs/feed.md'];

const consumer = `
import { decode, eventTypes } from '@latchkey/events';
import { memoryStore, ParkError, subscribe } from '@latchkey/events/subscribe';

const waiting = subscribe({
  brokers: ['127.0.0.1:1'],
  keys: 'http://127.0.0.1:1/.well-known/jwks.json',
  group: 'example',
  store: memoryStore(),
  signal: AbortSignal.timeout(500),
  logger: { info() {}, warn() {}, error() {} },
  handlers: {
    UserRegistered: async ({ data }, { account, sequence }) => {
      const name: string | undefined = data.person?.username;
      if (sequence !== 1) throw new ParkError(\`\${account} \${name === undefined}\`);
    },
    // @ts-expect-error a person may have been erased
    AccountVerified: ({ data }) => void data.person.email,
    // @ts-expect-error there is no such event
    UserVanished: () => undefined,
  },
});
const { kind } = decode({ key: null, value: null, headers: {} });
const reason: unknown = await waiting.catch((error: Error) => error.name);
console.log(JSON.stringify([eventTypes.length, kind, reason]));
`;

describe('the package that other teams install', () => {
  let project: Awaited<ReturnType<typeof installPackage>>;
  before(async () => {
    project = await installPackage();
  });
  after(() => project.remove());

  it('gives a consumer of another team its types, and so do its documents', async () => {
    await project.write('consumer.ts', consumer);
    const examples = (await Promise.all(DOCUMENTS.map(examplesOf))).flat();
    assert.ok(examples.length >= DOCUMENTS.length);
    for (const [index, code] of examples.entries()) await project.write(`example-${index}.ts`, code);
    assert.equal(await project.typeCheck(), '');
  });

  it('runs on plain Node', async () => {
    await project.write('consumer.ts', consumer);
    assert.deepEqual(JSON.parse(await project.node('consumer.ts')), [
      eventTypes.length,
      'unusable',
      'TimeoutError',
    ]);
  });

  it('runs the example of a test of handlers', async () => {
    const code = (await examplesOf('docs/subscribing.md')).find((each) => each.includes('createTestEvents'));
    await project.write('handlers.ts', code ?? assert.fail('docs/subscribing.md has no such example'));
    assert.equal(
      await project.node('handlers.ts'),
      "[ 'ada' ] [ 'applied', 'duplicate', 'passed over' ]\n0\n",
    );
  });

  it('holds compiled files alone, and names no workspace of this repository but itself', () => {
    const files = globSync('**/*.{js,ts}', { cwd: project.installed });
    assert.ok(files.includes('subscribe.js'));
    for (const file of files) {
      assert.match(file, /\.(js|d\.ts)$/);
      if (!/^testing\.(js|d\.ts)$/.test(file))
        assert.doesNotMatch(file, /(^|[/.])(test|testing|cluster|embedded)[/.]/);
      const text = readFileSync(join(project.installed, file), 'utf8');
      assert.doesNotMatch(text, /from ['"](@latchkey\/|\.[^'"]*\.ts['"])/, file);
    }
  });

  it('asks for zod alone, and for kafkajs where a service subscribes', () => {
    const manifest = JSON.parse(readFileSync(join(project.installed, 'package.json'), 'utf8'));
    assert.deepEqual(Object.keys(manifest.dependencies), ['zod']);
    assert.deepEqual(Object.keys(manifest.peerDependencies), ['kafkajs']);
    assert.deepEqual([manifest.private, manifest.devDependencies], [undefined, undefined]);
  });
});
