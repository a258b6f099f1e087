import type Koa from 'koa';
import getRawBody from 'raw-body';
import type { z } from 'zod';

const MOST_BYTES = 64 * 1024;

/** Reads the body of a request. @throws HttpError 400 or 413 */
export async function readJson<T>(context: Koa.Context, schema: z.ZodType<T>): Promise<T> {
  const body = await getRawBody(context.req, { limit: MOST_BYTES, encoding: 'utf8' });
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  return context.throw(400, faults.join('; '));
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
