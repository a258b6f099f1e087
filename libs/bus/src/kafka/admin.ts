import type { Admin, Kafka } from 'kafkajs';

/** An admin client for one piece of work: rare enough that a connection of its own, never stale, costs nothing. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export interface KeptAdmin {
  /** Runs on the kept connection; after a failure the next one gets a new connection. */
  use<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** An admin client for what is asked every few seconds. */
export function keepAdmin(kafka: Kafka): KeptAdmin {
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

  return {
    async use(work) {
      kept ??= open();
      const admin = kept;
      try {
        return await work(await admin);
      } catch (err) {
        await drop(admin);
        throw err;
      }
    },
    close: () => drop(kept),
  };
}
