/** Starts a server with all services in a separate process, without rate limits, and reads its metrics. */
import { type Client, createClient } from '../../test/support/client.ts';
import { createMailbox } from '../../test/support/mailbox.ts';
import { createPersonActions, type PersonActions } from '../../test/support/people.ts';
import { type Standalone, startStandalone } from '../../test/support/standalone.ts';
import type { Settings } from '../../test/support/system.ts';
import { SETTINGS_WITH_MEASURED_HASH_COST } from './hash-limit.ts';
import { readMetric } from './metrics.ts';

export interface BenchmarkServer extends AsyncDisposable {
  readonly system: Standalone;
  readonly client: Client;
  readonly people: PersonActions;
  /** Returns the value of a metric, summed over all labels. */
  metric(name: string): Promise<number>;
  /**
   * Runs `work`, which consists of `many` operations, and returns the CPU time that all threads of the server used per
   * operation, in ms.
   */
  cpuOf(many: number, work: () => Promise<unknown>): Promise<number>;
}

/** Makes Node keep compiled code in a cache between starts, as `npm start` does. */
const NODE_OPTIONS = `--import=${import.meta.resolve('../../scripts/compile-cache.js')}`;

export async function startBenchmarkServer(settings: Settings = {}): Promise<BenchmarkServer> {
  const system = await startStandalone({
    LIMITS: 'off',
    NODE_OPTIONS,
    ...SETTINGS_WITH_MEASURED_HASH_COST,
    ...settings,
  });
  const client = createClient(system.url);
  function metric(name: string) {
    return readMetric(system.operations, name);
  }
  async function cpuMs() {
    return 1000 * (await metric('latchkey_process_cpu_seconds_total'));
  }

  return {
    system,
    client,
    people: createPersonActions(client, createMailbox(system.mailbox)),
    metric,
    async cpuOf(many, work) {
      const before = await cpuMs();
      await work();
      return ((await cpuMs()) - before) / many;
    },
    [Symbol.asyncDispose]: () => system.stop(),
  };
}
