/** What is measured of a system of accounts. An adapter for another system returns a `Peer`. */
import type { SmtpSink } from '../support/smtp-sink.ts';

export interface NewPerson {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

export interface Peer {
  readonly name: string;
  /** Whether its mails go to the sink that the adapter was given: a sign-up then ends when its mail is accepted. */
  readonly mails: boolean;
  /** Creates an account. @throws Error if it is refused */
  signUp(person: NewPerson): Promise<void>;
  /** Signs in. @returns what `whoAmI` needs: a cookie or a token. @throws Error if it is refused */
  signIn(person: NewPerson): Promise<string>;
  /** Asks whose session it is. @throws Error if it is refused */
  whoAmI(session: string): Promise<void>;
  /** Returns the CPU time of the server so far, all threads, in ms. Absent if it is not known. */
  cpuMs?(): Promise<number>;
  /** Ends the server, if the adapter has started it. */
  stop?(): Promise<void>;
}

/** What an adapter exports as `openPeer`. @param url the address in the command line; absent for the peers of this folder */
export type OpenPeer = (options: { readonly sink: SmtpSink; readonly url?: string }) => Promise<Peer>;

/** Sends a request and reads the whole response. @throws Error unless it is answered with 2xx */
export async function request(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} is answered with ${response.status}: ${body}`);
  return new Response(body, response);
}
