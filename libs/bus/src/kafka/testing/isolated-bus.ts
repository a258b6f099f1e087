/** Buses for tests of services. Topics and groups of services have fixed names; here each test gets its own. */
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import type { Bus, Groups, SubscribeOptions, TopicSpec } from '../../bus.ts';
import { createKafkaBus } from '../bus.kafka.ts';
import { deleteTestTopics, patientTimes, silentLogger, testConnection } from './test-bus.ts';

/**
 * Returns a function that opens buses which share topics and groups with each other only, each with its own
 * connections, as processes have. Once the tests of the file have ended, the buses are closed, and topics and
 * groups are deleted.
 */
export function isolatedBuses(): () => Bus & Groups {
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
      ...testConnection,
      logger: silentLogger,
      onFatal: (reason) => {
        throw reason;
      },
      times: patientTimes,
    });
    opened.push(bus);
    return {
      ensureTopics: (specs: readonly TopicSpec[]) =>
        bus.ensureTopics(specs.map((spec) => ({ ...spec, name: ownTopic(spec.name) }))),
      publish: (topic, records) => bus.publish(ownTopic(topic), records),
      subscribe: (options: SubscribeOptions) =>
        bus.subscribe({
          ...options,
          topics: options.topics.map(ownTopic),
          group: ownGroup(options.group),
        }),
      // Records contain the name of the topic that they were read from, and so do the marks of parked accounts.
      readKey: (topic, ...place) => bus.readKey(made.topics.has(topic) ? topic : ownTopic(topic), ...place),
      tail: (topic) => bus.tail(ownTopic(topic)),
      progressOf: (group, topics) => bus.progressOf(ownGroup(group), topics.map(ownTopic)),
      forgetGroup: (group, topics) => bus.forgetGroup(ownGroup(group), topics.map(ownTopic)),
      close: bus.close,
    };
  };
}
