/** The notifier's functions for ops commands, which may run while notifiers are running. */
import type { Store } from '@latchkey/backend';
import type { LatchkeyEvent, SealedToken } from '@latchkey/events';
import type { ExportedMail } from '@latchkey/export';
import { type Environment, readConfig } from '@latchkey/process';
import {
  createRecordMove,
  type KeyFingerprintStore,
  type RecordMove,
  type StorePreparation,
} from '@latchkey/store';
import type { DeliveryView, OwedDelivery } from '@latchkey/verify';
import { allMailDefinitions } from '../mails/index.ts';
import { NOTIFIER_CONSUMER_GROUP } from './consumer-group.ts';
import { readExportedMails } from './exports/exported-mails.ts';
import { computeDeliveriesAndCutoffs } from './intake/entries.ts';
import { type MailTestSettings, mailTestSettingsSchema } from './mail-test-settings.ts';
import type { DeliveryCounts, DeliveryStore } from './ports/deliveries.ts';
import type { SuppressionStore } from './ports/suppressions.ts';
import { openNotifierStorage } from './storage/index.ts';

export { getSealedLinkKeyId as sealingKeyIdOf } from './adapters/decrypter.jose.ts';
export { type MailTestStep, sendTestMail } from './adapters/mail-test.smtp.ts';
export { type DeliveryState, deliveryStates } from './delivery/delivery.ts';
export { formatAttemptFailure } from './delivery/reply.ts';
export { ALL_MAILS, computeSuppressionId, type MailSuppression } from './delivery/suppression.ts';
export { createDkimDnsRecord, findDkimKeyFault, generateDkimKey } from './dkim-key.ts';
export type { DeliverySummary } from './ports/deliveries.ts';
export { computeAddressFingerprint, createAddressHint } from './recipient.ts';

/** The names of all mails, such as `welcome`. */
export const mailNames: readonly string[] = allMailDefinitions.map(({ name }) => name);

/** A delivery that an event requires, with its sealed link. */
export interface RequiredDeliveryWithLink extends OwedDelivery {
  /** The link of the mail, if it has one. */
  readonly link?: SealedToken;
}

/** The operations on deliveries that ops commands use. */
export interface DeliveryOps
  extends Pick<DeliveryStore, 'list' | 'find' | 'retryNow' | 'cancel'>,
    DeliveryView {
  owedBy(event: LatchkeyEvent): readonly RequiredDeliveryWithLink[];
}

export interface NotifierOps extends StorePreparation {
  readonly deliveries: DeliveryOps;
  readonly suppressions: SuppressionStore;
  /** The keys with which notifiers have run on this store. */
  readonly keys: Pick<KeyFingerprintStore, 'list' | 'forget'>;
  /** Returns the mails that an account's events have caused, oldest first. */
  mailsOf(account: string): AsyncIterable<ExportedMail>;
}

/**
 * Reads only the settings of the mail server from the environment.
 * @throws ConfigError
 */
export function readMailSettings(environment: Environment): {
  readonly settings: MailTestSettings;
  readonly publicUrl?: string;
} {
  const { PUBLIC_URL: publicUrl, ...settings } = readConfig(mailTestSettingsSchema, environment);
  return { settings, ...(publicUrl !== undefined && { publicUrl }) };
}

/** Opens the notifier's part of a store for ops commands. @throws DataFolderError */
export function openNotifierOps(store: Store): NotifierOps {
  const { deliveries, suppressions, keyFingerprints, requirements, check } = openNotifierStorage(store);
  return {
    requirements,
    check,
    suppressions,
    keys: keyFingerprints,
    mailsOf: (account) => readExportedMails(deliveries, account),
    deliveries: {
      ...deliveries,
      group: NOTIFIER_CONSUMER_GROUP,
      owedBy: (event) =>
        computeDeliveriesAndCutoffs(event).deliveries.map(({ id, mail, content: { link } }) => ({
          id,
          mail,
          ...(link && { link }),
        })),
    },
  };
}

export interface NotifierDataMove {
  /**
   * The kinds of the notifier's records, in the order in which they must be moved. All of them must be moved
   * before auth runs on the new store. Auth publishes the moved events again; without the moved records, the
   * notifier would send the mails of these events a second time.
   */
  readonly kinds: readonly RecordMove[];
  /**
   * Counts the deliveries by state, both in the store from which records are moved and in the store to which
   * they are moved.
   */
  census(): Promise<{ readonly source: DeliveryCounts; readonly target: DeliveryCounts }>;
}

/**
 * Prepares a move of the notifier's records to another store. No notifier may run on either store during the
 * move.
 * @throws Error with a one-line message if records cannot be moved between stores of these kinds;
 * DataFolderError
 */
export function prepareNotifierDataMove(from: Store, to: Store): NotifierDataMove {
  const [here, there] = [openNotifierStorage(from), openNotifierStorage(to)];
  const { source } = here;
  const { target } = there;
  if (source === undefined || target === undefined)
    throw new Error(`STORE: records cannot be moved from ${from.kind} to ${to.kind}`);

  return {
    kinds: [
      createRecordMove({ name: 'mail keys', lasting: false }, source.keys, target.keys),
      createRecordMove({ name: 'cutoffs', lasting: true }, source.cutoffs, target.cutoffs),
      createRecordMove({ name: 'suppressions', lasting: false }, source.suppressions, target.suppressions),
      createRecordMove({ name: 'deliveries', lasting: true }, source.deliveries, target.deliveries),
    ],
    async census() {
      const [ours, theirs] = await Promise.all([here.deliveries.census(), there.deliveries.census()]);
      return { source: ours, target: theirs };
    },
  };
}
