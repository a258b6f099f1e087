import kafkajs, { type Admin, type Kafka } from 'kafkajs';

/**
 * Runs `work` with a new admin client, and closes the client afterwards. Use this function for rare work:
 * opening a connection takes a while, but a new connection is never stale.
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

export interface ReusableKafkaAdmin {
  /**
   * Runs read-only work on a connection that stays open. After a failure, the next call opens a new
   * connection. If the work fails because a partition has a new leader, this call itself runs the work
   * again on a new connection, because kafkajs would keep sending requests to the former leader for up to
   * five minutes on the old one.
   */
  use<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const NOT_LEADER = 6;

function isNotLeader(error: unknown): boolean {
  return error instanceof kafkajs.KafkaJSProtocolError && error.code === NOT_LEADER;
}

/** Creates an admin client for requests that are sent every few seconds. */
export function createReusableKafkaAdmin(kafka: Kafka): ReusableKafkaAdmin {
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
