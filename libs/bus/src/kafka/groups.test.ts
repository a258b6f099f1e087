import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import kafkajs, { type GroupDescription } from 'kafkajs';
import { assertNoForeignGroupMembers } from './groups.ts';

const { AssignerProtocol } = kafkajs;

/**
 * Returns an admin client of a simulated broker. The broker has one group, with one member for each of the
 * arguments, which are the metadata of the members.
 */
function adminOf(...metadata: readonly Buffer[]) {
  const members = metadata.map((memberMetadata) => ({
    clientHost: '/127.0.0.1',
    clientId: 'client',
    memberId: 'member',
    memberAssignment: Buffer.alloc(0),
    memberMetadata,
  }));
  const group: GroupDescription = {
    groupId: 'group',
    members,
    protocol: '',
    protocolType: 'consumer',
    state: 'Stable',
  };
  return { describeGroups: async () => ({ groups: [group] }) };
}

function reading(...topics: string[]): Buffer {
  return AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) });
}

describe('a group with members', () => {
  test('that read other topics is refused', async () => {
    await assert.rejects(
      assertNoForeignGroupMembers(adminOf(reading('accounts'), reading('orders')), 'group', ['accounts']),
      /^Error: GROUP_PREFIX: the group group has members that read orders, not accounts/,
    );
  });

  test('that read the same topics, or some of them, is joined', async () => {
    await assertNoForeignGroupMembers(adminOf(reading('accounts', 'mailings')), 'group', ['accounts']);
    await assertNoForeignGroupMembers(adminOf(reading('accounts')), 'group', ['accounts', 'mailings']);
  });

  test('whose topics are unknown because of a rebalance is joined', async () => {
    await assertNoForeignGroupMembers(adminOf(Buffer.alloc(0)), 'group', ['accounts']);
  });

  test('whose coordinator a new broker does not know yet is waited for', async () => {
    const known = adminOf(reading('orders'));
    let asked = 0;
    const admin = {
      async describeGroups() {
        asked += 1;
        if (asked === 1)
          throw Object.assign(new Error('no coordinator'), { name: 'KafkaJSGroupCoordinatorNotFound' });
        return known.describeGroups();
      },
    };
    await assert.rejects(assertNoForeignGroupMembers(admin, 'group', ['accounts']), /GROUP_PREFIX/);
    assert.equal(asked, 2);
  });
});
