export {
  addEndpoint,
  assertEndpointUrlAllowed,
  type EndpointWithSecret,
  rotateEndpointSecret,
} from './add-endpoint.ts';
export { findEndpointUrlFault } from './addresses.ts';
export {
  computeEndpointState,
  getSigningSecrets,
  MAX_ENDPOINTS,
  pauseEndpoint,
  type RedriveRange,
  resumeEndpoint,
  type WebhookEndpoint,
  withChangedEndpointFields,
  withRedrive,
} from './endpoint.ts';
export { EndpointRefusedError } from './endpoint-refused.ts';
export { createWebhookDataMoves } from './move.ts';
export { type DeliveryAttempt, updateEndpoint, type WebhookStorage } from './ports.ts';
export { createSecretSealer, getSealingKeyId, isSealedSecret, type SecretSealer } from './seal.ts';
export { findOutdatedSecrets, findUnreadableSecrets, sealOutdatedSecrets } from './seal-stored.ts';
export { SECRET_OVERLAP_HOURS, webhookSettingsSchema } from './settings.ts';
export { openWebhookStorage } from './storage/index.ts';
export { createWebhookDispatcher, type WebhookDispatcher } from './webhooks.ts';
