/**
 * The development pages show mails and the whole log, so they answer only a browser that was pointed at this
 * very machine: a foreign name in `Host` means that somebody's page resolved its own name to loopback (DNS
 * rebinding) and reads along.
 */
import { type Policy, Problem, type ProblemSpec } from '@latchkey/http';

const misdirectedRequest = {
  code: 'misdirected_request',
  status: 421,
  title: 'Misdirected Request',
  resolution: 'Open this page as http://localhost, http://127.0.0.1 or http://[::1]',
} as const satisfies ProblemSpec;

const LOCAL_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** RFC 9110, 7.2: `Host` is the authority that the client asked for. */
export function isLocalHost(host: string | undefined): boolean {
  return LOCAL_HOST.test(host ?? '');
}

/** Whether a listener on this address can be reached from this machine alone. */
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
