export { addEndpoint, assertUrlAllowed, type EndpointWithSecret, rotateSecret } from './add-endpoint.ts';
export {
  endpointStateOf,
  MAX_ENDPOINTS,
  pauseEndpoint,
  type RedriveRange,
  resumeEndpoint,
  signingSecretsOf,
  type WebhookEndpoint,
  withChangedFields,
  withRedrive,
} from './endpoint.ts';
export { EndpointRefused } from './endpoint-refused.ts';
export { createWebhookMoves } from './move.ts';
export { type Attempt, changeEndpoint, type WebhookStorage } from './ports.ts';
export { createSecretSealer, isSealed, keyIdOf, type SecretSealer } from './seal.ts';
export { findOutdatedSecrets, findUnreadableSecrets, sealOutdatedSecrets } from './seal-stored.ts';
export { overlapHours, webhookSettings } from './settings.ts';
export { openWebhookStorage } from './storage/index.ts';
export { createWebhooks, type Webhooks } from './webhooks.ts';
