import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import { Problem, standardProblems } from './problem.ts';
import type { BodyKind } from './route.ts';

const MAX_BODY_BYTES = 64 * 1024;

/**
 * Thrown if the client closed the connection before its request was complete. After that, no response can be
 * sent.
 */
export class ClientDisconnected extends Error {
  constructor(cause: unknown) {
    super('the client closed the connection', { cause });
    this.name = 'ClientDisconnected';
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads the body of a request.
 * @throws Problem payload_too_large if the body, or its announced length, is over 64 KiB. The rest of the
 * body is then not read
 * @throws ClientDisconnected
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length === undefined && coding === undefined) return EMPTY;
  try {
    return await getRawBody(request, { limit: MAX_BODY_BYTES, length: length ?? null });
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'entity.too.large') throw tooLarge();
    throw new ClientDisconnected(error);
  }
}

function tooLarge(): Problem {
  return new Problem(standardProblems.payload_too_large, {
    detail: `A body may have at most ${MAX_BODY_BYTES} bytes.`,
  });
}

const MEDIA_TYPES: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
};
const NAMES: Readonly<Record<BodyKind, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  raw: 'any media type',
  none: 'no body',
};

/**
 * Returns the kind of a request's body. An empty body is a form if its media type says so, because a form
 * that has only a button sends no fields. Any other empty body is `none`, if the route accepts requests
 * without a body.
 * @throws Problem unsupported_media_type
 */
export function determineBodyKind(
  request: IncomingMessage,
  body: Buffer,
  acceptedKinds: readonly BodyKind[],
): BodyKind {
  if (acceptedKinds.includes('raw')) return 'raw';
  const kind = declaredKind(request);
  if (body.length === 0) {
    if (kind === 'form' && acceptedKinds.includes('form')) return 'form';
    return acceptedKinds.includes('none') ? 'none' : (acceptedKinds[0] ?? 'none');
  }
  if (kind !== undefined && acceptedKinds.includes(kind)) return kind;
  const taken = acceptedKinds.map((accepted) => NAMES[accepted]).join(' or ');
  throw new Problem(standardProblems.unsupported_media_type, {
    detail: `This route takes ${taken}, in UTF-8 and uncompressed.`,
  });
}

/**
 * Returns the kind of body that the headers declare; undefined if no route accepts the media type, the
 * charset or the content coding.
 */
function declaredKind(request: IncomingMessage): BodyKind | undefined {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = request.headers;
  const [essence = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const foreignCharset = parameters.some((parameter) => /^charset=(?!"?utf-?8"?$)/.test(parameter));
  return foreignCharset || coding !== 'identity' ? undefined : MEDIA_TYPES[essence];
}
