import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fetchImageDigest, parseImageReference } from './image-digests.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

for (const [reference, registry, repository, tag] of [
  ['node:24-bookworm-slim', 'registry-1.docker.io', 'library/node', '24-bookworm-slim'],
  ['apache/kafka:4.3.1', 'registry-1.docker.io', 'apache/kafka', '4.3.1'],
  ['ghcr.io/kafbat/kafka-ui:v1.3.0', 'ghcr.io', 'kafbat/kafka-ui', 'v1.3.0'],
  ['localhost:5000/a/b:1', 'localhost:5000', 'a/b', '1'],
] as const)
  test(`${reference} is at ${registry}`, () => {
    assert.deepEqual(parseImageReference(reference), { reference, registry, repository, tag });
  });

test('an image without a tag is refused', () => {
  assert.throws(() => parseImageReference('localhost:5000/a'), /has no tag/);
});

test('a digest is asked for with the anonymous token that the registry demands', async (context) => {
  const server = createServer((request, response) => {
    const { port } = server.address() as { port: number };
    const url = new URL(request.url ?? '', 'http://localhost');
    if (url.pathname === '/token') {
      assert.equal(url.searchParams.get('scope'), 'repository:kafka:pull');
      response.end(JSON.stringify({ token: 'anonymous' }));
    } else if (request.headers.authorization !== 'Bearer anonymous') {
      const challenge = `Bearer realm="http://localhost:${port}/token",scope="repository:kafka:pull"`;
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    } else if (url.pathname === '/v2/kafka/manifests/1') {
      assert.match(request.headers.accept ?? '', /image\.index/);
      response.writeHead(200, { 'Docker-Content-Digest': DIGEST }).end();
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  context.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.equal(await fetchImageDigest(parseImageReference(`localhost:${port}/kafka:1`)), DIGEST);
  await assert.rejects(
    fetchImageDigest(parseImageReference(`localhost:${port}/kafka:2`)),
    /kafka:2: .* answered 404/,
  );
});
