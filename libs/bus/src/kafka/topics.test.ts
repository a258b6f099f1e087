import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import {
  differencesOf,
  ensureTopics,
  makeLike,
  replicationFor,
  replicationToMake,
  settingsOf,
} from './topics.ts';

const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkajs;
const topic = { name: 'accounts', partitions: 2, retentionMs: -1 };
const wanted = { factor: 3, minInSync: 2 };

function found({ copies = 3, partitions = 2, settings = {} } = {}) {
  const all: Record<string, string> = { ...settingsOf(topic, wanted), ...settings };
  return {
    partitions: Array.from({ length: partitions }, () => ({
      leader: 0,
      replicas: Array.from({ length: copies }, (_, node) => node),
    })),
    settings: Object.entries(all).map(([configName, configValue]) => ({ configName, configValue })),
  };
}

describe('an existing topic', () => {
  it('passes where it is as it should be', () => {
    assert.deepEqual(differencesOf(topic, wanted, found()), []);
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
    it(`is refused where ${setting} differs`, () => {
      const [difference, ...others] = differencesOf(topic, wanted, found({ settings: { [setting]: value } }));
      assert.match(difference ?? '', new RegExp(`topic accounts .*${setting} ${value}, not`));
      assert.deepEqual(others, []);
    });
  }

  it('is refused where it has other partitions or fewer copies, all differences at once', () => {
    const differences = differencesOf(topic, wanted, found({ copies: 1, partitions: 3 }));
    assert.match(differences.join(' '), /partitions 3, not 2.*replication factor 1, not 3/);
  });

  it('may be safer than wanted', () => {
    const safer = found({ copies: 5, settings: { 'min.insync.replicas': '3' } });
    assert.deepEqual(differencesOf(topic, wanted, safer), []);
  });
});

describe('a topic that is made like another one', () => {
  it('has as many copies, also while a broker is away', async () => {
    const made: ITopicConfig[] = [];
    const { partitions } = found({ copies: 3 });
    const admin = {
      listTopics: async () => ['accounts'],
      describeCluster: async () => ({ brokers: [{}, {}] }),
      fetchTopicMetadata: async () => ({ topics: [{ name: 'accounts', partitions }] }),
      createTopics: async ({ topics }: { topics: ITopicConfig[] }) => made.push(...topics) > 0,
    } as unknown as Admin;
    assert.equal(await makeLike(admin, { ...topic, name: 'letters' }, 'accounts'), true);
    assert.deepEqual(
      made.map(({ topic, replicationFactor }) => [topic, replicationFactor]),
      [['letters', 3]],
    );
    assert.ok(
      made[0]?.configEntries?.some(({ name, value }) => name === 'min.insync.replicas' && value === '2'),
    );
    assert.equal(await makeLike(admin, topic, 'accounts'), false);
  });
});

describe('a topic that is made', () => {
  it('is waited for until every broker that is asked knows it, and its leaders', async () => {
    const unknown = new KafkaJSProtocolError(
      Object.assign(new Error(), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }),
    );
    const leaderless = { name: 'accounts', partitions: [{ leader: -1 }] };
    const led = { name: 'accounts', partitions: [{ leader: 0 }] };
    const answers = [
      () => Promise.reject(unknown),
      async () => ({ topics: [led] }),
      () => Promise.reject(new KafkaJSNumberOfRetriesExceeded(unknown, { retryCount: 5, retryTime: 0 })),
      async () => ({ topics: [leaderless] }),
      ...Array(10).fill(async () => ({ topics: [led] })),
    ];
    const admin = {
      listTopics: async () => [],
      describeCluster: async () => ({ brokers: [{}] }),
      fetchTopicMetadata: () => answers.shift()?.(),
      createTopics: async () => true,
    } as unknown as Admin;
    await ensureTopics(admin, [topic], undefined);
    assert.equal(answers.length, 0);
  });
});

describe('replication', () => {
  it('is three copies, two of them in sync, as soon as three brokers can hold them', () => {
    assert.deepEqual([1, 2, 3, 9].map(replicationFor), [
      { factor: 1, minInSync: 1 },
      { factor: 1, minInSync: 1 },
      { factor: 3, minInSync: 2 },
      { factor: 3, minInSync: 2 },
    ]);
  });

  it('of topics to be made is not guessed from two brokers: a third may be away', () => {
    assert.throws(
      () => replicationToMake(2),
      /^Error: Two brokers answer\. [^\n]*--replication N --min-insync M\.$/,
    );
    for (const brokers of [1, 3, 9]) assert.deepEqual(replicationToMake(brokers), replicationFor(brokers));
  });
});
