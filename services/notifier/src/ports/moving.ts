/** What the notifier hands over when it moves from one store to another. */
import type { Attempt, Cutoff, DeliveryContent, DeliveryState, NewDelivery } from '../delivery/delivery.ts';

/** A delivery as it is kept, in whatever state. */
export interface KeptDelivery extends Omit<NewDelivery, 'content'> {
  readonly state: DeliveryState;
  /** Until it is final: when somebody may take it next. */
  readonly dueAt?: Date;
  /** Until it is final. */
  readonly content?: DeliveryContent;
  /** In whose hands it was. */
  readonly owner?: string;
  readonly tries: number;
  readonly attempts: readonly Attempt[];
  readonly reason?: string;
  readonly endedAt?: Date;
}

/** The cutoffs of one subject. */
export interface KeptCutoffs {
  readonly subject: string;
  readonly before: Readonly<Partial<Record<Cutoff['what'], number>>>;
}
