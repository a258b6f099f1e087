/** Sends commands, and records each command with its outcome in the history. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWERED_BY_HEADER } from '../../support/load-balancer.ts';
import type { HistoryLine } from '../run-folder.ts';
import type { Command } from './commands.ts';

/** The timeout of a request, in ms. */
const PATIENCE_MS = 10_000;
/**
 * The maximum number of attempts for commands that can be repeated safely, and the pause between two attempts, in ms.
 */
const TRIES = 6;
const BETWEEN_TRIES_MS = 1_500;

export interface CommandResponse {
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  readonly code: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: the body depends on the command, and only its sender reads it
  readonly body: any;
  readonly accountSequence: string | null;
  /** The name of the process that responded. */
  readonly by: string | null;
}

export interface CommandSender {
  send(command: Command): Promise<CommandResponse>;
  /**
   * Sends a command, and repeats it until its outcome is known. The command must be one that takes effect
   * only once, however often it is sent.
   */
  insist(command: Command): Promise<CommandResponse>;
}

export interface CommandSenderOptions {
  /** The base URL of the system. Commands are sent to paths below `/api/v1`. */
  readonly url: string;
  record(line: HistoryLine): void;
  /** Returns the name of the process that serves requests at the given origin. */
  nameOf(origin: string): string | undefined;
}

export function createCommandSender({ url, record, nameOf }: CommandSenderOptions): CommandSender {
  async function ask(id: string, command: Command): Promise<CommandResponse> {
    const { method, path, json, token, headers } = command;
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        'x-request-id': id,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const body = isJson ? JSON.parse(text) : null;
    return {
      status: response.status,
      code: body?.code ?? null,
      body,
      accountSequence: response.headers.get('account-sequence'),
      by: nameOf(response.headers.get(ANSWERED_BY_HEADER) ?? '') ?? null,
    };
  }

  async function send(command: Command): Promise<CommandResponse> {
    const id = randomUUID();
    const sentAt = new Date().toISOString();
    const answer = await ask(id, command).catch(() => NONE);
    const { status, code, body, accountSequence, by } = answer;
    record({
      id,
      op: command.op,
      sentAt,
      answeredAt: status === null ? null : new Date().toISOString(),
      request: command.request,
      status,
      code,
      answer: body,
      accountSequence,
      accessToken: command.token ?? null,
      by,
    });
    return answer;
  }

  return {
    send,
    insist: async (command) => {
      for (let tries = 1; ; tries += 1) {
        const answer = await send(command);
        if (!isOutcomeUnknown(answer) || tries === TRIES) return answer;
        await sleep(BETWEEN_TRIES_MS);
      }
    },
  };
}

const NONE: CommandResponse = { status: null, code: null, body: null, accountSequence: null, by: null };

/**
 * Returns whether it is unknown if a command took effect, because there was no response or its status was
 * 5xx.
 */
export function isOutcomeUnknown({ status }: CommandResponse): boolean {
  return status === null || status >= 500;
}
