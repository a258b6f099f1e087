/** Sends requests, and formats them as curl commands. */
import { getSession } from './session.js';

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Formats a request as a curl command. */
export function formatCurlCommand({ method, path, headers, text }) {
  const lines = [`curl -i -X ${method} ${quoted(location.origin + path)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (text !== undefined) lines.push(`-d ${quoted(text)}`);
  return lines.join(' \\\n  ');
}

/** Shortens tokens for display. */
export function shortenTokens(text) {
  return text.replace(/eyJ[\w-]{8}[\w.-]+/g, (token) => `${token.slice(0, 11)}…`);
}

function headersOf({ path, body, bearer }) {
  const { accessToken, accountSequence } = getSession();
  return {
    'X-Request-Id': crypto.randomUUID(),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(bearer && accessToken ? { Authorization: `Bearer ${accessToken}` } : {}),
    // Without this header, the user service could return the profile as it was before this client's last
    // change.
    ...(path.includes('/api/v1/users') && accountSequence ? { 'Account-Sequence': accountSequence } : {}),
  };
}

async function bodyOf(answer) {
  const text = await answer.text();
  if (!text) return null;
  return /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
}

/** Returns the request `{method, path, body?, bearer?}` with its headers and with the body as text. */
export function prepareRequest(request) {
  const text = request.body === undefined ? undefined : JSON.stringify(request.body);
  return { ...request, text, headers: headersOf(request), sentAt: Date.now() };
}

/** Sends a request. @returns the status (0 if the server cannot be reached), body, `Account-Sequence` and duration */
export async function sendRequest({ method, path, headers, text }) {
  const began = performance.now();
  try {
    const answer = await fetch(path, { method, headers, body: text ?? null });
    return {
      status: answer.status,
      ok: answer.ok,
      body: await bodyOf(answer),
      accountSequence: answer.headers.get('account-sequence'),
      ms: Math.round(performance.now() - began),
    };
  } catch {
    return {
      status: 0,
      ok: false,
      body: { title: 'Server unreachable', detail: 'The server cannot be reached. Is it still running?' },
      ms: 0,
    };
  }
}
