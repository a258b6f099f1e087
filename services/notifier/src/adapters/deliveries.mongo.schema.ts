/** What the notifier keeps in MongoDB, and the indexes that it is searched by. */
import { type Index, plainSchema } from '@latchkey/mongo';
import type {
  Attempt,
  DeliveryContent,
  DeliveryState,
  NewDelivery,
  Superseded,
} from '../delivery/delivery.ts';

export const DELIVERIES = 'notifier_deliveries';
export const CUTOFFS = 'notifier_cutoffs';

export interface DeliveryDocument extends Omit<NewDelivery, 'id' | 'content'> {
  readonly _id: string;
  readonly state: DeliveryState;
  /**
   * Until it is final: when somebody may take it next (a pending one at its next try, a claimed one at the end of
   * its lease), and until when. Unset as a whole, so that its sparse index holds open deliveries alone.
   */
  readonly open?: { readonly dueAt: Date; readonly sendUntil: Date };
  /** Until it is final. */
  readonly content?: DeliveryContent;
  /** In whose hands it is. */
  readonly owner?: string;
  readonly tries: number;
  readonly attempts: readonly Attempt[];
  /** How the last attempt ended. */
  readonly lastResult?: string;
  readonly reason?: string;
  readonly endedAt?: Date;
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const instant = { type: Date, required: true } as const;

export function deliverySchema() {
  return plainSchema<DeliveryDocument>({
    _id: text,
    eventId: text,
    subject: text,
    sequence: whole,
    mail: text,
    locale: text,
    correlationId: text,
    occurredAt: instant,
    sendUntil: instant,
    purpose: String,
    state: text,
    open: plainSchema({ dueAt: instant, sendUntil: instant }),
    content: Object,
    owner: String,
    tries: whole,
    attempts: [plainSchema({ at: instant, ms: whole, result: text, code: Number })],
    lastResult: String,
    reason: String,
    endedAt: Date,
  });
}

/** One document a subject: which mails are not to be sent, by the sequence that they must not come before. */
export interface CutoffsDocument {
  /** The subject. */
  readonly _id: string;
  readonly before: Readonly<Partial<Record<Superseded, number>>>;
}

export const deliveryIndexes: readonly Index[] = [
  {
    collection: DELIVERIES,
    name: 'open',
    keys: { 'open.sendUntil': 1, 'open.dueAt': 1 },
    sparse: true,
  },
  { collection: DELIVERIES, name: 'subject', keys: { subject: 1, sequence: 1 } },
  { collection: DELIVERIES, name: 'listed', keys: { state: 1, occurredAt: 1, _id: 1 } },
];
