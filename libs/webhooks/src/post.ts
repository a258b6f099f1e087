/** Sends one request to an endpoint. */
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { hostOf, isPublic, PrivateAddress, publicLookup } from './addresses.ts';
import type { Verdict } from './progress.ts';

/** How long a request may take, from the look-up of the name to the end of the response. */
const TIMEOUT_MS = 15_000;
/** How much of a response is read. Only its status counts. */
const READ_AT_MOST = 65_536;
const GONE = 410;

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** Sends requests. Never rejects: every failure is a verdict. */
export interface Poster {
  post(request: PostRequest): Promise<Verdict>;
  /** Closes the connections that were kept open. */
  close(): void;
}

/** @param options.allowPrivate also private addresses may be called, and without TLS */
export function createPoster({ allowPrivate }: { readonly allowPrivate: boolean }): Poster {
  const options = {
    keepAlive: true,
    maxSockets: 16,
    // Addresses are checked when a connection is made, so a connection that was kept open has been checked.
    ...(allowPrivate ? {} : { lookup: publicLookup() }),
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);

  return {
    async post({ url: text, headers, body, signal }) {
      const url = new URL(text);
      const host = hostOf(url);
      // A socket looks up only names, so addresses are checked here.
      if (!allowPrivate && isIP(host) !== 0 && !isPublic(host)) return failed(new PrivateAddress(host));
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
        return await answerOf((url_, options_) => send(url_, options_), url, sent, body);
      } catch (error) {
        return failed(timeout.aborted ? new Error(`did not answer within ${TIMEOUT_MS / 1000} s`) : error);
      }
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function answerOf(
  send: (url: URL, options: RequestOptions) => ReturnType<typeof httpRequest>,
  url: URL,
  options: RequestOptions,
  body: string,
): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const request = send(url, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      const verdict = judge(status, response.headers['retry-after']);
      let read = 0;
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read <= READ_AT_MOST) return;
        resolve(verdict);
        request.destroy();
      });
      response.on('end', () => resolve(verdict));
      response.on('error', reject);
    });
    request.end(body);
  });
}

function judge(status: number, retryAfter: string | undefined): Verdict {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === GONE) return { kind: 'gone', status };
  const reason =
    status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
  return { kind: 'failed', reason, status, ...(retryAfter !== undefined && { retryAfter }) };
}

function failed(error: unknown): Verdict {
  const reason = error instanceof Error ? reasonOf(error) : 'could not be called';
  return { kind: 'failed', reason };
}

function reasonOf(error: Error & { readonly code?: unknown }): string {
  // An AggregateError of several addresses has no message.
  return error.message || (typeof error.code === 'string' ? error.code : 'could not be called');
}
