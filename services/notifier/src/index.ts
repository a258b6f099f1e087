export { type Administration, openAdministration } from './administration.ts';
export {
  compose,
  type EmbeddedBackend,
  type NotifierDeps,
  notifierIndexes,
  notifierTopics,
} from './compose.ts';
export { type NotifierConfig, notifierSettings } from './config.ts';
export { type DeliveryState, deliveryStates } from './delivery/delivery.ts';
export type { DeliverySummary } from './ports/deliveries.ts';
