import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailTestSettingsSchema } from '../mail-test-settings.ts';
import { createSmtpReply, startTestMailServer } from '../testing/mail-server.ts';
import { type MailTestStep, sendTestMail } from './mail-test.smtp.ts';

for (const [result, refusal] of [
  ['accepted', null],
  ['refused', createSmtpReply(550)],
] as const)
  test(`the test of a mail server does not show the reply to QUIT after the mail was ${result}`, async (t) => {
    const { promise: closed, resolve: onClose } = Promise.withResolvers<unknown>();
    const server = await startTestMailServer({
      onRcptTo: (_to, _session, done) => done(refusal),
      onClose,
    });
    t.after(() => server.close());
    const config = mailTestSettingsSchema.parse({
      MAIL_SERVER: '127.0.0.1',
      MAIL_PORT: String(server.port),
      MAIL_STARTTLS: 'false',
      USE_CREDENTIALS: 'false',
      MAIL_FROM: 'no-reply@example.com',
    });
    const steps: MailTestStep[] = [];
    const to = 'ada@example.com';
    const failed = await sendTestMail(config, { to, onStep: (step) => steps.push(step) });
    assert.equal(failed === undefined, result === 'accepted');
    // Wait until the server has replied to QUIT and closed the connection. If the reply to QUIT were reported
    // as a step, `steps` would contain it by now.
    await closed;
    assert.deepEqual(
      steps.filter(({ said }) => said.startsWith('221')),
      [],
    );
  });
