/**
 * Every flow as data: its fields, its request, and what becomes of the answer.
 * `path` begins below /api/v1. `after` may change the session and returns what to say or to show.
 */
import { listMails, openMail } from './live.js';
import { logOut, session, updateSession } from './session.js';

const email = {
  name: 'email',
  label: 'E-mail',
  type: 'email',
  autocomplete: 'username',
  value: () => session().email,
};
const password = (label, name, autocomplete, value = '') => ({
  name,
  label,
  type: 'password',
  autocomplete,
  value,
});
const optional = (name, label, autocomplete) => ({ name, label, autocomplete, optional: true });
const linkField = (path) => ({
  name: 'token',
  label: 'Token of the link',
  autocomplete: 'off',
  hint: 'from the newest mail',
  value: () => newestToken(path),
});

const SAMPLE_PASSWORD = 'correct horse battery';

/** The token in the newest mail to the address in hand that has such a link. */
async function newestToken(path) {
  const { messages } = await listMails(`to:"${session().email}"`, 10);
  const link = new RegExp(`${path}(?:/|\\?token=)([\\w-]{64})`);
  for (const { ID } of messages) {
    const found = link.exec((await openMail(ID)).Text);
    if (found) return found[1];
  }
  return '';
}

/** What was typed, without what was left empty. */
const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

const remember = ({ email: address }) => updateSession({ email: address });

function keepTokens({ accessToken, refreshToken, user }) {
  updateSession({
    accessToken,
    ...(refreshToken ? { refreshToken } : {}),
    ...(user ? { user, email: user.email } : {}),
  });
}

const post = (path, body, bearer = false) => ({ method: 'POST', path, body, bearer });
const get = (path) => ({ method: 'GET', path, bearer: true });

const eventRow = ({ sequence, type, at, summary }) => ({
  title: type,
  detail: summary,
  aside: `#${sequence} · ${new Date(at).toLocaleString()}`,
});

const admin = (id, verb, body) => ({
  method: 'POST',
  path: `/auth/accounts/${id}/${verb}`,
  body,
  bearer: true,
});

const accountRow = (user) => ({
  title: user.username ?? '(erased)',
  detail: `${user.email ?? ''} · ${user.role}${user.isVerified ? '' : ' · not verified'}`,
  actions: [
    { label: 'History', request: get(`/auth/accounts/${user.id}/history`) },
    {
      label: user.role === 'admin' ? 'Make user' : 'Make admin',
      request: {
        method: 'PUT',
        path: `/auth/accounts/${user.id}/role`,
        body: { role: user.role === 'admin' ? 'user' : 'admin' },
        bearer: true,
      },
    },
    { label: 'Disable', request: admin(user.id, 'disable', { reason: 'Disabled by hand' }) },
    { label: 'Enable', request: admin(user.id, 'enable', {}) },
  ],
});

const sessionRow = ({ id, userAgent, ip, current, lastUsedAt }) => ({
  title: current ? 'This session' : 'Another session',
  detail: `${ip ?? ''} · ${(userAgent ?? '').slice(0, 60)}`,
  aside: new Date(lastUsedAt).toLocaleString(),
  actions: [{ label: 'End it', request: { method: 'DELETE', path: `/auth/sessions/${id}`, bearer: true } }],
});

export const flows = [
  {
    id: 'sign-up',
    group: 'Get in',
    title: 'Sign up',
    lead: 'Makes an account, not yet verified. A mail with a link goes to its address.',
    fields: [
      email,
      password('Password', 'password', 'new-password', SAMPLE_PASSWORD),
      { name: 'username', label: 'Username', autocomplete: 'nickname', value: 'ada' },
      optional('firstName', 'First name', 'given-name'),
      optional('lastName', 'Last name', 'family-name'),
    ],
    request: (values) => post('/auth/signup', given(values)),
    after: (_body, values) => {
      remember(values);
      return {
        say: 'A mail is on its way: read it under “What happened” and follow its link.',
        next: 'verify',
      };
    },
  },
  {
    id: 'verify',
    group: 'Get in',
    title: 'Verify',
    lead: 'What the link in the mail leads to: whoever has the mail proves that the address is theirs.',
    fields: [
      linkField('verify'),
      { ...password('Password', 'password', 'current-password'), optional: true, hint: 'only if asked for' },
    ],
    request: ({ token, password: secret }) =>
      post(`/auth/verify/${encodeURIComponent(token)}`, secret ? { password: secret } : undefined),
    after: () => ({ say: 'The account is verified. A welcome mail is on its way.', next: 'log-in' }),
  },
  {
    id: 'new-link',
    group: 'Get in',
    title: 'Ask for a new link',
    lead: 'The answer is the same whether or not there is such an account; only the mailbox knows.',
    fields: [email],
    request: (values) => post('/auth/verification-request', values),
    after: (_body, values) => remember(values),
  },
  {
    id: 'log-in',
    group: 'Get in',
    title: 'Log in',
    lead: 'Gives an access token for some minutes and a refresh token for some days, kept in this tab.',
    fields: [email, password('Password', 'password', 'current-password', SAMPLE_PASSWORD)],
    request: (values) => post('/auth/login', values),
    after: (body) => {
      keepTokens(body);
      return { say: 'Logged in.', next: 'who-am-i' };
    },
  },
  {
    id: 'forgot',
    group: 'Forgot the password',
    title: 'Ask for a reset',
    lead: 'Always the same answer, known address or not. The mail comes only where there is an account.',
    fields: [email],
    request: (values) => post('/auth/password-reset-request', values),
    after: (_body, values) => {
      remember(values);
      return { say: 'If there is an account, a mail is on its way.', next: 'reset' };
    },
  },
  {
    id: 'reset',
    group: 'Forgot the password',
    title: 'Choose a new one',
    lead: 'Works once. Ends every session and every other link of the account.',
    fields: [
      linkField('password-reset-confirm'),
      password('New password', 'newPassword', 'new-password'),
      password('Once more', 'confirmNewPassword', 'new-password'),
    ],
    request: ({ token, ...passwords }) =>
      post(`/auth/password-reset-confirm/${encodeURIComponent(token)}`, passwords),
    after: () => {
      logOut();
      return { say: 'The new password counts from now on.', next: 'log-in' };
    },
  },
  {
    id: 'who-am-i',
    group: 'Your account',
    title: 'Who am I',
    lead: 'Asked of the user service: what it has read from the log about this account.',
    needsLogin: true,
    request: () => get('/users/me'),
    after: (body) => updateSession({ user: { ...session().user, ...body } }),
  },
  {
    id: 'profile',
    group: 'Your account',
    title: 'Change profile',
    lead: 'What is left empty stays as it is. The user service learns it from the event.',
    needsLogin: true,
    fields: [
      { ...optional('username', 'Username', 'nickname'), value: () => session().user?.username ?? '' },
      optional('firstName', 'First name', 'given-name'),
      optional('lastName', 'Last name', 'family-name'),
      {
        name: 'locale',
        label: 'Language of mails',
        optional: true,
        options: [
          ['', 'as it is'],
          ['en', 'English'],
          ['de', 'Deutsch'],
        ],
      },
    ],
    request: (values) => ({ method: 'PATCH', path: '/auth/profile', body: given(values), bearer: true }),
    after: ({ user }) => updateSession({ user: { ...session().user, ...user } }),
  },
  {
    id: 'change-password',
    group: 'Your account',
    title: 'Change password',
    lead: 'Ends every other session; this one goes on. A notice goes to the address.',
    needsLogin: true,
    fields: [
      password('Current password', 'currentPassword', 'current-password'),
      password('New password', 'newPassword', 'new-password'),
      password('Once more', 'confirmNewPassword', 'new-password'),
    ],
    request: (values) => post('/auth/change-password', values, true),
    after: (body) => {
      keepTokens(body);
      return { say: 'The new password counts from now on.' };
    },
  },
  {
    id: 'history',
    group: 'Your account',
    title: 'History',
    lead: 'Everything that ever happened to this account: the events are the account.',
    needsLogin: true,
    request: () => get('/auth/history'),
    rows: ({ events }) => events.map(eventRow),
  },
  {
    id: 'sessions',
    group: 'Sessions',
    title: 'Sessions',
    lead: 'Where this account is logged in.',
    needsLogin: true,
    request: () => get('/auth/sessions'),
    rows: ({ sessions }) => sessions.map(sessionRow),
  },
  {
    id: 'refresh',
    group: 'Sessions',
    title: 'Refresh',
    lead: 'Trades the refresh token for a new pair. The old one dies; shown again later, it ends every session.',
    needsLogin: true,
    request: () => post('/auth/refresh', { refreshToken: session().refreshToken }),
    after: (body) => {
      keepTokens(body);
      return { say: 'A new pair of tokens is in place.' };
    },
  },
  {
    id: 'log-out',
    group: 'Sessions',
    title: 'Log out',
    lead: 'Ends this session.',
    needsLogin: true,
    request: () => post('/auth/logout', { refreshToken: session().refreshToken }),
    after: () => {
      logOut();
      return { say: 'Logged out.', next: 'log-in' };
    },
  },
  {
    id: 'log-out-everywhere',
    group: 'Sessions',
    title: 'Log out everywhere',
    lead: 'Ends every session, here and elsewhere; access tokens die at once, everywhere.',
    needsLogin: true,
    request: () => post('/auth/logout-all', undefined, true),
    after: () => {
      logOut();
      return { say: 'Logged out everywhere.', next: 'log-in' };
    },
  },
  {
    id: 'accounts',
    group: 'Admin',
    title: 'Accounts',
    lead: 'For verified admins. The first one is made in a terminal: npm run ops -- role ada@example.com admin, then log in again.',
    needsLogin: true,
    fields: [
      { name: 'q', label: 'Begins with', optional: true, autocomplete: 'off', hint: 'e-mail or username' },
    ],
    request: ({ q }) => get(`/users?${new URLSearchParams({ limit: '20', ...given({ q }) })}`),
    rows: ({ users }) => users.map(accountRow),
  },
  {
    id: 'send-mail',
    group: 'Admin',
    title: 'Send a mail',
    lead: 'A welcome mail to up to 100 addresses: one mail each.',
    needsLogin: true,
    fields: [
      {
        name: 'addresses',
        label: 'Addresses',
        autocomplete: 'off',
        hint: 'with commas between them',
        value: 'grace@example.com, alan@example.com',
      },
    ],
    request: ({ addresses }) =>
      post(
        '/auth/send-mail',
        { addresses: addresses.split(/[\s,;]+/).filter(Boolean), template: 'welcome' },
        true,
      ),
  },
];

/** Rows for answers that an action in a row may bring. */
export const rowsOf = (body) => (Array.isArray(body?.events) ? body.events.map(eventRow) : []);
