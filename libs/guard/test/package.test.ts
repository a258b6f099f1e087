import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packageDocuments, readExamples } from '../../../scripts/packages/documents.ts';
import { createInstalledProject } from '../../../scripts/packages/testing/installed-project.ts';

const service = `
import { createGuard, introspection, RevocationsUnavailable } from '@latchkey/guard';
import { revocations } from '@latchkey/guard/revocations';
import { createTestTokens } from '@latchkey/guard/testing';

const tokens = await createTestTokens();
const guard = createGuard(tokens.options);
const authorization = \`Bearer \${await tokens.sign({ role: 'editor' })}\`;
const { role } = await guard.role('editor')((name) => ({ authorization })[name]);
// @ts-expect-error an empty list of roles accepts nobody
guard.role();
const logged: string[] = [];
const logger = { info() {}, warn() {}, error: (_fields: object, message: string) => void logged.push(message) };
const problem = { type: 'urn:latchkey:problem:service_key_invalid', detail: 'This key is invalid.' };
const answer = async () => new Response(JSON.stringify(problem), { status: 401 });
const revoked = revocations({ feed: { url: 'http://id.example.com', key: 'none', fetch: answer }, logger });
await revoked.ready().catch(() => undefined);
await revoked.stop();
const asking = introspection({ url: 'http://id.example.com', key: 'none', fetch: answer });
const asked = createGuard({ ...tokens.options, revocations: asking, logger });
const refused = await asked.authenticated()((name) => ({ authorization })[name]).catch((error) => error.code);
console.log(JSON.stringify([role, logged, refused, RevocationsUnavailable.name]));
`;

/**
 * Returns the source code of frameworks.test.ts, with its imports changed so that they load the installed
 * package.
 */
async function frameworksTest(): Promise<string> {
  const source = await readFile(join(import.meta.dirname, '../src/frameworks.test.ts'), 'utf8');
  return source
    .replaceAll(/'\.\/(guard|session-status)\.ts'/g, "'@latchkey/guard'")
    .replaceAll(/'\.\/(\w+)\.ts'/g, "'@latchkey/guard/$1'");
}

describe('the package that other services install', () => {
  let project: Awaited<ReturnType<typeof createInstalledProject>>;
  before(async () => {
    project = await createInstalledProject({
      workspaces: ['libs/events', 'libs/guard'],
      linked: ['koa', '@koa/router', '@types/koa', 'express', '@types/express', 'fastify', 'hono'],
    });
    await project.write('service.ts', service);
    await project.write('frameworks.test.ts', await frameworksTest());
  });
  after(() => project.remove());

  it('gives a service on any framework its types, and so do its documents', async () => {
    for (const document of packageDocuments['libs/guard'])
      await project.writeExamples(document, await readExamples(document));
    assert.equal(project.typeCheck(), '');
  });

  it('runs on plain Node, without kafkajs', async () => {
    assert.deepEqual(JSON.parse(await project.node('service.ts')), [
      'editor',
      ['account events cannot be read, so no access token is accepted'],
      'unavailable',
      'RevocationsUnavailable',
    ]);
  });

  it('guards koa, Express, Fastify and Hono', async () => {
    assert.match(await project.node('frameworks.test.ts'), /pass [1-9]\d*\n.*fail 0\n/);
  });

  it('contains only compiled files, and imports only its dependencies', async () => {
    for (const file of await project.codeOf('@latchkey/guard')) assert.match(file, /\.(js|d\.ts)$/);
    const { dependencies, private: isPrivate } = await project.manifestOf('@latchkey/guard');
    assert.deepEqual(Object.keys(dependencies ?? {}), ['@latchkey/events', 'jose', 'zod']);
    assert.equal(isPrivate, undefined);
    const imported = await project.importsOf('@latchkey/guard');
    assert.deepEqual(
      imported.filter((name) => !name.startsWith('node:')),
      ['@latchkey/events', 'jose', 'zod'],
    );
  });
});
