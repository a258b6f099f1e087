/**
 * A receiver of webhooks. It verifies the signature of each request, skips events that it has already
 * handled, and prints all other events.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const { WEBHOOK_SECRET = '', PORT = '8099' } = process.env;
const webhook = new Webhook(WEBHOOK_SECRET);
/**
 * The sequence of the last handled event of each account. A real receiver stores this number together with the effects
 * of the event.
 */
const sequences = new Map<string, number>();

interface Event {
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
}

/**
 * Reads the event in a webhook request. @throws WebhookVerificationError if the request does not have
 * Latchkey's signature
 */
async function readEvent(request: IncomingMessage): Promise<Event> {
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  return webhook.verify(body, headers) as Event;
}

const server = createServer(async (request, response) => {
  try {
    const { type, subject, sequence } = await readEvent(request);
    const isNew = Number(sequence) > (sequences.get(subject) ?? 0);
    if (isNew) {
      console.log(`${type} of account ${subject}`);
      sequences.set(subject, Number(sequence));
    }
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(Number(PORT));
process.once('SIGTERM', () => server.close());
