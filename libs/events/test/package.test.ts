import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { packageDocuments, readExamples } from '../../../scripts/packages/documents.ts';
import { createInstalledProject } from '../../../scripts/packages/testing/installed-project.ts';
import { eventTypes } from '../src/index.ts';

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
  let project: Awaited<ReturnType<typeof createInstalledProject>>;
  before(async () => {
    project = await createInstalledProject({ workspaces: ['libs/events'], installed: ['kafkajs'] });
  });
  after(() => project.remove());

  it('gives a consumer of another team its types, and so do its documents', async () => {
    await project.write('consumer.ts', consumer);
    for (const document of packageDocuments['libs/events'])
      await project.writeExamples(document, await readExamples(document));
    assert.equal(project.typeCheck(), '');
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
    const code = (await readExamples('docs/subscribing.md')).find((each) =>
      each.includes('createTestEvents'),
    );
    await project.write('handlers.ts', code ?? assert.fail('docs/subscribing.md has no such example'));
    assert.equal(
      await project.node('handlers.ts'),
      "[ 'ada' ] [ 'applied', 'duplicate', 'passed over' ]\n0\n",
    );
  });

  it('contains the samples, the conformance kit and the test vector, which programs import by name', async () => {
    const [type = assert.fail()] = eventTypes;
    const names = [`samples/${type}.v1.json`, 'conformance/cases.json', 'vectors/chain.v1.json'];
    const imports = names.map(
      (name, index) => `import file${index} from '@latchkey/events/${name}' with { type: 'json' };`,
    );
    const files = names.map((_, index) => `file${index}`);
    await project.write('data.ts', `${imports.join('\n')}\nconsole.log(JSON.stringify([${files}]));\n`);
    const source = new URL('../', import.meta.url);
    const expected = names.map(async (name) => JSON.parse(await readFile(new URL(name, source), 'utf8')));
    assert.deepEqual(JSON.parse(await project.node('data.ts')), await Promise.all(expected));
  });

  it('contains only compiled files, and no test or embedded log', async () => {
    const files = await project.codeOf('@latchkey/events');
    assert.ok(files.includes('subscribe.js'));
    for (const file of files) {
      assert.match(file, /\.(js|d\.ts)$/);
      if (!/^testing\.(js|d\.ts)$/.test(file))
        assert.doesNotMatch(file, /(^|[/.])(test|testing|cluster|embedded)[/.]/);
    }
  });

  it('depends only on zod, and on kafkajs for services that subscribe to Kafka', async () => {
    const manifest = await project.manifestOf('@latchkey/events');
    assert.deepEqual(Object.keys(manifest.dependencies ?? {}), ['zod']);
    assert.deepEqual(Object.keys(manifest.peerDependencies ?? {}), ['kafkajs']);
    assert.deepEqual([manifest['private'], manifest['devDependencies']], [undefined, undefined]);
    const imported = await project.importsOf('@latchkey/events');
    assert.deepEqual(
      imported.filter((name) => !name.startsWith('node:')),
      ['kafkajs', 'zod'],
    );
  });
});
