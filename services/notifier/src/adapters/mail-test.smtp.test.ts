import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailTestSettings } from '../mail-test-settings.ts';
import { smtpReply, startMailServer } from '../testing/mail-server.ts';
import { type MailTestStep, testMail } from './mail-test.smtp.ts';

for (const [result, refusal] of [
  ['accepted', null],
  ['refused', smtpReply(550)],
] as const)
  test(`the test of a mail server does not show the reply to QUIT after the mail was ${result}`, async (t) => {
    const { promise: closed, resolve: onClose } = Promise.withResolvers<unknown>();
    const server = await startMailServer({
      onRcptTo: (_to, _session, done) => done(refusal),
      onClose,
    });
    t.after(() => server.close());
    const config = mailTestSettings.parse({
      MAIL_SERVER: '127.0.0.1',
      MAIL_PORT: String(server.port),
      MAIL_STARTTLS: 'false',
      USE_CREDENTIALS: 'false',
      MAIL_FROM: 'no-reply@example.com',
    });
    const steps: MailTestStep[] = [];
    const to = 'ada@example.com';
    const failed = await testMail(config, { to, onStep: (step) => steps.push(step) });
    assert.equal(failed === undefined, result === 'accepted');
    // The server closes the connection after it has replied to QUIT.
    await closed;
    assert.deepEqual(
      steps.filter(({ said }) => said.startsWith('221')),
      [],
    );
  });
