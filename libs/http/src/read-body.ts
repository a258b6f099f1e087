/** The bytes of a request's body, and what they claim to be. */
import type { IncomingMessage } from 'node:http';
import { Problem, problems } from './problem.ts';
import type { BodyKind } from './route.ts';

/** Bytes. */
export const LARGEST_BODY = 64 * 1024;

/** The client went away in the middle of its request: nobody is left to answer. */
export class ClientGone extends Error {
  constructor() {
    super('the client closed the connection');
    this.name = 'ClientGone';
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * @throws Problem payload_too_large over {@link LARGEST_BODY}, announced or not; what is left of it is unread.
 * @throws ClientGone
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const announced = request.headers['content-length'];
  if (announced === undefined && request.headers['transfer-encoding'] === undefined)
    return Promise.resolve(EMPTY);
  if (Number(announced ?? 0) > LARGEST_BODY) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    function settle(done: () => void): void {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      done();
    }
    function onData(chunk: Buffer): void {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
      else {
        request.pause();
        settle(() => reject(tooLarge()));
      }
    }
    function onEnd(): void {
      settle(() => resolve(Buffer.concat(chunks)));
    }
    function onGone(): void {
      settle(() => reject(new ClientGone()));
    }
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

function tooLarge(): Problem {
  return new Problem(problems.payload_too_large, {
    detail: `A body may have at most ${LARGEST_BODY} bytes.`,
  });
}

const MEDIA_TYPES: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
};
const NAMES: Readonly<Record<BodyKind, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  none: 'no body',
};

/**
 * How a body came. An empty one is a form if it says so (a form with a mere button sends nothing), else `none`
 * where the route takes that.
 * @throws Problem unsupported_media_type
 */
export function bodyKind(request: IncomingMessage, body: Buffer, accepts: readonly BodyKind[]): BodyKind {
  const kind = declaredKind(request);
  if (body.length === 0) {
    if (kind === 'form' && accepts.includes('form')) return 'form';
    return accepts.includes('none') ? 'none' : (accepts[0] ?? 'none');
  }
  if (kind !== undefined && accepts.includes(kind)) return kind;
  const taken = accepts.map((accepted) => NAMES[accepted]).join(' or ');
  throw new Problem(problems.unsupported_media_type, {
    detail: `This route takes ${taken}, in UTF-8 and uncompressed.`,
  });
}

/** Undefined for any media type, charset or coding that no route takes. */
function declaredKind(request: IncomingMessage): BodyKind | undefined {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = request.headers;
  const [essence = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const foreignCharset = parameters.some((parameter) => /^charset=(?!"?utf-?8"?$)/.test(parameter));
  return foreignCharset || coding !== 'identity' ? undefined : MEDIA_TYPES[essence];
}
