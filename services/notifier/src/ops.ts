/** The notifier for operators' commands, beside running notifiers. */
import type { Store } from '@latchkey/backend';
import { type Environment, readConfig } from '@latchkey/process';
import { type Movable, movable, type Preparable } from '@latchkey/store';
import type { DeliveryView } from '@latchkey/verify';
import { CONSUMER_GROUP } from './compose.ts';
import { entriesFor } from './intake/entries.ts';
import { type MailSettings, mailTestSettings } from './mail-settings.ts';
import type { Census, Deliveries } from './ports/deliveries.ts';
import type { Suppressions } from './ports/suppressions.ts';
import { openStorage } from './storage/index.ts';

export { type MailTestStep, testMail } from './adapters/mail-test.smtp.ts';
export { type DeliveryState, deliveryStates } from './delivery/delivery.ts';
export { describeFailure } from './delivery/reply.ts';
export { ALL_MAILS, type Suppression, suppressionId } from './delivery/suppression.ts';
export { dkimRecord, faultOfDkimKey, makeDkimKey } from './dkim-key.ts';
export type { DeliverySummary } from './ports/deliveries.ts';
export { hintOf, recipientOf } from './recipient.ts';

export type OpsDeliveries = Pick<Deliveries, 'list' | 'find' | 'retryNow' | 'cancel'> & DeliveryView;

export interface NotifierOps extends Preparable {
  readonly deliveries: OpsDeliveries;
  readonly suppressions: Suppressions;
}

/** Reads the settings of the mail server alone. @throws ConfigError */
export function readMailSettings(environment: Environment): {
  readonly settings: MailSettings;
  readonly publicUrl?: string;
} {
  const { PUBLIC_URL: publicUrl, ...settings } = readConfig(mailTestSettings, environment);
  return { settings, ...(publicUrl !== undefined && { publicUrl }) };
}

/** @throws DataFolderError */
export function openOps(store: Store): NotifierOps {
  const { deliveries, suppressions, requirements, check } = openStorage(store);
  return {
    requirements,
    check,
    suppressions,
    deliveries: {
      ...deliveries,
      group: CONSUMER_GROUP,
      owedBy: (event) => entriesFor(event).deliveries.map(({ id, mail }) => ({ id, mail })),
    },
  };
}

export interface NotifierMove {
  /**
   * In the order in which they must be moved, before auth publishes from the new store: otherwise a repeated event
   * would add its deliveries again.
   */
  readonly kinds: readonly Movable[];
  /** Counts the deliveries by state in both stores. */
  census(): Promise<{ readonly source: Census; readonly target: Census }>;
}

/**
 * Moves the notifier's records. No notifier may run on either store meanwhile.
 * @throws Error of one line if records cannot be moved between stores of these kinds; DataFolderError
 */
export function openMove(from: Store, to: Store): NotifierMove {
  const [here, there] = [openStorage(from), openStorage(to)];
  const { source } = here;
  const { target } = there;
  if (source === undefined || target === undefined)
    throw new Error(`STORE: records cannot be moved from ${from.kind} to ${to.kind}`);

  return {
    kinds: [
      movable({ name: 'cutoffs', lasting: true }, source.cutoffs, target.cutoffs),
      movable({ name: 'suppressions', lasting: true }, source.suppressions, target.suppressions),
      movable({ name: 'deliveries', lasting: true }, source.deliveries, target.deliveries),
    ],
    async census() {
      const [ours, theirs] = await Promise.all([here.deliveries.census(), there.deliveries.census()]);
      return { source: ours, target: theirs };
    },
  };
}
