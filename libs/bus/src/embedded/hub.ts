import type { Database } from '@latchkey/sqlite';
import { createEventLoopGate } from './event-loop-gate.ts';
import { createEmbeddedConsumerGroup, type EmbeddedConsumerGroup } from './group.ts';
import { createEmbeddedLog, type EmbeddedLog } from './log.ts';
import type { GroupMember } from './partition-consumer.ts';

/**
 * How often to look for records that other processes, such as ops commands, have written, in ms. Records of
 * this process are noticed immediately, because `appended` is called for them.
 */
const LOOK_EVERY_MS = 500;

/** What all subscriptions of a bus share: the log, its groups, and the notification of new records. */
export interface EmbeddedSubscriptionHub {
  readonly log: EmbeddedLog;
  /**
   * Waits until this reader may read records, so that all readers together do not block the event loop. Must
   * be called before each read.
   */
  admitted(): Promise<void>;
  /**
   * Wakes the groups and watchers of a topic. Must be called after records were committed to the topic.
   * @param partitions the partitions that received records. Default: any partition may have received some
   */
  appended(topic: string, partitions?: readonly number[]): void;
  join(group: string, member: GroupMember): void;
  leave(group: string, member: GroupMember): Promise<void>;
  healthy(group: string, member: GroupMember): boolean;
  /**
   * Calls `wake` whenever records may have been appended to a topic.
   * @returns a function that stops the calls
   */
  watch(topic: string, wake: () => void): () => void;
  /** Returns whether a group has members in this process. */
  hasMembers(group: string): boolean;
  /** Wakes all watchers, and stops using the database. Must be called only after all members have left. */
  close(): void;
  isClosed(): boolean;
}

export function createEmbeddedSubscriptionHub(database: Database): EmbeddedSubscriptionHub {
  const log = createEmbeddedLog(database);
  const admitted = createEventLoopGate();
  const groups = new Map<string, EmbeddedConsumerGroup>();
  const watchers = new Set<{ readonly topic: string; wake(): void }>();
  let watch: NodeJS.Timeout | undefined;
  let seenVersion: unknown;
  let closed = false;

  /**
   * Returns a number that changes when another connection has committed a change
   * (https://sqlite.org/pragma.html#pragma_data_version).
   */
  function version() {
    return database.prepare('PRAGMA data_version').get()?.['data_version'];
  }

  function look() {
    const current = version();
    if (current === seenVersion) return;
    seenVersion = current;
    for (const group of groups.values()) group.wakeAll();
    for (const { wake } of watchers) wake();
  }

  function watchOrNot() {
    const hasReaders = watchers.size > 0 || ![...groups.values()].every((group) => group.isEmpty());
    if (hasReaders && !closed) {
      // Does not restart a running interval. If each new reader restarted it, the interval might never
      // elapse.
      watch ??= setInterval(look, LOOK_EVERY_MS);
    } else {
      clearInterval(watch);
      watch = undefined;
    }
  }

  function appended(topic: string, partitions?: readonly number[]) {
    for (const group of groups.values()) group.wake(topic, partitions);
    for (const watcher of watchers) if (watcher.topic === topic) watcher.wake();
  }

  function groupNamed(name: string): EmbeddedConsumerGroup {
    const group =
      groups.get(name) ?? createEmbeddedConsumerGroup({ database, log, group: name, admitted, appended });
    groups.set(name, group);
    return group;
  }

  return {
    log,
    admitted,
    appended,
    watch(topic, wake) {
      const watcher = { topic, wake };
      watchers.add(watcher);
      watchOrNot();
      return () => {
        watchers.delete(watcher);
        watchOrNot();
      };
    },
    join(group, member) {
      groupNamed(group).join(member);
      watchOrNot();
    },
    async leave(group, member) {
      const left = groupNamed(group).leave(member);
      watchOrNot();
      await left;
    },
    healthy: (group, member) => groupNamed(group).healthy(member),
    hasMembers: (group) => groups.get(group)?.isEmpty() === false,
    close() {
      closed = true;
      watchOrNot();
      for (const { wake } of watchers) wake();
    },
    isClosed: () => closed,
  };
}
