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
   * Releases the deliveries that an earlier process claimed and did not finish. Only a store that a single
   * process uses does this. If several processes share the store, does nothing, because another process may
   * still be sending the mails; their leases must expire first.
   */
  reclaim(): Promise<void>;
  /**
   * The records of this store, from which `ops move` reads. Absent if `ops move` cannot move records from
   * this kind of store.
   */
  readonly source?: MovableNotifierRecords<'source'>;
  /**
   * The records of this store, to which `ops move` writes. Absent if `ops move` cannot move records to this
   * kind of store.
   */
  readonly target?: MovableNotifierRecords<'target'>;
}

interface Ends<Item> {
  readonly source: MoveSource<Item>;
  readonly target: MoveTarget<Item>;
}

/**
 * The notifier's records, by kind, as `ops move` uses them: `source` for the store from which it reads,
 * `target` for the store to which it writes.
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
