export { authenticateClient } from './authenticate.ts';
export {
  type ClientScope,
  clientScopes,
  isValidClientKey,
  type ServiceClient,
} from './client.ts';
export { generateClientId, generateClientKey, hashClientKey } from './keys.ts';
export { rotateClientKey } from './rotate-key.ts';
export type { ServiceClientStorage, ServiceClients } from './service-clients.ts';
export { openServiceClients } from './storage/index.ts';
