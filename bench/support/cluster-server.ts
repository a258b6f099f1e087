/** Starts the services as separate processes on Kafka and MongoDB, without rate limits, and reads their metrics. */
import { type Client, createClient } from '../../test/support/client.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../../test/support/cluster.ts';
import { createMailbox } from '../../test/support/mailbox.ts';
import { createPersonActions, type PersonActions } from '../../test/support/people.ts';
import type { Settings } from '../../test/support/system.ts';
import { SETTINGS_WITH_MEASURED_HASH_COST } from './hash-limit.ts';

export interface ClusterServer extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly client: Client;
  readonly people: PersonActions;
}

/** Starts the services. @param instances the number of processes of each service. Default: 2 */
export async function startClusterServer(
  settings: Settings = {},
  instances: NonNullable<ClusterOptions['instances']> = {},
): Promise<ClusterServer> {
  const cluster = await startCluster({
    instances,
    settingsOn: () => ({ LIMITS: 'off', ...SETTINGS_WITH_MEASURED_HASH_COST, ...settings }),
  });
  const client = createClient(cluster.url);
  return {
    cluster,
    client,
    people: createPersonActions(client, createMailbox(cluster.mailbox)),
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}
