/** What stands before the services of a cluster: one address for all of them, each request to the next instance. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/** The origins of the instances that a path is for. */
export type Routing = (path: string) => readonly string[];

/**
 * Keeps Host, says in X-Forwarded-For who asked, and turns to another instance where one takes no connections,
 * but never sends again what an instance may have taken: then it answers 502. Where a client goes, so does its request.
 */
export async function openFront(port: number, routing: Routing): Promise<Front> {
  let turn = 0;
  function inTurn(instances: readonly string[]): readonly string[] {
    turn += 1;
    const first = turn % instances.length;
    return [...instances.slice(first), ...instances.slice(0, first)];
  }

  const server = createServer(async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    try {
      const answer = await askOneOf(inTurn(routing(incoming.url ?? '/')), incoming, gone.signal);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      await pipeline(answer, outgoing);
    } catch {
      giveUp(outgoing);
    }
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

async function askOneOf(
  instances: readonly string[],
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const body = await buffer(incoming);
  for (const instance of instances) {
    try {
      return await ask(instance, incoming, body, signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  throw new Error('no instance takes connections');
}

async function ask(
  instance: string,
  { method, url, headers, socket }: IncomingMessage,
  body: Buffer,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { connection: _, 'transfer-encoding': chunked, ...kept } = headers;
  const asked = request(instance + url, {
    agent: false,
    signal,
    method: method ?? 'GET',
    headers: {
      ...kept,
      ...(chunked !== undefined && { 'content-length': body.length }),
      'x-forwarded-for': socket.remoteAddress ?? '',
    },
  });
  asked.end(body);
  const [answer]: IncomingMessage[] = await once(asked, 'response');
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

function giveUp(outgoing: ServerResponse): void {
  if (outgoing.headersSent) outgoing.destroy();
  else outgoing.writeHead(502).end();
}
