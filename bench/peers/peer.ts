/**
 * The operations that are measured in each account system. For each system, an adapter returns them as a
 * `ComparedServer`.
 */
import type { SmtpSink } from '../support/smtp-sink.ts';

export interface NewBenchmarkUser {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

export interface ComparedServer {
  readonly name: string;
  /**
   * Whether the account system sends its mails to the mail sink of the benchmark. If so, the measured time of a sign-up
   * ends when the sink has accepted the mail.
   */
  readonly mails: boolean;
  /** Creates an account. @throws Error if the server refuses the sign-up */
  signUp(person: NewBenchmarkUser): Promise<void>;
  /** Signs in. @returns the cookie or token that `whoAmI` needs @throws Error if the server refuses the sign-in */
  signIn(person: NewBenchmarkUser): Promise<string>;
  /** Requests the profile of the account that is signed in. @throws Error if the request is refused */
  whoAmI(session: string): Promise<void>;
  /**
   * Returns the CPU time that all threads of the server have used so far, in ms. Absent if the CPU time is not known.
   */
  cpuMs?(): Promise<number>;
  /** Stops the server. Only present if the adapter has started the server. */
  stop?(): Promise<void>;
}

/**
 * The type of the function `openComparedServer` that each adapter exports.
 * @param url the URL of the account system, from the command line; absent for the adapters in this folder, which start
 * their server themselves
 */
export type OpenComparedServer = (options: {
  readonly sink: SmtpSink;
  readonly url?: string;
}) => Promise<ComparedServer>;

/** Sends a request and reads the whole response. @throws Error if the status is not 2xx */
export async function sendRequest(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} is answered with ${response.status}: ${body}`);
  return new Response(body, response);
}
