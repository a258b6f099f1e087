/** The stores of the notifier. Each kind of store implements all of them. */
import type { KeyFingerprints, MoveSource, MoveTarget, Preparable, StoredKeyUses } from '@latchkey/store';
import type {
  Attempt,
  Cutoff,
  DeliveryContent,
  DeliveryReport,
  DeliveryState,
  NewDelivery,
  RedactedRecipient,
} from '../delivery/delivery.ts';
import type { Suppression } from '../delivery/suppression.ts';
import type { Deliveries } from './deliveries.ts';
import type { Suppressions } from './suppressions.ts';

export interface NotifierStorage extends Preparable {
  readonly deliveries: Deliveries;
  readonly suppressions: Suppressions;
  readonly keyFingerprints: KeyFingerprints;
  /**
   * Releases the deliveries that an earlier process claimed and did not finish. Does nothing in a store that several
   * processes share, because there only an expired lease shows that another process has ended.
   */
  reclaim(): Promise<void>;
  /** Set in stores that `ops move` can move from. */
  readonly source?: NotifierRecords<'source'>;
  /** Set in stores that `ops move` can move to. */
  readonly target?: NotifierRecords<'target'>;
}

interface Ends<Item> {
  readonly source: MoveSource<Item>;
  readonly target: MoveTarget<Item>;
}

/** For each kind of record that `ops move` moves: where it is read (`source`) or written (`target`). */
export interface NotifierRecords<End extends keyof Ends<unknown>> {
  readonly cutoffs: Ends<StoredCutoffs>[End];
  readonly suppressions: Ends<Suppression>[End];
  readonly deliveries: Ends<StoredDelivery>[End];
  readonly keys: Ends<StoredKeyUses>[End];
}

/** A delivery as it is stored, in any state. */
export interface StoredDelivery extends Omit<NewDelivery, 'content'> {
  readonly state: DeliveryState;
  /** When the delivery can next be claimed. Only for an open delivery. */
  readonly dueAt?: Date;
  /** The content of the mail. Only for an open delivery. */
  readonly content?: DeliveryContent;
  /** The name of the claim that currently holds the delivery. */
  readonly owner?: string;
  readonly tries: number;
  readonly attempts: readonly Attempt[];
  readonly reason?: string;
  readonly endedAt?: Date;
  readonly recipient?: RedactedRecipient;
  readonly report?: DeliveryReport;
  /** Set while the report has not been published. */
  readonly unpublished?: true;
}

/**
 * The cutoffs of one subject, one per kind of mail. A mail must not be sent if its event has a lower sequence
 * than the cutoff.
 */
export interface StoredCutoffs {
  readonly subject: string;
  readonly before: Readonly<Partial<Record<Cutoff['what'], number>>>;
}
