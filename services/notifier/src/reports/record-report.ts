/**
 * Records a report about a mail: suppresses further mails to the recipient first, then changes the delivery.
 */
import type { Logger } from '@latchkey/process';
import type { MailReportResult, NotifierMetrics } from '../metrics.ts';
import type { DeliveryStore } from '../ports/deliveries.ts';
import type { MailReport, MailReportReader, UnparsedMailReport } from '../ports/reports.ts';
import type { SuppressionStore } from '../ports/suppressions.ts';

export interface MailReportHandlerDeps {
  readonly deliveries: Pick<DeliveryStore, 'find' | 'report'>;
  readonly suppressions: Pick<SuppressionStore, 'find' | 'put'>;
  /** How long a report suppresses mails to the recipient, in ms. */
  readonly suppressionMs: number;
  readonly metrics: Pick<NotifierMetrics, 'reports'>;
  readonly logger: Logger;
  now(): Date;
  /** Called after a report about a mail was recorded. */
  onRecorded(): void;
}

/**
 * What became of a report. `done`: the report was recorded, or there was nothing to record. `forged`: the
 * report does not come from its claimed source. `later`: the report could not be checked, or its mail is
 * still being sent, so the sender should try again.
 */
export type MailReportOutcome = 'done' | 'forged' | 'later';

/**
 * Handles data that was sent as a report.
 * @throws StoreUnavailable: the sender should try again
 */
export type HandleMailReport = (
  reader: MailReportReader,
  incoming: UnparsedMailReport,
) => Promise<MailReportOutcome>;

const TAKEN: Readonly<Record<MailReportResult, MailReportOutcome>> = {
  bounced: 'done',
  complained: 'done',
  nothing: 'done',
  unknown: 'done',
  repeated: 'done',
  forged: 'forged',
  unchecked: 'later',
  early: 'later',
};

export function createMailReportHandler(deps: MailReportHandlerDeps): HandleMailReport {
  const { deliveries, suppressions, metrics, logger } = deps;

  /**
   * Suppresses mails to a recipient. A suppression that an operator added is not replaced, because it may last
   * longer.
   */
  async function suppress(
    { fingerprint: recipient, hint }: { readonly fingerprint: string; readonly hint: string },
    mail: string,
    reason: MailReport['state'],
  ): Promise<void> {
    const since = deps.now();
    const existing = await suppressions.find(recipient, mail, since);
    if (existing?.reason === 'operator' && existing.mail === mail) return;
    const until = new Date(since.getTime() + deps.suppressionMs);
    await suppressions.put({ recipient, hint, mail, reason, since, until });
  }

  async function record(source: string, report: MailReport): Promise<MailReportResult> {
    const { delivery: id, state } = report;
    const delivery = await deliveries.find(id);
    if (delivery === undefined) return 'unknown';
    // In these states, the server has accepted the mail, but the notifier has not recorded that yet.
    if (delivery.state === 'pending' || delivery.state === 'claimed') return 'early';
    if (delivery.state !== 'sent') return 'repeated';
    const { recipient, mail } = delivery;
    const isAboutIt = report.recipient === undefined || report.recipient === recipient?.fingerprint;
    if (recipient === undefined || !isAboutIt) return 'unknown';
    await suppress(recipient, mail, state);
    const status = report.status === undefined ? {} : { status: report.status };
    if (!(await deliveries.report(id, { state, at: deps.now(), source, ...status }))) return 'repeated';
    logger.warn({ delivery: id, mail, state, source, ...status }, 'a mail was reported');
    deps.onRecorded();
    return state;
  }

  return async (reader, incoming) => {
    const { source } = reader;
    const read = await reader.read(incoming);
    const outcome = read.kind === 'report' ? await record(source, read) : read.kind;
    metrics.reports.inc({ source, outcome });
    return TAKEN[outcome];
  };
}
