/**
 * Buses for the tests of services. Services use fixed names of topics and groups. These buses replace the
 * names with unique ones, so that tests do not disturb each other.
 */
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import type { Bus, BusSubscribeOptions, ConsumerGroups, TopicSpec } from '../../bus.ts';
import { createKafkaBus } from '../bus.kafka.ts';
import { deleteTestTopics, kafkaConnectionForTests, longTestTimeouts, silentLogger } from './test-bus.ts';

/**
 * Returns a function that opens buses which share their topics and groups with each other, but not with any
 * other bus. Each of these buses has its own connections, as if it ran in a separate process. After the tests
 * of the file, the buses are closed, and their topics and groups are deleted.
 */
export function createIsolatedBusOpener(): () => Bus & ConsumerGroups {
  const made = { topics: new Set<string>(), groups: new Set<string>() };
  const opened: Bus[] = [];
  const suffix = randomUUID();

  function ownTopic(name: string): string {
    const own = `${name}.${suffix}`;
    made.topics.add(own);
    return own;
  }
  function ownGroup(name: string): string {
    const own = `${name}.${suffix}`;
    made.groups.add(own);
    return own;
  }

  after(async () => {
    for (const bus of opened) await bus.close();
    await deleteTestTopics(made);
  });

  return () => {
    const bus = createKafkaBus({
      ...kafkaConnectionForTests,
      logger: silentLogger,
      onFatal: (reason) => {
        throw reason;
      },
      times: longTestTimeouts,
    });
    opened.push(bus);
    return {
      ensureTopics: (specs: readonly TopicSpec[]) =>
        bus.ensureTopics(specs.map((spec) => ({ ...spec, name: ownTopic(spec.name) }))),
      publish: (topic, records) => bus.publish(ownTopic(topic), records),
      subscribe: (options: BusSubscribeOptions) =>
        bus.subscribe({
          ...options,
          topics: options.topics.map(ownTopic),
          group: ownGroup(options.group),
        }),
      // The caller may have read the name of the topic from a record or from the mark of a parked account.
      // Such a name is already unique, so do not replace it.
      readKey: (topic, ...place) => bus.readKey(made.topics.has(topic) ? topic : ownTopic(topic), ...place),
      tail: (topic) => bus.tail(ownTopic(topic)),
      progressOf: (group, topics) => bus.progressOf(ownGroup(group), topics.map(ownTopic)),
      deleteGroup: (group, topics) => bus.deleteGroup(ownGroup(group), topics.map(ownTopic)),
      close: bus.close,
    };
  };
}
