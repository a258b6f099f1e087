/**
 * Tests that our OpenAPI document follows the rules of the linter Redocly, and that the names in the document are
 * suitable for generated clients.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BaseResolver, createConfig, lintDocument, makeDocumentFromString } from '@redocly/openapi-core';

const source = readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8');

test('redocly finds nothing in the OpenAPI document', async () => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'operation-4xx-response': 'error',
      'security-defined': 'error',
    },
  });
  const document = makeDocumentFromString(source, 'openapi.json');
  const problems = await lintDocument({ document, config, externalRefResolver: new BaseResolver() });
  const found = problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`,
  );
  assert.deepEqual(found, []);
});

test('operations and schemas have the names that people would give them', () => {
  const { paths, components } = JSON.parse(source);
  const ids = Object.values<Record<string, { operationId: string }>>(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  for (const id of ['signUp', 'login', 'refresh', 'logout', 'changePassword', 'getMe', 'listUsers'])
    assert.ok(ids.includes(id), id);
  for (const id of ids) assert.doesNotMatch(id, /ApiV1/);
  for (const name of ['Account', 'Problem', 'Session', 'Tokens', 'User'])
    assert.ok(components.schemas[name], name);
});
