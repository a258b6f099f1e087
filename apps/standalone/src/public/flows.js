/**
 * Every flow as data: its fields, its request, and how its response is shown. `path` is relative to /api/v1.
 * `after` may update the session, and returns a message that is shown instead of the response. `rows`
 * converts the response to the rows of a list. `more` returns the request for the next page of the list.
 */
import { listMails, openMail } from './live.js';
import { toAccountRow, toEventRow, toSessionRow } from './rows.js';
import { getSession, signOut, updateSession } from './session.js';

const email = {
  name: 'email',
  label: 'Email',
  type: 'email',
  autocomplete: 'username',
  value: () => getSession().email,
};
function password(label, name, autocomplete, value = '') {
  return {
    name,
    label,
    type: 'password',
    autocomplete,
    value,
  };
}
function optional(name, label, autocomplete) {
  return { name, label, autocomplete, optional: true };
}
function linkField(path) {
  return {
    name: 'token',
    label: 'Token from the link',
    autocomplete: 'off',
    hint: 'from the latest mail',
    value: () => newestToken(path),
  };
}

const SAMPLE_PASSWORD = 'correct horse battery';

/** Returns the token of the newest link with this path that was mailed to the current address. */
async function newestToken(path) {
  const { messages } = await listMails(`to:"${getSession().email}"`, 10);
  const link = new RegExp(`${path}(?:/|\\?token=)([\\w-]{64})`);
  for (const { ID } of messages) {
    const found = link.exec((await openMail(ID)).Text);
    if (found) return found[1];
  }
  return '';
}

/** Returns the values that are not empty. */
function given(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

function remember({ email: address }) {
  return updateSession({ email: address });
}

function keepTokens({ accessToken, refreshToken, user }) {
  updateSession({
    accessToken,
    ...(refreshToken ? { refreshToken } : {}),
    ...(user ? { user, email: user.email } : {}),
  });
}

function post(path, body, bearer = false) {
  return { method: 'POST', path, body, bearer };
}
function get(path) {
  return { method: 'GET', path, bearer: true };
}

function accountsRequest(values) {
  return get(`/users?${new URLSearchParams({ limit: 20, ...given(values) })}`);
}

/**
 * Remembers in the tab's session whether the account has the sample password. If so, forms are prefilled
 * with this password.
 */
function rememberPassword(chosen) {
  return updateSession({ hasSamplePassword: chosen === SAMPLE_PASSWORD });
}
function samplePassword() {
  return getSession().hasSamplePassword ? SAMPLE_PASSWORD : '';
}

export const flows = [
  {
    id: 'sign-up',
    group: 'Get started',
    title: 'Sign up',
    lead: 'Creates an account and mails a verification link to its address. Made-up values are fine.',
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
        say: 'Check the mail under “What happened” and follow its link, or verify here.',
        next: 'verify',
      };
    },
  },
  {
    id: 'verify',
    group: 'Get started',
    title: 'Verify email',
    lead: 'The link in the mail leads here. The link shows that the address is yours. This browser’s cookie, or the password, shows that you signed up.',
    renew: 'new-link',
    fields: [
      linkField('verify'),
      {
        ...password('Password', 'password', 'current-password'),
        optional: true,
        hint: 'only in another browser than the one that signed up',
      },
    ],
    request: ({ token, password: secret }) =>
      post(`/auth/verify/${encodeURIComponent(token)}`, secret ? { password: secret } : undefined),
    after: () => ({ say: 'Your email is verified. A welcome mail is on its way.', next: 'sign-in' }),
  },
  {
    id: 'new-link',
    group: 'Get started',
    title: 'Request a new link',
    lead: 'If you are signed in, sends a new verification link. Otherwise sends a link to choose a new password, which also verifies the address. The response does not reveal whether the account exists.',
    fields: () => (getSession().accessToken ? [] : [email]),
    request: (values) =>
      getSession().accessToken
        ? post('/auth/verification-request', undefined, true)
        : post('/auth/verification-request', values),
    after: (body, values) => {
      if (values.email) remember(values);
      return { say: body.message, next: getSession().accessToken ? 'verify' : 'reset' };
    },
  },
  {
    id: 'sign-in',
    group: 'Get started',
    title: 'Sign in',
    lead: 'Returns an access token, valid for minutes, and a refresh token, valid for days. Both stay in this tab.',
    fields: [email, password('Password', 'password', 'current-password', samplePassword)],
    request: (values) => post('/auth/login', values),
    after: (body, values) => {
      keepTokens(body);
      rememberPassword(values.password);
      return { say: 'Signed in.', next: 'my-account' };
    },
  },
  {
    id: 'forgot',
    group: 'Forgot password',
    title: 'Request a reset',
    lead: 'Mails a reset link if the account exists. The response is the same either way.',
    fields: [email],
    request: (values) => post('/auth/password-reset-request', values),
    after: (_body, values) => {
      remember(values);
      return { say: 'If the account exists, a mail is on its way.', next: 'reset' };
    },
  },
  {
    id: 'reset',
    group: 'Forgot password',
    title: 'Reset password',
    lead: 'The link in the mail leads here. It works once, and ends every session and every other link of the account.',
    renew: 'forgot',
    fields: [
      linkField('password-reset-confirm'),
      password('New password', 'newPassword', 'new-password'),
      password('Confirm new password', 'confirmNewPassword', 'new-password'),
    ],
    request: ({ token, ...passwords }) =>
      post(`/auth/password-reset-confirm/${encodeURIComponent(token)}`, passwords),
    after: (_body, { newPassword }) => {
      signOut();
      rememberPassword(newPassword);
      return { say: 'Your password was changed.', next: 'sign-in' };
    },
  },
  {
    id: 'my-account',
    group: 'My account',
    title: 'My account',
    lead: 'Read from the user service, which knows this account only from the events on the log.',
    needsSignIn: true,
    request: () => get('/users/me'),
    after: (body) => void updateSession({ user: { ...getSession().user, ...body } }),
  },
  {
    id: 'profile',
    group: 'My account',
    title: 'Edit profile',
    lead: 'Empty fields stay unchanged. The user service receives the change as an event.',
    needsSignIn: true,
    fields: [
      { ...optional('username', 'Username', 'nickname'), value: () => getSession().user?.username ?? '' },
      {
        ...optional('firstName', 'First name', 'given-name'),
        value: () => getSession().user?.firstName ?? '',
      },
      { ...optional('lastName', 'Last name', 'family-name'), value: () => getSession().user?.lastName ?? '' },
      {
        name: 'locale',
        label: 'Language',
        optional: true,
        options: [
          ['', 'Unchanged'],
          ['en', 'English'],
          ['de', 'Deutsch'],
          ['fr', 'Français'],
          ['es', 'Español'],
          ['pt-BR', 'Português (Brasil)'],
        ],
      },
    ],
    request: (values) => ({ method: 'PATCH', path: '/auth/profile', body: given(values), bearer: true }),
    after: ({ user }) => void updateSession({ user: { ...getSession().user, ...user } }),
  },
  {
    id: 'change-password',
    group: 'My account',
    title: 'Change password',
    lead: 'Ends every other session and mails a notice.',
    needsSignIn: true,
    fields: [
      password('Current password', 'currentPassword', 'current-password', samplePassword),
      password('New password', 'newPassword', 'new-password'),
      password('Confirm new password', 'confirmNewPassword', 'new-password'),
    ],
    request: (values) => post('/auth/change-password', values, true),
    after: (body, { newPassword }) => {
      keepTokens(body);
      rememberPassword(newPassword);
      return { say: 'Your password was changed, and every other session has ended.' };
    },
  },
  {
    id: 'change-email',
    group: 'My account',
    title: 'Change email address',
    lead: 'Mails a link to the new address. The response does not reveal whether another account has it.',
    needsSignIn: true,
    fields: [
      { name: 'newEmail', label: 'New email', type: 'email', autocomplete: 'email' },
      password('Password', 'password', 'current-password', samplePassword),
    ],
    request: (values) => post('/auth/change-email', values, true),
    after: (body, { newEmail }) => {
      remember({ email: newEmail });
      return { say: body.message, next: 'confirm-email' };
    },
  },
  {
    id: 'confirm-email',
    group: 'My account',
    title: 'Confirm new address',
    lead: 'The link in the mail to the new address leads here. The link shows that the address is yours. The password shows that the account is yours.',
    renew: 'change-email',
    fields: [linkField('change-email'), password('Password', 'password', 'current-password', samplePassword)],
    request: ({ token, ...values }) => post(`/auth/change-email/${encodeURIComponent(token)}`, values),
    after: () => ({
      say: 'Your address was changed. The previous address got a link that undoes it, for 7 days.',
      next: 'undo-email',
    }),
  },
  {
    id: 'undo-email',
    group: 'My account',
    title: 'Undo address change',
    lead: 'The link in the mail to the previous address leads here. It gives the account that address back, and ends every session.',
    fields: [
      {
        name: 'token',
        label: 'Token from the link',
        autocomplete: 'off',
        hint: 'from the mail to the previous address',
      },
      password('New password', 'newPassword', 'new-password'),
      password('Confirm new password', 'confirmNewPassword', 'new-password'),
    ],
    request: ({ token, ...passwords }) =>
      post(`/auth/undo-email-change/${encodeURIComponent(token)}`, passwords),
    after: (_body, { newPassword }) => {
      signOut();
      rememberPassword(newPassword);
      return { say: 'The account has its previous address again.', next: 'sign-in' };
    },
  },
  {
    id: 'export',
    group: 'My account',
    title: 'Export data',
    lead: 'Everything that is stored about this account, as one JSON document.',
    needsSignIn: true,
    fields: [password('Password', 'password', 'current-password', samplePassword)],
    request: (values) => post('/auth/export', values, true),
  },
  {
    id: 'erase',
    group: 'My account',
    title: 'Erase account',
    lead: 'Disables this account at once, and erases it after some days. A mail has a link that keeps the account.',
    needsSignIn: true,
    fields: [password('Password', 'password', 'current-password', samplePassword)],
    request: (values) => post('/auth/account/erase', values, true),
    after: ({ message, eraseAt }) => {
      signOut();
      return { say: `${message} at ${eraseAt}.`, next: 'keep' };
    },
  },
  {
    id: 'keep',
    group: 'My account',
    title: 'Keep account',
    lead: 'The link in the mail about the erasure leads here. The account is enabled again.',
    fields: [linkField('erase')],
    request: ({ token }) => post(`/auth/erase/${encodeURIComponent(token)}`),
    after: ({ message }) => ({ say: `${message}.`, next: 'sign-in' }),
  },
  {
    id: 'history',
    group: 'My account',
    title: 'History',
    action: 'Show',
    lead: 'Everything that has happened to this account, from its events.',
    needsSignIn: true,
    request: () => get('/auth/history'),
    rows: ({ events }) => events.map(toEventRow),
  },
  {
    id: 'sessions',
    group: 'Sessions',
    title: 'Active sessions',
    action: 'Show',
    lead: 'Where this account is signed in.',
    needsSignIn: true,
    request: () => get('/auth/sessions'),
    rows: ({ sessions }) => sessions.map(toSessionRow),
  },
  {
    id: 'refresh',
    group: 'Sessions',
    title: 'Refresh tokens',
    lead: 'Exchanges the refresh token for a new pair. Reusing the old one later ends every session.',
    needsSignIn: true,
    request: () => post('/auth/refresh', { refreshToken: getSession().refreshToken }),
    after: (body) => {
      keepTokens(body);
      return { say: 'The tokens were refreshed.' };
    },
  },
  {
    id: 'sign-out',
    group: 'Sessions',
    title: 'Sign out',
    lead: 'Ends this session.',
    needsSignIn: true,
    request: () => post('/auth/logout', { refreshToken: getSession().refreshToken }),
    after: () => {
      signOut();
      return { say: 'Signed out.', next: 'sign-in' };
    },
  },
  {
    id: 'sign-out-everywhere',
    group: 'Sessions',
    title: 'Sign out everywhere',
    lead: 'Ends every session on every device. Access tokens stop working at once.',
    needsSignIn: true,
    request: () => post('/auth/logout-all', undefined, true),
    after: () => {
      signOut();
      return { say: 'Signed out everywhere.', next: 'sign-in' };
    },
  },
  {
    id: 'accounts',
    group: 'Admin',
    title: 'Accounts',
    action: 'Search',
    lead: 'For verified admins. Create the first one in a terminal: npm run ops -- role ada@example.com admin. Then sign in again.',
    needsSignIn: true,
    fields: [
      {
        name: 'q',
        label: 'Search',
        optional: true,
        autocomplete: 'off',
        hint: 'start of an email or username',
      },
    ],
    request: accountsRequest,
    rows: ({ users }) => users.map(toAccountRow),
    more: ({ nextCursor }, values) => nextCursor && accountsRequest({ ...values, cursor: nextCursor }),
  },
  {
    id: 'send-mail',
    group: 'Admin',
    title: 'Send mail',
    lead: 'For verified admins. Sends the welcome mail to up to 100 addresses.',
    needsSignIn: true,
    fields: [
      {
        name: 'addresses',
        label: 'Addresses',
        autocomplete: 'off',
        hint: 'separated by commas',
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
      say: `${message}. All of them are in one event; each mail is sent separately.`,
    }),
  },
];

export function findFlow(id) {
  return flows.find((flow) => flow.id === id);
}
