import kafkajs, { type Admin, type Kafka } from 'kafkajs';

/**
 * Runs one piece of work with its own admin client. Such work is rare, so a new connection is opened each time,
 * because a new connection is never stale.
 */
export async function withKafkaAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export interface ReusableAdmin {
  /**
   * Runs work that changes nothing, on a connection that stays open. After a failure the next call opens a new one. If
   * the work fails because a partition has a new leader, it runs once more on a new connection, because kafkajs would
   * keep asking the former leader for up to five minutes.
   */
  use<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const NOT_LEADER = 6;

function isNotLeader(error: unknown): boolean {
  return error instanceof kafkajs.KafkaJSProtocolError && error.code === NOT_LEADER;
}

/** Creates an admin client for requests that are sent every few seconds. */
export function createReusableAdmin(kafka: Kafka): ReusableAdmin {
  let kept: Promise<Admin> | undefined;

  async function open(): Promise<Admin> {
    const admin = kafka.admin();
    await admin.connect();
    return admin;
  }

  async function drop(admin: Promise<Admin> | undefined): Promise<void> {
    if (kept === admin) kept = undefined;
    await admin?.then((each) => each.disconnect()).catch(() => undefined);
  }

  async function run<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    kept ??= open();
    const admin = kept;
    try {
      return await work(await admin);
    } catch (err) {
      await drop(admin);
      throw err;
    }
  }

  return {
    async use(work) {
      try {
        return await run(work);
      } catch (err) {
        if (!isNotLeader(err)) throw err;
        return await run(work);
      }
    },
    close: () => drop(kept),
  };
}
