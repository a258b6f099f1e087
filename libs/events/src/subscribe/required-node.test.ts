import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSupportedNodeVersion } from './required-node.ts';

test('a Node version that is too old is refused in one sentence that names the required version', () => {
  for (const version of ['18.20.8', '20.20.2', '21.7.3'])
    assert.throws(() => assertSupportedNodeVersion(version), {
      message: `@latchkey/events/subscribe needs Node 22 or later, because it uses Map.groupBy and Object.groupBy; this is Node ${version}.`,
    });
  for (const version of ['22.0.0', '24.21.0', '100.0.0']) assertSupportedNodeVersion(version);
});
