import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Admin, ITopicConfig } from 'kafkajs';
import {
  chooseReplication,
  chooseReplicationForNewTopics,
  createTopicWithSameReplication,
  describeTopicDifferences,
  ensureTopics,
  requiredTopicConfigOf,
} from './topics.ts';

const topic = { name: 'accounts', partitions: 2, retentionMs: -1 };
const wanted = { factor: 3, minInSync: 2 };

function found({ copies = 3, partitions = 2, settings = {} } = {}) {
  const all: Record<string, string> = { ...requiredTopicConfigOf(topic, wanted), ...settings };
  return {
    partitions: Array.from({ length: partitions }, () => ({
      replicas: Array.from({ length: copies }, (_, node) => node),
    })),
    settings: Object.entries(all).map(([configName, configValue]) => ({ configName, configValue })),
  };
}

describe('an existing topic', () => {
  it('is accepted if it has the required settings', () => {
    assert.deepEqual(describeTopicDifferences(topic, wanted, found()), []);
  });

  for (const [setting, value] of Object.entries({
    'cleanup.policy': 'compact',
    'retention.ms': '604800000',
    'retention.bytes': '1000000',
    'min.insync.replicas': '1',
    'unclean.leader.election.enable': 'true',
    'compression.type': 'producer',
    'max.message.bytes': '1000',
    'message.timestamp.type': 'LogAppendTime',
  })) {
    it(`is refused if ${setting} differs`, () => {
      const [difference, ...others] = describeTopicDifferences(
        topic,
        wanted,
        found({ settings: { [setting]: value } }),
      );
      assert.match(difference ?? '', new RegExp(`topic accounts .*${setting} ${value}, not`));
      assert.deepEqual(others, []);
    });
  }

  it('is refused if its partitions differ or it has fewer replicas, with all differences at once', () => {
    const differences = describeTopicDifferences(topic, wanted, found({ copies: 1, partitions: 1 }));
    assert.match(differences.join(' '), /partitions 1, not 2.*replication factor 1, not 3/);
  });

  it('may have safer settings than required', () => {
    const safer = found({ copies: 5, settings: { 'min.insync.replicas': '3' } });
    assert.deepEqual(describeTopicDifferences(topic, wanted, safer), []);
  });
});

describe('a topic that is to be compacted', () => {
  const DAY_MS = 24 * 60 * 60_000;
  const compacted = { ...topic, compaction: { maxLagMs: 7 * DAY_MS } };

  it('is created with a bound on the time until a replaced record is removed', () => {
    const settings = requiredTopicConfigOf(compacted, wanted);
    assert.deepEqual(
      [
        settings['cleanup.policy'],
        settings['max.compaction.lag.ms'],
        settings['segment.ms'],
        settings['retention.ms'],
      ],
      ['compact', String(7 * DAY_MS), String(DAY_MS), '-1'],
    );
    const short = requiredTopicConfigOf({ ...topic, compaction: { maxLagMs: 5000 } }, wanted);
    assert.equal(short['segment.ms'], '1250');
  });

  it('is accepted with the required settings, and refused with another bound', () => {
    const settings = requiredTopicConfigOf(compacted, wanted);
    assert.deepEqual(describeTopicDifferences(compacted, wanted, found({ settings })), []);
    const longer = { ...settings, 'max.compaction.lag.ms': String(8 * DAY_MS) };
    assert.match(
      describeTopicDifferences(compacted, wanted, found({ settings: longer })).join(),
      /max\.compaction\.lag\.ms/,
    );
    const [anyBound] = [{ ...topic, compaction: {} }];
    assert.deepEqual(describeTopicDifferences(anyBound, wanted, found({ settings: longer })), []);
  });

  it('may keep every record instead, as one whose keys several records share must', () => {
    assert.deepEqual(describeTopicDifferences(compacted, wanted, found()), []);
    const short = found({ settings: { 'retention.ms': '604800000' } });
    assert.match(
      describeTopicDifferences(compacted, wanted, short).join(),
      /retention\.ms 604800000, not -1/,
    );
    const both = found({ settings: { 'cleanup.policy': 'compact,delete' } });
    assert.match(
      describeTopicDifferences(compacted, wanted, both).join(),
      /cleanup\.policy compact,delete, not compact/,
    );
  });
});

describe('a topic that is created like another one', () => {
  it('has as many replicas, even while a broker is down', async () => {
    const made: ITopicConfig[] = [];
    const { partitions } = found({ copies: 3 });
    const admin = {
      listTopics: async () => ['accounts'],
      describeCluster: async () => ({ brokers: [{}, {}] }),
      fetchTopicMetadata: async () => ({ topics: [{ name: 'accounts', partitions }] }),
      createTopics: async ({ topics }: { topics: ITopicConfig[] }) => made.push(...topics) > 0,
    } as unknown as Admin;
    assert.equal(
      await createTopicWithSameReplication(admin, { ...topic, name: 'letters' }, 'accounts'),
      true,
    );
    assert.deepEqual(
      made.map(({ topic, replicationFactor }) => [topic, replicationFactor]),
      [['letters', 3]],
    );
    assert.ok(
      made[0]?.configEntries?.some(({ name, value }) => name === 'min.insync.replicas' && value === '2'),
    );
    assert.equal(await createTopicWithSameReplication(admin, topic, 'accounts'), false);
  });
});

describe('a topic that is created', () => {
  /**
   * Returns an admin client of a simulated cluster. Each call of `listTopics` returns the topics that
   * `looks` returns, so that a test can decide what a broker reports at each time. The first call of
   * `listTopics` happens before any topic is created.
   */
  function adminThatSees(looks: () => readonly string[], brokers: number) {
    return {
      listTopics: async () => looks(),
      fetchTopicOffsets: async () => [],
      describeCluster: async () => ({ brokers: Array(brokers).fill({}) }),
      createTopics: async () => true,
    } as unknown as Admin;
  }

  it('is waited for until every broker that is asked knows it, and its leaders', async () => {
    function noneCanSay() {
      throw new TypeError('null');
    }
    const looks = [() => [], () => [], () => ['accounts'], noneCanSay, () => ['others']];
    const known = Array(30).fill(() => ['others', 'accounts']);
    const left = [...looks, ...known];
    await ensureTopics(
      adminThatSees(() => left.shift()?.() ?? [], 3),
      [topic],
      undefined,
    );
    assert.equal(left.length, 0);
  });

  it('is waited for until the leaders of its partitions know that they lead', async () => {
    let offsets = 0;
    const looks = [[], ...Array(11).fill(['accounts'])];
    const admin = Object.assign(
      adminThatSees(() => looks.shift() ?? [], 1),
      {
        async fetchTopicOffsets() {
          offsets += 1;
          if (offsets > 1) return [];
          throw Object.assign(new Error('not the leader'), {
            type: 'NOT_LEADER_FOR_PARTITION',
            retriable: true,
          });
        },
      },
    );
    await ensureTopics(admin, [topic], undefined);
    assert.equal(offsets, 11);
    assert.equal(looks.length, 0);
  });

  it('is waited for ten seconds, and then reported as missing', async (context) => {
    let now = 0;
    context.mock.method(performance, 'now', () => now);
    let looks = 0;
    const slow = adminThatSees(() => {
      now += 3_000;
      looks += 1;
      return looks === 1 ? [] : ['accounts'];
    }, 3);
    await assert.rejects(ensureTopics(slow, [topic], undefined), {
      name: 'KafkaUnavailableError',
      message: 'KAFKA_BROKERS: created accounts, but not every broker knows these topics yet.',
    });
  });
});

describe('replication', () => {
  it('is three replicas, two of them in sync, as soon as there are three brokers', () => {
    assert.deepEqual([1, 2, 3, 9].map(chooseReplication), [
      { factor: 1, minInSync: 1 },
      { factor: 1, minInSync: 1 },
      { factor: 3, minInSync: 2 },
      { factor: 3, minInSync: 2 },
    ]);
  });

  it('of topics to be made is not guessed from two brokers: a third may be away', () => {
    assert.throws(
      () => chooseReplicationForNewTopics(2),
      /^KafkaUnavailableError: KAFKA_BROKERS: only two brokers answer\. [^\n]*ops -- topics --replication N --min-insync M$/,
    );
    for (const brokers of [1, 3, 9])
      assert.deepEqual(chooseReplicationForNewTopics(brokers), chooseReplication(brokers));
  });
});
