/** An SMTP server for tests, which accepts mails until it is told to defer them. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface TestMailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Makes the server reply 451 to every mail from now on, so that clients retry later. */
  refuse(): void;
}

export async function startTestMailServer(t: TestContext): Promise<TestMailServer> {
  const mails: ReceivedMail[] = [];
  let refusing = false;
  async function take(stream: NodeJS.ReadableStream): Promise<Error | undefined> {
    const { to, subject, text } = await PostalMime.parse(await buffer(stream));
    if (refusing) return Object.assign(new Error('later'), { responseCode: 451 });
    mails.push({ to: to?.[0]?.address ?? '', subject: subject ?? '', text: text ?? '' });
    return undefined;
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData: (stream, _session, done) => void take(stream).then((error) => done(error ?? null), done),
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  t.after(() => server.close());
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refuse: () => {
      refusing = true;
    },
  };
}
