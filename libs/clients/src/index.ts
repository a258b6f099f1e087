export { authenticateClient } from './authenticate.ts';
export {
  type ClientScope,
  clientScopes,
  isValidKey,
  type ServiceClient,
  withNewClientKey,
} from './client.ts';
export { hashClientKey, makeClientId, makeClientKey } from './keys.ts';
export type { ClientStorage, ServiceClients } from './service-clients.ts';
export { openServiceClients } from './storage/index.ts';
