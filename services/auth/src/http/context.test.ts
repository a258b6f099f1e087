import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestContext } from '@latchkey/http';
import { toUseCaseContext } from './context.ts';

function traceparentOf(header: string | undefined): string | undefined {
  const request = {
    requestId: 'request-1',
    ip: '192.0.2.1',
    headers: { traceparent: header },
    isAwaited: () => true,
  };
  return toUseCaseContext(request as unknown as RequestContext).traceparent;
}

test('a command gets the trace context of its request only if it is valid', () => {
  const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  assert.equal(traceparentOf(valid), valid);
  const invalid = [
    undefined,
    '',
    'nonsense',
    valid.toUpperCase(),
    `${valid}-extra`,
    `${valid}, ${valid}`,
    valid.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
  ];
  for (const header of invalid) assert.equal(traceparentOf(header), undefined, header);
});
