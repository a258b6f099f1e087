import { timingSafeEqual } from 'node:crypto';
import { type ClientScope, isValidClientKey, type ServiceClient } from './client.ts';
import { clientIdOfKey, extractClientKey, hashClientKey } from './keys.ts';
import type { ServiceClients } from './service-clients.ts';

/**
 * Returns the client that sent a request, if its key is valid and permits `scope`. Otherwise returns
 * undefined. The reason is not returned, so that it cannot be revealed to the sender.
 * @param authorization the header: `Bearer <key>`, or `Basic` with the client's id and the key
 * @throws StoreUnavailable
 */
export async function authenticateClient(
  clients: Pick<ServiceClients, 'find'>,
  { authorization, scope, now }: { authorization: string | undefined; scope: ClientScope; now: Date },
): Promise<ServiceClient | undefined> {
  const key = extractClientKey(authorization);
  const id = key === undefined ? undefined : clientIdOfKey(key);
  if (key === undefined || id === undefined) return undefined;
  const client = await clients.find(id);
  const hash = Buffer.from(hashClientKey(key));
  const isGenuine = client?.keys.some(
    (stored) => timingSafeEqual(Buffer.from(stored.hash), hash) && isValidClientKey(stored, now),
  );
  return isGenuine && client?.scopes.includes(scope) ? client : undefined;
}
