import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFormerTopics } from './former-topics.ts';

const names = { 'accounts.events.v1': 'accounts.events.v2' };
const all = [
  'accounts.events.v1',
  'accounts.events.v1.dlq.user',
  'accounts.events.v10',
  'accounts.events.v2',
  'accounts.events.v2.dlq.user',
  'orders',
  'security.events.v1',
];

test('topics with an own name that is replaced are found, with their dead letters', () => {
  assert.deepEqual(findFormerTopics(all, names, []), {
    named: [],
    unnamed: ['accounts.events.v1', 'accounts.events.v1.dlq.user'],
    missing: [],
  });
  assert.deepEqual(findFormerTopics(all, {}, []), { named: [], unnamed: [], missing: [] });
});

test('topics that the operator names are former ones, with their dead letters', () => {
  assert.deepEqual(findFormerTopics(all, names, ['accounts.events.v1']), {
    named: ['accounts.events.v1', 'accounts.events.v1.dlq.user'],
    unnamed: [],
    missing: [],
  });
  assert.deepEqual(findFormerTopics(all, names, ['orders']).named, ['orders']);
});

test('a current topic is not a former one', () => {
  const given = ['accounts.events.v2', 'security.events.v1'];
  assert.deepEqual(findFormerTopics(all, names, given).named, []);
  const swapped = { ...names, 'security.events.v1': 'accounts.events.v1' };
  assert.deepEqual(findFormerTopics(all, swapped, []).unnamed, ['security.events.v1']);
});

test('a name that the log does not list is missing', () => {
  const { named, missing } = findFormerTopics(all, names, ['orders', 'accounts.v0']);
  assert.deepEqual([named, missing], [['orders'], ['accounts.v0']]);
});
