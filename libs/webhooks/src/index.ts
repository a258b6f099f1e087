export { addEndpoint, assertCallable, EndpointRefused } from './add-endpoint.ts';
export {
  currentSecret,
  MAX_ENDPOINTS,
  paused,
  type RedriveRange,
  redriven,
  resumed,
  stateOf,
  validSecrets,
  type WebhookEndpoint,
  withFields,
  withNewSecret,
} from './endpoint.ts';
export { type Attempt, changeEndpoint, type WebhookStorage } from './ports.ts';
export { webhookSettings } from './settings.ts';
export { openWebhooks } from './storage/index.ts';
export { createWebhooks, type Webhooks } from './webhooks.ts';
