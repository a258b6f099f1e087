/**
 * Restricts the development pages, which show mails and the whole log, to browsers on this machine. Refuses
 * requests whose `Host` is not a name of this machine, as a protection against DNS rebinding: a website could
 * resolve its own name to loopback in order to read the pages. Also refuses requests with a proxy header,
 * because they come from another machine through a tunnel or a reverse proxy.
 */
import { type AccessPolicy, Problem, type ProblemSpec, type RequestContext } from '@latchkey/http';

const misdirectedRequest = {
  code: 'misdirected_request',
  status: 421,
  title: 'Misdirected Request',
  resolution: 'Open this page as http://localhost, http://127.0.0.1 or http://[::1]',
} as const satisfies ProblemSpec;

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Returns whether `Host` (RFC 9110, 7.2) is a name of this machine. */
export function isLocalHost(host: string | undefined): boolean {
  return LOCAL_HOST.test(host ?? '');
}

/**
 * Returns whether the request has a header that proxies add: Forwarded (RFC 7239), Via (RFC 9110, 7.6.3) or
 * X-Forwarded-….
 */
export function isForwarded(headers: RequestContext['headers']): boolean {
  return Object.keys(headers).some((name) => /^(forwarded|via|x-forwarded-.+)$/i.test(name));
}

/** Returns whether a host name or IP address can be reached only from this machine. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(address);
}

export const localOnlyPolicy: AccessPolicy<null> = {
  who: 'a browser on this machine (development only)',
  bearer: false,
  problems: [misdirectedRequest],
  async authorise({ headers }) {
    if (!isLocalHost(headers['host'])) throw new Problem(misdirectedRequest);
    if (isForwarded(headers)) {
      throw new Problem(misdirectedRequest, {
        detail: 'The development pages are not available through a proxy or a tunnel.',
      });
    }
    return null;
  },
};
