import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { createReusableKafkaAdmin } from './admin.ts';

const notLeader = new kafkajs.KafkaJSProtocolError(
  Object.assign(new Error('moved'), { type: 'NOT_LEADER_FOR_PARTITION', code: 6 }),
);

/**
 * Returns an admin client that gives each of its connections a number, and the set of the numbers of open
 * connections.
 */
function numbered() {
  const open = new Set<number>();
  let made = 0;
  const admin = createReusableKafkaAdmin({
    admin() {
      made += 1;
      const number = made;
      return {
        number,
        connect: async () => void open.add(number),
        disconnect: async () => void open.delete(number),
      };
    },
  } as unknown as Kafka);
  return { admin, open };
}

function numberOf(admin: Admin): number {
  return (admin as unknown as { readonly number: number }).number;
}

test('a connection is used again', async () => {
  const { admin, open } = numbered();
  assert.deepEqual(
    [await admin.use(async (each) => numberOf(each)), await admin.use(async (each) => numberOf(each))],
    [1, 1],
  );
  await admin.close();
  assert.deepEqual([...open], []);
});

test('after a failure the next call opens another one', async () => {
  const { admin, open } = numbered();
  await assert.rejects(
    admin.use(() => Promise.reject(new Error('away'))),
    /away/,
  );
  assert.equal(await admin.use(async (each) => numberOf(each)), 2);
  assert.deepEqual([...open], [2]);
});

test('if a partition has another leader by now, the work runs once more on a new connection', async () => {
  const { admin, open } = numbered();
  const number = await admin.use(async (each) => {
    if (numberOf(each) === 1) throw notLeader;
    return numberOf(each);
  });
  assert.equal(number, 2);
  assert.deepEqual([...open], [2]);
});

test('if the leader is unknown even then, the work fails', async () => {
  const { admin, open } = numbered();
  let runs = 0;
  const failing = admin.use(async () => {
    runs += 1;
    throw notLeader;
  });
  await assert.rejects(failing, notLeader);
  assert.equal(runs, 2);
  assert.deepEqual([...open], []);
});
