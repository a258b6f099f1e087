/**
 * Finds out from which generation of the read model each process answers. All generations have the same
 * content. To tell them apart, this module changes the profile of one account for a moment, differently in
 * each generation.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { ClusterAddresses, DataFolder, GenerationShownByProcess } from '../run-folder.ts';

/**
 * How long to wait for a switch, in ms: longer than the time within which every process switches to another
 * generation (docs/ops.md).
 */
const SWITCHED_WITHIN_MS = 10_000;
const ASK_EVERY_MS = 200;
/**
 * The ops commands with which a run switches generations: first to a new generation, then back to the
 * previous one.
 */
const SWITCHES = [
  ['rebuild', 'user'],
  ['rebuild', 'user', '--back'],
] as const;

export interface GenerationSwitchDeps {
  readonly stores: ClusterAddresses | DataFolder;
  /** The processes of the system that answer queries, by name. */
  readonly processes: ReadonlyMap<string, { readonly url: string }>;
  ops(...words: readonly string[]): Promise<string>;
  /**
   * The id of the account whose profile this module changes for a moment; `token` is its access token. Nobody
   * else may change this profile during the switches.
   */
  readonly account: string;
  readonly token: string;
  /** Called after each switch, when all generations show the account's original profile again. */
  onSwitched?(): Promise<void>;
}

/**
 * Switches to a new generation and back. The system must be idle.
 * @returns what each process shows after each switch
 */
export async function switchGenerations(
  needs: GenerationSwitchDeps,
): Promise<readonly GenerationShownByProcess[]> {
  const shown: GenerationShownByProcess[] = [];
  for (const words of SWITCHES) {
    await needs.ops(...words);
    await withGenerations(needs.stores, async (generations) => {
      await generations.mark(needs.account);
      try {
        for (const [by, { url }] of needs.processes)
          shown.push(await ask(by, url, needs.token, await generations.active()));
      } finally {
        await generations.unmark(needs.account);
      }
    });
    await needs.onSwitched?.();
  }
  return shown;
}

/**
 * Requests the profile from a process, until the process answers from the active generation or
 * SWITCHED_WITHIN_MS have passed.
 */
async function ask(
  by: string,
  url: string,
  token: string,
  active: number,
): Promise<GenerationShownByProcess> {
  const deadline = performance.now() + SWITCHED_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } });
    const { firstName } = (await response.json()) as { readonly firstName?: string };
    const shown = /^generation (\d+)$/.exec(firstName ?? '')?.[1];
    if (shown === String(active) || performance.now() > deadline)
      return { by, active, shown: shown === undefined ? null : Number(shown) };
    await sleep(ASK_EVERY_MS);
  }
}

/** Reads and changes the generations of the read model in a store. */
interface Generations {
  active(): Promise<number>;
  /** Replaces the first name of an account with the name of the generation, in each generation. */
  mark(account: string): Promise<void>;
  unmark(account: string): Promise<void>;
}

async function withGenerations(
  stores: ClusterAddresses | DataFolder,
  work: (generations: Generations) => Promise<void>,
): Promise<void> {
  if ('DATA_DIR' in stores) {
    const database = new DatabaseSync(join(stores.DATA_DIR, 'latchkey.sqlite'), { timeout: 10_000 });
    try {
      return await work(generationsInFile(database));
    } finally {
      database.close();
    }
  }
  const client = await MongoClient.connect(stores.MONGO_URL);
  try {
    return await work(generationsInMongo(client));
  } finally {
    await client.close();
  }
}

const NAME = /^user_profiles_v(\d+)$/;

function generationsInMongo(client: MongoClient): Generations {
  const before = new Map<string, unknown>();
  async function change(account: string, nameOf: (collection: string, current: unknown) => unknown) {
    const collections = (await client.db().listCollections().toArray()).filter(({ name }) => NAME.test(name));
    for (const { name } of collections) {
      const id = { _id: account as unknown as never };
      const document = await client.db().collection(name).findOne(id);
      const firstName = nameOf(name, document?.['profile']?.firstName);
      await client
        .db()
        .collection(name)
        .updateOne(id, { $set: { 'profile.firstName': firstName } });
    }
  }
  return {
    active: async () => (await client.db().collection('user_generations').findOne())?.['active'] ?? 1,
    mark: (account) =>
      change(account, (name, current) => {
        before.set(name, current);
        return `generation ${NAME.exec(name)?.[1]}`;
      }),
    unmark: (account) => change(account, (name) => before.get(name)),
  };
}

function generationsInFile(database: DatabaseSync): Generations {
  const before = new Map<string, string>();
  function tables(): readonly string[] {
    const named = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    return named.map(({ name }) => String(name)).filter((name) => NAME.test(name));
  }
  return {
    async active() {
      const row = database.prepare('SELECT pointer FROM user_generations').get();
      return row === undefined ? 1 : JSON.parse(String(row['pointer'])).active;
    },
    async mark(account) {
      for (const table of tables()) {
        const row = database.prepare(`SELECT profile FROM ${table} WHERE id = ?`).get(account);
        before.set(table, String(row?.['profile']));
        database
          .prepare(`UPDATE ${table} SET profile = json_set(profile, '$.firstName', ?) WHERE id = ?`)
          .run(`generation ${NAME.exec(table)?.[1]}`, account);
      }
    },
    async unmark(account) {
      for (const table of tables())
        database
          .prepare(`UPDATE ${table} SET profile = ? WHERE id = ?`)
          .run(before.get(table) ?? null, account);
    },
  };
}
