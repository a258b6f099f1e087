/** A minimal HTTP client of the API for tests. */
import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test asserts the shape of the response that it expects
  readonly json: any;
}

export interface RequestOptions {
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Client {
  get(path: string, ask?: RequestOptions): Promise<ApiResponse>;
  post(path: string, ask?: RequestOptions): Promise<ApiResponse>;
  put(path: string, ask?: RequestOptions): Promise<ApiResponse>;
  patch(path: string, ask?: RequestOptions): Promise<ApiResponse>;
  delete(path: string, ask?: RequestOptions): Promise<ApiResponse>;
}

/** Creates a client whose paths are relative to `${url}/api/v1`. Passes every request and response to `witness`. */
export function createClient(url: string, witness: (text: string) => void = () => undefined): Client {
  async function send(method: string, path: string, ask: RequestOptions = {}): Promise<ApiResponse> {
    const response = await fetch(path.startsWith('/.') ? url + path : `${url}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(ask.token !== undefined && { authorization: `Bearer ${ask.token}` }),
        ...(ask.json !== undefined && { 'content-type': 'application/json' }),
        ...ask.headers,
      },
      ...(ask.json !== undefined && { body: JSON.stringify(ask.json) }),
      ...(ask.form && { body: new URLSearchParams(ask.form) }),
    });
    const text = await response.text();
    witness(text);
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }
  return {
    get: (path, ask) => send('GET', path, ask),
    post: (path, ask) => send('POST', path, ask),
    put: (path, ask) => send('PUT', path, ask),
    patch: (path, ask) => send('PATCH', path, ask),
    delete: (path, ask) => send('DELETE', path, ask),
  };
}

/**
 * Repeats a request while the response is 503, as real clients should do. The read model may be behind, or
 * Kafka or MongoDB may be unavailable for a moment.
 * @returns the first response with another status
 */
export function retryWhileUnavailable(ask: () => Promise<ApiResponse>): Promise<ApiResponse> {
  return eventually('the request is answered', async () => {
    const reply = await ask();
    return reply.status === 503 ? undefined : reply;
  });
}

/** Asserts the status, the problem code and the media type of a problem document. */
export function assertProblem(reply: ApiResponse, status: number, code: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(reply.json.code, code);
  assert.equal(reply.json.type, `urn:latchkey:problem:${code}`);
  assert.equal(reply.json.requestId, reply.headers.get('x-request-id'));
}

export function assertStatus(reply: ApiResponse, status: number): ApiResponse {
  assert.equal(reply.status, status, reply.text);
  return reply;
}
