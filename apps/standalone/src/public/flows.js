/**
 * Every flow as data: its fields, its request, and what becomes of the answer.
 * `path` begins below /api/v1. `after` may change the session and returns what to say, where the answer itself
 * says too little; `rows` makes a list of the answer, `more` the request for its next page.
 */
import { listMails, openMail } from './live.js';
import { accountRow, eventRow, sessionRow } from './rows.js';
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

const accountsRequest = (values) => get(`/users?${new URLSearchParams({ limit: 20, ...given(values) })}`);

/** Whether the password in the forms is still right, so that nobody has to type it. */
const rememberPassword = (chosen) => updateSession({ hasSamplePassword: chosen === SAMPLE_PASSWORD });
const samplePassword = () => (session().hasSamplePassword ? SAMPLE_PASSWORD : '');

export const flows = [
  {
    id: 'sign-up',
    group: 'Get in',
    title: 'Sign up',
    lead: 'Makes an account that is not verified yet, and mails a link to its address. Made-up values will do.',
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
      rememberPassword(values.password);
      return {
        say: 'A mail is on its way. Read it under “What happened” and follow its link, or do by hand what the link does.',
        next: 'verify',
      };
    },
  },
  {
    id: 'verify',
    group: 'Get in',
    title: 'Verify',
    lead: 'What the link in the mail leads to: whoever has the mail proves that the address is theirs.',
    renew: 'new-link',
    fields: [
      linkField('verify'),
      {
        ...password('Password', 'password', 'current-password'),
        optional: true,
        hint: 'only with several sign-ups of one address',
      },
    ],
    request: ({ token, password: secret }) =>
      post(`/auth/verify/${encodeURIComponent(token)}`, secret ? { password: secret } : undefined),
    after: () => ({ say: 'The account is verified. A welcome mail is on its way.', next: 'log-in' }),
  },
  {
    id: 'new-link',
    group: 'Get in',
    title: 'Ask for a new link',
    lead: 'Logged in, you get a new link for this very account. Otherwise whoever has the mailbox may choose a new password, which verifies too; the answer tells nobody whether there is an account.',
    fields: () => (session().accessToken ? [] : [email]),
    request: (values) =>
      session().accessToken
        ? post('/auth/verification-request', undefined, true)
        : post('/auth/verification-request', values),
    after: (body, values) => {
      if (values.email) remember(values);
      return { say: body.message, next: session().accessToken ? 'verify' : 'reset' };
    },
  },
  {
    id: 'log-in',
    group: 'Get in',
    title: 'Log in',
    lead: 'Gives an access token for some minutes and a refresh token for some days, kept in this tab.',
    fields: [email, password('Password', 'password', 'current-password', samplePassword)],
    request: (values) => post('/auth/login', values),
    after: (body, values) => {
      keepTokens(body);
      rememberPassword(values.password);
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
    lead: 'What the link in the mail leads to. Works once; ends every session and every other link of the account.',
    renew: 'forgot',
    fields: [
      linkField('password-reset-confirm'),
      password('New password', 'newPassword', 'new-password'),
      password('Once more', 'confirmNewPassword', 'new-password'),
    ],
    request: ({ token, ...passwords }) =>
      post(`/auth/password-reset-confirm/${encodeURIComponent(token)}`, passwords),
    after: (_body, { newPassword }) => {
      logOut();
      rememberPassword(newPassword);
      return { say: 'The new password counts from now on.', next: 'log-in' };
    },
  },
  {
    id: 'who-am-i',
    group: 'Your account',
    title: 'Who am I',
    lead: 'Asked of the service user, which knows this account from the events on the log alone.',
    needsLogin: true,
    request: () => get('/users/me'),
    after: (body) => void updateSession({ user: { ...session().user, ...body } }),
  },
  {
    id: 'profile',
    group: 'Your account',
    title: 'Change profile',
    lead: 'What is left empty stays as it is. The service user learns it from the event.',
    needsLogin: true,
    fields: [
      { ...optional('username', 'Username', 'nickname'), value: () => session().user?.username ?? '' },
      {
        ...optional('firstName', 'First name', 'given-name'),
        value: () => session().user?.firstName ?? '',
      },
      { ...optional('lastName', 'Last name', 'family-name'), value: () => session().user?.lastName ?? '' },
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
    after: ({ user }) => void updateSession({ user: { ...session().user, ...user } }),
  },
  {
    id: 'change-password',
    group: 'Your account',
    title: 'Change password',
    lead: 'Ends every other session; this one goes on. A notice goes to the address.',
    needsLogin: true,
    fields: [
      password('Current password', 'currentPassword', 'current-password', samplePassword),
      password('New password', 'newPassword', 'new-password'),
      password('Once more', 'confirmNewPassword', 'new-password'),
    ],
    request: (values) => post('/auth/change-password', values, true),
    after: (body, { newPassword }) => {
      keepTokens(body);
      rememberPassword(newPassword);
      return { say: 'The new password counts from now on, and every other session has ended.' };
    },
  },
  {
    id: 'history',
    group: 'Your account',
    title: 'History',
    action: 'Show it',
    lead: 'Everything that ever happened to this account, from its events: they are the account.',
    needsLogin: true,
    request: () => get('/auth/history'),
    rows: ({ events }) => events.map(eventRow),
  },
  {
    id: 'sessions',
    group: 'Sessions',
    title: 'Where logged in',
    action: 'Show them',
    lead: 'The sessions of this account: one for each login that has not ended.',
    needsLogin: true,
    request: () => get('/auth/sessions'),
    rows: ({ sessions }) => sessions.map(sessionRow),
  },
  {
    id: 'refresh',
    group: 'Sessions',
    title: 'Refresh tokens',
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
    action: 'Show them',
    lead: 'For verified admins. The first one is made in a terminal: npm run ops -- role ada@example.com admin. Then log in again.',
    needsLogin: true,
    fields: [
      { name: 'q', label: 'Begins with', optional: true, autocomplete: 'off', hint: 'e-mail or username' },
    ],
    request: accountsRequest,
    rows: ({ users }) => users.map(accountRow),
    more: ({ nextCursor }, values) => nextCursor && accountsRequest({ ...values, cursor: nextCursor }),
  },
  {
    id: 'send-mail',
    group: 'Admin',
    title: 'Send a mail',
    lead: 'For verified admins: a welcome mail to up to 100 addresses, one mail each.',
    needsLogin: true,
    fields: [
      {
        name: 'addresses',
        label: 'Addresses',
        autocomplete: 'off',
        hint: 'with commas between them',
        value: 'grace@example.com, alan@example.com, mary@example.com',
      },
    ],
    request: ({ addresses }) =>
      post(
        '/auth/send-mail',
        { addresses: addresses.split(/[\s,;]+/).filter(Boolean), template: 'welcome' },
        true,
      ),
    after: ({ message }) => ({
      say: `${message}. One event asks for all of them; the mails come one by one.`,
    }),
  },
];

export const flowNamed = (id) => flows.find((flow) => flow.id === id);
