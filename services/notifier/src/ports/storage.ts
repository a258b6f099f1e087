/** The stores of the notifier. Each kind of store implements all of them. */
import type {
  KeyFingerprintStore,
  MoveSource,
  MoveTarget,
  StoredKeyUses,
  StorePreparation,
} from '@latchkey/store';
import type {
  DeliveryAttempt,
  DeliveryContent,
  DeliveryReport,
  DeliveryState,
  MailCutoff,
  NewDelivery,
  RedactedRecipient,
} from '../delivery/delivery.ts';
import type { MailSuppression } from '../delivery/suppression.ts';
import type { DeliveryStore } from './deliveries.ts';
import type { SuppressionStore } from './suppressions.ts';

export interface NotifierStorage extends StorePreparation {
  readonly deliveries: DeliveryStore;
  readonly suppressions: SuppressionStore;
  readonly keyFingerprints: KeyFingerprintStore;
  /**
   * Releases the deliveries that an earlier process claimed and did not finish. Does nothing in a store that several
   * processes share, because there only an expired lease shows that another process has ended.
   */
  reclaim(): Promise<void>;
  /** The records to move. Set in stores from which `ops move` can move records. */
  readonly source?: MovableNotifierRecords<'source'>;
  /** The records to which moved data is written. Set in stores to which `ops move` can move records. */
  readonly target?: MovableNotifierRecords<'target'>;
}

interface Ends<Item> {
  readonly source: MoveSource<Item>;
  readonly target: MoveTarget<Item>;
}

/**
 * One end of the move for each kind of record: the `source` from which `ops move` reads, or the `target` to
 * which it writes.
 */
export interface MovableNotifierRecords<End extends keyof Ends<unknown>> {
  readonly cutoffs: Ends<StoredMailCutoffs>[End];
  readonly suppressions: Ends<MailSuppression>[End];
  readonly deliveries: Ends<StoredDelivery>[End];
  readonly keys: Ends<StoredKeyUses>[End];
}

/** A delivery as it is stored, in any state. */
export interface StoredDelivery extends Omit<NewDelivery, 'content'> {
  readonly state: DeliveryState;
  /** When the delivery can next be claimed. Present only while the mail may still be sent. */
  readonly dueAt?: Date;
  /** The content of the mail. Present only while the mail may still be sent. */
  readonly content?: DeliveryContent;
  /** The name of the claim that currently holds the delivery. */
  readonly owner?: string;
  readonly tries: number;
  readonly attempts: readonly DeliveryAttempt[];
  readonly reason?: string;
  readonly endedAt?: Date;
  readonly recipient?: RedactedRecipient;
  readonly report?: DeliveryReport;
  /** Set while the delivery's report has not been published. */
  readonly unpublished?: true;
}

/**
 * The cutoffs of one account or mailing, one per kind of mail. A mail must not be sent if its event has a
 * lower sequence than the cutoff.
 */
export interface StoredMailCutoffs {
  readonly subject: string;
  readonly before: Readonly<Partial<Record<MailCutoff['what'], number>>>;
}
