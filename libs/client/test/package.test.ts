import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { packageDocuments, readExamples } from '../../../scripts/packages/documents.ts';
import { createInstalledProject } from '../../../scripts/packages/testing/installed-project.ts';

const app = `
import { ApiProblem, createClient, dataOf, type Session, type User } from '@latchkey/client';

const responses: Record<string, [status: number, body: unknown]> = {
  '/api/v1/auth/login': [200, { accessToken: 'token', refreshToken: 'refresh', expiresIn: 900, user: { id: 'ada' } }],
  '/api/v1/users/me': [404, { code: 'not_found' }],
};
const client = createClient({
  url: 'https://id.example.com',
  tokens: 'body',
  fetch: async (input) => {
    const url = input instanceof Request ? input.url : String(input);
    const [status, body] = responses[new URL(url).pathname] ?? [500, {}];
    return new Response(JSON.stringify(body), { status });
  },
});
const session: Session = await client.signIn('ada@example.com', 'correct horse battery');
const me: Promise<User> = dataOf(client.api.GET('/api/v1/users/me'));
const code = await me.then(() => 'none', (error: unknown) => error instanceof ApiProblem && error.code);
// @ts-expect-error there is no such operation
client.api.GET('/api/v1/nothing');
client.close();
console.log(JSON.stringify([session.user.id, code]));
`;

describe('the package that apps install', () => {
  let project: Awaited<ReturnType<typeof createInstalledProject>>;
  before(async () => {
    project = await createInstalledProject({
      workspaces: ['libs/client'],
      compilerOptions: { target: 'es2022', lib: ['es2022', 'dom'], types: [] },
    });
  });
  after(() => project.remove());

  it('gives an app in a browser its types, and so do its documents', async () => {
    await project.write('app.ts', app);
    for (const document of packageDocuments['libs/client'])
      await project.writeExamples(document, await readExamples(document));
    assert.equal(project.typeCheck(), '');
  });

  it('runs on plain Node', async () => {
    await project.write('app.ts', app);
    assert.deepEqual(JSON.parse(await project.node('app.ts')), ['ada', 'not_found']);
  });

  it('contains only compiled files, and imports nothing but openapi-fetch', async () => {
    for (const file of await project.codeOf('@latchkey/client')) assert.match(file, /\.(js|d\.ts)$/);
    const { dependencies, private: isPrivate } = await project.manifestOf('@latchkey/client');
    assert.deepEqual([Object.keys(dependencies ?? {}), isPrivate], [['openapi-fetch'], undefined]);
    assert.deepEqual(await project.importsOf('@latchkey/client'), ['openapi-fetch']);
  });
});
