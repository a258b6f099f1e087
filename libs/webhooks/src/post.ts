/** Sends HTTP requests to endpoints. */
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { createPublicAddressLookup, getUrlHost, isPublicAddress, PrivateAddressError } from './addresses.ts';
import type { WebhookRequestOutcome } from './progress.ts';

/** The time limit of a request, from the lookup of the host name to the end of the response, in ms. */
const TIMEOUT_MS = 15_000;
/**
 * The maximum number of bytes that are read of a response. The body is ignored, because only the status
 * counts.
 */
const MAX_RESPONSE_BYTES = 65_536;
const GONE = 410;

export interface WebhookPostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** When aborted, aborts the request. */
  readonly signal: AbortSignal;
}

/** Sends requests to endpoints. `post` never rejects: it returns failures as outcomes. */
export interface WebhookHttpClient {
  post(request: WebhookPostRequest): Promise<WebhookRequestOutcome>;
  /** Closes all keep-alive connections. */
  close(): void;
}

/**
 * Creates a client that sends requests to endpoints.
 * @param options.allowPrivate whether URLs with private IP addresses or without TLS are allowed
 */
export function createWebhookHttpClient({
  allowPrivate,
}: {
  readonly allowPrivate: boolean;
}): WebhookHttpClient {
  const options = {
    // The number of sockets per host is unlimited, so that requests to one endpoint do not wait for requests
    // to another endpoint on the same host. The concurrent requests per endpoint are limited in deliver.ts.
    keepAlive: true,
    // Check the IP address when a connection is opened. Later requests on the same connection need no check.
    ...(allowPrivate ? {} : { lookup: createPublicAddressLookup() }),
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);

  return {
    async post({ url: text, headers, body, signal }) {
      const url = new URL(text);
      const host = getUrlHost(url);
      // Sockets call `lookup` only for host names, so the IP address in a URL must be checked here.
      if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host))
        return failureOf(new PrivateAddressError(host));
      const isPlain = url.protocol === 'http:';
      const send = isPlain ? httpRequest : httpsRequest;
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const sent = {
        agent: isPlain ? http : https,
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        signal: AbortSignal.any([signal, timeout]),
      };
      try {
        return await sendRequest((url_, options_) => send(url_, options_), url, sent, body);
      } catch (error) {
        return failureOf(timeout.aborted ? new Error(`did not answer within ${TIMEOUT_MS / 1000} s`) : error);
      }
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function sendRequest(
  send: (url: URL, options: RequestOptions) => ReturnType<typeof httpRequest>,
  url: URL,
  options: RequestOptions,
  body: string,
): Promise<WebhookRequestOutcome> {
  return new Promise((resolve, reject) => {
    const request = send(url, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      const outcome = outcomeOf(status, response.headers['retry-after']);
      let read = 0;
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read <= MAX_RESPONSE_BYTES) return;
        resolve(outcome);
        request.destroy();
      });
      response.on('end', () => resolve(outcome));
      response.on('error', reject);
    });
    request.end(body);
  });
}

function outcomeOf(status: number, retryAfter: string | undefined): WebhookRequestOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === GONE) return { kind: 'gone', status };
  const reason =
    status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
  return { kind: 'failed', reason, status, ...(retryAfter !== undefined && { retryAfter }) };
}

function failureOf(error: unknown): WebhookRequestOutcome {
  const reason = error instanceof Error ? reasonOf(error) : 'could not be called';
  return { kind: 'failed', reason };
}

function reasonOf(error: Error & { readonly code?: unknown }): string {
  // If a host name has several addresses and none of the addresses can be reached, Node throws an
  // AggregateError without a message.
  return error.message || (typeof error.code === 'string' ? error.code : 'could not be called');
}
