/**
 * Implements the part of Mailpit's API that mailbox.ts uses, for the mails that the tests' mail server has accepted.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import type { AcceptedMail, MailServer } from './smtp.ts';

export interface SimulatedMailpit {
  readonly url: string;
  close(): Promise<void>;
}

export async function startSimulatedMailpit(mails: MailServer): Promise<SimulatedMailpit> {
  const port = await reserveFreePort();
  const server = createServer(({ url }, response) => {
    const found = answerTo(new URL(url ?? '/', 'http://mailpit'), mails);
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answerTo({ pathname, searchParams }: URL, mails: MailServer): object | undefined {
  if (pathname === '/api/v1/search') {
    const address = searchParams.get('query')?.replace(/^to:/, '') ?? '';
    return { messages: mails.to(address).map(summaryOf).reverse() };
  }
  const [, id] = /^\/api\/v1\/message\/(\d+)$/.exec(pathname) ?? [];
  const mail = mails.taken.find((taken) => taken.id === id);
  return mail && { ...summaryOf(mail), HTML: mail.html, Text: mail.text };
}

function summaryOf({ id, messageId, subject }: AcceptedMail) {
  return {
    ID: id,
    MessageID: messageId,
    Subject: subject,
  };
}
