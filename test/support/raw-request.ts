/**
 * Sends a request with any method, path and headers, without changes. Other HTTP clients would refuse some of them or
 * normalise the path.
 */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ApiResponse } from './client.ts';

export interface RawRequestInput {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request. @param path is relative to `/api/v1`, or to the root if it starts with `/.` */
export function sendRawRequest(
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: RawRequestInput = {},
): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const sent = request(
      {
        host,
        port,
        path: path.startsWith('/.') ? path : `/api/v1${path}`,
        method,
        headers: { ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }), ...headers },
      },
      async (answer) => {
        const said = await text(answer);
        const found = new Headers();
        for (const [name, value] of Object.entries(answer.headers)) found.set(name, String(value));
        const isJson = /json/.test(found.get('content-type') ?? '') && said !== '';
        resolve({
          status: answer.statusCode ?? 0,
          headers: found,
          text: said,
          json: isJson ? JSON.parse(said) : undefined,
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
