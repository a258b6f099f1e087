/** Names that are derived, so that they come out the same each time. */
import { v5 as uuidv5 } from 'uuid';
import type { IdOf } from './delivery/delivery.ts';

const DELIVERIES = '6f0b1c52-3a57-5d0e-9a55-6f2f3c0a7e41';

/** UUIDv5 of event id, mail and recipient: a repeated event adds no delivery. */
export const deliveryId: IdOf = (eventId, mail, to) =>
  uuidv5(JSON.stringify([eventId, mail, to]), DELIVERIES);
