/**
 * Tests the settings of the mail server by sending one mail, and reports each step of the SMTP conversation.
 */
import { randomUUID } from 'node:crypto';
import {
  type AttemptFailureDetails,
  formatAttemptFailure,
  formatMaskedFirstLine,
  formatSmtpStage,
  type SmtpStage,
} from '../delivery/reply.ts';
import type { MailTestSettings } from '../mail-test-settings.ts';
import { openSmtpConnection } from './connection.smtp.ts';
import { toSmtpStageFailure } from './failure.smtp.ts';
import { composeMessage } from './message.smtp.ts';
import { toSmtpSettings } from './settings.smtp.ts';

/** One stage of the test mail's SMTP conversation, with the server's reply. */
export interface MailTestStep {
  /** The stage of the SMTP conversation, such as `RCPT TO`. */
  readonly stage: string;
  /** The time since the previous step, in ms. */
  readonly ms: number;
  /** The first line of the server's reply. Addresses are masked, except for the recipient. */
  readonly said: string;
}

/** Why the test mail failed, and how the operator may fix the problem. */
export interface MailTestFailure {
  readonly failure: string;
  /** The settings that the operator should check. */
  readonly advice: string;
}

export interface MailTestOptions {
  readonly to: string;
  /** The public URL of Latchkey. Its host is used in EHLO if no setting contains an EHLO name. */
  readonly publicUrl?: string;
  onStep(step: MailTestStep): void;
}

const ADVICE: Readonly<Record<SmtpStage, string>> = {
  connect: 'Check MAIL_SERVER and MAIL_PORT, and whether a firewall lets this machine connect.',
  tls: 'Check MAIL_SSL_TLS (port 465) and MAIL_STARTTLS (port 587); MAIL_SERVER must be a name in its certificate. VALIDATE_CERTS=false accepts any certificate.',
  greeting:
    'Check MAIL_PORT: 465 needs MAIL_SSL_TLS=true. The server may refuse the address of this machine.',
  ehlo: 'Set MAIL_EHLO_NAME to the domain of this machine.',
  auth: 'Check MAIL_USERNAME, MAIL_PASSWORD and MAIL_AUTH.',
  mail: 'Check MAIL_FROM: the account must be allowed to send as this address. If the server asks for a login, set USE_CREDENTIALS=true.',
  rcpt: 'If the address is right, check MAIL_USERNAME and MAIL_FROM: the server does not relay for them.',
  data: 'Check MAIL_FROM, and the limits of the account at the provider.',
  content: 'Check MAIL_FROM, and the limits of the account at the provider.',
};

/**
 * Sends a test mail to one address, stage by stage.
 * @returns the failure and how to fix it; undefined if the server accepted the mail
 * @throws Error that names a missing setting
 */
export async function sendTestMail(
  config: MailTestSettings,
  { to, publicUrl, onStep }: MailTestOptions,
): Promise<MailTestFailure | undefined> {
  const settings = toSmtpSettings(config, publicUrl);
  const message = await composeMessage(testMailTo(to, settings.from.name), settings);
  const report = createReport(to, onStep);
  let isOver = false;
  const { signal } = new AbortController();
  try {
    const connection = await openSmtpConnection(settings, {
      signal,
      // After the result of the mail is known, only the reply to QUIT can arrive. Do not report it as a step.
      onExchange: (exchange) => !isOver && report(exchange),
    });
    const { result } = await connection.send(message, { mayProceed: () => true, signal });
    isOver = true;
    connection.quit();
    return 'failure' in result ? adviceFor(result.failure) : undefined;
  } catch (error) {
    return adviceFor(toSmtpStageFailure(error, 'connect').failure);
  }
}

/**
 * Creates a listener that passes each reply of the mail server to `onStep` as a step. Challenges of the
 * server during the login are left out.
 */
function createReport(to: string, onStep: MailTestOptions['onStep']) {
  let last = performance.now();
  return ({ stage, reply }: { readonly stage: SmtpStage; readonly reply: string }): void => {
    const now = performance.now();
    if (reply.startsWith('334')) return;
    onStep({
      stage: formatSmtpStage(stage),
      ms: Math.round(now - last),
      said: formatMaskedFirstLine(reply, { shown: to }),
    });
    last = now;
  };
}

function adviceFor(failure: AttemptFailureDetails): MailTestFailure {
  return { failure: formatAttemptFailure(failure), advice: ADVICE[failure.stage] };
}

function testMailTo(to: string, appName: string) {
  const text = `This is a test of the mail settings of ${appName}. Nothing needs to be done.`;
  return {
    id: randomUUID(),
    to,
    subject: `Test mail from ${appName}`,
    text,
    html: `<p>${text.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`)}</p>`,
    locale: 'en',
    correlationId: randomUUID(),
    date: new Date(),
  };
}
