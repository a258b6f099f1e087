import { v5 as uuidv5 } from 'uuid';

const NAMESPACE = '6f0b1c52-3a57-5d0e-9a55-6f2f3c0a7e41';

/**
 * Returns the id of the delivery of one mail to one recipient. The id is a UUIDv5 of the arguments, so a
 * repeated event yields the same id and adds no second delivery.
 */
export function computeDeliveryId(eventId: string, mail: string, to: string): string {
  return uuidv5(JSON.stringify([eventId, mail, to]), NAMESPACE);
}
