import { replaceClientKey, type ServiceClient } from './client.ts';
import { generateClientKey, hashClientKey } from './keys.ts';
import type { ServiceClients } from './service-clients.ts';

/**
 * Adds a new API key to a service client. Retries if another process changes the keys at the same time.
 * @param times.until the time at which the previous keys expire. A previous key that expires earlier keeps
 * its own time
 * @returns the client, and the new key in plain text, which is never stored; undefined if there is no such
 * client
 * @throws StoreUnavailable
 */
export async function rotateClientKey(
  clients: Pick<ServiceClients, 'find' | 'replaceKeys'>,
  id: string,
  times: { readonly now: Date; readonly until: Date },
): Promise<{ readonly client: ServiceClient; readonly key: string } | undefined> {
  const key = generateClientKey(id);
  for (;;) {
    const stored = await clients.find(id);
    if (stored === undefined) return undefined;
    const client = replaceClientKey(stored, hashClientKey(key), times);
    if (await clients.replaceKeys(stored, client.keys)) return { client, key };
  }
}
