/**
 * Protects the development pages, which show mails and the whole log, against DNS rebinding: a foreign name in `Host`
 * means that another site has resolved its own name to loopback in order to read them.
 */
import { type Policy, Problem, type ProblemSpec } from '@latchkey/http';

const misdirectedRequest = {
  code: 'misdirected_request',
  status: 421,
  title: 'Misdirected Request',
  resolution: 'Open this page as http://localhost, http://127.0.0.1 or http://[::1]',
} as const satisfies ProblemSpec;

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Whether `Host` (RFC 9110, 7.2) is a name of this machine. */
export function isLocalHost(host: string | undefined): boolean {
  return LOCAL_HOST.test(host ?? '');
}

/** Whether an address can be reached only from this machine. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(address);
}

export const localOnly: Policy<null> = {
  who: 'a browser on this machine (development only)',
  bearer: false,
  problems: [misdirectedRequest],
  async authorise({ headers }) {
    if (!isLocalHost(headers['host'])) throw new Problem(misdirectedRequest);
    return null;
  },
};
