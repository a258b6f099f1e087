export { authenticateClient } from './authenticate.ts';
export { isValid, type Scope, type ServiceClient, scopes, withNewKey } from './client.ts';
export { hashOf, makeClientId, makeKey } from './keys.ts';
export type { ClientStorage, ServiceClients } from './service-clients.ts';
export { openClients } from './storage/index.ts';
