/**
 * Reads reports about mails that were sent. `reports.contract.ts` tests every guarantee on each adapter. Anyone can
 * send data to a reader, so it must distinguish genuine reports from forged ones, and must never throw.
 */
import type { ReportedDeliveryState } from '../delivery/delivery.ts';

/** A report as it arrived: not parsed, and possibly forged. */
export interface UnparsedMailReport {
  /** The report itself: a mail (RFC 5322), or the body of a request. */
  readonly body: Buffer;
  /**
   * What proves that an unsigned report is genuine: for a mail, the address to which it was sent; for a
   * request, its `Authorization` header. Not needed if the body is signed.
   */
  readonly proof?: string | undefined;
}

/** A genuine report about a mail: it bounced, or the recipient complained. */
export interface MailReport {
  readonly kind: 'report';
  /** The id of the delivery that the report is about. */
  readonly delivery: string;
  readonly state: ReportedDeliveryState;
  /** The enhanced status code (RFC 3463) of a bounce, if there is one. */
  readonly status?: string;
  /** The fingerprint of the recipient's email address, if the report names the recipient. */
  readonly recipient?: string;
}

/** The result of reading an incoming report. */
export type ParsedMailReport =
  | MailReport
  /**
   * The report is not about a mail from Latchkey, or it is not relevant: for example a delay, a success, a full
   * mailbox or an automatic reply.
   */
  | { readonly kind: 'nothing' }
  /** The report is forged: it does not come from its claimed source. */
  | { readonly kind: 'forged' }
  /** It could not be checked whether the report is genuine; the sender should try again. */
  | { readonly kind: 'unchecked' };

/** The sources of reports: mails to the return path, and providers that report over HTTP. */
export const mailReportSources = ['mail', 'ses', 'postmark'] as const;
export type MailReportSource = (typeof mailReportSources)[number];

/** Reads the reports of one source, such as a mail provider. */
export interface MailReportReader {
  readonly source: MailReportSource;
  /** Reads a report about a mail. Never rejects. */
  read(incoming: UnparsedMailReport): Promise<ParsedMailReport>;
}
