import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { publicAccessPolicy, route } from './route.ts';
import { findOptionalFields, generateHostileBodies } from './testing/hostile.ts';
import { serveRoutes } from './testing/serve.ts';

const line = z
  .string()
  .max(200)
  .regex(/^[^\r\n]+$/);
const order = z.object({
  buyer: line,
  note: line.optional(),
  count: z.number().int(),
  urgent: z.boolean(),
  goods: z.array(line).min(1),
  address: z.object({ street: line }),
});
const valid = {
  buyer: 'Ada',
  note: 'quick',
  count: 2,
  urgent: false,
  goods: ['tea'],
  address: { street: 'Lane 1' },
};

describe('a route that meets hostile bodies', () => {
  const reached: unknown[] = [];
  const orders = route({
    method: 'POST',
    path: '/orders',
    tag: 'orders',
    summary: 'Orders',
    policy: publicAccessPolicy,
    body: order,
    answers: { 204: { description: 'Ordered' } },
    handle: async ({ body }) => {
      reached.push(body);
      return { status: 204 };
    },
  });

  it('accepts the valid body that they are made from', async (t) => {
    const { post } = await serveRoutes(t, [orders]);
    assert.equal((await post('/orders', valid)).status, 204);
    assert.deepEqual(reached.splice(0), [valid]);
  });

  const cases = generateHostileBodies(valid, { optional: findOptionalFields(order, valid) });

  it('meets every field with every kind of nonsense', () => {
    const perField = 10;
    const fields = Object.keys(valid).length;
    assert.equal(cases.filter(({ name }) => name.includes(': ')).length, fields * perField - 1);
  });

  for (const { name, body, headers, statuses } of cases) {
    it(`refuses ${name}`, async (t) => {
      const { call, log } = await serveRoutes(t, [orders]);
      const sent = typeof body === 'string' ? body : new Uint8Array(body);
      const response = await call('/orders', { method: 'POST', headers, body: sent });
      assert.ok(statuses.includes(response.status), `answered ${response.status}`);
      const problem = (await response.json()) as { detail: string; errors?: readonly object[] };
      assert.ok(problem.detail.length > 0);
      if (response.status === 400) assert.ok((problem.errors?.length ?? 0) > 0);
      assert.deepEqual(reached, []);
      assert.deepEqual(
        log.lines().filter(({ level }) => level === 'error'),
        [],
      );
    });
  }
});
