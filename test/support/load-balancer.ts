/**
 * A load balancer in front of the services of a cluster: it listens at one address, and sends each request to the next
 * instance in turn.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

export interface LoadBalancer {
  readonly url: string;
  close(): Promise<void>;
}

interface CheckedInstance {
  readonly url: string;
  /** The base URL of the instance's `/readyz`. */
  readonly operations: string;
}

export interface LoadBalancerOptions {
  readonly port: number;
  /** Returns the origins of the instances that can serve a path. */
  routing(path: string): readonly string[];
  /**
   * The instances whose `/readyz` the load balancer polls every HEALTH_CHECK_MS. It sends no requests to an
   * instance that is not ready.
   */
  readonly checked: readonly CheckedInstance[];
  /**
   * Called when the load balancer has sent a request to an instance.
   * @returns a function that is called when the instance has responded or the request has failed
   */
  beginRequest?(instance: string): () => void;
  /**
   * Returns the path of the request that the load balancer forwards to the instance. Default: the path of the
   * request, unchanged.
   */
  rewrite?(path: string): string;
}

/** The response header that contains the origin of the instance that responded. */
export const ANSWERED_BY_HEADER = 'x-answered-by';

/** The interval between two health checks of an instance, in ms. */
export const HEALTH_CHECK_MS = 250;

/**
 * Starts a load balancer. It keeps the Host header and adds X-Forwarded-For. If an instance refuses the
 * connection, the load balancer tries the next instance. If an instance may have received the request, the
 * load balancer does not repeat the request, but responds with 502. If the client disconnects, the load
 * balancer aborts the request to the instance.
 */
export async function startLoadBalancer({
  port,
  routing,
  checked,
  beginRequest = () => () => undefined,
  rewrite = (path) => path,
}: LoadBalancerOptions): Promise<LoadBalancer> {
  let turn = 0;
  function inTurn(instances: readonly string[]): readonly string[] {
    const usable = instances.filter((instance) => !checks.unready.has(instance));
    if (usable.length === 0) return instances;
    turn += 1;
    const first = turn % usable.length;
    return [...usable.slice(first), ...usable.slice(0, first)];
  }
  const checks = startHealthChecks(checked);

  const server = createServer(async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    try {
      const { origin, answer } = await askOneOf(
        inTurn(routing(incoming.url ?? '/')).map((instance) => instance + rewrite(incoming.url ?? '/')),
        incoming,
        { signal: gone.signal, beginRequest },
      );
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, [ANSWERED_BY_HEADER]: origin });
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
      checks.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function startHealthChecks(instances: readonly CheckedInstance[]) {
  const unready = new Set<string>();
  const stopping = new AbortController();
  async function check({ url, operations }: CheckedInstance): Promise<void> {
    while (!stopping.signal.aborted) {
      const answer = await fetch(`${operations}/readyz`, { signal: stopping.signal }).catch(() => undefined);
      if (answer?.status === 200) unready.delete(url);
      else unready.add(url);
      await answer?.body?.cancel();
      await pause(HEALTH_CHECK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  for (const instance of instances) void check(instance);
  return { unready, stop: () => stopping.abort() };
}

async function askOneOf(
  urls: readonly string[],
  incoming: IncomingMessage,
  {
    signal,
    beginRequest,
  }: { readonly signal: AbortSignal } & Required<Pick<LoadBalancerOptions, 'beginRequest'>>,
): Promise<{ readonly origin: string; readonly answer: IncomingMessage }> {
  const body = await buffer(incoming);
  for (const url of urls) {
    const { origin } = new URL(url);
    const end = beginRequest(origin);
    try {
      return { origin, answer: await ask(url, incoming, body, signal) };
    } catch (error) {
      if (!isRefused(error)) throw error;
    } finally {
      end();
    }
  }
  throw new Error('no instance takes connections');
}

async function ask(
  url: string,
  { method, headers, socket }: IncomingMessage,
  body: Buffer,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { connection: _, 'transfer-encoding': chunked, ...kept } = headers;
  const asked = request(url, {
    agent: false,
    signal,
    method: method ?? 'GET',
    headers: {
      ...kept,
      ...(chunked !== undefined && { 'content-length': body.length }),
      'x-forwarded-for': [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean).join(', '),
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
