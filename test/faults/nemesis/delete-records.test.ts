import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CleanupPolicy, CleanupPolicyNotRestored, runWhileDeletionIsAllowed } from './delete-records.ts';

/**
 * Simulates a topic whose cleanup policy can be read and changed.
 * @param outcomes the outcomes of the next changes of the policy, all of which fail: a `lost` change is not
 *   applied, and an `unacknowledged` change is applied. Later changes succeed
 */
function fakePolicy(policy: string, ...outcomes: readonly ('lost' | 'unacknowledged')[]) {
  const left = [...outcomes];
  const topic = { policy, written: [] as string[] };
  const access: CleanupPolicy = {
    read: async () => topic.policy,
    write: async (next) => {
      const outcome = left.shift();
      topic.written.push(next);
      if (outcome !== 'lost') topic.policy = next;
      if (outcome !== undefined) throw new Error('the broker does not respond');
    },
  };
  return { topic, access };
}

describe('the policy of a topic from which records are deleted', () => {
  test('includes delete only during the deletion', async () => {
    const { topic, access } = fakePolicy('compact');
    await runWhileDeletionIsAllowed(access, async () => assert.equal(topic.policy, 'compact,delete'));
    assert.equal(topic.policy, 'compact');
  });

  test('is not changed if records can be deleted anyway', async () => {
    const { topic, access } = fakePolicy('delete');
    await runWhileDeletionIsAllowed(access, async () => assert.equal(topic.policy, 'delete'));
    assert.deepEqual(topic.written, []);
  });

  test('is restored if the records cannot be deleted', async () => {
    const { topic, access } = fakePolicy('compact');
    const work = runWhileDeletionIsAllowed(access, async () => {
      throw new Error('there is no leader');
    });
    await assert.rejects(work, /there is no leader/);
    assert.equal(topic.policy, 'compact');
  });

  test('is restored even if it is unknown whether the first change was applied', async () => {
    const { topic, access } = fakePolicy('compact', 'unacknowledged');
    await assert.rejects(
      runWhileDeletionIsAllowed(access, () => assert.fail('it may not be deletable')),
      /does not respond/,
    );
    assert.equal(topic.policy, 'compact');
  });

  test('is restored as soon as the brokers respond again', async () => {
    const { topic, access } = fakePolicy('compact');
    let isDown = false;
    const flaky: CleanupPolicy = {
      ...access,
      write: async (next) => {
        if (!isDown) return access.write(next);
        isDown = topic.written.push('failed') < 4;
        throw new Error('the broker does not respond');
      },
    };
    await runWhileDeletionIsAllowed(
      flaky,
      async () => {
        isDown = true;
      },
      { againMs: 0 },
    );
    assert.equal(topic.policy, 'compact');
    assert.deepEqual(topic.written, ['compact,delete', 'failed', 'failed', 'failed', 'compact']);
  });

  test('is reported if it cannot be restored', async () => {
    const { access } = fakePolicy('compact');
    let writes = 0;
    const broken: CleanupPolicy = {
      ...access,
      write: async (next) => {
        writes += 1;
        if (writes > 1) throw new Error('the broker does not respond');
        await access.write(next);
      },
    };
    const work = runWhileDeletionIsAllowed(broken, async () => undefined, { withinMs: 0 });
    await assert.rejects(work, CleanupPolicyNotRestored);
  });
});
