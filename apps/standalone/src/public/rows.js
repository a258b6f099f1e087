/** Turns list responses into rows: a title, details and actions. */
import { signOut } from './session.js';

const PROGRAMS = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const SYSTEMS = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];
function nameIn(table, text) {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}

function deviceOf(userAgent) {
  const program = nameIn(PROGRAMS, userAgent) ?? (userAgent.slice(0, 40) || 'unknown browser');
  const system = nameIn(SYSTEMS, userAgent);
  return system ? `${program} on ${system}` : program;
}

function wordsOf(...words) {
  return words.filter(Boolean).join(' · ');
}
function when(instant) {
  return new Date(instant).toLocaleString();
}

export function toEventRow({ sequence, type, at, summary, ip, userAgent }) {
  return {
    title: type,
    detail: sequence === undefined ? wordsOf(summary, deviceOf(userAgent ?? ''), ip) : summary,
    aside: sequence === undefined ? when(at) : `event ${sequence} · ${when(at)}`,
  };
}

export function toSessionRow({ id, userAgent, ip, current, lastUsedAt }) {
  return {
    title: current ? 'This session' : 'Another session',
    detail: wordsOf(deviceOf(userAgent ?? ''), ip),
    aside: `last used ${when(lastUsedAt)}`,
    actions: [
      {
        label: 'End session',
        request: { method: 'DELETE', path: `/auth/sessions/${id}`, bearer: true },
        say: current ? 'This session has ended. Sign in again.' : 'The session has ended.',
        after: current ? signOut : undefined,
      },
    ],
  };
}

function sent(method, path, body) {
  return { method, path, body, bearer: true };
}

function closing({ id, username, disabled }) {
  return disabled
    ? {
        label: 'Enable',
        request: sent('POST', `/auth/accounts/${id}/enable`, {}),
        say: `${username} is enabled.`,
      }
    : {
        label: 'Disable',
        request: sent('POST', `/auth/accounts/${id}/disable`, { reason: 'Disabled on the development page' }),
        say: `${username} is disabled. All sessions and links have ended.`,
      };
}

function accountActions({ id, role, username, disabled }) {
  return [
    {
      label: 'History',
      request: sent('GET', `/auth/accounts/${id}/history`),
      title: `History of ${username ?? 'an erased account'}`,
      rows: ({ events }) => events.map(toEventRow),
    },
    {
      label: role === 'admin' ? 'Make user' : 'Make admin',
      request: sent('PUT', `/auth/accounts/${id}/role`, { role: role === 'admin' ? 'user' : 'admin' }),
      say: `${username} is now ${role === 'admin' ? 'a user' : 'an admin'}.`,
    },
    closing({ id, username, disabled }),
  ];
}

export function toAccountRow(user) {
  return {
    title: user.username ?? '(erased)',
    detail: wordsOf(
      user.email,
      user.role,
      user.isVerified ? 'verified' : 'unverified',
      user.disabled && 'disabled',
    ),
    actions: accountActions(user),
  };
}
